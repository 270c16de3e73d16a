"""Small multiples: shift, scale, gate and what the sentence moves, of the attention and of the MLP."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.lenses.adaln_scales import Steered, adaln_scales
from webapp.panel import Panel
from webapp.style import OKABE_ITO, figure

PARTS = ("shift", "scale", "gate")
BRANCHES = ("attention", "MLP")
MOVED = "moved"
LINES = 6
HIGH, EDGES = 132, 130  # pixels of a row, and of what stands around them
BETWEEN, MIDDLE = 0.3, 0.1  # gaps: in heights of a row, in shares of the width


def curves(result: Steered) -> go.Figure:
    """A row a vector, a column a branch, a line for at most so many blocks from first to last."""
    layers = result.size.shape[2]
    chosen = np.unique(np.linspace(0, layers - 1, min(layers, LINES)).round().astype(int))
    rows = (*PARTS, MOVED) if result.prompt else PARTS
    traces, layout, titles = [], {}, []
    for number, (row, column) in enumerate(np.ndindex(len(rows), len(BRANCHES))):
        axes, placed = place(number, row, column, len(rows))
        layout |= placed
        left, top = placed[f"xaxis{axes[0][1:]}"]["domain"][0], placed[f"yaxis{axes[1][1:]}"]["domain"][1]
        titles.append(title(f"{BRANCHES[column]} · {rows[row]}", left, top))
        for block, colour in zip(chosen, OKABE_ITO, strict=False):
            for values, dash, kind in lines(result, rows[row], int(block), column):
                traces.append(
                    go.Scatter(
                        x=result.timesteps, y=values, mode="lines", xaxis=axes[0], yaxis=axes[1],
                        line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
                        name=f"DiT block · {block + 1}", legendgroup=f"{block}",
                        showlegend=number == 0 and dash == "solid",
                        hovertemplate=f"block {block + 1} · {kind}: %{{y:.3~g}}<extra></extra>",
                    )
                )  # fmt: skip
    if result.prompt:
        grey = {"color": OKABE_ITO[7], "width": 1.5, "dash": "dot"}
        traces.append(go.Scatter(x=[None], y=[None], mode="lines", name="without the sentence", line=grey))
    drawn = figure(*traces, height=HIGH * len(rows) + EDGES, annotations=titles, **layout)
    return drawn.update_layout(
        showlegend=True,
        hovermode="closest",
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1 + 24 / (HIGH * len(rows)),
            "x": 0,
            "xanchor": "left",
        },
        margin={"l": 48, "r": 12, "t": 82, "b": 48},
    )


def lines(result: Steered, part: str, block: int, branch: int) -> list[tuple[np.ndarray, str, str]]:
    """(values, dash, what they are) of a block's lines in one of the small figures."""
    if part == MOVED:
        return [(result.moved[:, block, branch], "solid", "moved by the sentence")]
    without, told = result.size[:, :, block, len(PARTS) * branch + PARTS.index(part)]
    if not result.prompt:
        return [(without, "solid", "without the sentence")]
    return [(told, "solid", "with the sentence"), (without, "dot", "without the sentence")]


def place(number: int, row: int, column: int, rows: int) -> tuple[tuple[str, str], dict[str, Any]]:
    """The axes of one of the small figures, and where they stand; the two of a row have one scale."""
    end = str(number + 1) if number else ""
    high = 1 / (rows + BETWEEN * (rows - 1))
    top = 1 - row * high * (1 + BETWEEN)
    left = column * (1 + MIDDLE) / 2
    across = {"domain": [left, left + (1 - MIDDLE) / 2], "anchor": f"y{end}", "nticks": 3, "tickangle": 0,
              "zeroline": False, "showgrid": False, "showticklabels": row == rows - 1}  # fmt: skip
    up = {"domain": [max(top - high, 0), top], "anchor": f"x{end}", "nticks": 4, "zeroline": False,
          "rangemode": "tozero"}  # fmt: skip
    if row == rows - 1:
        across["title"] = "timestep"
    if row == len(PARTS):
        up["tickformat"] = ".0%"
    if column:
        up["matches"] = "y" + (str(number) if number > 1 else "")
    return (f"x{end}", f"y{end}"), {f"xaxis{end}": across, f"yaxis{end}": up}


def title(text: str, left: float, top: float) -> dict[str, Any]:
    """What one of the small figures shows, above it."""
    return {"text": text, "xref": "paper", "yref": "paper", "x": left, "y": top, "xanchor": "left",
            "yanchor": "bottom", "showarrow": False}  # fmt: skip


PANEL = Panel("What steers each block", adaln_scales, curves, rank=6)
