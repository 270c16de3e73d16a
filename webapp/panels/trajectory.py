"""A picture as it is drawn, to be played; two sentences one below the other."""

import numpy as np

from core.lenses.trajectory import Trajectory, trajectory
from webapp.panel import Panel
from webapp.pictures import Curves, Picture, Pictures, channels

LONGEST = 32


def pictures(result: Trajectory) -> Pictures:
    """For each sentence the estimate, the latents and the noise seen in them; at the end with a slider."""
    shown = []
    for image, prompt in enumerate(result.prompts):
        latents = result.latents[:, image]
        pixels = latents[:, :3].transpose(0, 2, 3, 1) / 2 + 0.5
        lossy = max(latents.shape[-2:]) > 64
        first = prompt if len(prompt) <= LONGEST else prompt[: LONGEST - 1] + "…"
        shown += [
            Picture(first or "without words", result.clean[:, image], lossy=max(result.clean.shape[2:4]) >= 64),
            Picture("latents", pixels if result.pixels else channels(latents), lossy=lossy),
            Picture("noise seen", channels(result.noise[:, image]), lossy=lossy),
        ]
    whole = len(result.timesteps) == result.steps > 1
    return Pictures(
        tuple(shown),
        slider="timestep",
        steps=tuple(f"{time:.0f}" for time in result.timesteps) if whole else (),
        start=len(result.timesteps) - 1,
        columns=3,
        firm=True,
        note=note(result),
        curves=(distance(result),) if whole else (),
    )


def distance(result: Trajectory) -> Curves:
    """How far each estimate is from the last, a line a sentence."""
    names = tuple(prompt[:LONGEST] or "without words" for prompt in result.prompts)
    places = [n / (result.steps - 1) for n in range(result.steps)]
    return Curves("distance of the estimate from the last one", names, result.changed.T, np.array(places), 0.0)


def note(result: Trajectory) -> str:
    """How far it has come, and why no sentence was read."""
    said = [f"{result.done} / {result.steps}"] if result.done < result.steps else []
    if not result.words:
        said.append("this model takes no words")
    return " · ".join(said)


PANEL = Panel("Drawn from noise", trajectory, pictures, rank=1)
