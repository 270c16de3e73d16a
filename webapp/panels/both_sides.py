"""A row a word, a point a reader: how surprising the word was from both sides and from the left."""

import numpy as np
import plotly.graph_objects as go

from core.lenses.both_sides import BothSides, both_sides
from webapp.panel import Panel
from webapp.style import OKABE_ITO, figure, plain

SEEN = {"both": "both sides", "left": "left side only"}


def points(result: BothSides) -> go.Figure:
    """The first word on top; a line from the least to the most surprised reader."""
    places = np.arange(len(result.words))[::-1]
    judged = result.bits >= 0
    low, high = np.where(judged, result.bits, np.inf).min(axis=0), np.where(judged, result.bits, 0).max(axis=0)
    lines = [x for n in range(len(places)) for x in ((low[n], high[n], None) if judged[:, n].any() else ())]
    rows = [y for n, place in enumerate(places) if judged[:, n].any() for y in (place, place, None)]
    traces = [go.Scatter(x=lines, y=rows, mode="lines", line={"color": "#8884", "width": 2}, hoverinfo="skip",
                         showlegend=False)]  # fmt: skip
    for n, (reader, side) in enumerate(zip(result.readers, result.sides, strict=True)):
        seen = judged[n]
        bits = result.bits[n][seen]
        name = f"{plain(reader) or 'this model'} · {SEEN[side]}"
        traces.append(go.Scatter(
            x=bits,
            y=places[seen],
            mode="markers",
            name=f"{name} · {bits.mean():.1f}" if len(bits) else name,
            marker={"size": 10, "color": OKABE_ITO[n % len(OKABE_ITO)],
                    "symbol": "circle" if side == "both" else "circle-open", "line": {"width": 2}},
            customdata=[[plain(word, 60), 2.0**-x] for word, x in zip(np.array(result.words)[seen], bits, strict=True)],
            hovertemplate="%{customdata[0]}: %{x:.1f} bits, probability %{customdata[1]:.3g}<extra></extra>",
        ))  # fmt: skip
    drawn = figure(
        *traces,
        height=150 + 28 * len(result.words),
        yaxis={
            "tickvals": places.tolist(),
            "ticktext": [plain(word, 18) for word in result.words],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "range": [-0.6, len(result.words) - 0.4],
        },
        xaxis={"title": "surprise in bits (mean behind each name)", "rangemode": "tozero", "zeroline": True},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "xanchor": "left"},
        margin={"t": 8, "r": 12, "b": 44, "l": 8},
    )
    return drawn.update_layout(showlegend=True)


PANEL = Panel("From both sides, from the left", both_sides, points, rank=3)
