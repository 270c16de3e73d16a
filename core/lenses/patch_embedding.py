"""How a picture becomes tokens (Dosovitskiy et al. 2020, arXiv 2010.11929, section 3.1 and figure 7)."""

from dataclasses import dataclass

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import PatchEmbedding


@dataclass(frozen=True)
class Embedding(Result):
    """patches: the picture in 0..1 as the network sees it. filters: the strongest first, each between -1 and 1.

    strength: each patch's length after embedding. likeness: cosine of each place's position vector with every
    other.
    """

    patches: Array[Floats, "row column height width rgb"]
    filters: Array[Floats, "channel height width rgb"]
    strength: Array[Floats, "row column"]
    likeness: Array[Floats, "row column token query"] | None


MOST = 96
"""Filters shown."""


def patch_embedding(model: PatchEmbedding, image: Image) -> Embedding:
    """The picture cut into patches, the filters that turn a patch into a vector, and what places have in common.

    Every patch is compared with every filter, and the answers are the patch's token. Filters are sorted by
    their size; grey is no weight. Colour and edge detectors are what training usually brings forth; noise says
    that there was little of it. Under places, each tile belongs to one place of the picture and shows which
    other places have a similar position vector: a bright spot at its own place, or a cross of its row and
    column, was learnt.
    """
    found = model.patch_embedding(image)
    size = np.abs(found.filters).max(axis=(1, 2, 3), keepdims=True)
    order = np.argsort(-np.linalg.norm(found.filters.reshape(len(found.filters), -1), axis=1), kind="stable")[:MOST]
    filters = (found.filters / np.maximum(size, 1e-12))[order]
    strength = np.linalg.norm(found.vectors, axis=-1)
    return Embedding(found.pixels, filters, strength, None if found.positions is None else alike(found.positions))


def alike(positions: np.ndarray) -> np.ndarray:
    """[row column row column] cosine from positions [row column channel]."""
    unit = positions / np.maximum(np.linalg.norm(positions, axis=-1, keepdims=True), 1e-12)
    return np.einsum("rcd,xyd->rcxy", unit, unit)
