"""One latent of a variational autoencoder turned up and down while all others stay."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import VariationalAutoencoder
from core.errors import LoupeError
from core.lenses.vae_latents import divergence
from core.params import Picked, Range

SHIFTS = np.linspace(-3, 3, 9)
MOST = 4


@dataclass(frozen=True)
class VaeTraversal(Result):
    """The strongest channels (most nats), each with a step a value added to it. cell: where, else everywhere."""

    picture: Array[Floats, "height width rgb"]
    channels: tuple[int, ...]
    nats: Array[Floats, "rank"]
    made: Array[Floats, "rank step height width rgb"]
    shifts: Array[Floats, "step"]
    grid: tuple[int, int]
    cell: tuple[int, int] | None


def vae_traversal(
    model: VariationalAutoencoder,
    image: Image,
    reach: Annotated[int, Range(0, 4, 1)] = 1,
    cell: Annotated[str, Picked()] = "",
) -> VaeTraversal:
    """What each of the strongest latent channels stands for: add to it and see what changes.

    Click a place of the picture to change the latents there alone and, as far as the reach says, around it; click it
    again to change them everywhere. The channels with the most nats (KL against the prior) come first. The prior's
    standard deviation is 1, so a step of 3 is far. Nothing asks a channel to mean one thing: mixtures of colour and
    edge are the rule.
    """
    picture = model.seen(image)
    mean, spread = (part[0] for part in model.posterior(picture[None]))
    nats = divergence(mean, spread).mean(axis=(1, 2))
    grid = (mean.shape[1], mean.shape[2])
    place = at(cell, *grid)
    window = np.ones(grid, np.float32)
    if place:
        down, across = np.mgrid[: grid[0], : grid[1]]
        window = (np.maximum(abs(down - place[0]), abs(across - place[1])) <= reach).astype(np.float32)
    order = np.argsort(-nats)[:MOST]
    drawn = np.repeat(mean[None], len(order) * len(SHIFTS), axis=0)
    for rank, channel in enumerate(order):
        for step, shift in enumerate(SHIFTS):
            drawn[rank * len(SHIFTS) + step, channel] += shift * window
    made = model.decode(drawn).reshape(len(order), len(SHIFTS), *picture.shape)
    return VaeTraversal(picture, tuple(int(n) for n in order), nats[order], made, SHIFTS, grid, place)


def at(cell: str, rows: int, columns: int) -> tuple[int, int] | None:
    """A clicked cell, None before that. Raises LoupeError for one outside the grid."""
    if not cell:
        return None
    parts = cell.split(",")
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        raise LoupeError("The cell {cell!r} is not a row and a column. Click into the picture.", cell=cell[:40])
    row, column = int(parts[0]), int(parts[1])
    if row >= rows or column >= columns:
        raise LoupeError(
            "The cell {cell!r} lies outside the {rows} × {columns} grid. Click into the picture.",
            cell=cell[:40],
            rows=rows,
            columns=columns,
        )
    return row, column
