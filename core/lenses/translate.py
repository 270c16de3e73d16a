"""Translation word by word, and where the decoder looks (Bahdanau et al. 2014, arXiv 1409.0473)."""

from collections.abc import Iterator
from typing import Literal

from core.capabilities import Translation, Translator
from core.params import Prompt


def translate(
    model: Translator, prompt: Prompt, language: Literal["Chinese", "German", "French", "Spanish"] = "Chinese"
) -> Iterator[Translation]:
    """The sentence in another language, written word by word, and which of its words each new one was taken from.

    Rows are the words written, columns those of the sentence, or those written before; a row sums to 1. Point at a
    written word for what else could have stood there. Choose a layer and a head, or their mean: single heads often
    show the pairing of words better. How the sentence's words look at each other is in another card. Attention says
    where the decoder looked when it chose, which is near to a dictionary but is none. The table has at most 96 words
    of each.
    """
    yield from model.translation(prompt, language)
