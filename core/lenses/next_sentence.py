"""Next sentence prediction (Devlin et al. 2018, arXiv 1810.04805)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from core.arrays import Array, Floats, Result
from core.capabilities import NextSentence
from core.errors import LoupeError
from core.params import Lines, Prompt


@dataclass(frozen=True)
class Following(Result):
    """probability: that each text comes after the sentence; each is judged alone, so they do not sum to 1."""

    sentence: str
    texts: tuple[str, ...]
    probability: Array[Floats, "text"]


def next_sentence(
    model: NextSentence,
    prompt: Prompt,
    texts: Annotated[Sequence[str], Lines(16)] = (
        "fruit with red or yellow or green skin and sweet to tart crisp whitish flesh",
        "the apple fell from the tree",
        "a vehicle that moves on two wheels",
        "the act of singing in a choir",
    ),
) -> Following:
    """Which of your sentences could come after the one in the strip.

    The bar is the probability that the model's first token gives to "is next". It was trained to tell a neighbour
    from a sentence taken anywhere, so it judges whether the subject is the same more than whether the thought goes
    on; each sentence is judged alone.
    """
    if not texts:
        raise LoupeError("No sentence to compare with. Type at least one, one a line.")
    return Following(prompt, tuple(texts), model.follows(prompt, list(texts)))
