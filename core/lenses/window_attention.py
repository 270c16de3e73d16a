"""Attention within windows that shift (Liu et al. 2021, arXiv 2103.14030), for a clicked place."""

import re
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import WindowAttention, Windows
from core.errors import LoupeError
from core.params import Picked


@dataclass(frozen=True)
class Block(Result):
    """One block, seen from one of its tokens.

    windows: which window each token is in. open: 1 where the token may look, 2 where its window goes on beyond
    a seam and nothing is taken, 0 elsewhere. heat: what each head's token takes from each other, 0 outside its
    window.
    """

    stage: int
    shift: int
    place: tuple[int, int]
    windows: Array[Ints, "row column"]
    open: Array[Ints, "row column"]
    heat: Array[Floats, "head row column"]


@dataclass(frozen=True)
class WindowView(Result):
    """Every block from the token under one point of the picture (row, column as shares of its sides)."""

    image: Image
    point: tuple[float, float]
    blocks: tuple[Block, ...]
    mean: Array[Floats, "step"]


def window_attention(model: WindowAttention, image: Image, point: Annotated[str, Picked(40)] = "") -> WindowView:
    """How the picture is cut into windows, block by block, and where the clicked token looks inside its own.

    A token sees its window alone. Every second block shifts the windows by half, so that what was parted meets;
    windows at the edge are put together from opposite sides of the picture, and there a mask keeps strangers
    apart (hatched). From stage to stage four tokens become one, so the same number of tokens covers four times
    the area. Choose the block and the head below, click another place in the picture.
    """
    row, column = spot(point)
    blocks = tuple(around(block, row, column) for block in model.window_attention(image))
    return WindowView(image, (row, column), blocks, np.array([block.heat.mean() for block in blocks]))


def spot(point: str) -> tuple[float, float]:
    """(row, column), each from 0 to below 1, of a text like "0.25,0.5"; the middle where it is empty."""
    if not point:
        return 0.5, 0.5
    if not re.fullmatch(r"0(\.\d+)?,0(\.\d+)?", point):
        raise LoupeError("{point!r} is no place in the picture. Click into the picture.", point=point)
    row, column = point.split(",")
    return float(row), float(column)


def around(block: Windows, row: float, column: float) -> Block:
    """The block as the token at this point sees it."""
    rows, columns = block.windows.shape
    at = int(row * rows), int(column * columns)
    window, token = block.windows[at], block.places[at]
    inside = block.windows == window
    own = inside & (block.regions == block.regions[at])
    taken = block.weights[window, :, token]  # [head token]
    heat = np.where(inside, taken[:, block.places], 0).astype(np.float32)
    seen = inside.astype(np.int64) + (inside & ~own)
    return Block(block.stage, block.shift, at, block.windows, seen, heat)
