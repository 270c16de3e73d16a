"""The timestep that the network is told, and what it does when that is wrong (Ho et al. 2020, arXiv 2006.11239).

The sines and cosines are those of Transformers (Vaswani et al. 2017, arXiv 1706.03762).
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.denoising import TimeTelling
from core.lenses.noising import share
from core.lenses.trajectory import small
from core.params import Progress, Prompt, Range
from core.samplers import noise_like

STEPS = 11
FINE = 4  # timesteps of the tables from one that is told to the next
AT_ONCE = 4  # pictures in one pass


@dataclass(frozen=True)
class TimeEmbedded(Result):
    """A step a timestep that the network is told, ``true`` is the number of the right one.

    noisy: the picture with that one's noise; clean: what the network makes of it when told each; error: of that, as a
    share of the picture's variance, before it is decoded. waves, learned: cosines between the embeddings of any two
    timesteps of ``frames``, as sines and cosines and as the network reads them, the mean over its blocks.
    """

    told: Array[Ints, "step"]
    true: int
    noisy: Array[Floats, "height width rgb"]
    clean: Array[Floats, "step height width rgb"]
    error: Array[Floats, "step"]
    frames: Array[Ints, "frame"]
    waves: Array[Floats, "frame frame"]
    learned: Array[Floats, "frame frame"]


def time_embedding(
    model: TimeTelling,
    image: Image,
    prompt: Prompt,
    noise: Annotated[int, Range(10, 90, 10, "%")] = 40,
    with_the_sentence: bool = False,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> TimeEmbedded:
    """Your picture with noise of one timestep, and what the network makes of it when it is told another.

    One network serves the whole schedule: it takes away as much noise as it is told there is. Told too low a timestep
    it leaves noise standing, told too high a one it takes away what was no noise. The error should be least at the true
    timestep, which is framed; where it is least beside it, the picture, unlike those of the training, looks as if it
    had more or less noise. The tables compare any two timesteps, 0 in the upper left corner, yellow alike, dark
    unlike: first the sines and cosines that stand for the number, then what the network learnt to make of them (in a
    transformer, the mean over its blocks). A high cosine does not mean that a difference goes unused.
    """
    schedule = model.schedule()
    last = len(schedule.alphas) - 1
    frames = np.linspace(0, last, FINE * (STEPS - 1) + 1).round().astype(int)
    told, true = frames[::FINE], noise * (STEPS - 1) // 100
    words = prompt.strip() if with_the_sentence and model.words() else ""
    read = model.read([words], seed)
    latents = model.latents([image])
    mixed = schedule.noisy(latents, noise_like(model.shape(), seed), int(told[true]))
    clean, errors = [], []
    for start in range(0, STEPS, AT_ONCE):
        progress(start, STEPS)
        asked = told[start : start + AT_ONCE].tolist()
        alike = np.repeat(mixed, len(asked), axis=0)
        found = model.predict_told(alike, int(told[true]), asked, [*read] * len(asked)).clean
        clean.append(small(model.pictures(found)))
        errors += [share(one, latents[0]) for one in found]
    embedded = model.time_embedding(frames.tolist())
    return TimeEmbedded(
        told,
        true,
        small(model.pictures(mixed))[0],
        np.concatenate(clean),
        np.array(errors),
        frames,
        cosines(embedded.waves[None]),
        cosines(embedded.learned),
    )


def cosines(vectors: np.ndarray) -> np.ndarray:
    """[frame frame] of [layer frame dim], the mean over the layers."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=2, keepdims=True)
    unit = vectors / np.maximum(lengths, 1e-12)
    return np.mean(unit @ unit.transpose(0, 2, 1), axis=0)
