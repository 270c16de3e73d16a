"""The codes of the picture, a palette of all codes, and the decoded picture to paint in."""

import numpy as np

from core.lenses.code_grid import CodeGrid, code_grid
from webapp.panel import Panel
from webapp.pictures import Grid, Picture, Pictures


def pictures(result: CodeGrid) -> Pictures:
    """Decoded picture, palette, the grid in the codes' colours, and how sure each choice was."""
    rows, columns = result.codes.shape
    known = {int(code): n for n, code in enumerate(result.palette)}
    places = np.array([known.get(int(code), -1) for code in result.codes.ravel()])
    flat = np.where(places[:, None] >= 0, result.swatches[places], 0.5).reshape(rows, columns, 3)
    palette, wide = palette_picture(result.swatches)
    edits = ";".join(f"{row},{column},{code}" for row, column, code in result.edits)
    distinct = len(np.unique(result.codes))
    return Pictures(
        (
            Picture("picture", result.picture[None]),
            Picture("decoded", result.rebuilt[None], notes=(f"{distinct} codes in {rows} × {columns} cells",)),
            Picture("palette", palette[None], notes=(f"{result.count} codes",)),
            Picture("each code's own colour", flat[None]),
            Picture("margin", maps=result.margin[None], low=0.0, notes=("to the second-best code",)),
        ),
        columns=3,
        grids=(
            Grid(
                1,
                rows,
                columns,
                "draw",
                "edits",
                edits,
                tuple(int(code) for code in result.codes.ravel()),
                hint="paint here; shift takes a code up",
            ),
            Grid(
                2,
                palette.shape[0],
                wide,
                "brush",
                numbers=tuple(int(code) for code in result.palette),
                hint="choose a code to paint with",
            ),
        ),
    )


def palette_picture(swatches: np.ndarray) -> tuple[np.ndarray, int]:
    """The swatches as a square of single pixels, grey where there are none left; and its width."""
    wide = int(np.ceil(np.sqrt(len(swatches))))
    cells = np.full((-(-len(swatches) // wide) * wide, 3), 0.5, np.float32)
    cells[: len(swatches)] = swatches
    return cells.reshape(-1, wide, 3), wide


PANEL = Panel("Paint with codes", code_grid, pictures, rank=3)
