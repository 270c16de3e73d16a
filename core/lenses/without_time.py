"""A film drawn with and without the layers that look through time (Ho et al. 2022, arXiv 2204.03458, train them on top
of layers that see single frames; Ma et al. 2024, arXiv 2401.03048).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from core.arrays import Array, Floats, Result
from core.denoising import Prediction, Schedule
from core.lenses.skip_connections import During
from core.lenses.trajectory import small
from core.lenses.video import estimate
from core.params import Prompt, Range
from core.samplers import noise_like, sample
from core.video import VideoDenoiser


@dataclass(frozen=True)
class WithoutTime(Result):
    """frames: the film with and the film without (image), or the estimates of them so far.

    change: the mean difference of their colours in 0..1 from a frame to the next (window). apart: the same of the two
    films, frame by frame.
    """

    prompt: str
    frames: Array[Floats, "image frame height width rgb"]
    change: Array[Floats, "image window"]
    apart: Array[Floats, "frame"]
    done: int
    steps: int


def without_time(
    model: VideoDenoiser,
    prompt: Prompt,
    off: During = "all steps",
    steps: Annotated[int, Range(4, 50, 1)] = 10,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
) -> Iterator[WithoutTime]:
    """The same film drawn with the layers that look through time, and without them.

    Both start from the same noise and take the same steps. Without those layers each frame is drawn as a picture by
    itself, from the same sentence but from noise of its own, so a frame has no reason to look like the one before:
    the upper curve jumps where the film flickers. The lower one says how far each frame is from the same frame of the
    whole network. With "noisy half" they are off only while the layout forms, with "clean half" only while details do:
    what was agreed on early mostly lasts. The network was never without them in its training, so part of what you see
    is its surprise; with them goes also what tells a frame its number.
    """
    sentence = prompt.strip() if model.words() else ""
    noise = noise_like(model.film_shape(), seed)
    paths = (sample(one, noise, [sentence], "DDIM", steps, guidance, seed) for one in (model, Timeless(model, off)))
    for done, pair in enumerate(zip(*paths, strict=True), start=1):
        frames = np.stack([small(model.frames(estimate(step))) for step in pair])
        change = np.abs(np.diff(frames, axis=1)).mean(axis=(2, 3, 4))
        apart = np.abs(frames[1] - frames[0]).mean(axis=(1, 2, 3))
        yield WithoutTime(sentence, frames, change, apart, done, steps)


@dataclass(frozen=True)
class Timeless:
    """A model that predicts without looking through time during some of the steps."""

    model: VideoDenoiser
    off: During

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[Any]) -> Prediction:
        noisy = timestep >= len(self.schedule().alphas) / 2
        now = self.off == "all steps" or noisy == (self.off == "noisy half")
        return self.model.predict(latents, timestep, prompts, temporal=not now)

    def read(self, prompts: Sequence[Any], seed: int) -> Sequence[Any]:
        return self.model.read(prompts, seed)

    def schedule(self) -> Schedule:
        return self.model.schedule()

    def words(self) -> bool:
        return self.model.words()
