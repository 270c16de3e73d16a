"""A picture drawn from noise, step by step (see ``core.samplers``)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Result
from core.denoising import Denoiser
from core.errors import LoupeError
from core.params import Lines, Prompt, Range
from core.samplers import Sampler, Step, noise_like, sample

# Of a picture that is kept for each step, in pixels.
LARGEST = 256


@dataclass(frozen=True)
class Trajectory(Result):
    """While it is drawn the latest step alone, at the end all of them.

    prompts: an image each, the empty one is drawn without words. latents: before the step, and how much of them is
    signal; noise: seen in them; clean: the estimate of the whole picture. pixels: whether the latents are pixels, in
    -1..1. changed: how far each estimate is from the last one, root mean square of colours. done of ``steps``.
    """

    prompts: tuple[str, ...]
    timesteps: Array[Floats, "step"]
    signal: Array[Floats, "step"]
    latents: Array[Floats, "step image channel row column"]
    noise: Array[Floats, "step image channel row column"]
    clean: Array[Floats, "step image height width rgb"]
    changed: Array[Floats, "step image"]
    pixels: bool
    words: bool
    done: int
    steps: int


def trajectory(
    model: Denoiser,
    prompt: Prompt,
    second_prompt: Annotated[Sequence[str], Lines(1)] = ("sunflower",),
    sampler: Sampler = "DDIM",
    steps: Annotated[int, Range(1, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
) -> Iterator[Trajectory]:
    """The sentence drawn from noise, one pass of the network a step.

    Play it or move the slider: beside what the network takes the picture to be stand the latents that it was shown and
    the noise that it saw in them, by their first three channels as red, green and blue. First come colours and masses,
    then outlines, then details; the curve says how far each estimate still is from the last. A second sentence begins
    with the same noise. Guidance 0 forgets the words, 1 follows them as they were learnt, and more goes beyond, with
    harder colours and less variety. DDIM and Euler take the same kind of step at other timesteps, DPM-Solver++ also
    looks back one step, and DDPM adds new noise each time and needs many; with very few steps all of them stay blurred.
    """
    sentences = tuple(text.strip() for text in (prompt, *second_prompt)) if model.words() else ("",)
    noise = noise_like(model.shape(), seed, len(sentences))
    kept: list[Step] = []
    clean: list[np.ndarray] = []
    for step in sample(model, noise, sentences, sampler, steps, guidance, seed):
        if not np.isfinite(step.after).all():
            raise LoupeError(
                "The numbers grow beyond all bounds at timestep {timestep:.0f}. Lower the guidance or take more steps.",
                timestep=step.timestep,
            )
        kept.append(step)
        clean.append(model.pictures(step.clean))
        pixels = clean[-1].shape[1:3] == step.clean.shape[2:]
        clean[-1] = small(clean[-1])
        shown = (kept, clean) if len(kept) == steps else (kept[-1:], clean[-1:])
        yield told(model, sentences, *shown, pixels, len(kept), steps)


def told(
    model: Denoiser,
    prompts: tuple[str, ...],
    kept: list[Step],
    clean: list[np.ndarray],
    pixels: bool,
    done: int,
    steps: int,
) -> Trajectory:
    """These steps, and how far each one's estimate is from the last."""
    schedule, shown = model.schedule(), np.stack(clean)
    gaps = shown.astype(np.float64) - shown[-1]
    return Trajectory(
        prompts,
        np.array([step.timestep for step in kept]),
        np.sqrt([schedule.alpha(step.timestep) for step in kept]),
        np.stack([step.before for step in kept]),
        np.stack([step.noise for step in kept]),
        shown,
        np.sqrt((gaps**2).mean(axis=(2, 3, 4))),
        pixels,
        model.words(),
        done,
        steps,
    )


def small(pictures: np.ndarray) -> np.ndarray:
    """[image height width rgb], averaged in whole blocks to at most LARGEST a side."""
    height, width = pictures.shape[1:3]
    block = -(-max(height, width) // LARGEST)
    cut = pictures[:, : height // block * block, : width // block * block]
    return cut.reshape(len(cut), height // block, block, width // block, block, 3).mean(axis=(2, 4))
