"""Panel: a lens with its view, and what the lens's signature asks for."""

import functools
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.params import Progress


@dataclass(frozen=True)
class Panel:
    """title, lens and view; its key is the name of the lens. Cards with a smaller rank stand first in their tab."""

    title: str
    lens: Callable[..., Any]
    view: Callable[..., Any]
    rank: int = 5

    @property
    def key(self) -> str:
        return self.lens.__name__

    @functools.cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The lens's parameters with their annotations resolved, in order; the first is the tab's model."""
        hints = typing.get_type_hints(self.lens, include_extras=True)
        signature = inspect.signature(self.lens)
        return {name: p.replace(annotation=hints[name]) for name, p in signature.parameters.items()}

    @property
    def capability(self) -> type:
        """What the tab's model must be able to do."""
        return next(iter(self.parameters.values())).annotation

    @property
    def long(self) -> bool:
        """Whether it works in steps or tells how far it has come: it must not keep the quick ones waiting."""
        steps = inspect.isgeneratorfunction(self.lens)
        return steps or any(p.annotation == Progress for p in self.parameters.values())

    @property
    def help(self) -> tuple[str, str]:
        """The first sentence (what is seen) and the rest (how to read it) of the lens's docstring."""
        summary, _, rest = inspect.cleandoc(self.lens.__doc__ or "").partition("\n\n")
        return " ".join(summary.split()), " ".join(rest.split())


@functools.cache
def panels() -> dict[str, Panel]:
    """Every panel by key: each module of webapp/panels has one PANEL."""
    package = importlib.import_module("webapp.panels")
    modules = [importlib.import_module(f"webapp.panels.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    found: list[Panel] = sorted((module.PANEL for module in modules), key=lambda panel: panel.rank)
    return {panel.key: panel for panel in found}
