"""The next token's distribution of a causal language model (Radford et al. 2019)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import CausalLanguageModel
from core.errors import LoupeError
from core.params import Picked, Prompt
from core.sampling import softmax

MOST = 64  # tokens that a reader can add


@dataclass(frozen=True)
class NextToken(Result):
    """logits of every token of the vocabulary; expected: how likely each token of the text was, from the second on.

    grown: the numbers of the tokens that the reader has added, the last ones of tokens.
    """

    tokens: tuple[str, ...]
    expected: Array[Floats, "query"]
    grown: Array[Ints, "step"]
    vocabulary: tuple[str, ...]
    logits: Array[Floats, "label"]


def next_token(model: CausalLanguageModel, prompt: Prompt, grown: Annotated[str, Picked()] = "") -> NextToken:
    """What the model expects after the sentence, and what becomes of it by temperature, top-k and top-p.

    Each bar is a token's probability; click one to append it and to be asked again. Temperature below 1 sharpens,
    above 1 flattens; top-k keeps the k likeliest, top-p the fewest that hold this share together, and what they cut
    can never be drawn. The darker a token of the sentence, the likelier it was after those before it. A high
    probability says how usual a continuation is in what the model has read, not that it is true.
    """
    added = numbers(grown)
    pieces = model.pieces(prompt)
    logits = model.next_token(prompt, added)
    ids = np.array([*pieces.ids, *added])
    expected = np.array([softmax(row)[number] for row, number in zip(logits[:-1], ids[1:], strict=True)])
    vocabulary = model.vocabulary()
    tokens = (*pieces.texts, *(vocabulary[number] for number in added))
    return NextToken(tokens, expected, np.array(added, int), vocabulary, logits[-1])


def numbers(grown: str) -> list[int]:
    """The tokens' numbers out of "5,12"."""
    parts = [part for part in grown.split(",") if part]
    if len(parts) > MOST or not all(part.isdecimal() and len(part) < 8 for part in parts):
        raise LoupeError("Added tokens are at most {most} numbers, not {grown!r}.", most=MOST, grown=grown[:40])
    return [int(part) for part in parts]
