"""How alike the learned vectors of any two places are (Dosovitskiy et al. 2020, arXiv 2010.11929, figure 7)."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import PatchPositions


@dataclass(frozen=True)
class PositionSimilarity(Result):
    """likeness: cosine of the vector of each place (row, column) with that of every other (height, width).

    near: the mean cosine of places side by side; line: of places in one row or column, further apart; rest: of all
    others; None where the grid has no such places.
    """

    likeness: Array[Floats, "row column height width"]
    near: float | None
    line: float | None
    rest: float | None


def position_similarity(model: PatchPositions) -> PositionSimilarity:
    """What the model has learned of places: for each, which others have a similar position vector.

    A tile a place, at the place where it stands in the picture; bright is similar. Attention knows no order: before
    training all places were strangers, and whatever order is seen here was learned from pictures. A bright spot that
    fades around its own place says that near is alike, a cross says that rows and columns are told apart. The
    picture above plays no part. Few layers and little training leave the tiles flat.
    """
    vectors = model.patch_positions()
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    likeness = np.einsum("rcd,hwd->rchw", unit, unit).astype(np.float32)
    rows, columns = vectors.shape[:2]
    down = np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))[:, None, :, None]
    across = np.abs(np.subtract.outer(np.arange(columns), np.arange(columns)))[None, :, None, :]
    near = down + across == 1
    line = ((down == 0) ^ (across == 0)) & ~near
    rest = (down > 0) & (across > 0)
    return PositionSimilarity(
        likeness, *(mean(likeness, np.broadcast_to(which, likeness.shape)) for which in (near, line, rest))
    )


def mean(values: np.ndarray, which: np.ndarray) -> float | None:
    return float(values[which].mean()) if which.any() else None
