"""One picture through every autoencoder of the tab: what each keeps, at which cost."""

from dataclasses import dataclass

from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import Autoencoder
from core.lenses.reconstruction import Reconstruction, reconstruction
from core.params import Rivals


@dataclass(frozen=True)
class Ladder(Result):
    """A rung a model, in the tab's order; see ``Reconstruction``. chosen: which of them is the reader's model."""

    picture: Array[Floats, "height width rgb"]
    names: tuple[str, ...]
    rungs: tuple[Reconstruction, ...]
    chosen: int


def ladder(model: Autoencoder, image: Image, rivals: Rivals) -> Ladder:
    """The same picture through every embedded autoencoder, side by side with its cost and its errors.

    Read each column downwards: the picture that came out, then where it differs. PSNR (dB) and SSIM say how near it
    is, bits a pixel what had to be kept: a plain or variational autoencoder keeps numbers (16 bits each), a vector-
    quantised one keeps codes and is allowed about a sixth of that, so fewer dB there are no defeat. A denoising
    autoencoder was taught something else than copying, and a VQGAN to look right rather than to be right: PSNR and
    SSIM do not reward either. All differences share one scale.
    """
    models = dict(rivals)
    if not any(other is model for other in models.values()):
        models = {"chosen model": model, **models}
    rungs = tuple(reconstruction(other, image) for other in models.values())
    chosen = next(n for n, other in enumerate(models.values()) if other is model)
    return Ladder(rungs[chosen].picture, tuple(models), rungs, chosen)
