"""Zero-shot classification with prompt ensembling (Radford et al. 2021, arXiv 2103.00020, section 3.1.4)."""

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
class ZeroShot(Result):
    """probability: of each class, from the mean of its templates' vectors. each: from one template alone.

    worth: what the likeliest class would lose of its probability if this template were left out of the mean; 0 where
    there is no other template.
    """

    classes: tuple[str, ...]
    templates: tuple[str, ...]
    cosine: Array[Floats, "label"]
    probability: Array[Floats, "label"]
    each: Array[Floats, "text label"]
    worth: Array[Floats, "text"]


def zero_shot(
    model: DualEncoder,
    image: Image,
    classes: Annotated[Sequence[str], Lines(40)] = ("cat", "dog", "apple", "cup of coffee", "flower", "house"),
    templates: Annotated[Sequence[str], Lines(12)] = (
        "{}",
        "a photo of a {}",
        "a drawing of a {}",
        "an icon of a {}",
    ),
) -> ZeroShot:
    """Classes that were never trained: each is a few sentences, and the nearest sentence wins.

    Every class is put into every template at {}; the vectors of a class are averaged before the softmax. The bars
    are that average, the table below is what each template says alone, in percent: where its rows differ, the answer
    hangs on the wording. The number to its right is what the likeliest class would lose without the template, in
    points. The probabilities share 1 among your classes, also where none of them is right.
    """
    if not classes or not templates:
        raise LoupeError("There must be at least one class and one template. Type one a line.")
    if wrong := next((template for template in templates if "{}" not in template), None):
        raise LoupeError("The template {line!r} has no {{}} where the class goes. Add it.", line=wrong)
    sentences = [template.replace("{}", label) for template in templates for label in classes]
    texts = model.embed_texts(sentences).reshape(len(templates), len(classes), -1)
    picture, temperature = model.embed_images([image])[0], model.temperature()
    cosine = ensembled(texts, picture)
    probability = softmax(cosine / temperature)
    first, worth = int(probability.argmax()), np.zeros(len(templates))
    if len(templates) > 1:
        left = [
            softmax(ensembled(np.delete(texts, n, axis=0), picture) / temperature) for n in range(len(templates))
        ]
        worth = probability[first] - np.stack(left)[:, first]
    return ZeroShot(
        tuple(classes),
        tuple(templates),
        cosine,
        probability,
        softmax(texts @ picture / temperature),
        worth,
    )


def ensembled(texts: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The picture's cosine with the mean of the templates' vectors [text label dim], of each class."""
    mean = texts.mean(axis=0)
    return mean @ picture / np.maximum(np.linalg.norm(mean, axis=-1), 1e-12)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)
