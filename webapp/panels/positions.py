"""Position vectors as pictures: the table, and how alike two places are."""

import numpy as np
import plotly.graph_objects as go

from core.lenses.positions import PositionVectors, positions
from webapp.panel import Panel
from webapp.style import figure

SIGNED = ((0.0, "#0072B2"), (0.5, "#F4F4F2"), (1.0, "#D55E00"))
LEFT, RIGHT = (0.0, 0.46), (0.54, 1.0)


def tables(result: PositionVectors) -> go.Figure:
    """The model's own above, the formula's below; on the left place by dimension, on the right place by place."""
    own = "learned" if result.learned else "the model's"
    rows = ((result.vectors, result.likeness, own, (0.56, 1.0)), (result.sines, result.formula, "sines", (0, 0.44)))
    traces, layout = [], {}
    for n, (vectors, likeness, name, domain) in enumerate(rows):
        edge = float(np.quantile(abs(vectors), 0.995)) or 1.0  # a few large numbers would leave the rest white
        left, right = ("" if n == 0 else "3", "2" if n == 0 else "4")
        signs = {"tickvals": [-edge, 0, edge], "ticktext": ["−", "0", "+"]}
        traces.append(go.Heatmap(
            z=vectors, xaxis=f"x{left}", yaxis=f"y{left}", colorscale=SIGNED, zmin=-edge, zmax=edge,
            showscale=n == 1, colorbar=scale(LEFT, "value, each table by itself", signs),
            hovertemplate=f"{name}: place %{{y}}, dimension %{{x}}: %{{z:.3f}}<extra></extra>",
        ))  # fmt: skip
        traces.append(go.Heatmap(
            z=likeness, xaxis=f"x{right}", yaxis=f"y{right}", colorscale="Viridis", zmin=-1, zmax=1,
            showscale=n == 1, colorbar=scale(RIGHT, "cosine of two places", {"tickvals": [-1, 0, 1]}),
            hovertemplate=f"{name}: places %{{y}} and %{{x}}: cosine %{{z:.3f}}<extra></extra>",
        ))  # fmt: skip
        places = {"autorange": "reversed", "domain": domain, "showgrid": False, "zeroline": False}
        layout[f"yaxis{left}"] = places | {"title": f"place · {name}", "anchor": f"x{left}"}
        layout[f"yaxis{right}"] = places | {"showticklabels": False, "anchor": f"x{right}"}
        across = {"showgrid": False, "zeroline": False}
        title = {"text": "dimension" if n else "", "standoff": 4}
        layout[f"xaxis{left}"] = across | {"domain": LEFT, "anchor": f"y{left}", "title": title}
        title = {"text": "place" if n else "", "standoff": 4}
        layout[f"xaxis{right}"] = across | {"domain": RIGHT, "anchor": f"y{right}", "title": title}
    return figure(*traces, height=520, margin={"l": 56, "r": 8, "t": 8, "b": 104}, **layout)


def scale(domain: tuple[float, float], title: str, more: dict) -> dict:
    """A colour bar below the pictures of this column."""
    middle, length = sum(domain) / 2, domain[1] - domain[0]
    return more | {
        "orientation": "h", "x": middle, "xanchor": "center", "len": length * 0.9, "y": -0.13, "yanchor": "top",
        "thickness": 8, "outlinewidth": 0, "tickfont": {"size": 12},
        "title": {"text": title, "side": "bottom", "font": {"size": 12}},
    }  # fmt: skip


PANEL = Panel("Where a word stands", positions, tables, rank=8)
