"""Pictures: what a view returns for pictures and small maps side by side; the browser turns their steps together."""

import base64
import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from core.arrays import Array, Floats, Result
from webapp.style import OKABE_ITO

LARGEST = 1024


@dataclass(frozen=True)
class Picture(Result):
    """Colours in 0..1 or a map in viridis, one a step or a single one for all steps; notes likewise.

    A fourth channel of the colours is how opaque they are. low, high: what the map's colours run between, its own ends
    unless said. wide: whether it takes a row of its own. lossy: frames that need not be exact, in a tenth of the bytes.
    """

    name: str
    colours: Array[Floats, "step height width channel"] | None = None
    maps: Array[Floats, "step row column"] | None = None
    notes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    wide: bool = False
    lossy: bool = False

    def packed(self) -> dict:
        common = {"name": self.name, "notes": list(self.notes), "wide": self.wide}
        if self.colours is not None:
            return common | {"frames": [png(frame, self.lossy) for frame in self.colours]}
        assert self.maps is not None
        low = float(self.maps.min()) if self.low is None else self.low
        high = float(self.maps.max()) if self.high is None else self.high
        levels = np.clip((self.maps - low) / ((high - low) or 1.0), 0, 1) * 255
        return common | {
            "shape": list(self.maps.shape),
            "levels": base64.b64encode(np.round(levels).astype(np.uint8).tobytes()).decode(),
            "ends": [low, high],
        }


@dataclass(frozen=True)
class Grid:
    """Cells over one of the pictures that answer to the pointer.

    way: "turn" goes to the step that is the number of the cell, where it is 0 or more, without asking the server.
    "cell" sets the control ``picks`` to "row,column" of the clicked cell; "mask" to a 0 or 1 a cell, row by row,
    as painted, begun at ``value``; "brush" chooses the number of a cell, and "draw" puts the chosen number into cells
    and sets ``picks`` to "row,column,number;..." of all that were put there, begun at ``value``. numbers: what the
    cells of a "draw" hold, which a click with the shift key takes up as the brush. mark: the cell that is lit as long
    as none was clicked.
    """

    over: int
    rows: int
    columns: int
    way: Literal["turn", "cell", "mask", "brush", "draw"]
    picks: str = ""
    value: str = ""
    numbers: tuple[int, ...] = ()
    hint: str = ""
    mark: str = ""

    def packed(self) -> dict:
        return vars(self) | {"numbers": list(self.numbers)}


@dataclass(frozen=True)
class Bars(Result):
    """Shares in 0..1 below the pictures, a bar a name; colours as #rrggbb; notes: what stands behind each."""

    title: str
    names: tuple[str, ...]
    values: Array[Floats, "step rank"]
    colours: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def packed(self) -> dict:
        return vars(self) | {"values": np.round(self.values, 4).tolist()}


@dataclass(frozen=True)
class Curves(Result):
    """Lines over one axis below the pictures, with a mark where the slider stands and the values there.

    places: where each step lies on the axis, from 0 to 1. low, high: ends of the other axis, the values' own unless
    said; what lies beyond is cut off.
    """

    title: str
    names: tuple[str, ...]
    values: Array[Floats, "rank frame"]
    places: Array[Floats, "step"]
    low: float | None = None
    high: float | None = None
    colours: tuple[str, ...] = OKABE_ITO

    def packed(self) -> dict:
        ends = (float(self.values.min()), float(self.values.max()))
        given = (end if told is None else told for told, end in zip((self.low, self.high), ends, strict=True))
        return {
            "title": self.title,
            "names": list(self.names),
            "values": [[float(f"{value:.4g}") for value in line] for line in self.values],
            "places": np.round(self.places, 4).tolist(),
            "ends": list(given),
            "colours": list(self.colours),
        }


@dataclass(frozen=True)
class Pictures:
    """The steps have names where there is more than one; columns: so many in a row at most, 0 for what fits.

    firm: as many columns on a phone, whose rows have two otherwise. film: the steps are its frames, which play at once
    and over and over, unless the reader's machine asks for little motion.
    """

    pictures: tuple[Picture, ...]
    slider: str = ""
    steps: tuple[str, ...] = ()
    start: int = 0
    columns: int = 0
    firm: bool = False
    film: bool = False
    grids: tuple[Grid, ...] = ()
    note: str = ""
    bars: tuple[Bars, ...] = ()
    curves: tuple[Curves, ...] = ()

    def packed(self) -> dict:
        return {
            "kind": "pictures",
            "pictures": [picture.packed() for picture in self.pictures],
            "slider": self.slider,
            "steps": list(self.steps),
            "start": self.start,
            "columns": self.columns,
            "firm": self.firm,
            "film": self.film,
            "grids": [grid.packed() for grid in self.grids],
            "note": self.note,
            "bars": [bars.packed() for bars in self.bars],
            "curves": [curves.packed() for curves in self.curves],
        }


def hexadecimal(colour: np.ndarray) -> str:
    """[rgb] in 0..1 as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*(round(255 * float(np.clip(part, 0, 1))) for part in colour))


def channels(latents: np.ndarray) -> np.ndarray:
    """[step channel row column] of about unit variance as colours: the first three channels are red, green and blue."""
    shown = latents[:, [min(n, latents.shape[1] - 1) for n in range(3)]]
    return np.clip(0.5 + shown.transpose(0, 2, 3, 1) / 6, 0, 1)


def png(colours: np.ndarray, lossy: bool = False) -> str:
    """[height width rgb] in 0..1, or with alpha, as an address that holds it, at most LARGEST a side; or as WebP."""
    picture = Image.fromarray(np.round(np.clip(colours, 0, 1) * 255).astype(np.uint8))
    picture.thumbnail((LARGEST, LARGEST))
    stream = io.BytesIO()
    picture.save(stream, "WEBP" if lossy else "PNG", quality=88)
    return f"data:image/{'webp' if lossy else 'png'};base64," + base64.b64encode(stream.getvalue()).decode()
