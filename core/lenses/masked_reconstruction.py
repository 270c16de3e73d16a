"""What a masked autoencoder (He et al. 2021, arXiv 2111.06377) makes of the patches that were hidden from it."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Bools, Floats, Result
from core.capabilities import MaskedAutoencoder
from core.errors import LoupeError
from core.params import Picked, Range

DRAWS = 4


@dataclass(frozen=True)
class MaskedReconstruction(Result):
    """A step a draw of the mask. error: mean squared error of each hidden patch, 0 where it was visible.

    relative: the error over all hidden pixels as a share of what filling them with the mean of the visible ones
    would give. painted: whether the reader painted the mask.
    """

    picture: Array[Floats, "height width rgb"]
    rebuilt: Array[Floats, "step height width rgb"]
    masks: Array[Bools, "step row column"]
    error: Array[Floats, "step row column"]
    relative: Array[Floats, "step"]
    painted: bool


def masked_reconstruction(
    model: MaskedAutoencoder,
    image: Image,
    hidden: Annotated[int, Range(0, 95, 5, "%")] = 75,
    pattern: Literal["random", "block", "grid"] = "random",
    seed: Annotated[int, Range(0, 20, 1)] = 0,
    mask: Annotated[str, Picked()] = "",
) -> MaskedReconstruction:
    """The hidden patches as the model guesses them from the visible ones.

    Paint over the first picture to hide patches of your choice; the pattern and its share then rest. Below stand
    four draws of the same pattern: where they agree the picture is settled by what is left, where they differ by
    chance. The error of a patch is its mean squared difference, with colours in 0..1; "of the mean's" compares it
    with filling the hole with the average of what is visible, where 100 % is no better than that. The model was
    trained to be right on average, so its guesses are blurred where several things could stand; the visible patches
    are copied, not rebuilt. A share that was rare in its training (a few percent, or nearly all) says little about
    it.
    """
    rows, columns = model.grid()
    picture = model.seen(image)
    if mask:
        masks = np.array([painted(mask, rows, columns)])
    else:
        chances = [np.random.default_rng(1000 * seed + draw) for draw in range(DRAWS)]
        masks = np.stack([pattern_of(pattern, hidden / 100, rows, columns, chance) for chance in chances])
    rebuilt = model.reconstructions(image, masks).astype(np.float32)
    squares = ((rebuilt - picture) ** 2).mean(axis=-1)
    height, width = picture.shape[0] // rows, picture.shape[1] // columns
    error = squares.reshape(-1, rows, height, columns, width).mean(axis=(2, 4)).astype(np.float32)
    relative = np.array([share(picture, one, over(own, picture)) for one, own in zip(rebuilt, masks, strict=True)])
    return MaskedReconstruction(picture, rebuilt, masks, error * masks, relative, bool(mask))


def pattern_of(pattern: str, hidden: float, rows: int, columns: int, chance: np.random.Generator) -> np.ndarray:
    """True where hidden, so many of the patches [row column]: anywhere, in one block, or evenly apart."""
    count = round(hidden * rows * columns)
    if pattern == "random":
        order = chance.permutation(rows * columns)
    elif pattern == "block":
        top, left = chance.random(2) * (rows, columns)
        down, across = np.mgrid[:rows, :columns]
        order = np.argsort(np.maximum(abs(down + 0.5 - top), abs(across + 0.5 - left)).ravel(), kind="stable")
    else:
        # each patch's place in a walk that fills a lattice ever more finely, so that the holes lie evenly
        down, across = np.mgrid[:rows, :columns]
        fine = np.zeros((rows, columns))
        for bit in range(5):
            low, right = (down >> bit) & 1, (across >> bit) & 1
            fine = fine * 4 + np.array([[0, 2], [3, 1]])[low, right]
        fine = np.roll(fine, tuple(chance.integers(0, 2, 2)), axis=(0, 1))
        order = np.argsort(-fine.ravel(), kind="stable")
    mask = np.zeros(rows * columns, bool)
    mask[order[:count]] = True
    return mask.reshape(rows, columns)


def painted(mask: str, rows: int, columns: int) -> np.ndarray:
    """[row column] from a 0 or 1 a patch. Raises LoupeError for what does not fit the grid."""
    if len(mask) != rows * columns or set(mask) - {"0", "1"}:
        raise LoupeError(
            "The painted mask does not fit the {rows} × {columns} patches of this model. Start over.",
            rows=rows,
            columns=columns,
        )
    return (np.array(list(mask)) == "1").reshape(rows, columns)


def over(mask: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The mask of patches as one of pixels."""
    rows, columns = mask.shape
    return np.kron(mask, np.ones((picture.shape[0] // rows, picture.shape[1] // columns), bool))


def share(picture: np.ndarray, rebuilt: np.ndarray, hidden: np.ndarray) -> float:
    """The squared error on hidden pixels, of that of the visible pixels' mean; 0 where nothing is hidden."""
    if not hidden.any():
        return 0.0
    mean = picture[~hidden].mean(axis=0) if not hidden.all() else np.full(3, 0.5)
    worst = ((picture[hidden] - mean) ** 2).sum()
    return float(((picture[hidden] - rebuilt[hidden]) ** 2).sum() / max(worst, 1e-9))
