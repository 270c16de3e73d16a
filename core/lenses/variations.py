"""Variations of a picture, drawn toward its vector from different noises (unCLIP: Ramesh et al. 2022, arXiv 2204.06125,
section 3.1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.lenses.path_on_map import picture
from core.lenses.trajectory import small
from core.params import Progress, Range
from core.projection import unit
from core.samplers import noise_like, sample
from core.toward_vectors import VectorDrawing

TOLD = 5  # steps from answer to answer


@dataclass(frozen=True)
class Variations(Result):
    """original: the picture; rebuilt: by the autoencoder alone. pictures: as drawn so far, the last one toward nothing.

    cosine: of each one's vector with the original's; rebuilt_cosine: of the rebuilt one's.
    """

    original: Image
    rebuilt: Array[Floats, "row column rgb"]
    rebuilt_cosine: float
    pictures: Array[Floats, "image height width rgb"]
    cosine: Array[Floats, "image"]
    step: int
    steps: int


def variations(
    model: VectorDrawing,
    image: Image,
    variants: Annotated[int, Range(1, 8, 1)] = 4,
    steps: Annotated[int, Range(4, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 2.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> Iterator[Variations]:
    """Your picture reduced to one vector, and pictures drawn toward that vector from different noises.

    What all of them share was in the vector: mostly what is seen, and its colours. What changes from one to the next
    was not: place, pose, details; the noise decides. Beside them stand the picture as the autoencoder alone rebuilds
    it, which is the best that could be drawn, and one drawn toward no vector, from the first one's noise. The number
    is the cosine between each picture's vector and your picture's: compare it with those of these two. What the model
    never saw in training comes back as the nearest thing that it knows.
    """
    vector = model.picture_vectors([image])[0]
    rebuilt = model.pictures(model.latents([image]))
    noise = np.concatenate([noise_like(model.shape(), seed + n) for n in (*range(variants), 0)])
    toward: list[Any] = [*[vector] * variants, ""]
    rebuilt_cosine = float(cosines(model, rebuilt, vector)[0])
    for number, step in enumerate(sample(model, noise, toward, "DDIM", steps, guidance, seed), start=1):
        progress(number, steps)
        if number % TOLD == 0 or number == steps:
            drawn = small(model.pictures(step.clean))
            yield Variations(
                image, small(rebuilt)[0], rebuilt_cosine, drawn, cosines(model, drawn, vector), number, steps
            )


def cosines(model: VectorDrawing, drawn: np.ndarray, *vectors: np.ndarray) -> np.ndarray:
    """[... image]: of the vectors of pictures [image height width rgb] with each of these."""
    found = unit(model.picture_vectors([picture(one) for one in drawn]))
    together = unit(np.stack(vectors)) @ found.T
    return together if len(vectors) > 1 else together[0]


def drawn_toward(
    model: VectorDrawing, vectors: Sequence[np.ndarray], steps: int, guidance: float, seed: int, progress: Progress
) -> np.ndarray:
    """[image height width rgb]: a picture toward each vector, all from the same noise."""
    noise, drawn = noise_like(model.shape(), seed, len(vectors)), np.empty(0)
    for number, step in enumerate(sample(model, noise, vectors, "DDIM", steps, guidance, seed), start=1):
        progress(number, steps)
        drawn = step.after
    return small(model.pictures(drawn))
