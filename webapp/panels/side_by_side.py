"""A column a model: map, classes, and what looks alike to it."""

import base64
from dataclasses import dataclass

import numpy as np

from core.lenses.side_by_side import SideBySide, View, side_by_side
from webapp.heat import jpeg
from webapp.panel import Panel

WIDE, SMALL = 320, 96


@dataclass(frozen=True)
class Columns:
    """The models' views, for the browser."""

    result: SideBySide

    def packed(self) -> dict:
        """A column a model, the chosen one marked."""
        found = self.result
        pairs = enumerate(zip(found.views, found.cosine, strict=True))
        columns = [column(view, cosine) | {"chosen": n == found.chosen} for n, (view, cosine) in pairs]
        return {"kind": "abreast", "columns": columns, "compared": found.compared}


def column(view: View, cosines: np.ndarray) -> dict:
    """The picture, its map as uint8 from 0 on, the classes, and the pictures alike with their cosines."""
    picture, size = jpeg(view.image, WIDE)
    high = float(view.heat.max())
    levels = np.round(view.heat / (high or 1) * 255).astype(np.uint8)
    return {
        "title": view.title,
        "picture": picture,
        "size": list(size),
        "shape": list(view.heat.shape),
        "levels": base64.b64encode(levels.tobytes()).decode(),
        "high": high,
        "classes": [[name, float(share)] for name, share in zip(view.names, view.shares, strict=True)],
        "near": [[jpeg(one, SMALL)[0], float(cosine)] for one, cosine in zip(view.near, cosines, strict=True)],
    }


def columns(result: SideBySide) -> Columns:
    """The columns in the order of the catalogue."""
    return Columns(result)


PANEL = Panel("Through all backbones", side_by_side, columns, rank=8)
