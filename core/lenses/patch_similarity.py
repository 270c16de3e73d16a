"""Which places of the picture have like features (Caron et al. 2021, arXiv 2104.14294; Amir et al. 2021)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.cam import spread
from core.capabilities import FeatureMaps
from core.images import cropped
from core.lenses.attention_heads import place
from core.lenses.feature_maps import smaller
from core.params import Picked


@dataclass(frozen=True)
class PatchSimilarity(Result):
    """cosine: of each place with the asking one, a map a stage, on the finest grid. patch: who asks there."""

    image: Image
    names: tuple[str, ...]
    cosine: Array[Floats, "step row column"]
    patch: tuple[int, int]


def patch_similarity(
    model: FeatureMaps, image: Image, centred: bool = True, patch: Annotated[str, Picked(20)] = ""
) -> PatchSimilarity:
    """Click a place: which others look the same to the network, at each of its stages.

    The map is the cosine of the feature vectors, 1 at the asking place itself. Early stages compare colour and
    edge, late ones (in a trained network) parts and things: the other eye, the rest of the cat. Features share a
    large common part, which makes everything look alike; centred takes the picture's mean vector away first, and
    cosines then also fall below 0. Each map has its own scale.
    """
    stages = model.feature_maps(image)
    maps = [smaller(values) for values in stages.maps]
    rows, columns = max((values.shape[1:] for values in maps), key=lambda shape: shape[0] * shape[1])
    asking = place(patch, rows, columns) or (rows // 2, columns // 2)
    point = ((asking[0] + 0.5) / rows, (asking[1] + 0.5) / columns)
    cosine = np.stack([spread(alike(values, point, centred), rows, columns) for values in maps])
    return PatchSimilarity(cropped(image, stages.box), stages.names, cosine.astype(np.float32), asking)


def alike(values: np.ndarray, point: tuple[float, float], centred: bool) -> np.ndarray:
    """[row column] cosine of every place of [channel row column] with the one at this share of the sides."""
    if centred:
        values = values - values.mean(axis=(1, 2), keepdims=True)
    unit = values / np.maximum(np.linalg.norm(values, axis=0), 1e-12)
    row, column = (int(share * length) for share, length in zip(point, values.shape[1:], strict=True))
    return np.einsum("crk,c->rk", unit, unit[:, row, column])
