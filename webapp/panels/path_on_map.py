"""The path through the plane with the collection's pictures about it, its pictures, and the similarity below."""

import numpy as np
import plotly.graph_objects as go
from PIL.Image import Image

from core.lenses.path_on_map import PathOnMap, path_on_map, picture
from webapp.heat import jpeg
from webapp.panel import Panel
from webapp.style import ACCENT, OKABE_ITO, figure, plain

HIGH = 640
PLANE, STRIP, CURVE = (0.47, 1.0), (0.31, 0.39), (0.0, 0.27)
"""Where the parts stand, in shares of the height."""
SHOWN = 4  # of the nearest pictures, where they do not cover each other
TILES = 9  # pictures of the path
SMALL = 72  # pixels


def path(result: PathOnMap) -> go.Figure:
    """Grey points are the collection, small pictures the nearest of it, the diamond the sentence, the line the path."""
    steps = np.arange(1, len(result.path) + 1)
    told = [plain(caption, 60) for caption in result.captions]
    near, others = told[: len(result.near)], told[len(result.near) :]
    marker = {"size": 8, "color": steps, "colorscale": "Viridis", "cmin": 1, "cmax": result.steps}
    traces = [
        points(result.others, "the collection", others, {"size": 5, "color": OKABE_ITO[7], "opacity": 0.4}),
        points(result.near, "nearest to the sentence", near, {"size": 8, "color": OKABE_ITO[2]}),
        points(
            result.sentence[None],
            "the sentence",
            [plain(result.prompt, 80)],
            {"size": 13, "color": OKABE_ITO[5], "symbol": "diamond"},
        ),
        points(
            result.path,
            "the picture, step by step",
            [f"step {step}: cos {cosine:.3f}" for step, cosine in zip(steps, result.cosine, strict=True)],
            marker,
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
        ),
        go.Scatter(
            x=steps, y=result.cosine, mode="lines+markers", marker=marker, line={"color": ACCENT, "width": 2},
            xaxis="x2", yaxis="y2", showlegend=False, hovertemplate="step %{x}: %{y:.3f}<extra></extra>",
        ),
    ]  # fmt: skip
    if result.imagined is not None:
        told = [f"step {step} of the prior" for step in range(1, len(result.imagined) + 1)]
        line = {"color": OKABE_ITO[3], "width": 2}
        own = {"size": 5, "color": OKABE_ITO[3]}
        traces.insert(3, points(result.imagined, "the prior, step by step", told, own, "lines+markers", line=line))
    parts = [
        {"title": f"differences shown · {share:.0%}", "showticklabels": False, "zeroline": False, "showgrid": False}
        for share in result.share
    ]
    drawn = figure(
        *traces,
        height=HIGH,
        xaxis=parts[0] | {"anchor": "y"},
        yaxis=parts[1] | {"domain": PLANE},
        xaxis2={"anchor": "y2", "range": [0.3, result.steps + 0.7], "title": "step", "showgrid": False},
        yaxis2={"domain": CURVE, "title": "cosine similarity", "zeroline": False, "nticks": 5},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "xanchor": "left"},
        margin={"l": 52, "r": 16, "t": 16, "b": 40},
    )
    for height, name in ((result.nearest, "nearest picture"), (result.usual, "average picture")):
        drawn.add_hline(y=height, line={"color": OKABE_ITO[7], "width": 1, "dash": "dot"}, annotation_text=name,
                        annotation_position="top left", yref="y2", xref="x2")  # fmt: skip
    span = np.ptp(np.concatenate([result.near, result.others, result.path]), axis=0) / 9
    placed: list[np.ndarray] = []
    for place, image in zip(result.near, result.pictures, strict=True):
        if len(placed) < SHOWN and all((np.abs(place - other) > span).any() for other in placed):
            add(drawn, image, "x", "y", place, span)
            placed.append(place)
    tiles = np.unique(np.linspace(0, result.steps - 1, min(TILES, result.steps)).astype(int))
    for index in tiles[tiles < len(steps)]:
        middle = ((steps[index] - 0.3) / (result.steps + 0.4), sum(STRIP) / 2)
        add(drawn, picture(result.drawn[index]), "x domain", "paper", middle, (0.1, STRIP[1] - STRIP[0]))
    if not result.worded:
        drawn.add_annotation(text="This model reads no words: it draws without the sentence.", x=0, y=PLANE[0],
                             xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False)  # fmt: skip
    return drawn.update_layout(showlegend=True)


def points(
    places: np.ndarray, name: str, told: list[str], marker: dict, mode: str = "markers", **more
) -> go.Scatter:
    """A trace in the plane that answers to hover."""
    return go.Scatter(
        x=places[:, 0],
        y=places[:, 1],
        mode=mode,
        name=name,
        marker=marker,
        hovertext=told,
        hovertemplate="%{hovertext}<extra></extra>",
        **more,
    )


def add(drawn: go.Figure, image: Image, across: str, up: str, middle, size) -> None:
    """A small picture with its middle there, as large in the units of these axes."""
    drawn.add_layout_image(source=jpeg(image, SMALL)[0], xref=across, yref=up, x=middle[0], y=middle[1],
                           sizex=size[0], sizey=size[1], xanchor="center", yanchor="middle", layer="below")  # fmt: skip


PANEL = Panel("The path on the map", path_on_map, path, rank=4)
