"""Pictures against sentences, and the loss that trains a dual encoder (Radford et al. 2021, arXiv 2103.00020)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import DualEncoder
from core.errors import LoupeError
from core.params import Examples, Lines


@dataclass(frozen=True)
class SimilarityMatrix(Result):
    """pictures: the examples, then the strip's. cosine: of each with each sentence; the n-th sentence is taken for
    the caption of the n-th picture."""

    names: tuple[str, ...]
    pictures: tuple[Image, ...]
    texts: tuple[str, ...]
    cosine: Array[Floats, "image text"]
    temperature: float


def similarity_matrix(
    model: DualEncoder,
    image: Image,
    examples: Examples,
    texts: Annotated[Sequence[str], Lines(12)] = (
        "a red apple",
        "a strawberry",
        "a close-up of a cat",
        "an astronaut in an orange suit",
        "a cup of coffee",
        "an orange flower",
        "a house",
        "a rocket at night",
        "a temple by the water",
    ),
) -> SimilarityMatrix:
    """Every example picture, and yours, against every sentence: the table that contrastive training sees.

    The n-th sentence belongs to the n-th picture (framed). Training raises the framed cells against their rows and
    columns. The temperature slider redoes only the softmax, in your browser: small makes each row a choice, large
    makes all alike. The loss is the mean of −log of the framed cells, in natural logarithms; the rank says which place
    the true pair takes.
    """
    if not texts:
        raise LoupeError("No sentence to compare with. Type at least one, one a line.")
    pictures = (*examples.values(), image)
    cosine = model.embed_images(list(pictures)) @ model.embed_texts(list(texts)).T
    return SimilarityMatrix((*examples, "yours"), pictures, tuple(texts), cosine, model.temperature())
