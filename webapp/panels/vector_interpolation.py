"""Both pictures with what is drawn between them, as a slider and as a row; below, how near it is to either."""

import numpy as np
from PIL.Image import Image

from core.lenses.vector_interpolation import VectorInterpolation, vector_interpolation
from webapp.panel import Panel
from webapp.pictures import Curves, Picture, Pictures

SIDE = 256
SHOWN = 4  # of the steps in the row, beside each other


def pictures(result: VectorInterpolation) -> Pictures:
    """Your picture, the two ways at one share, the example; then the drawn way at some shares."""
    row = np.linspace(0, len(result.shares) - 1, SHOWN + 1).round().astype(int)[1:]
    steps = tuple(f"{100 * share:.0f} %" for share in result.shares)
    return Pictures(
        (
            flat("your picture", result.ends[0]),
            Picture("toward the vectors", result.drawn),
            Picture("latents mixed", result.mixed),
            flat(result.name, result.ends[1]),
            *(Picture(steps[n], result.drawn[n : n + 1]) for n in row),
        ),
        slider=f"→ {result.name}",
        steps=steps,
        start=len(steps) // 2,
        columns=4,
        curves=(
            Curves("cosine of the drawing's vector", ("your picture", result.name), result.cosine, result.shares),
        ),
    )


def flat(name: str, image: Image) -> Picture:
    """A picture as it is."""
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    return Picture(name, np.asarray(small, np.float32)[None] / 255)


PANEL = Panel("Between two pictures", vector_interpolation, pictures, rank=3)
