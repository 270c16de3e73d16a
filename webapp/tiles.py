"""Tiles: many small maps or pictures side by side, in sections, one of them enlarged."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result

LARGEST = 384


@dataclass(frozen=True)
class Section(Result):
    """Tiles of one shape: maps [step row column], each with its own scale, or colours in 0..1 [... rgb].

    columns: how many stand in a row where that is part of the meaning, else 0. note: a line below them.
    """

    name: str
    maps: Array[Floats, "step row column"] | None
    colours: Array[Floats, "step row column rgb"] | None
    names: tuple[str, ...]
    columns: int = 0
    note: str = ""

    def packed(self) -> dict:
        if self.colours is not None:
            values, low, high = self.colours, 0.0, 1.0
            ends = [[0.0, 1.0]] * len(values)
        else:
            assert self.maps is not None
            values = self.maps
            low = values.min(axis=(1, 2), keepdims=True)
            high = values.max(axis=(1, 2), keepdims=True)
            ends = np.concatenate([low, high], axis=1)[..., 0].tolist()
        scale = np.where(np.subtract(high, low) > 0, np.subtract(high, low), 1)
        levels = np.round(np.clip((values - low) / scale, 0, 1) * 255).astype(np.uint8)
        return {
            "name": self.name,
            "shape": list(values.shape),
            "levels": base64.b64encode(levels.tobytes()).decode(),
            "ends": ends,
            "names": list(self.names),
            "columns": self.columns,
            "note": self.note,
        }


@dataclass(frozen=True)
class Tiles:
    """sections: one is seen at a time, the last one first where ``last``; picker: what they are called together.

    image: what an enlarged map is laid over.
    """

    sections: tuple[Section, ...]
    picker: str
    image: Image | None = None
    last: bool = False

    def packed(self) -> dict:
        """For the browser: each section's tiles as uint8."""
        picture, size = "", [1, 1]
        if self.image is not None:
            small = self.image.copy()
            small.thumbnail((LARGEST, LARGEST))
            stream = io.BytesIO()
            small.save(stream, "JPEG", quality=90)
            picture, size = (
                "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode(),
                list(small.size),
            )
        sections = [section.packed() for section in self.sections]
        start = len(sections) - 1 if self.last else 0
        return {
            "kind": "tiles",
            "picker": self.picker,
            "sections": sections,
            "picture": picture,
            "size": size,
            "start": start,
        }
