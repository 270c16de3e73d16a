"""HeatMaps: what a view returns to lay maps over a picture; the browser turns the pages."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result

LARGEST = 512


@dataclass(frozen=True)
class HeatMaps(Result):
    """maps [step row column] over one picture; each map has its name, all have one unit.

    A slider turns from map to map; with columns, all stand below as small maps, so many a row; with chips, their
    names do. picks: which control a click on a patch sets to "row,column"; picked: the patch that it is set to.
    """

    image: Image
    maps: Array[Floats, "step row column"]
    names: tuple[str, ...]
    slider: str
    unit: str
    columns: int = 0
    chips: bool = False
    picks: str = ""
    picked: tuple[int, int] | None = None
    note: str = ""

    def packed(self) -> dict:
        """For the browser: the picture as JPEG, each map as uint8 between its own low and high."""
        if not np.isfinite(self.maps).all():
            raise ValueError("A heat map has values that are no numbers.")
        low, high = self.maps.min(axis=(1, 2)), self.maps.max(axis=(1, 2))
        scale = np.where(high > low, high - low, 1)[:, None, None]
        levels = np.round((self.maps - low[:, None, None]) / scale * 255).astype(np.uint8)
        picture, size = jpeg(self.image, LARGEST)
        return {
            "kind": "heat",
            "picture": picture,
            "size": list(size),
            "shape": list(self.maps.shape),
            "levels": base64.b64encode(levels.tobytes()).decode(),
            "low": [float(x) for x in low],
            "high": [float(x) for x in high],
            "names": list(self.names),
            "slider": self.slider,
            "unit": self.unit,
            "columns": self.columns,
            "chips": self.chips,
            "picks": self.picks,
            "picked": list(self.picked) if self.picked else None,
            "note": self.note,
        }


def jpeg(image: Image, largest: int) -> tuple[str, tuple[int, int]]:
    """The picture, at most so large a side, as an address that holds it; and its (width, height)."""
    small = image.copy()
    small.thumbnail((largest, largest))
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode(), small.size
