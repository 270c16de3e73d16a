"""What each residual branch adds beside its skip (He et al. 2015, arXiv 1512.03385, figure 7)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.cam import spread
from core.capabilities import Residuals
from core.images import cropped
from core.lenses.feature_maps import smaller


@dataclass(frozen=True)
class ResidualBranches(Result):
    """heat: three maps a block: of the skip, of what its branch adds, and of their sum.

    share: the branch's length over the skip's, mean over the places; cosine: between the two, likewise.
    """

    image: Image
    names: tuple[str, ...]
    heat: Array[Floats, "step group row column"]
    share: Array[Floats, "step"]
    cosine: Array[Floats, "step"]


def residual_branches(
    model: Residuals, image: Image, shown: Literal["length", "strongest channel"] = "length"
) -> ResidualBranches:
    """What comes past each block by its skip, what the block's branch adds to it, and the sum.

    Click a small map to enlarge it. Two numbers stand beside it: how long the added vector is against the one that
    it is added to (0.1: a small correction; above 1: mostly new), and the cosine between the two (near 0: something
    new; below 0: part of what was there is taken back). Length shows the length of the vectors at each place; the
    strongest channel is the one in which the branch varies most over this picture. Each map has its own scale, so
    compare lengths by the numbers. What follows the sum (a ReLU in ResNet) is not shown.
    """
    found = model.residuals(image)
    pairs = list(zip(found.skips, found.branches, strict=True))
    rows, columns = max((smaller(skip[:1]).shape[1:] for skip, _ in pairs), key=lambda shape: shape[0] * shape[1])
    heat, shares, cosines = [], [], []
    for skip, branch in pairs:
        if shown == "length":
            maps = np.stack([np.linalg.norm(part, axis=0) for part in (skip, branch, skip + branch)])
        else:
            channel = int(branch.std(axis=(1, 2)).argmax())
            maps = np.stack([part[channel] for part in (skip, branch, skip + branch)])
        heat.append([spread(one, rows, columns) for one in smaller(maps)])
        lengths = np.linalg.norm(skip, axis=0), np.linalg.norm(branch, axis=0)
        shares.append((lengths[1] / np.maximum(lengths[0], 1e-12)).mean())
        cosines.append(((skip * branch).sum(axis=0) / np.maximum(lengths[0] * lengths[1], 1e-12)).mean())
    seen = cropped(image, found.box)
    return ResidualBranches(
        seen, found.names, np.array(heat, np.float32), np.array(shares, float), np.array(cosines, float)
    )
