"""The picture, what the autoencoder alone makes of it, its variations, and one drawn toward nothing."""

import numpy as np

from core.lenses.variations import Variations, variations
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures

SIDE = 256


def pictures(result: Variations) -> Pictures:
    """Each with the cosine of its vector to the original's."""
    small = result.original.copy()
    small.thumbnail((SIDE, SIDE))
    drawn = [
        Picture(name, one[None], notes=(f"cos {cosine:.3f}",))
        for name, one, cosine in zip(names(len(result.pictures) - 1), result.pictures, result.cosine, strict=True)
    ]
    return Pictures(
        (
            Picture("your picture", np.asarray(small, np.float32)[None] / 255),
            Picture("autoencoder alone", result.rebuilt[None], notes=(f"cos {result.rebuilt_cosine:.3f}",)),
            *drawn,
        ),
        columns=4,
        note="" if result.step == result.steps else f"{result.step} / {result.steps}",
    )


def names(count: int) -> list[str]:
    """Of the variations and of what was drawn toward nothing."""
    return [*(f"variation {n + 1}" for n in range(count)), "toward no vector"]


PANEL = Panel("Variations of your picture", variations, pictures, rank=1)
