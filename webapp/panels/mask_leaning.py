"""A hidden patch to click, and the visible patches that its guess leans on."""

import numpy as np

from core.lenses.mask_leaning import MaskLeaning, mask_leaning
from core.lenses.masked_reconstruction import over
from webapp.panel import Panel
from webapp.panels.masked_reconstruction import HIDDEN
from webapp.pictures import Grid, Picture, Pictures


def pictures(result: MaskLeaning) -> Pictures:
    """What is visible, what is made of it, and the map of the chosen patch; the strongest leaning comes first."""
    rows, columns = result.mask.shape
    visible = np.where(over(result.mask, result.picture)[..., None], HIDDEN, result.picture)
    places = [f"{row},{column}" for row, column in result.hidden]
    turns = np.full((rows, columns), -1)
    turns[result.hidden[:, 0], result.hidden[:, 1]] = np.arange(len(places))
    numbers = tuple(int(n) for n in turns.ravel())
    strength = result.leaning.max(axis=(1, 2))
    relative = result.leaning / np.maximum(strength, 1e-9)[:, None, None]
    return Pictures(
        (
            Picture("visible", visible[None], notes=(f"{100 * result.mask.mean():.0f} % hidden",)),
            Picture("reconstruction", result.rebuilt[None]),
            Picture(
                "leaned on",
                maps=relative,
                low=0.0,
                high=1.0,
                notes=tuple(f"brightest: moves it by {value:.2f}" for value in strength),
            ),
        ),
        slider="hidden patch",
        steps=tuple(places),
        start=int(strength.argmax()),
        columns=3,
        grids=(
            Grid(0, rows, columns, "turn", numbers=numbers, hint="click a hidden patch"),
            Grid(1, rows, columns, "turn", numbers=numbers),
            Grid(2, rows, columns, "turn", numbers=numbers),
        ),
        note=f"half of the movement lies within {result.reach:.1f} patches",
    )


PANEL = Panel("What the guesses lean on", mask_leaning, pictures, rank=2)
