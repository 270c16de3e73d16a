"""What each stage of a network holds of the picture, channel by channel (Zeiler & Fergus 2013, arXiv 1311.2901)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import FeatureMaps
from core.images import cropped
from core.params import Range

FINEST = 56
"""Maps are averaged down to at most this many rows and columns."""


@dataclass(frozen=True)
class Channels(Result):
    """For each stage its chosen channels' maps and their numbers; grids: rows and columns before averaging down."""

    image: Image
    names: tuple[str, ...]
    maps: list[Array[Floats, "channel row column"]]
    channels: list[Array[Ints, "channel"]]
    widths: tuple[int, ...]
    grids: tuple[tuple[int, int], ...]


def feature_maps(
    model: FeatureMaps,
    image: Image,
    order: Literal["contrast", "mean", "number"] = "contrast",
    shown: Annotated[int, Range(16, 96, 8)] = 48,
) -> Channels:
    """Single channels of every stage as pictures: first edges and colours, later parts and whole things.

    Choose a stage, click a tile to lay it over the picture. Of each stage those channels are shown that vary
    most over this picture (contrast), that are highest on average, or simply the first. Each tile has a scale
    of its own, so a bright place in two tiles is not the same amount. What a channel responds to here is no
    proof of what it stands for.
    """
    stages = model.feature_maps(image)
    maps, channels = [], []
    for values in stages.maps:
        if order == "contrast":
            chosen = np.argsort(-values.std(axis=(1, 2)), kind="stable")[:shown]
        elif order == "mean":
            chosen = np.argsort(-values.mean(axis=(1, 2)), kind="stable")[:shown]
        else:
            chosen = np.arange(min(shown, len(values)))
        maps.append(smaller(values[chosen]))
        channels.append(chosen)
    seen = cropped(image, stages.box)
    grids = tuple(values.shape[1:] for values in stages.maps)
    return Channels(seen, stages.names, maps, channels, tuple(len(values) for values in stages.maps), grids)


def smaller(maps: np.ndarray) -> np.ndarray:
    """[channel row column] averaged in whole blocks until no side is longer than FINEST."""
    factor = -(-max(maps.shape[1:]) // FINEST)
    if factor == 1:
        return maps
    rows, columns = (length // factor for length in maps.shape[1:])
    blocks = maps[:, : rows * factor, : columns * factor].reshape(len(maps), rows, factor, columns, factor)
    return blocks.mean(axis=(2, 4))
