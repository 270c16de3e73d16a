"""Two films side by side, playing together: with the layers that look through time, and without them."""

import numpy as np

from core.lenses.without_time import WithoutTime, without_time
from webapp.films import montage, names
from webapp.panel import Panel
from webapp.pictures import Curves, Grid, Picture, Pictures

NAMES = ("with time", "without time")


def films(result: WithoutTime) -> Pictures:
    """Both films, then both frame by frame, then how they change and how far they are from each other."""
    count = result.frames.shape[1]
    lossy = result.frames.shape[2] > 128
    places = np.linspace(0, 1, count)
    table = np.concatenate([montage(frames, count) for frames in result.frames])
    shown = [Picture(name, frames, lossy=lossy) for name, frames in zip(NAMES, result.frames, strict=True)]
    return Pictures(
        (*shown, Picture("frame by frame", table[None], wide=True, lossy=lossy)),
        slider="frame",
        steps=names(count),
        columns=2,
        firm=True,
        film=True,
        grids=(Grid(2, 2, count, "turn", numbers=tuple(range(count)) * 2),),
        note=f"{result.done} / {result.steps}" if result.done < result.steps else "",
        curves=(
            Curves("mean change from one frame to the next", NAMES, result.change, places, low=0.0),
            Curves("how far the two films are apart", ("the same frame",), result.apart[None], places, low=0.0),
        ),
    )


PANEL = Panel("Without looking through time", without_time, films, rank=3)
