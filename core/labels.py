"""Which class a typed word means."""

import difflib
import re

import numpy as np

from core.errors import LoupeError


def find_label(text: str, labels: tuple[str, ...]) -> int:
    """The number of the class of this name: the same, else the shortest with these words in it, in any case.

    Raises LoupeError where there is none, naming those that are spelt alike.
    """
    wanted = text.strip().lower()
    lower = [label.lower() for label in labels]
    if wanted in lower:
        return lower.index(wanted)
    words = re.compile(rf"\b{re.escape(wanted)}")
    fitting = [number for number, label in enumerate(lower) if wanted and words.search(label)]
    if fitting:
        return min(fitting, key=lambda number: len(labels[number]))
    near = difflib.get_close_matches(wanted, lower, 3, 0.5) or lower[:3]
    raise LoupeError(
        "This model has no class {text!r}. Similar ones, or the first: {near}.",
        text=text[:60],
        near=", ".join(labels[lower.index(name)] for name in near),
    )


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, float64."""
    odds = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def ranked(logits: np.ndarray, labels: tuple[str, ...], count: int) -> tuple[tuple[str, ...], np.ndarray]:
    """(names, probabilities) of the likeliest classes of one picture, the likeliest first."""
    shares = probabilities(logits)
    best = np.argsort(-shares, kind="stable")[:count]
    return tuple(labels[number] for number in best), shares[best]
