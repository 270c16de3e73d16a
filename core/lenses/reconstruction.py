"""A picture through the bottleneck of an autoencoder and out again."""

from dataclasses import dataclass

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import Autoencoder
from core.quality import psnr, ssim

BITS = 16  # a continuous latent counts as a number of half precision


@dataclass(frozen=True)
class Reconstruction(Result):
    """difference: absolute, mean over the colours. kept: the shape of what passes. bits: a pixel."""

    picture: Array[Floats, "height width rgb"]
    rebuilt: Array[Floats, "height width rgb"]
    difference: Array[Floats, "height width"]
    kept: tuple[int, ...]
    codes: bool
    bits: float
    psnr: float
    ssim: float


def reconstruction(model: Autoencoder, image: Image) -> Reconstruction:
    """What is left of the picture after it has passed the model's bottleneck.

    Bits a pixel is the size of what passes: continuous latents count 16 bits each, a code the logarithm of the
    codebook's size; a plain picture has 24. PSNR (dB, higher is nearer) measures pixels, SSIM (at most 1) how alike
    small neighbourhoods are; both like blur more than people do, so a VQGAN's sharp but invented edges cost it points.
    Compare models at the same bits only. The model sees the square in the picture's middle.
    """
    picture = model.seen(image)
    kept = model.encode(picture[None])
    rebuilt = model.decode(kept)[0]
    codes = kept.dtype.kind in "iu"
    count = codebook_size(model) if codes else 0
    bits = kept[0].size * (np.log2(count) if codes else BITS) / (picture.shape[0] * picture.shape[1])
    difference = np.abs(rebuilt - picture).mean(axis=-1)
    return Reconstruction(
        picture,
        rebuilt,
        difference,
        kept.shape[1:],
        codes,
        float(bits),
        psnr(picture, rebuilt),
        ssim(picture, rebuilt),
    )


def codebook_size(model: Autoencoder) -> int:
    """How many codes there are, of a model whose ``encode`` gives codes."""
    return len(model.codebook())  # pyright: ignore[reportAttributeAccessIssue]
