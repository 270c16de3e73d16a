"""Hooks before modules, put on for one pass and taken off after it; a pass of another thread goes by them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def hooked(hooks: Sequence[tuple[nn.Module, Callable[..., Any]]]) -> Iterator[None]:
    """While it lasts, each hook is called before its module, with the module and what that is given."""
    own = threading.get_ident()

    def only_here(hook: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: hook(*given) if threading.get_ident() == own else None

    handles = [module.register_forward_pre_hook(only_here(hook), with_kwargs=True) for module, hook in hooks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
