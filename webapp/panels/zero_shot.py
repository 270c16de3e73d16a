"""The ensemble's classes as bars, each template's own answer as a row of a heat map."""

import numpy as np
import plotly.graph_objects as go

from core.lenses.zero_shot import ZeroShot, zero_shot
from webapp.panel import Panel
from webapp.style import ACCENT, figure, plain


def bars(result: ZeroShot) -> go.Figure:
    """Above: the probability of each class, the likeliest on top. Below: classes across, templates down."""
    order = np.argsort(result.probability, kind="stable")
    names = [plain(result.classes[i], 18) for i in order]
    bar = go.Bar(
        x=result.probability[order],
        y=list(range(len(order))),
        orientation="h",
        text=[f" {result.probability[i]:.1%}  ·  cos {result.cosine[i]:.3f}" for i in order],
        textposition="auto",
        insidetextfont_color="white",
        textangle=0,
        cliponaxis=False,
        marker_color=ACCENT,
        hovertext=[plain(result.classes[i], 300) for i in order],
        hovertemplate="%{hovertext}<br>probability %{x:.4f}<extra></extra>",
    )
    likely, last = order[::-1][:6], len(result.templates) - 1
    heat = go.Heatmap(
        z=result.each[::-1][:, likely],
        x=list(range(len(likely))),
        y=list(range(last + 1)),
        colorscale="Viridis",
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        xaxis="x2",
        yaxis="y2",
        showscale=False,
        text=[[f"{100 * value:.0f}" for value in line] for line in result.each[::-1][:, likely]],
        texttemplate="%{text}",
        hovertext=[
            [f"{plain(t, 80)}<br>{plain(result.classes[i], 80)}" for i in likely] for t in result.templates[::-1]
        ],
        hovertemplate="%{hovertext}<br>probability %{z:.4f}<extra></extra>",
    )
    worth = [
        {
            "text": f"{100 * value:+.1f}",
            "x": len(likely) - 0.4,
            "y": last - n,
            "xref": "x2",
            "yref": "y2",
            "xanchor": "left",
            "showarrow": False,
        }
        for n, value in enumerate(result.worth)
    ]
    above, below = 34 * len(order) + 40, 30 * (last + 1) + 90
    split = below / (above + below)
    return figure(
        bar,
        heat,
        height=above + below,
        bargap=0.45,
        annotations=worth,
        yaxis={
            "tickvals": list(range(len(order))),
            "ticktext": names,
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "domain": [split + 0.02, 1],
        },
        xaxis={"range": [0, 1.3], "tickvals": [0, 0.5, 1], "tickformat": ".0%", "anchor": "y"},
        yaxis2={
            "tickvals": list(range(last + 1)),
            "ticktext": [plain(t, 20) for t in result.templates[::-1]],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "domain": [0, split - 90 / (above + below)],
        },
        xaxis2={
            "tickvals": list(range(len(likely))),
            "ticktext": [plain(result.classes[i], 10) for i in likely],
            "range": [-0.5, len(likely) + 0.4],
            "showgrid": False,
            "zeroline": False,
            "anchor": "y2",
            "side": "top",
            "tickangle": -35,
        },
    )


PANEL = Panel("Zero-shot classes", zero_shot, bars, rank=3)
