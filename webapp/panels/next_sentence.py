"""The candidates as bars, the likeliest to follow on top."""

import numpy as np
import plotly.graph_objects as go

from core.lenses.next_sentence import Following, next_sentence
from webapp.panel import Panel
from webapp.style import ACCENT, figure, plain


def bars(result: Following) -> go.Figure:
    """A bar a sentence, from 0 to 1; half is a coin's toss."""
    order = np.argsort(result.probability, kind="stable")
    bar = go.Bar(
        x=result.probability[order],
        y=list(range(len(order))),
        orientation="h",
        text=[f" {result.probability[i]:.1%}" for i in order],
        textposition="outside",
        cliponaxis=False,
        marker_color=ACCENT,
        hovertext=[plain(result.texts[i], 300) for i in order],
        hovertemplate="%{hovertext}<br>is next: %{x:.4f}<extra></extra>",
    )
    names = [plain(result.texts[i], 26) for i in order]
    return figure(
        bar,
        height=90 + 40 * len(order),
        yaxis={"tickvals": list(range(len(order))), "ticktext": names, "automargin": True, "showgrid": False},
        xaxis={
            "range": [0, 1.2],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "title": "comes after the sentence",
        },
        bargap=0.45,
    )


PANEL = Panel("Next sentence", next_sentence, bars, rank=2)
