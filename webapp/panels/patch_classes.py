"""Every patch in the colour of its likeliest class."""

from dataclasses import dataclass

import numpy as np

from core.lenses.patch_classes import PatchClasses, patch_classes
from webapp.heat import LARGEST, jpeg
from webapp.panel import Panel


@dataclass(frozen=True)
class PatchNames:
    """The classes of each patch, for the browser."""

    result: PatchClasses

    def packed(self) -> dict:
        """The picture, and for each layer and patch the numbers of its first classes with their shares."""
        found = self.result
        picture, size = jpeg(found.image, LARGEST)
        return {
            "kind": "patch_classes",
            "picture": picture,
            "size": list(size),
            "shape": list(found.best.shape),
            "layers": list(found.layers),
            "words": list(found.words),
            "best": found.best.ravel().tolist(),
            "shares": np.round(found.shares.ravel(), 4).tolist(),
            "named": list(found.named),
            "own": [[name, float(share)] for name, share in zip(found.own, found.own_shares, strict=True)],
        }


def coloured(result: PatchClasses) -> PatchNames:
    """A slider turns from layer to layer, the last one first seen."""
    return PatchNames(result)


PANEL = Panel("Each patch by itself", patch_classes, coloured)
