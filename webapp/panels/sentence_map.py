"""The typed sentences as named points among grey captions."""

from itertools import product

import numpy as np
import plotly.graph_objects as go

from core.lenses.sentence_map import SentenceMap, sentence_map
from webapp.panel import Panel
from webapp.style import ACCENT, OKABE_ITO, figure, plain

WIDE, HIGH, LETTER, LINE = 440, 380, 6.4, 15
"""Pixels: the field on a middling screen, a letter of a name, its line."""
FAR = 30  # pixels above or below, from which on a line leads to the name


def points(result: SentenceMap) -> go.Figure:
    """Captions as small grey points, yours in colour with their words; the strip's sentence as a diamond."""
    count = len(result.typed)
    own, others = result.places[:count], result.places[count:]
    told = [
        "<br>".join([f"<b>{plain(text, 80)}</b>", *(f"≈ {plain(result.captions[n], 60)}" for n in near)])
        for text, near in zip(result.typed, result.near, strict=True)
    ]
    captions = go.Scatter(
        x=others[:, 0],
        y=others[:, 1],
        mode="markers",
        name="captions of the collection",
        marker={"size": 5, "color": OKABE_ITO[7], "opacity": 0.45},
        hovertext=[plain(caption, 80) for caption in result.captions],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    names = [plain(text, 22) for text in result.typed]
    offsets = beside(result.places, names)
    typed = [
        go.Scatter(
            x=own[part, 0],
            y=own[part, 1],
            mode="markers",
            name=name,
            marker={"size": size, "color": colour, "symbol": symbol},
            hovertext=told[part],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for part, name, size, colour, symbol in (
            (slice(1, count), "your sentences", 10, ACCENT, "circle"),
            (slice(0, 1), "the strip's", 13, OKABE_ITO[5], "diamond"),
        )
    ]
    axes = [
        {
            "title": f"of the differences · {share:.0%}",
            "showticklabels": False,
            "zeroline": False,
            "showgrid": False,
        }
        for share in result.share
    ]
    drawn = figure(
        captions,
        *typed,
        height=480,
        xaxis=axes[0],
        yaxis=axes[1],
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "xanchor": "left"},
        margin={"l": 36, "r": 16, "t": 16, "b": 36},
    )
    for (x, y), name, (right, up) in zip(own, names, offsets, strict=True):
        near = {"showarrow": False, "xshift": right, "yshift": up}
        far = {
            "showarrow": True,
            "ax": right,
            "ay": -up,
            "arrowhead": 0,
            "arrowwidth": 1,
            "arrowcolor": OKABE_ITO[7],
        }
        drawn.add_annotation(x=x, y=y, text=name, **(near if abs(up) < FAR else far))
    return drawn.update_layout(showlegend=True)


def beside(places: np.ndarray, names: list[str]) -> list[tuple[float, float]]:
    """How many pixels right of and above its point each name's middle stands, so that names cover each other least.

    places [text dim]: the named ones first. Next to the point where there is room, else further off.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    at = (places - low) / np.maximum(high - low, 1e-9) * (WIDE, HIGH)
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in at[: len(names)]]
    found = []
    for (x, y), name in zip(at, names, strict=False):
        half = len(name) * LETTER / 2
        close = [(0, 15), (0, -15), (half + 9, 0), (-half - 9, 0), *product((half, -half), (13, -13))]
        away = [(right, up) for up in (FAR, -FAR, 50, -50, 72, -72, 94, -94) for right in (0, half, -half)]
        costs = {}
        for right, up in (*close, *away):
            box = (x + right - half, y + up - LINE / 2, x + right + half, y + up + LINE / 2)
            costs[right, up] = outside(box) + sum(overlap(box, other) for other in taken) + abs(up), box
        best = min(costs, key=lambda offset: costs[offset][0])
        found.append(best)
        taken.append(costs[best][1])
    return found


def overlap(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    """Square pixels that two boxes (left, bottom, right, top) have in common."""
    wide, high = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    return max(wide, 0) * max(high, 0)


def outside(box: tuple[float, ...]) -> float:
    """Square pixels of a name beyond the field; the margin takes a little."""
    return LINE * (max(-10 - box[0], 0) + max(box[2] - WIDE - 20, 0))


PANEL = Panel("Sentences as a map", sentence_map, points, rank=7)
