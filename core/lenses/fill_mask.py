"""Masked words filled in (Devlin et al. 2018, arXiv 1810.04805)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Bools, Floats, Ints, Result
from core.capabilities import MaskedLanguageModel
from core.errors import LoupeError
from core.params import Picked, Prompt
from core.sampling import softmax

SHOWN = 10


@dataclass(frozen=True)
class Filled(Result):
    """masked: which tokens are hidden. words: the likeliest there, with their chances.

    actual: how likely the hidden token itself is; place: its rank, 1 is the first.
    """

    tokens: tuple[str, ...]
    added: Array[Bools, "token"]
    masked: Array[Ints, "query"]
    words: tuple[tuple[str, ...], ...]
    chances: Array[Floats, "query rank"]
    actual: Array[Floats, "query"]
    place: Array[Ints, "query"]


def fill_mask(model: MaskedLanguageModel, prompt: Prompt, masked: Annotated[str, Picked()] = "") -> Filled:
    """Hide any word of the sentence by a click, and see what the model puts in its place.

    Click a token to hide it, again to show it; several may be hidden at once, and each is filled from everything to
    its left and right. The bars are the likeliest tokens, the one that was hidden is marked. A long word may be cut
    into several tokens: its other parts give it away unless they are hidden too.
    """
    pieces = model.pieces(prompt)
    own = np.flatnonzero(~pieces.added)
    if not len(own):
        raise LoupeError("A sentence is empty. Type at least one word.")
    hidden = places(masked, len(pieces.ids)) or [int(own[-1])]
    logits = model.fill(prompt, hidden)[hidden]
    odds = softmax(logits)
    best = np.argsort(-odds, axis=-1, kind="stable")[:, :SHOWN]
    actual = odds[np.arange(len(hidden)), pieces.ids[hidden]]
    vocabulary = model.vocabulary()
    return Filled(
        tokens=pieces.texts,
        added=pieces.added,
        masked=np.array(hidden),
        words=tuple(tuple(vocabulary[n] for n in row) for row in best),
        chances=np.take_along_axis(odds, best, axis=-1),
        actual=actual,
        place=1 + (odds > actual[:, None]).sum(axis=-1),
    )


def places(masked: str, count: int) -> list[int]:
    """Which tokens "2,5" names, those of an earlier and longer sentence left out."""
    parts = [part for part in masked.split(",") if part]
    if not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise LoupeError("Hidden tokens are named by their places, not {masked!r}.", masked=masked[:40])
    return sorted({int(part) for part in parts if int(part) < count})
