"""What an autoencoder makes of a spoilt picture (Vincent et al. 2008: a denoising autoencoder undoes it)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import Autoencoder
from core.params import Range, Rivals
from core.quality import psnr
from core.spoil import Noise, spoiled

STRENGTHS = np.linspace(0, 1, 9)


@dataclass(frozen=True)
class Denoised(Result):
    """A step a strength of the noise. given, found: PSNR in dB of the spoilt and of the rebuilt picture.

    names, others, others_found: the same from other models of the same side.
    """

    picture: Array[Floats, "height width rgb"]
    spoilt: Array[Floats, "step height width rgb"]
    rebuilt: Array[Floats, "step height width rgb"]
    strengths: Array[Floats, "step"]
    given: Array[Floats, "step"]
    found: Array[Floats, "step"]
    names: tuple[str, ...]
    others: tuple[Array[Floats, "step height width rgb"], ...]
    others_found: tuple[Array[Floats, "step"], ...]


def denoise(
    model: Autoencoder,
    image: Image,
    rivals: Rivals,
    noise: Noise = "Gaussian",
    seed: Annotated[int, Range(0, 20, 1)] = 0,
) -> Denoised:
    """The picture spoilt ever more, and what the model rebuilds from it.

    The slider turns up the noise; the tab's other models get the very same spoilt picture. A denoising autoencoder
    was trained to give the clean picture back; the others were not and hand on what their bottleneck lets through.
    PSNR (dB, higher is nearer the clean picture) stands under both pictures, with the gain in brackets. With little
    noise the gain is below zero, since the bottleneck costs more than the noise did; noise of another kind than in
    its training can fool it.
    """
    picture = model.seen(image)
    spoilt = np.stack(
        [spoiled(picture, noise, float(strength), np.random.default_rng(seed)) for strength in STRENGTHS]
    )
    rebuilt = model.decode(model.encode(spoilt))
    others = {name: other for name, other in rivals.items() if other is not model}
    same = {name: other for name, other in others.items() if other.seen(image).shape == picture.shape}
    mended = tuple(other.decode(other.encode(spoilt)) for other in same.values())
    return Denoised(
        picture,
        spoilt,
        rebuilt,
        STRENGTHS,
        quality(picture, spoilt),
        quality(picture, rebuilt),
        tuple(same),
        mended,
        tuple(quality(picture, made) for made in mended),
    )


def quality(picture: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """PSNR in dB of each step."""
    return np.array([psnr(picture, one) for one in steps])
