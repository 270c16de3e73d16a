"""The masked picture to paint in, what the model makes of it, and other draws of the mask beside it."""

import numpy as np

from core.lenses.masked_reconstruction import MaskedReconstruction, masked_reconstruction, over
from webapp.panel import Panel
from webapp.pictures import Grid, Picture, Pictures

HIDDEN = 0.55  # the grey of a hidden patch


def pictures(result: MaskedReconstruction) -> Pictures:
    """The picture, what is visible of it, what is made of that, and where it is wrong; below, every draw."""
    hidden = np.stack([over(mask, result.picture) for mask in result.masks])[..., None]
    visible = np.where(hidden, HIDDEN, result.picture)
    rows, columns = result.masks.shape[1:]
    shares = [f"{100 * mask.mean():.0f} %" for mask in result.masks]
    bits = "".join(str(int(cell)) for cell in result.masks[0].ravel()) if result.painted else ""
    errors = tuple(f"error {100 * value:.0f} % of the mean's" for value in result.relative)
    shown = [
        Picture("picture", result.picture[None]),
        Picture("visible", visible, notes=tuple(f"{share} hidden" for share in shares)),
        Picture("reconstruction", result.rebuilt, notes=errors),
        Picture("error of each patch", maps=result.error, low=0.0),
    ]
    if len(result.masks) > 1:
        shown += [
            Picture(f"draw {n + 1}", made[None], notes=(f"error {100 * value:.0f} %",))
            for n, (made, value) in enumerate(zip(result.rebuilt, result.relative, strict=True))
        ]
    return Pictures(
        tuple(shown),
        slider="draw",
        steps=tuple(str(n + 1) for n in range(len(result.masks))),
        columns=4,
        grids=(Grid(0, rows, columns, "mask", "mask", bits, hint="paint here to hide patches"),),
    )


PANEL = Panel("Hide and guess", masked_reconstruction, pictures, rank=1)
