"""What a control may be, and how a lens reports progress: the annotations of a lens's parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NewType, Protocol

import numpy as np
from PIL.Image import Image

Prompt = NewType("Prompt", str)
"""The sentence of the page's input strip."""

Examples = NewType("Examples", dict[str, Image])
"""The example pictures by name, beside the picture of the strip."""

Rivals = NewType("Rivals", dict[str, Any])
"""Every embedded model of the tab that can be asked the same as the lens's model, by title in the tab's order."""

Peers = NewType("Peers", dict[str, Any])
"""The same, of all tabs."""

Encoders = NewType("Encoders", dict[str, Any])
"""Every embedded dual encoder, by title in the catalogue's order: what other models' pictures are judged by."""


class Gallery(Protocol):
    """The sample collection, and what a lens made of it: kept for this model and collection until the next time."""

    def __len__(self) -> int: ...

    def picture(self, row: int) -> Image: ...

    def captions(self) -> list[str]: ...

    def vectors(self, encoder: Any) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors [image dim] of the pictures and [text dim] of the captions, by a dual encoder."""
        ...

    def kept(self, name: str, compute: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]: ...


Progress = Callable[[int, int], None]
"""``progress(done, total)``: a lens that takes one calls it as it works."""


@dataclass(frozen=True)
class Range:
    """A number between low and high, both included: ``discard: Annotated[float, Range(0, 0.95, 0.05)] = 0.0``."""

    low: float
    high: float
    step: float
    unit: str = ""


@dataclass(frozen=True)
class Picked:
    """A short text that the card's own figure sets when the reader clicks or paints there; "" before that.

    ``patch: Annotated[str, Picked()] = ""``: the figure's script calls ``pick("patch", "3,5")``, and the lens is
    asked again with that value; the lens reads it and raises LoupeError for what is no answer.
    """

    most: int = 2_000


@dataclass(frozen=True)
class Lines:
    """A list of short texts, one a line, at most ``most``: ``texts: Annotated[Sequence[str], Lines(32)] = ...``."""

    most: int
