"""From one picture to another along the sphere of their vectors (Ramesh et al. 2022, arXiv 2204.06125, section 3.2)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.lenses.trajectory import small
from core.lenses.vae_interpolation import slerp
from core.lenses.variations import cosines, drawn_toward
from core.params import Examples, Progress, Range
from core.toward_vectors import VectorDrawing

SHARES = 9


@dataclass(frozen=True)
class VectorInterpolation(Result):
    """A step a share of the other picture.

    drawn: toward the vector between both, from one noise; mixed: the autoencoder's latents of both, mixed and decoded.
    ends: both pictures. cosine: of what was drawn with either's vector.
    """

    name: str
    shares: Array[Floats, "step"]
    ends: tuple[Image, Image]
    drawn: Array[Floats, "step height width rgb"]
    mixed: Array[Floats, "step height width rgb"]
    cosine: Array[Floats, "image step"]


def vector_interpolation(
    model: VectorDrawing,
    image: Image,
    examples: Examples,
    example: Annotated[int, Range(1, 9, 1)] = 2,
    steps: Annotated[int, Range(4, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 2.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> VectorInterpolation:
    """From your picture to an example through the space of vectors, each step on the way drawn from the same noise.

    The vector turns from one picture's to the other's on the great circle between them; a straight mixture would be
    shorter than either and lie where no picture does. On the way the drawings should stay pictures of something, at
    best of things that share traits of both, and may jump from one thing to the next; mixed latents are two pictures
    laid over each other, since the autoencoder's numbers know places and colours only. The curves are the cosines of
    each drawing's vector with both ends: the ends themselves are drawn anew, so they do not reach 1.
    """
    name = list(examples)[min(example, len(examples)) - 1]
    ends = (image, examples[name])
    first, second = model.picture_vectors(list(ends))
    shares = np.linspace(0, 1, SHARES)
    vectors = [slerp(first, second, share) for share in shares]
    drawn = drawn_toward(model, vectors, steps, guidance, seed, progress)
    near, far = model.latents(list(ends))
    mixed = model.pictures(np.stack([(1 - share) * near + share * far for share in shares]).astype(np.float32))
    return VectorInterpolation(name, shares, ends, drawn, small(mixed), cosines(model, drawn, first, second))
