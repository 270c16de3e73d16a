"""A collection under one dual encoder, opened for the page: vectors, indexes, map."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import models
from core.joint_map import JointMap, open_map
from core.library import Library
from core.places import places
from core.projection import place
from core.search import Index

KEPT = 4
TITLES = {"clipart": "Clip art and emoji"}
"""What the shipped collections are called on the page."""
_opened: "OrderedDict[tuple[Library, str], Collection]" = OrderedDict()
_opening: dict[tuple[Library, str], threading.Lock] = {}
_guard = threading.Lock()


@dataclass(frozen=True, eq=False)
class Collection:
    """The rows of the indexes are the library's rows; in the map captions come after all pictures."""

    library: Library
    checkpoint: str
    images: Index
    texts: Index
    map: JointMap

    def place(self, query: np.ndarray, kind: str) -> dict[str, list[list[float]]]:
        """Where a query vector [dim] of this kind ("text" or "image") belongs in each layout, at both ends."""
        count = len(self.library)
        rows = slice(count, None) if kind == "text" else slice(0, count)
        ends = [(method, end[rows]) for method, both in self.map.layouts.items() for end in both]
        places = place(
            query, self.texts if kind == "text" else self.images, np.concatenate([e for _, e in ends], 1)
        )
        found: dict[str, list[list[float]]] = {}
        at = 0
        for method, end in ends:
            found.setdefault(method, []).append([round(float(x), 5) for x in places[at : at + end.shape[1]]])
            at += end.shape[1]
        return found


Report = Callable[[str, int, int], None]


def collection(library: str, checkpoint: str, report: Report | None = None) -> Collection:
    """Opened once and kept. Raises LoupeError where there is no such library or checkpoint.

    report(stage, done, total) hears how far the embedding is, and stops it by raising.
    """
    key = (Library.open(library), checkpoint)
    with _guard:
        lock = _opening.setdefault(key, threading.Lock())
    with lock:
        if key not in _opened:
            _opened[key] = _open(*key, report or (lambda stage, done, total: None))
        with _guard:
            _opened.move_to_end(key)
            while len(_opened) > KEPT:
                _opening.pop(_opened.popitem(last=False)[0], None)
        return _opened[key]


def forget() -> None:
    """Drops what is kept of collections that are no longer there."""
    with _guard:
        there = places()
        for key in [key for key in _opened if there.get(key[0].name) != key[0].path]:
            del _opened[key]


def ready(library: str, checkpoint: str) -> bool:
    """Whether the collection is open already."""
    return (Library.open(library), checkpoint) in _opened


def _open(library: Library, checkpoint: str, report: Report) -> Collection:
    report("Loading the model", 0, 1)
    model = models.load(checkpoint)  # not under its lock: cards go on answering while a collection is embedded
    images = library.vectors(model, lambda done, total: report("Embedding the pictures", done, total))
    texts = library.caption_vectors(
        model, progress=lambda done, total: report("Embedding the captions", done, total)
    )
    report("Drawing the map", 0, 1)
    return Collection(library, checkpoint, Index(images), Index(texts), open_map(library, model))
