"""Deletion and insertion as curves."""

import plotly.graph_objects as go

from core.lenses.faithfulness import Faithfulness, faithfulness
from webapp.panel import Panel
from webapp.style import OKABE_ITO, figure, plain

NAMES = ("deletion", "insertion", "deletion by chance", "insertion by chance")


def curves(result: Faithfulness) -> go.Figure:
    """Probability over how much is hidden or shown; dotted where the order is by chance."""
    values = (result.deletion, result.insertion, result.chance_deletion, result.chance_insertion)
    lines = [
        go.Scatter(
            x=result.share,
            y=line,
            mode="lines",
            name=f"{name} · {area:.2f}",
            line={"color": OKABE_ITO[(5, 0)[index % 2]], "dash": "dot" if index > 1 else "solid", "width": 2},
            hovertemplate="%{y:.3f}<extra></extra>",
        )
        for index, (name, line, area) in enumerate(zip(NAMES, values, result.areas, strict=True))
    ]
    drawn = figure(
        *lines,
        height=340,
        yaxis={"title": plain(f"probability · {result.label}", 40), "rangemode": "tozero", "automargin": True},
        xaxis={"title": said(result), "tickformat": ".0%", "range": [0, 1]},
        margin={"l": 8, "r": 16, "t": 64, "b": 64},
    )
    drawn.update_layout(showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    return drawn


def said(result: Faithfulness) -> str:
    """The axis's title, with how much of the map is left without what was learnt."""
    share = "share of the picture hidden or shown"
    if not result.shuffled:
        return share
    if result.agreement is None:
        return f"{share}<br>shuffled weights give an empty map"
    return f"{share}<br>likeness to the map of shuffled weights · {result.agreement:.2f}"


PANEL = Panel("Does the map matter?", faithfulness, curves)
