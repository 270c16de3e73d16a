"""Arrays with named axes, checked when a result is made.

``Array[Floats, "layer head token token"]`` annotates a field of a ``Result``: a numpy array of real numbers with
four axes, the last two of equal length. An axis name has one length throughout a result, within a list of arrays
in each of them; ``...`` stands once for any axes, or none. The names in use:
image, text, layer, head, token, row, column, height, width, channel, dim, step, frame, code, label, query, rank,
window, stage, group, expert, beam, rgb.
"""

import dataclasses
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Bools = NDArray[np.bool_]
KINDS: dict[Any, str] = {Floats: "f", Ints: "iu", Bools: "b"}
AXES = frozenset(
    "image text layer head token row column height width channel dim step frame code label query rank "
    "window stage group expert beam rgb".split()
)


@dataclasses.dataclass(frozen=True)
class Axes:
    """What an ``Array`` annotation demands: the kinds of number (numpy's letters) and the axes' names."""

    kinds: str
    names: tuple[str, ...]


if TYPE_CHECKING:
    Array = Annotated
else:

    class Array:
        """``Array[kind, "axis axis ..."]`` with kind Floats, Ints or Bools."""

        def __class_getitem__(cls, item: tuple[Any, str]) -> Any:
            kind, names = item
            axes = Axes(KINDS[kind], tuple(names.split()))
            if unknown := set(axes.names) - AXES - {"..."}:
                raise TypeError(f"Array[..., {names!r}]: unknown axes {sorted(unknown)}.")
            return Annotated[kind, axes]


@dataclasses.dataclass(frozen=True)
class Result:
    """What a lens or a capability answers: a frozen dataclass whose arrays were checked on creation.

    Raises TypeError (a bug in the code that made it, not the user's fault) where an array has another kind,
    another number of axes, or two lengths for one axis name.
    """

    def __post_init__(self) -> None:
        lengths: dict[str, int] = {}
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            where, value = f"{type(self).__name__}.{name}", getattr(self, name)
            axes, is_list = _axes(hint)
            if axes is None or value is None:
                continue
            if is_list:
                for index, array in enumerate(value):
                    _check(f"{where}[{index}]", array, axes, {})
            else:
                _check(where, value, axes, lengths)


def _axes(hint: Any) -> tuple[Axes | None, bool]:
    """The axes that a field's annotation demands, and whether of each item of a list."""
    if get_origin(hint) is Annotated:
        found = [extra for extra in hint.__metadata__ if isinstance(extra, Axes)]
        return (found[0] if found else None), False
    if get_origin(hint) in (Union, types.UnionType):
        return next((found for found in map(_axes, get_args(hint)) if found[0]), (None, False))
    if get_origin(hint) in (list, tuple, Sequence):
        return _axes(get_args(hint)[0])[0], True
    return None, False


def _check(where: str, array: Any, axes: Axes, lengths: dict[str, int]) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in axes.kinds:
        kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(f"{where} must be an array of kind {axes.kinds!r}, not {kind}.")
    names, shape = axes.names, array.shape
    if "..." in names and len(shape) >= len(names) - 1:
        start = names.index("...")
        end = len(shape) - (len(names) - start - 1)
        names, shape = (*names[:start], *names[start + 1 :]), (*shape[:start], *shape[end:])
    if len(shape) != len(names):
        raise TypeError(f"{where} must have the axes [{' '.join(axes.names)}], its shape is {array.shape}.")
    for name, length in zip(names, shape, strict=True):
        if lengths.setdefault(name, length) != length:
            raise TypeError(f"{where}: axis {name} has length {length} and {lengths[name]} in one result.")
