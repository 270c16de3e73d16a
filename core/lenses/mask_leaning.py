"""Which visible patches the guesses of a masked autoencoder lean on: hide one more and see which guesses move.

Occlusion (Zeiler & Fergus 2014, arXiv 1311.2901) on a model that fills in (He et al. 2021, arXiv 2111.06377).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Bools, Floats, Ints, Result
from core.capabilities import MaskedAutoencoder
from core.lenses.masked_reconstruction import pattern_of
from core.params import Progress, Range

AT_ONCE = 16  # passes


@dataclass(frozen=True)
class MaskLeaning(Result):
    """hidden: (row, column) of each hidden patch.

    leaning: for each hidden patch, how far its colours move on average (0..1) when this visible patch is hidden as
    well, 0 at hidden ones. reach: the distance in patches at which half of a guess's movement lies, mean over guesses.
    """

    picture: Array[Floats, "height width rgb"]
    rebuilt: Array[Floats, "height width rgb"]
    mask: Array[Bools, "row column"]
    hidden: Array[Ints, "token dim"]
    leaning: Array[Floats, "token row column"]
    reach: float


def mask_leaning(
    model: MaskedAutoencoder,
    image: Image,
    hidden: Annotated[int, Range(50, 95, 5, "%")] = 75,
    pattern: Literal["random", "block", "grid"] = "random",
    seed: Annotated[int, Range(0, 20, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> MaskLeaning:
    """For each hidden patch, the visible ones that its guess depends on.

    Click a hidden patch of the reconstruction: bright places of the map are visible patches that move this guess when
    they are hidden too, measured one by one as the mean change of its colours. Two patches that tell the same cover
    for each other, so both may look unimportant. The distance below says within how many patches half of the movement
    lies: a model that only continues its neighbours stays near 1 or 2, one that knows things looks farther.
    """
    rows, columns = model.grid()
    picture = model.seen(image)
    mask = pattern_of(pattern, hidden / 100, rows, columns, np.random.default_rng(1000 * seed))
    rebuilt = model.reconstructions(image, mask[None])[0].astype(np.float32)
    holes, seen = np.argwhere(mask), np.argwhere(~mask)
    leaning = np.zeros((len(holes), rows, columns), np.float32)
    for start in range(0, len(seen), AT_ONCE):
        part = seen[start : start + AT_ONCE]
        masks = np.repeat(mask[None], len(part), axis=0)
        masks[np.arange(len(part)), part[:, 0], part[:, 1]] = True
        moved = patches(np.abs(model.reconstructions(image, masks) - rebuilt), rows, columns)
        leaning[:, part[:, 0], part[:, 1]] = moved[:, mask].T
        progress(start + len(part), len(seen))
    return MaskLeaning(picture, rebuilt, mask, holes, leaning, half_way(leaning, holes))


def patches(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """[image height width rgb] to means over each patch, [image row column]."""
    count, height, width = values.shape[:3]
    return values.mean(axis=-1).reshape(count, rows, height // rows, columns, width // columns).mean(axis=(2, 4))


def half_way(leaning: np.ndarray, holes: np.ndarray) -> float:
    """The distance in patches within which half of each guess's movement lies, mean over those that move."""
    rows, columns = leaning.shape[1:]
    down, across = np.mgrid[:rows, :columns]
    found = []
    for (row, column), map_ in zip(holes, leaning, strict=True):
        if map_.sum() <= 0:
            continue
        far = np.hypot(down - row, across - column).ravel()
        order = np.argsort(far, kind="stable")
        sums = np.cumsum(map_.ravel()[order])
        found.append(far[order][np.searchsorted(sums, sums[-1] / 2)])
    return float(np.mean(found)) if found else 0.0
