"""The likeliest classes as bars."""

import plotly.graph_objects as go

from core.lenses.classes import Classes, classes
from webapp.panel import Panel
from webapp.style import ACCENT, figure, plain


def bars(result: Classes) -> go.Figure:
    """A bar a class, the likeliest on top, and one for all the others together."""
    names = [*result.names, "all others"]
    shares = [*map(float, result.probability), result.rest]
    places = list(range(len(names)))[::-1]
    bar = go.Bar(
        x=shares,
        y=places,
        orientation="h",
        text=[f" {share:.1%}" for share in shares],
        textposition="auto",
        insidetextfont_color="white",
        textangle=0,
        cliponaxis=False,
        marker_color=[ACCENT] * len(result.names) + ["#9aa1ad"],
        hovertext=[plain(name, 200) for name in names],
        hovertemplate="%{hovertext}<br>%{x:.4f}<extra></extra>",
    )
    title = f"probability · equal choices · {result.choices:.1f}"
    return figure(
        bar,
        height=80 + 32 * len(names),
        yaxis={
            "tickvals": places,
            "ticktext": [plain(n, 26) for n in names],
            "automargin": True,
            "showgrid": False,
        },
        xaxis={"range": [0, 1.15], "tickvals": [0, 0.5, 1], "tickformat": ".0%", "title": title},
        bargap=0.45,
    )


PANEL = Panel("Classes", classes, bars)
