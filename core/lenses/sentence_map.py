"""Sentences as points: principal components (Pearson 1901) of their vectors, among captions of the collection.

Sentence vectors and what they are good for: Reimers & Gurevych 2019 (arXiv 1908.10084).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import TextEncoder
from core.errors import LoupeError
from core.params import Gallery, Lines, Prompt

AMONG = 240  # captions


@dataclass(frozen=True)
class SentenceMap(Result):
    """The prompt first, then the texts, then captions. places: in the plane; share: of the variance along each axis.

    cosine: of the typed sentences with each other. near: for each of them the most similar captions.
    """

    typed: tuple[str, ...]
    captions: tuple[str, ...]
    places: Array[Floats, "text dim"]
    share: Array[Floats, "dim"]
    cosine: Array[Floats, "query query"]
    near: Array[Ints, "query rank"]


def sentence_map(
    model: TextEncoder,
    prompt: Prompt,
    gallery: Gallery,
    texts: Annotated[Sequence[str], Lines(32)] = (
        "a sleeping kitten",
        "a big dog runs",
        "a slice of bread",
        "a green apple",
        "a small house by the sea",
        "a fast red car",
    ),
) -> SentenceMap:
    """Where the model puts your sentences, the strip's among them, beside captions of the collection.

    Each point is a sentence's vector, seen along the two directions in which all of them differ most; the axes say
    how much of the differences that is, and the rest cannot be seen here. Point at a sentence for the captions that
    are most similar to it in all dimensions. A dual encoder was taught to place sentences by meaning; the vector of
    a language model is the mean of its last layer, where length and first words often count as much as the subject.
    """
    typed = [prompt, *texts]
    if any(not text.strip() for text in typed):
        raise LoupeError("A sentence is empty. Type at least one word.")
    captions = spread(gallery.captions(), AMONG)
    kept = gallery.kept("sentence-map", lambda: {"vectors": model.embed_texts(captions)})["vectors"]
    own = model.embed_texts(typed)
    whole = np.concatenate([own, kept]).astype(np.float64)
    centred = whole - whole.mean(axis=0)
    _, strength, directions = np.linalg.svd(centred, full_matrices=False)
    share = strength**2 / max((strength**2).sum(), 1e-12)
    near = np.argsort(-(own @ kept.T), axis=-1, kind="stable")[:, :5]
    return SentenceMap(tuple(typed), tuple(captions), centred @ directions[:2].T, share[:2], own @ own.T, near)


def spread(captions: Sequence[str], most: int) -> list[str]:
    """So many different captions from all over the collection, the same each time."""
    different = list(dict.fromkeys(caption for caption in captions if caption.strip()))
    return [different[n * len(different) // most] for n in range(most)] if len(different) > most else different
