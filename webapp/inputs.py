"""The picture of the input strip as a reference: a short text that can stand in an address.

"example:<name>" is a file of assets/examples, "library:<library>/<id>" a picture of a collection,
"upload:<sha256>" what a user brought, kept by the store.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from core import store
from core.checkpoints import ASSETS, Checkpoint, catalogue
from core.errors import LoupeError
from core.images import open_image
from core.library import Library
from core.params import Examples

SAMPLE = "clipart"
FIRST = ("apple", "strawberry", "cat")
SUFFIXES = {".jpg", ".png", ".webp"}


@functools.cache
def examples() -> dict[str, Path]:
    """The example pictures by name; the drawings that most models here know best come first, then the cat."""
    files = [file for file in sorted((ASSETS / "examples").iterdir()) if file.suffix in SUFFIXES]
    return {file.stem: file for file in sorted(files, key=lambda file: (*FIRST, file.stem).index(file.stem))}


@functools.cache
def example_pictures() -> Examples:
    """The example pictures themselves."""
    return Examples({name: open_image(file) for name, file in examples().items()})


def rivals(tab: str | None, capability: type) -> dict[str, Any]:
    """The embedded models of this tab (of all, where None) that have the capability, in the catalogue's order.

    They are not taken off the shelf for one thread alone, as the tab's chosen model is: two readers could wait for
    each other's for ever.
    """
    from core import models

    return {row.title: models.load(row.key) for row in _serving(tab, capability) if row.folder}


def able(key: str, capability: type) -> str:
    """The checkpoint itself, or in its place the first embedded one of its tab that has the capability, if any."""
    from core import models

    row = catalogue().get(key)
    if row is None or models.serves(row.family, capability):
        return key
    return next((other.key for other in _serving(row.tab, capability) if other.folder), key)


def titles(tab: str, capability: type) -> str:
    """The names of the tab's models that have the capability."""
    return ", ".join(row.title for row in _serving(tab, capability))


def _serving(tab: str | None, capability: type) -> list[Checkpoint]:
    from core import models

    return [row for row in catalogue().values() if tab in (None, row.tab) and models.serves(row.family, capability)]


@dataclass(frozen=True)
class Sample:
    """The sample collection as a lens gets it (``core.params.Gallery``), for one version of a checkpoint."""

    version: str

    def __len__(self) -> int:
        return len(Library.open(SAMPLE))

    def picture(self, row: int) -> Image:
        return Library.open(SAMPLE).picture(row)

    def captions(self) -> list[str]:
        return Library.open(SAMPLE).captions()

    def vectors(self, encoder: Any) -> tuple[np.ndarray, np.ndarray]:
        library = Library.open(SAMPLE)
        return library.vectors(encoder), library.caption_vectors(encoder)

    def kept(self, name: str, compute: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return store.stored(f"{name}/{self.version}/{Library.open(SAMPLE).version}", compute)


def picture(reference: str) -> Image:
    """The picture that a reference names, RGB. Raises LoupeError where there is none."""
    kind, _, name = reference.partition(":")
    if kind == "example" and name in examples():
        return open_image(examples()[name])
    if kind == "library" and "/" in name:
        library, _, identity = name.partition("/")
        opened = Library.open(library)
        return opened.picture(opened.row(identity))
    if kind == "upload":
        return open_image(store.kept(name))
    raise LoupeError("No picture {reference!r}. Choose or upload another one.", reference=reference[:80])


def keep(data: bytes) -> str:
    """The reference of an upload that is a picture. Raises LoupeError where it is none."""
    open_image(data)
    return f"upload:{store.keep(data)}"
