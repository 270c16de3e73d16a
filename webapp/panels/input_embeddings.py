"""The parts of each token's first vector as stacked bars."""

import plotly.graph_objects as go

from core.lenses.input_embeddings import InputParts, input_embeddings
from webapp.panel import Panel
from webapp.style import OKABE_ITO, figure, plain
from webapp.words import shown

NAMES = {"word": "the word itself", "place": "its place", "segment": "its segment"}


def bars(result: InputParts) -> go.Figure:
    """A bar a token, its parts stacked; they add up to 1."""
    places = list(range(len(result.tokens)))
    traces = [
        go.Bar(
            x=places,
            y=result.share[n],
            name=NAMES[name],
            marker_color=OKABE_ITO[n],
            customdata=result.length[n],
            hovertext=[plain(shown(token)) for token in result.tokens],
            hovertemplate=f"%{{hovertext}} · {name}<br>share %{{y:.3f}}<br>length %{{customdata:.3f}}<extra></extra>",
        )
        for n, name in enumerate(result.names)
    ]
    drawn = figure(
        *traces,
        height=540,
        barmode="relative",
        bargap=0.25,
        xaxis={
            "tickvals": places,
            "ticktext": [plain(shown(token), 14) for token in result.tokens],
            "showgrid": False,
        },
        yaxis={"title": "share of the sum", "tickformat": ".0%", "automargin": True},
        legend={"orientation": "h", "y": 1.15, "x": 0},
    )
    return drawn.update_layout(showlegend=True)


PANEL = Panel("What enters the first layer", input_embeddings, bars, rank=7)
