"""Drawn: what a view on words returns, a kind of static/kinds with what that script draws."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

NAMES = {"<|endoftext|>": "[end]", "<|startoftext|>": "[start]"}


@dataclass(frozen=True)
class Drawn:
    """kind: the script's name. content: JSON, with arrays as ``floats`` packs them."""

    kind: str
    content: dict[str, Any]

    def packed(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.content}


def shown(token: str) -> str:
    """A token as it is shown, as in static/language/words.js."""
    return NAMES.get(token) or token.strip() or "␣"


def floats(array: np.ndarray, digits: str = "<f4") -> dict[str, Any]:
    """An array for the browser: its shape, and its numbers as bytes. Raises ValueError for what is no number.

    digits: "<f4", or "<f2" where three digits are enough.
    """
    numbers = np.ascontiguousarray(array, dtype=digits)
    if not np.isfinite(numbers).all():
        raise ValueError("A drawing has values that are no numbers.")
    return {"shape": list(array.shape), "type": digits, "bytes": base64.b64encode(numbers.tobytes()).decode()}
