"""The noisy picture and what is made of it at each told timestep, with the error below, and the two tables."""

import numpy as np

from core.lenses.time_embedding import FINE, TimeEmbedded, time_embedding
from webapp.panel import Panel
from webapp.pictures import Curves, Picture, Pictures
from webapp.style import OKABE_ITO

FRAME = tuple(int(OKABE_ITO[5][n : n + 2], 16) / 255 for n in (1, 3, 5))
WORST = 2.0  # of the error curve
TABLE = "cosine of any two timesteps"


def pictures(result: TimeEmbedded) -> Pictures:
    """The slider tells the timestep; all answers stand in a strip above the curve, the right one framed."""
    steps, true = len(result.told), int(result.told[result.true])
    places = (np.arange(steps) + 0.5) / steps  # below the pictures of the strip
    best = int(result.told[result.error.argmin()])
    row = result.true * FINE
    likeness = np.stack([result.waves[row, ::FINE], result.learned[row, ::FINE]])
    return Pictures(
        (
            Picture("with noise", result.noisy[None], notes=(f"the true timestep is {true}",)),
            Picture("seen by the network", result.clean, notes=notes(result)),
            Picture("sines and cosines", maps=result.waves[None], notes=(TABLE,), high=1.0),
            Picture("time embedding", maps=result.learned[None], notes=(TABLE,), high=1.0),
            Picture("told each timestep", strip(result.clean, result.true)[None], wide=True),
        ),
        slider="told timestep",
        steps=tuple(str(timestep) for timestep in result.told),
        start=result.true,
        columns=4,
        note=f"true timestep · {true} · least error when told · {best}",
        curves=(
            Curves("error of the picture, as a share of its variance", ("error",), result.error[None], places, 0.0,
                   float(min(result.error.max(), WORST))),
            Curves("cosine with the true timestep", ("sines and cosines", "time embedding"), likeness, places,
                   float(min(likeness.min(), 0)), 1.0),
        ),
    )  # fmt: skip


def notes(result: TimeEmbedded) -> tuple[str, ...]:
    """What the network was told, and whether that was right."""
    ends = ("too low", "right", "too high")
    sides = np.sign(np.arange(len(result.told)) - result.true) + 1
    return tuple(f"told {told}: {ends[side]}" for told, side in zip(result.told, sides, strict=True))


def strip(clean: np.ndarray, framed: int) -> np.ndarray:
    """[height width rgba] of all the pictures [step height width rgb] in a row, with gaps, one of them framed."""
    _, height, _, _ = clean.shape
    gap, line = max(1, height // 16), max(1, height // 16)
    opaque = np.concatenate([clean, np.ones((*clean.shape[:3], 1))], axis=3)
    colour = np.array([*FRAME, 1.0])
    for edge in (np.s_[:line], np.s_[-line:], np.s_[:, :line], np.s_[:, -line:]):
        opaque[framed][edge] = colour
    spaced = np.pad(opaque, ((0, 0), (0, 0), (gap // 2, gap - gap // 2), (0, 0)))
    return np.concatenate(list(spaced), axis=1)


PANEL = Panel("The timestep it is told", time_embedding, pictures, rank=6)
