"""Rows of a collection that deserve a look: near copies, outliers, and pairs that do not match."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Ints, Result
from core.projection import neighbour_graph, without_mean

MOST = 200
COPY = 0.97
"""Cosine from which two pictures count as near copies."""
NEIGHBOURS = 10


@dataclass(frozen=True)
class Suspects(Result):
    """Rows of the collection, those that most deserve a look first, with the score that says so."""

    rows: Array[Ints, "rank"]
    scores: Array[Floats, "rank"]


def copies(images: np.ndarray, texts: np.ndarray) -> Suspects:
    """Pairs of pictures with a cosine of at least 0.97, nearest pairs first, the two of a pair one after the other."""
    rows, distances = neighbour_graph(images, min(NEIGHBOURS, len(images)))
    left = np.repeat(rows[:, 0], rows.shape[1] - 1)
    right, scores = rows[:, 1:].ravel(), 1 - distances[:, 1:].ravel()
    near = np.flatnonzero(scores >= COPY)
    pairs, first = np.unique(np.sort(np.stack([left, right], 1)[near], axis=1), axis=0, return_index=True)
    scores = scores[near][first]
    order = np.argsort(-scores, kind="stable")[: MOST // 2]
    return Suspects(pairs[order].ravel(), np.repeat(scores[order], 2).astype(np.float32))


def outliers(images: np.ndarray, texts: np.ndarray) -> Suspects:
    """The pictures farthest from their nearest ten: scores are the mean cosine to them, the lowest first."""
    if len(images) < 2:
        return Suspects(np.empty(0, np.int64), np.empty(0, np.float32))
    _, distances = neighbour_graph(images, min(NEIGHBOURS + 1, len(images)))
    return _lowest(1 - distances[:, 1:].mean(axis=1))


def mismatches(images: np.ndarray, texts: np.ndarray) -> Suspects:
    """The pictures farthest from their captions: scores are the cosines with each side's mean taken out."""
    return _lowest(np.einsum("ij,ij->i", without_mean(images), without_mean(texts)))


def _lowest(scores: np.ndarray) -> Suspects:
    order = np.argsort(scores, kind="stable")[: min(MOST, max(1, len(scores) // 5))]
    return Suspects(order.astype(np.int64), scores[order].astype(np.float32))


SUSPECTS: dict[str, Callable[[np.ndarray, np.ndarray], Suspects]] = {
    "copies": copies,
    "outliers": outliers,
    "mismatches": mismatches,
}
