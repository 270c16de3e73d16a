"""The classes that a classifier finds in the picture, the likeliest first."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import ImageClassifier
from core.labels import probabilities, ranked
from core.params import Range


@dataclass(frozen=True)
class Classes(Result):
    """names and probability of the likeliest classes; rest: what all others share; count: how many there are in
    all.

    choices: 2 to the power of the entropy, in how many equally likely classes the model hesitates.
    """

    names: tuple[str, ...]
    probability: Array[Floats, "label"]
    rest: float
    count: int
    choices: float


def classes(model: ImageClassifier, image: Image, top: Annotated[int, Range(3, 20, 1)] = 6) -> Classes:
    """What the model calls the picture.

    Each bar is a class's probability, the softmax of its logit. The classes of a model share 1 among themselves
    whatever the picture shows: if none of them fits, one still comes first. The number below (equal choices)
    says among how many equally likely classes the model hesitates; a small number is confidence, not
    correctness.
    """
    logits = model.classify([image])[0]
    names, best = ranked(logits, model.labels(), top)
    all_of_them = probabilities(logits)
    entropy = -(all_of_them * np.log2(np.maximum(all_of_them, 1e-300))).sum()
    rest = float(max(0.0, 1 - best.sum()))
    return Classes(names, best, rest, len(all_of_them), float(2**entropy))
