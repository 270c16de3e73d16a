"""How well each sentence fits the picture (Radford et al. 2021, arXiv 2103.00020, zero-shot classification)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import DualEncoder
from core.errors import LoupeError
from core.params import Lines


@dataclass(frozen=True)
class TextSimilarity(Result):
    """cosine and probability of each text; the probabilities are those of one choice among these texts."""

    texts: tuple[str, ...]
    cosine: Array[Floats, "text"]
    probability: Array[Floats, "text"]
    temperature: float


def text_similarity(
    model: DualEncoder,
    image: Image,
    texts: Annotated[Sequence[str], Lines(32)] = (
        "a red apple",
        "a sleeping cat",
        "a house",
        "a rocket",
        "一杯咖啡",
    ),
) -> TextSimilarity:
    """Compare the picture with every sentence in the joint space.

    Cosine says how close picture and sentence lie (1 is the same direction); the probability is the softmax of
    cosine ÷ temperature, so it always shares 1 among the sentences you typed, even if none of them fits.
    """
    if not texts:
        raise LoupeError("No sentence to compare with. Type at least one, one a line.")
    cosine = model.embed_texts(list(texts)) @ model.embed_images([image])[0]
    logits = cosine.astype(np.float64) / model.temperature()
    odds = np.exp(logits - logits.max())
    return TextSimilarity(tuple(texts), cosine, odds / odds.sum(), model.temperature())
