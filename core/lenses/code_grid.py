"""The picture as a grid of codes of a vector-quantised autoencoder, to paint in."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import ImageTokenizer
from core.errors import LoupeError
from core.params import Picked

MOST = 1024  # codes on the palette
PATCH = 3  # a code's colour is the middle of what a square of it decodes to


@dataclass(frozen=True)
class CodeGrid(Result):
    """codes: what the picture is written as, the reader's changes in it. margin: how much farther the second-best
    code lies than the best, as a share of its distance. palette: code numbers, ordered so that like stand together;
    swatches: what each looks like. edits: the changes, each a row, a column and a code.
    """

    picture: Array[Floats, "height width rgb"]
    rebuilt: Array[Floats, "height width rgb"]
    codes: Array[Ints, "row column"]
    margin: Array[Floats, "row column"]
    palette: Array[Ints, "code"]
    swatches: Array[Floats, "code rgb"]
    count: int
    edits: tuple[tuple[int, int, int], ...]


def code_grid(
    model: ImageTokenizer,
    image: Image,
    paint: Literal["this cell", "every cell of its code"] = "this cell",
    edits: Annotated[str, Picked()] = "",
) -> CodeGrid:
    """The picture written as whole numbers, and decoded from them: paint with codes and see what becomes of it.

    Choose a code on the palette (or take one up from the picture with the shift key) and paint over the decoded
    picture; it is decoded anew. With "every cell of its code" one stroke swaps a code for another in the whole picture.
    A swatch is the colour of a field of that code alone: beside others it looks different,
    since the decoder reads neighbours together. The margin says how sure the choice was: 0 where a second code fits as
    well, so that nothing would change, near 1 where no other comes close.
    """
    picture = model.seen(image)
    codes, margin = chosen(model, picture)
    put, before = edited(edits, codes.shape, len(model.codebook())), codes.copy()
    for row, column, code in put:
        here = (row, column) if paint == "this cell" else before == before[row, column]
        codes[here] = code
    palette, swatches = colours(model)
    rebuilt = model.decode(codes[None])[0]
    return CodeGrid(picture, rebuilt, codes, margin, palette, swatches, len(model.codebook()), tuple(put))


def chosen(model: ImageTokenizer, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The code of each cell, and by which share the second-best lies farther."""
    latents, book = model.latents(picture[None])[0], model.codebook()
    flat = latents.reshape(-1, latents.shape[-1]).astype(np.float64)
    squares = (flat**2).sum(1)[:, None] - 2 * flat @ book.T + (book.astype(np.float64) ** 2).sum(1)
    first, second = np.sqrt(np.maximum(np.partition(squares, 1, axis=1)[:, :2], 0)).T
    margin = 1 - first / np.maximum(second, 1e-12)
    codes = model.encode(picture[None])[0].astype(np.int64)
    return codes, margin.reshape(codes.shape).astype(np.float32)


def edited(edits: str, shape: tuple[int, ...], count: int) -> list[tuple[int, int, int]]:
    """(row, column, code) of each change. Raises LoupeError for a place or a code that there is not."""
    found = {}
    for one in filter(None, edits.split(";")):
        parts = one.split(",")
        if len(parts) != 3 or not all(part.isdecimal() for part in parts):
            raise LoupeError("The change {one!r} is not a row, a column and a code. Start over.", one=one[:40])
        row, column, code = map(int, parts)
        if row >= shape[0] or column >= shape[1] or code >= count:
            raise LoupeError(
                "The change {one!r} lies outside the {rows} × {columns} grid or the {count} codes. Start over.",
                one=one[:40],
                rows=shape[0],
                columns=shape[1],
                count=count,
            )
        found[row, column] = code
    return [(row, column, code) for (row, column), code in found.items()]


def colours(model: ImageTokenizer) -> tuple[np.ndarray, np.ndarray]:
    """The codes of the palette, light ones first, like ones side by side; and each one's colour."""
    count = len(model.codebook())
    numbers = np.unique(np.linspace(0, count - 1, min(count, MOST)).astype(int))
    fields = np.repeat(np.repeat(numbers[:, None, None], PATCH, 1), PATCH, 2)
    made = np.concatenate([model.decode(part) for part in np.array_split(fields, -(-len(fields) // 256))])
    side = made.shape[1]
    middle = made[:, side // PATCH : side - side // PATCH, side // PATCH : side - side // PATCH].mean(axis=(1, 2))
    order = arranged(middle)
    return numbers[order], middle[order]


def arranged(colour: np.ndarray) -> np.ndarray:
    """An order for rows of a square: rows from light to dark, each row by the strongest difference within it."""
    order = np.argsort(-colour @ np.array([0.299, 0.587, 0.114]), kind="stable")
    side = int(np.ceil(np.sqrt(len(order))))
    rows = []
    for start in range(0, len(order), side):
        part = order[start : start + side]
        tint = colour[part] @ np.array([1.0, -0.5, -0.5]) - colour[part] @ np.array([0.0, -0.5, 0.5])
        rows.append(part[np.argsort(tint, kind="stable")])
    return np.concatenate(rows)
