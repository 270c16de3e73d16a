"""Position vectors, learned (Devlin et al. 2018) or sines and cosines (Vaswani et al. 2017, arXiv 1706.03762)."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import PositionTable

MOST = 256


@dataclass(frozen=True)
class PositionVectors(Result):
    """vectors: the model's own; sines: those of the formula for as many places and dimensions.

    likeness: cosine between the model's vectors of any two places; formula: the same of the sines.
    """

    vectors: Array[Floats, "token dim"]
    sines: Array[Floats, "token dim"]
    likeness: Array[Floats, "token token"]
    formula: Array[Floats, "token token"]
    learned: bool


def positions(model: PositionTable) -> PositionVectors:
    """How the model tells places apart: the vector it adds for each place, and how alike two places are.

    Learned vectors stand beside the sines and cosines of the formula. A bright diagonal that fades to both sides
    means that near places look alike and far ones do not; places that the training seldom reached stay noise. In the
    formula the likeness depends on the distance alone. At most 256 places are shown.
    """
    found = model.positions()
    vectors = found.vectors[:MOST]
    sines = sinusoids(*vectors.shape)
    return PositionVectors(vectors, sines, cosines(vectors), cosines(sines), found.learned)


def sinusoids(count: int, dim: int) -> np.ndarray:
    """[token dim]: sin(place / 10000^(2i/dim)) in the first half, the cosines in the second."""
    angles = np.arange(count)[:, None] / 10000 ** (2 * np.arange((dim + 1) // 2) / dim)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)[:, :dim].astype(np.float32)


def cosines(vectors: np.ndarray) -> np.ndarray:
    """[token token] cosine of each two, 0 with a vector of zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit @ unit.T
