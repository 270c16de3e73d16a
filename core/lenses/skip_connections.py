"""What the skip connections of a U-Net carry (Ronneberger et al. 2015, arXiv 1505.04597), by leaving them out.

Weakening them in a diffusion model was studied as FreeU (Si et al. 2023, arXiv 2309.11497).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.denoising import Prediction, Schedule, SkipConnections
from core.lenses.trajectory import small
from core.params import Progress, Prompt, Range
from core.samplers import noise_like, sample

AT_ONCE = 16  # pictures in one pass
During = Literal["all steps", "noisy half", "clean half"]


@dataclass(frozen=True)
class WithoutSkips(Result):
    """pictures: one with every skip connection, one without each, one without any, one from other noise; or what they
    look like so far. change: the mean difference of their colours from the first, in 0..1.
    """

    names: tuple[str, ...]
    pictures: Array[Floats, "image height width rgb"]
    change: Array[Floats, "image"]
    step: int
    steps: int


def skip_connections(
    model: SkipConnections,
    prompt: Prompt,
    off: During = "all steps",
    steps: Annotated[int, Range(4, 50, 1)] = 12,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> Iterator[WithoutSkips]:
    """The same picture drawn with every skip connection of the U-Net, and with one of them off at a time.

    All start from the same noise and take the same steps. A skip connection hands a layer's grid on the way down to
    a layer with the same grid on the way up, past the coarser ones; off, it hands on zeros. They are named by their
    grid, and counted there in the order in which the way up takes them in. The number is how much a colour changes
    on average, and the last picture, from other noise, gives the scale. The finest ones carry edges and texture and
    often change the most; without any the picture must come through the coarsest grid alone. The network never saw
    zeros there in its training, so part of what you see is its surprise. With "noisy half" they are off only while
    the layout forms, with "clean half" only while details do.
    """
    names = model.skips()
    worded = prompt if model.words() else ""
    without = np.concatenate([np.zeros((1, len(names))), np.eye(len(names)), np.ones((1, len(names)))]).astype(bool)
    labels = ("every skip connection", *(f"without {name}" for name in names), "without any", "from other noise")
    noise = np.concatenate([noise_like(model.shape(), seed, len(without)), noise_like(model.shape(), seed + 1)])
    without = np.concatenate([without, without[:1]])
    partly = Partly(model, without, off)
    path = sample(partly, noise, [worded] * len(noise), "DDIM", steps, guidance, seed)
    for number, step in enumerate(path):
        progress(number + 1, steps)
        pictures = small(model.pictures(step.clean))
        change = np.abs(pictures - pictures[0]).mean(axis=(1, 2, 3))
        yield WithoutSkips(labels, pictures, change, number + 1, steps)


@dataclass(frozen=True)
class Partly:
    """A model that predicts without chosen skip connections, bool [image skip], during some of the steps."""

    model: SkipConnections
    without: np.ndarray
    during: During

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[Any]) -> Prediction:
        """For the same pictures as often as they stand there: guidance asks with and without words."""
        noisy = timestep >= len(self.schedule().alphas) / 2
        now = self.during == "all steps" or noisy == (self.during == "noisy half")
        off = np.tile(self.without & now, (len(latents) // len(self.without), 1))
        parts = [slice(start, start + AT_ONCE) for start in range(0, len(latents), AT_ONCE)]
        found = [self.model.predict_without(latents[part], timestep, prompts[part], off[part]) for part in parts]
        return Prediction(*(np.concatenate([getattr(one, name) for one in found]) for name in ("noise", "clean")))

    def schedule(self) -> Schedule:
        return self.model.schedule()

    def words(self) -> bool:
        return self.model.words()

    def read(self, prompts: Sequence[Any], seed: int) -> Sequence[Any]:
        return self.model.read(prompts, seed)

    def shape(self) -> tuple[int, int, int]:
        return self.model.shape()

    def latents(self, images: list[Image]) -> np.ndarray:
        return self.model.latents(images)

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        return self.model.pictures(latents)
