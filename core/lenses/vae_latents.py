"""The posterior of a variational autoencoder (Kingma & Welling 2013, arXiv 1312.6114), and samples from it."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import VariationalAutoencoder
from core.params import Range

SPREADS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
COLLAPSED = 0.01  # nats a latent, mean over the grid: below it a channel says nothing of the picture


@dataclass(frozen=True)
class VaeLatents(Result):
    """mean, spread: of each latent. kl: nats each latent costs against the prior; channels: its mean a channel.

    samples: a step a multiple of the posterior's spread added to the mean, with the same noise for all.
    prior: what noise alone decodes to.
    """

    picture: Array[Floats, "height width rgb"]
    mean: Array[Floats, "channel row column"]
    spread: Array[Floats, "channel row column"]
    kl: Array[Floats, "row column"]
    channels: Array[Floats, "channel"]
    spreads: Array[Floats, "step"]
    samples: Array[Floats, "step height width rgb"]
    prior: Array[Floats, "height width rgb"]
    collapsed: tuple[int, ...]


def vae_latents(
    model: VariationalAutoencoder, image: Image, seed: Annotated[int, Range(0, 50, 1)] = 0
) -> VaeLatents:
    """Where the picture lies in the latent space, how surely, and what its neighbours look like.

    Each place of the grid has a few numbers, known as a mean and a spread. The slider adds that many spreads times
    one fixed noise (the reparameterisation trick): at 1 it is a fair sample of the posterior, beyond that it leaves
    it. KL (nats) is what a place costs against the prior, a standard normal; a channel that costs nearly nothing has
    collapsed. "Noise alone" decodes a draw of the prior: this kind of model keeps places apart, so that it gives
    texture and no thing, which is why diffusion models are trained on top of it.
    """
    picture = model.seen(image)
    mean, spread = (part[0] for part in model.posterior(picture[None]))
    kl = divergence(mean, spread)
    noise = np.random.default_rng(seed).standard_normal(mean.shape).astype(np.float32)
    drawn = np.stack([mean + scale * spread * noise for scale in SPREADS] + [noise])
    made = model.decode(drawn)
    channels = kl.mean(axis=(1, 2))
    collapsed = tuple(int(n) for n in np.flatnonzero(channels < COLLAPSED))
    return VaeLatents(
        picture, mean, spread, kl.sum(axis=0), channels, np.array(SPREADS), made[:-1], made[-1], collapsed
    )


def divergence(mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Kullback-Leibler divergence of normal distributions from the standard normal, in nats, one by one."""
    variance = spread.astype(np.float64) ** 2
    return (0.5 * (mean.astype(np.float64) ** 2 + variance - 1 - np.log(np.maximum(variance, 1e-300)))).astype(
        np.float32
    )
