"""The way from one picture to another through the latent space of a variational autoencoder."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import VariationalAutoencoder
from core.params import Examples, Range

STEPS = 11


@dataclass(frozen=True)
class VaeInterpolation(Result):
    """A step a share of the other picture: straight, along the sphere, and the pixels themselves faded over."""

    name: str
    shares: Array[Floats, "step"]
    linear: Array[Floats, "step height width rgb"]
    spherical: Array[Floats, "step height width rgb"]
    faded: Array[Floats, "step height width rgb"]


def vae_interpolation(
    model: VariationalAutoencoder, image: Image, examples: Examples, example: Annotated[int, Range(1, 9, 1)] = 2
) -> VaeInterpolation:
    """From your picture to an example, through the latent space and, for comparison, in plain pixels.

    Linear mixes the two means; spherical keeps their length, since a mixture of two independent draws is shorter than
    either. If the latent way looks like the faded one, the space is a local code of colours and edges and knows
    nothing of things: with this little compression that is to be expected.
    """
    name = list(examples)[min(example, len(examples)) - 1]
    ends = np.stack([model.seen(image), model.seen(examples[name])])
    first, second = model.posterior(ends)[0]
    shares = np.linspace(0, 1, STEPS)
    straight = np.stack([(1 - share) * first + share * second for share in shares])
    turned = np.stack([slerp(first, second, share) for share in shares])
    made = model.decode(np.concatenate([straight, turned]).astype(np.float32))
    faded = np.stack([(1 - share) * ends[0] + share * ends[1] for share in shares])
    return VaeInterpolation(name, shares, made[:STEPS], made[STEPS:], faded.astype(np.float32))


def slerp(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """Along the great circle between two vectors, their lengths mixed linearly; straight where they are parallel."""
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    cosine = float((first * second).sum() / max(lengths[0] * lengths[1], 1e-12))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if min(lengths) < 1e-9 or np.sin(angle) < 1e-6:
        return (1 - share) * first + share * second
    mixed = np.sin((1 - share) * angle) * first / lengths[0] + np.sin(share * angle) * second / lengths[1]
    return mixed / np.sin(angle) * ((1 - share) * lengths[0] + share * lengths[1])
