"""The film, played; beside it the path of its middle and earlier guesses, below it all kept guesses frame by frame."""

import numpy as np

from core.lenses.video import Film, video
from webapp.films import montage, names, trail
from webapp.panel import Panel
from webapp.panels.trajectory import LONGEST
from webapp.pictures import Curves, Grid, Picture, Pictures


def film(result: Film) -> Pictures:
    """All play together; a row of the table is a timestep, a column a frame."""
    count = result.frames.shape[1]
    lossy = result.frames.shape[2] > 128
    halfway = (len(result.frames) - 1) // 2
    told = [f"t = {time:.0f}" for time in result.timesteps]
    title = result.prompt if len(result.prompt) <= LONGEST else result.prompt[: LONGEST - 1] + "…"
    table = np.concatenate([montage(frames, count) for frames in result.frames])
    return Pictures(
        (
            Picture(title or "without words", result.frames[-1], notes=(told[-1],), lossy=lossy),
            Picture("path of the middle", trail(result.frames[-1], result.middle), lossy=True),
            Picture("first guess", result.frames[0], notes=(told[0],), lossy=lossy),
            Picture("guess halfway", result.frames[halfway], notes=(told[halfway],), lossy=lossy),
            Picture("guesses of the film", table[None], notes=(" · ".join(told),), wide=True, lossy=lossy),
        ),
        slider="frame",
        steps=names(count),
        columns=4,
        firm=True,
        film=True,
        grids=(Grid(4, len(result.frames), count, "turn", numbers=tuple(range(count)) * len(result.frames)),),
        note=f"{result.done} / {result.steps}" if result.done < result.steps else "",
        curves=curves(result, halfway),
    )


def curves(result: Film, halfway: int) -> tuple[Curves, ...]:
    """How much it changes from frame to frame, and where its middle is in each."""
    places = np.linspace(0, 1, len(result.middle))
    return (
        Curves(
            "mean change from one frame to the next",
            ("the film", "first guess", "guess halfway"),
            result.change[[-1, 0, halfway]],
            places,
            low=0.0,
        ),
        Curves(
            "middle, as a share of the side",
            ("from the left", "from the top"),
            result.middle.T[::-1],
            places,
            low=0.0,
            high=1.0,
        ),
    )


PANEL = Panel("A film drawn from noise", video, film, rank=1)
