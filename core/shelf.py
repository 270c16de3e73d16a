"""Models kept loaded within a limit of bytes, shared by the threads that ask."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Entry:
    """A model in its place. users: how many threads hold or await it; needs: the keys that it is made of."""

    model: Any = None
    needs: tuple[Hashable, ...] = ()
    users: int = 0
    building: threading.Lock = field(default_factory=threading.Lock)
    turn: threading.Lock = field(default_factory=threading.Lock)


class Shelf:
    """Keeps what ``build(key) -> (model, keys of its parts)`` makes, up to ``limit`` bytes (``model.size_bytes``).

    Over the limit the least recently used goes, never one in use or one that a kept model is made of. Many threads
    that ask for one key wait for one build; different keys are built side by side. A failed build is not kept.
    """

    def __init__(self, build: Callable[[Any], tuple[Any, tuple[Hashable, ...]]], limit: int):
        self.limit = limit
        self._build = build
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """The model; it may be dropped from the shelf while the caller keeps it."""
        with self._held(key) as entry:
            return entry.model

    @contextmanager
    def use(self, key: Hashable) -> Iterator[Any]:
        """The model, for one thread at a time, on the shelf until the end of the block.

        The block may end in another thread than it began in. Two blocks of one key within each other wait for ever.
        """
        with self._held(key) as entry, entry.turn:
            yield entry.model

    def kept(self) -> list[Hashable]:
        """The keys of the loaded models, the least recently used first."""
        with self._guard:
            return [key for key, entry in self._entries.items() if entry.model is not None]

    @contextmanager
    def _held(self, key: Hashable) -> Iterator[Entry]:
        with self._guard:
            entry = self._entries.setdefault(key, Entry())
            entry.users += 1
            self._entries.move_to_end(key)
        try:
            with entry.building:
                if entry.model is None:
                    entry.model, entry.needs = self._build(key)
                    self._tidy()
            yield entry
        finally:
            with self._guard:
                entry.users -= 1
            self._tidy()

    def _tidy(self) -> None:
        with self._guard:
            for key in [k for k, entry in self._entries.items() if entry.model is None and not entry.users]:
                del self._entries[key]
            loaded = {key: entry for key, entry in self._entries.items() if entry.model is not None}
            while sum(entry.model.size_bytes for entry in loaded.values()) > self.limit:
                needed = {need for entry in self._entries.values() for need in entry.needs}
                idle = next((key for key, entry in loaded.items() if not entry.users and key not in needed), None)
                if idle is None:
                    break
                del loaded[idle], self._entries[idle]
