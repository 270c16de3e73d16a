"""What each word of a sentence does to its similarity with a picture: left out (occlusion), or another in its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import DualEncoder
from core.errors import LoupeError
from core.params import Lines, Prompt, Range

WORD = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
MOST = 24


@dataclass(frozen=True)
class WordSwap(Result):
    """cosine: of the whole sentence. without: with one word left out. instead: with a word in place of the chosen."""

    sentence: str
    words: tuple[str, ...]
    chosen: int
    replacements: tuple[str, ...]
    cosine: float
    without: Array[Floats, "token"]
    instead: Array[Floats, "text"]


def word_swap(
    model: DualEncoder,
    image: Image,
    prompt: Prompt,
    word: Annotated[int, Range(1, MOST, 1)] = 2,
    replacements: Annotated[Sequence[str], Lines(12)] = ("green", "sleeping", "golden"),
) -> WordSwap:
    """Which words of the sentence bring it nearer to the picture, and what happens with another word there.

    A bar to the right: the sentence is nearer to the picture with this word than without it. A bar to the left: it
    would be nearer without. The lower bars put your replacements in place of the chosen word. Words act together, so
    the bars do not add up to the cosine.
    """
    spans = [match.span() for match in WORD.finditer(prompt)][:MOST]
    if not spans:
        raise LoupeError("The sentence is empty. Type a few words above.")
    chosen = min(word, len(spans)) - 1
    left_out = [(prompt[:start] + prompt[end:]).strip() for start, end in spans]
    start, end = spans[chosen]
    swapped = [prompt[:start] + other + prompt[end:] for other in replacements]
    texts = [prompt, *(text for text in left_out if text), *swapped]
    cosine = model.embed_texts(texts) @ model.embed_images([image])[0]
    rest = iter(cosine[1:])
    without = np.array([next(rest) if text else 0.0 for text in left_out], np.float32)
    return WordSwap(
        prompt,
        tuple(prompt[start:end] for start, end in spans),
        chosen,
        tuple(replacements),
        float(cosine[0]),
        without,
        np.array(list(rest), np.float32),
    )
