"""Attention rollout (Abnar & Zuidema 2020, arXiv 2005.00928): attention multiplied through the layers."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import PatchAttention
from core.errors import LoupeError
from core.images import cropped
from core.params import Range

FUSION = {"mean": np.mean, "max": np.max, "min": np.min}


@dataclass(frozen=True)
class Rollout(Result):
    """heat: what the class token (or, without one, the average patch) takes from each patch, through layer 1..n.

    image: the part of the picture that the model sees.
    """

    image: Image
    heat: Array[Floats, "layer row column"]


def attention_rollout(
    model: PatchAttention,
    image: Image,
    fusion: Literal["mean", "max", "min"] = "mean",
    discard: Annotated[float, Range(0.0, 0.95, 0.05)] = 0.0,
) -> Rollout:
    """Which patches reach the class token once all layers are multiplied through.

    Bright patches feed the picture's vector most. Heads are fused by the chosen rule, the weakest share of the
    links is discarded, half of each token is kept as its own (the skip connection). It follows where information
    can flow, not what it is used for: compare it with a map that depends on the answer.
    """
    attention = model.patch_attention(image)
    if attention.grid is None:
        raise LoupeError("This model has no grid of patches, so rollout has nothing to draw. Choose another model.")
    seen = cropped(image, attention.box)
    return Rollout(seen, rollout(attention.weights, attention.grid, attention.prefix, fusion, discard))


def rollout(
    weights: np.ndarray, grid: tuple[int, int], prefix: int, fusion: str = "mean", discard: float = 0.0
) -> np.ndarray:
    """[layer row column] from weights [layer head token token]; each layer's map sums to what the patches hold."""
    fused = FUSION[fusion](weights, axis=1)
    if discard:
        weakest = np.argsort(fused, axis=-1)[..., : int(fused.shape[-1] * discard)]
        np.put_along_axis(fused, weakest, 0, axis=-1)
    mixed = fused + np.eye(fused.shape[-1])
    mixed /= mixed.sum(axis=-1, keepdims=True)
    through, maps = np.eye(fused.shape[-1]), []
    for layer in mixed:
        through = layer @ through
        row = through[0] if prefix else through.mean(axis=0)
        maps.append(row[prefix:].reshape(grid))
    return np.stack(maps).astype(np.float32)
