"""The sentences as bars, the likeliest on top."""

import numpy as np
import plotly.graph_objects as go

from core.lenses.text_similarity import TextSimilarity, text_similarity
from webapp.panel import Panel
from webapp.style import ACCENT, figure, plain

AXIS = "probability among these"


def bars(result: TextSimilarity) -> go.Figure:
    """A bar a sentence: its length is the probability, the cosine stands at its end."""
    order = np.argsort(result.probability, kind="stable")
    ends = [f" {result.probability[i]:.1%}  ·  cos {result.cosine[i]:.3f}" for i in order]
    bar = go.Bar(
        x=result.probability[order],
        y=list(range(len(order))),
        orientation="h",
        text=ends,
        textposition="auto",
        insidetextfont_color="white",
        textangle=0,
        cliponaxis=False,
        marker_color=ACCENT,
        hovertext=[plain(result.texts[i], 300) for i in order],
        hovertemplate="%{hovertext}<br>probability %{x:.4f}<extra></extra>",
    )
    axis = {"tickvals": list(range(len(order))), "ticktext": [plain(result.texts[i], 24) for i in order]}
    return figure(
        bar,
        height=90 + 40 * len(order),
        yaxis={**axis, "automargin": True, "showgrid": False},
        xaxis={"range": [0, 1.3], "tickvals": [0, 0.5, 1], "tickformat": ".0%", "title": AXIS},
        bargap=0.45,
    )


PANEL = Panel("Sentences against the picture", text_similarity, bars, rank=1)
