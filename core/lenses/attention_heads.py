"""Every attention head of a vision transformer by itself (Vaswani et al. 2017, arXiv 1706.03762)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import PatchAttention
from core.errors import LoupeError
from core.images import cropped
from core.params import Picked


@dataclass(frozen=True)
class AttentionHeads(Result):
    """heat: one row (or column) of each head's attention, laid out on the patches. patch: whose, or the class token's.

    image: the part of the picture that the model sees. kept: the share of that row that does not go to patches.
    """

    image: Image
    heat: Array[Floats, "layer head row column"]
    patch: tuple[int, int] | None
    kept: Array[Floats, "layer head"]


def attention_heads(
    model: PatchAttention,
    image: Image,
    direction: Literal["takes from", "gives to"] = "takes from",
    patch: Annotated[str, Picked(20)] = "",
) -> AttentionHeads:
    """Where each head of each layer looks: a small map a head, one of them large.

    Click a small map to enlarge it, and a patch of the large one to ask from there; until then the class token asks
    (in a model without one, all patches together). "Takes from" is what flows into the asking token, "gives to" is
    who takes from it. Each map has its own scale, so a faint map may be a flat one: read the numbers at the bar.
    """
    attention = model.patch_attention(image)
    if attention.grid is None:
        raise LoupeError("This model has no grid of patches, so its heads have no maps. Choose another model.")
    rows, columns = attention.grid
    chosen = place(patch, rows, columns)
    weights = attention.weights if direction == "takes from" else attention.weights.swapaxes(-1, -2)
    if chosen is not None:
        line = weights[:, :, attention.prefix + chosen[0] * columns + chosen[1]]
    else:
        line = weights[:, :, 0] if attention.prefix else weights.mean(axis=2)
    patches = line[..., attention.prefix :]
    heat = patches.reshape(*patches.shape[:2], rows, columns)
    seen = cropped(image, attention.box)
    return AttentionHeads(seen, heat.astype(np.float32), chosen, line[..., : attention.prefix].sum(axis=-1))


def place(patch: str, rows: int, columns: int) -> tuple[int, int] | None:
    """The "row,column" of a click; None where nothing was clicked, or it lies outside of this model's grid."""
    parts = patch.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        return None
    row, column = (int(part) for part in parts)
    return (row, column) if row < rows and column < columns else None
