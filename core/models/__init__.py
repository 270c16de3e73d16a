"""The models: ``load("demo-clip")`` for a script, ``with use("demo-clip") as model`` for the page's threads.

A family is a module of this folder with one class, which has ``load(checkpoint, device, **parts)``, ``checkpoint``,
``size_bytes`` and the capabilities it can serve; being in the folder is being registered.
"""

import functools
import importlib
import inspect
import os
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core import checkpoints
from core import device as devices
from core.errors import LoupeError
from core.shelf import Shelf

DEFAULT_GIGABYTES = 4.0


@functools.cache
def families() -> dict[str, type]:
    """Every family's class by the name of its module."""
    found = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        members = vars(importlib.import_module(module.name)).values()
        ours = [m for m in members if inspect.isclass(m) and m.__module__ == module.name and hasattr(m, "load")]
        if len(ours) != 1:
            raise TypeError(f"{module.name} must have one class with load(), it has {len(ours)}.")
        found[module.name.rpartition(".")[2]] = ours[0]
    return found


def serves(family: str, capability: type) -> bool:
    """Whether the models of this family can be asked what the capability asks; nothing is loaded for the answer."""
    return issubclass(_family(family), capability)


def device() -> str:
    """Where models run if nothing else is said: see ``core.device.device``."""
    return devices.device()


def load(key: str, device: str | None = None) -> Any:
    """The model of this checkpoint, loaded at most once. Raises LoupeError for what the user can mend."""
    return _shelf.get((key, device or devices.device()))


@contextmanager
def use(key: str, device: str | None = None) -> Iterator[Any]:
    """The same, under the model's lock and never dropped while in use: see ``Shelf.use``."""
    with _shelf.use((key, device or devices.device())) as model:
        yield model


def keep_at_most(gigabytes: float) -> None:
    """How much memory the loaded models may take together."""
    _shelf.limit = int(gigabytes * 1e9)


def _family(name: str) -> type:
    if name not in families():
        raise LoupeError("No family {name!r}. There are: {known}.", name=name, known=", ".join(families()))
    return families()[name]


def _build(where: tuple[str, str]) -> tuple[Any, tuple[tuple[str, str], ...]]:
    key, device = where
    checkpoint = checkpoints.find(key)
    family: Any = _family(checkpoint.family)
    parts = {role: _shelf.get((part, device)) for role, part in checkpoint.parts.items()}
    return family.load(checkpoint, device, **parts), tuple((part, device) for part in checkpoint.parts.values())


_shelf = Shelf(_build, int(float(os.environ.get("LOUPE_MODELS_GB", DEFAULT_GIGABYTES)) * 1e9))
