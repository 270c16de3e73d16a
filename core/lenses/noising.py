"""The forward process of diffusion and what the network sees in it (Ho et al. 2020, arXiv 2006.11239)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.denoising import Denoiser
from core.params import Progress, Prompt, Range
from core.quality import psnr
from core.samplers import noise_like

STEPS = 11


@dataclass(frozen=True)
class Noised(Result):
    """A step a timestep, from almost clean to almost noise alone.

    picture: without noise, as the model's own latents show it. noisy, clean: the noised latents and the network's
    clean estimate as pictures. added, told: the noise itself and as the network tells it. added_error, clean_error:
    squared errors of both, as shares of the variance of what was to be told. quality: of the clean picture, PSNR in
    dB. alphas: of the whole schedule. target: what the network itself tells.
    """

    picture: Array[Floats, "height width rgb"]
    timesteps: Array[Ints, "step"]
    noisy: Array[Floats, "step height width rgb"]
    clean: Array[Floats, "step height width rgb"]
    added: Array[Floats, "channel row column"]
    told: Array[Floats, "step channel row column"]
    added_error: Array[Floats, "step"]
    clean_error: Array[Floats, "step"]
    quality: Array[Floats, "step"]
    alphas: Array[Floats, "frame"]
    target: str
    prompt: str


def noising(
    model: Denoiser,
    image: Image,
    prompt: Prompt,
    with_the_sentence: bool = False,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> Noised:
    """Your picture on its way into noise, and what the network still makes out in it at each timestep.

    The slider runs through the timesteps of the schedule that the model was taught with. Every step mixes the picture
    with the same noise, the signal weighing less each time; of that mixture the network is asked once, and its answer
    is shown as the noise it takes away and as the picture that would be left. Early on the picture is easy and the
    noise hard to tell, late it is the other way round: the error curves cross. From deep noise the estimate is an
    average of what the model has seen, blurred and often something else than your picture. A latent model never sees
    pixels: noise is added to its autoencoder's numbers, and what you see was decoded. Noise is shown by its first
    three channels as red, green and blue.
    """
    schedule = model.schedule()
    timesteps = np.linspace(0, len(schedule.alphas) - 1, STEPS).round().astype(int)
    latents, words = model.latents([image]), prompt.strip() if with_the_sentence and model.words() else ""
    noise, read = noise_like(model.shape(), seed), model.read([words], seed)
    picture = model.pictures(latents)[0]
    noisy, clean, told, errors = [], [], [], []
    for done, timestep in enumerate(timesteps):
        progress(done, STEPS)
        mixed = schedule.noisy(latents, noise, int(timestep))
        found = model.predict(mixed, int(timestep), read)
        noisy.append(model.pictures(mixed)[0])
        clean.append(model.pictures(found.clean)[0])
        told.append(found.noise[0])
        errors.append((share(found.noise, noise), share(found.clean, latents)))
    added_error, clean_error = np.array(errors).T
    return Noised(
        picture,
        timesteps,
        np.stack(noisy),
        np.stack(clean),
        noise[0],
        np.stack(told),
        added_error,
        clean_error,
        np.array([psnr(picture, one) for one in clean]),
        schedule.alphas,
        schedule.target,
        words,
    )


def share(found: np.ndarray, wanted: np.ndarray) -> float:
    """The squared error as a share of the variance: 0 is right, 1 is as good as the mean."""
    return float(((found - wanted).astype(np.float64) ** 2).mean() / max(float(wanted.var()), 1e-12))
