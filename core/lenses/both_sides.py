"""A sentence's words from both sides, and from the left alone: a masked beside a causal language model.

Pseudo-likelihood of masked models: Salazar et al. 2019 (arXiv 1910.14659).
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import Expected, TokenOdds
from core.errors import LoupeError
from core.lenses.word_swap import WORD
from core.params import Peers, Prompt

MOST = 40


@dataclass(frozen=True)
class BothSides(Result):
    """bits: how surprising each word was to each reader, -log2 of its probability. sides: what the reader saw."""

    words: tuple[str, ...]
    readers: tuple[str, ...]
    sides: tuple[str, ...]
    bits: Array[Floats, "group token"]


def both_sides(model: TokenOdds, prompt: Prompt, peers: Peers) -> BothSides:
    """How surprising each word is to a model that reads both sides of it, and to models that see only its left.

    A point further right is a more surprising word; one bit more is half the probability. Where both sides do much
    better than the left, what comes later settles the word. The masked model with its right side hidden was not
    taught to read so, and does it worse than a model that writes. Models cut words into other pieces and know other
    words, so compare a model's own points first; bits over a whole sentence can be compared only roughly. The first
    40 words are shown; a model that puts nothing before a sentence is not asked for the first.
    """
    spans = [(match.group(), match.start()) for match in WORD.finditer(prompt)]
    if not spans:
        raise LoupeError("The sentence is empty. Type a few words above.")
    readers, sides, bits = [], [], []
    for title, reader in {"": model, **peers}.items():
        if title and reader is model:
            continue
        found = reader.expected(prompt)
        readers += [title] * len(found.sides)
        sides += found.sides
        bits += list(by_word(found, [start for _, start in spans]))
    return BothSides(
        tuple(word for word, _ in spans[:MOST]), tuple(readers), tuple(sides), np.stack(bits)[:, :MOST]
    )


def by_word(found: Expected, starts: list[int]) -> np.ndarray:
    """[group token] bits of the words that begin at these places; -1 where a word's start was not judged."""
    word = np.searchsorted(starts, found.starts, side="right") - 1
    bits = np.zeros((len(found.logs), len(starts)))
    for group, logs in zip(bits, found.logs, strict=True):
        np.add.at(group, word, -logs / np.log(2))
    bits[:, ~np.isin(starts, found.starts)] = -1
    return bits
