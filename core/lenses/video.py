"""A film drawn from noise, all frames at once (Ho et al. 2022, arXiv 2204.03458; Ma et al. 2024, arXiv 2401.03048)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Result
from core.errors import LoupeError
from core.lenses.trajectory import small
from core.params import Prompt, Range
from core.samplers import Sampler, Step, noise_like, sample
from core.video import VideoDenoiser

KEPT = 6  # moments of the drawing
PLAIN = 0.1  # how far from the background's a colour still counts as background


@dataclass(frozen=True)
class Film(Result):
    """frames: the estimate of the whole film at some steps so far, the last one being the latest, of ``timesteps``.

    change: the mean difference of the colours in 0..1 from a frame to the next (window). middle: of what stands out
    from the background in the latest estimate, (down, across) in 0..1. done of ``steps``.
    """

    prompt: str
    timesteps: Array[Floats, "step"]
    frames: Array[Floats, "step frame height width rgb"]
    change: Array[Floats, "step window"]
    middle: Array[Floats, "frame dim"]
    done: int
    steps: int


def video(
    model: VideoDenoiser,
    prompt: Prompt,
    sampler: Sampler = "DDIM",
    steps: Annotated[int, Range(1, 50, 1)] = 16,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
) -> Iterator[Film]:
    """The sentence drawn from noise as a film: all its frames at once, one pass of the network a step.

    It plays while it is drawn; the slider turns the frames, and so does a click into the table below, where each row
    is the network's guess of the whole film at one timestep. What moves, and where to, is settled in the first steps
    together with the shapes: there is no first frame from which the others follow. The first curve says how much a
    colour changes on average from one frame to the next: none would be a still picture, and what flickers changes
    too, though nothing moves. The path joins, frame by frame, the middle of all that differs from the background; it
    sees a shift, but no turning on the spot and no growing.
    """
    sentence = prompt.strip() if model.words() else ""
    moments = set(np.linspace(1, steps, min(KEPT, steps)).round().astype(int).tolist())
    kept: list[tuple[float, np.ndarray]] = []
    path = sample(model, noise_like(model.film_shape(), seed), [sentence], sampler, steps, guidance, seed)
    for done, step in enumerate(path, start=1):
        shown = [*kept, (step.timestep, small(model.frames(estimate(step))))]
        if done in moments:
            kept = shown
        frames = np.stack([frames for _, frames in shown])
        timesteps = np.array([timestep for timestep, _ in shown])
        change = np.abs(np.diff(frames, axis=1)).mean(axis=(2, 3, 4))
        yield Film(sentence, timesteps, frames, change, middle(frames[-1]), done, steps)


def estimate(step: Step) -> np.ndarray:
    """The clean latents [channel frame row column] of a single film. Raises LoupeError where they are no numbers."""
    if not np.isfinite(step.after).all():
        raise LoupeError(
            "The numbers grow beyond all bounds at timestep {timestep:.0f}. Lower the guidance or take more steps.",
            timestep=step.timestep,
        )
    return step.clean[0]


def middle(frames: np.ndarray) -> np.ndarray:
    """[frame dim]: (down, across) of what differs from the colour of the edges, in 0..1; 0.5 where nothing does."""
    edges = [frames[:, 0], frames[:, -1], frames[:, :, 0], frames[:, :, -1]]
    background = np.median(np.concatenate(edges, axis=1), axis=1)[:, None, None]
    weights = np.clip(np.abs(frames - background).mean(axis=-1) - PLAIN, 0, None).astype(np.float64)
    whole = weights.sum(axis=(1, 2))
    down, across = ((np.arange(length) + 0.5) / length for length in weights.shape[1:])
    found = np.stack([np.einsum("fhw,h->f", weights, down), np.einsum("fhw,w->f", weights, across)], axis=1)
    return np.where(whole[:, None] > 0, found / np.maximum(whole, 1e-12)[:, None], 0.5)
