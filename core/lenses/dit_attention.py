"""Self-attention among a diffusion transformer's patches (Peebles & Xie 2022, arXiv 2212.09748).

Mean attention distance is that of Vision Transformers (Dosovitskiy et al. 2021, arXiv 2010.11929).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Result
from core.denoising import PatchDenoiser
from core.lenses.attention_heads import place
from core.lenses.trajectory import small
from core.params import Picked, Progress, Prompt, Range
from core.samplers import noise_like, sample

TOLD = 4  # steps from answer to answer


@dataclass(frozen=True)
class PatchesLook(Result):
    """At each step the clean estimate, where the chosen patch looks, and how far all patches look on average.

    distance: in patches, weighted by the attention; uniform: what it would be if every patch looked at all alike.
    """

    timesteps: Array[Floats, "step"]
    pictures: Array[Floats, "step height width rgb"]
    maps: Array[Floats, "step layer head row column"]
    distance: Array[Floats, "step layer head"]
    uniform: float
    patch: tuple[int, int]


def dit_attention(
    model: PatchDenoiser,
    prompt: Prompt,
    steps: Annotated[int, Range(4, 20, 1)] = 10,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    patch: Annotated[str, Picked(20)] = "",
    progress: Progress = lambda done, total: None,
) -> Iterator[PatchesLook]:
    """Where one patch of the picture looks in each block while the sentence is drawn.

    Click a patch of the picture, then play: each map shows how a block shares out that patch's attention, at the
    patches' places, on a scale of its own. The curves say how far all patches look, in widths of a patch, beside what
    looking everywhere alike would give: many blocks look far in the noise, when the layout is found, and near when
    details are. Where the whole map lights up at one spot whichever patch you choose, that spot serves all of them as
    a notice board. Choose a head: a mean of heads can hide that one looks near and another far. Attention says from
    where values were taken, not what they did.
    """
    pictures, timesteps, maps, distances = [], [], [], []
    read = model.read([prompt.strip()], seed)
    path = sample(model, noise_like(model.shape(), seed), read, "DDIM", steps, guidance, seed)
    for number, step in enumerate(path, start=1):
        looks = model.patch_looks(step.before[0], step.timestep, read[0])
        rows, columns = looks.grid
        row, column = place(patch, rows, columns) or (rows // 2, columns // 2)
        apart = between(rows, columns)
        pictures.append(small(model.pictures(step.clean))[0])
        timesteps.append(step.timestep)
        maps.append(looks.weights[:, :, row * columns + column].reshape(*looks.weights.shape[:2], rows, columns))
        distances.append(far(looks.weights, apart))
        progress(number, steps)
        if number % TOLD == 0 or number == steps:
            yield PatchesLook(
                np.array(timesteps),
                np.stack(pictures),
                np.stack(maps),
                np.stack(distances),
                float(apart.mean()),
                (row, column),
            )


def between(rows: int, columns: int) -> np.ndarray:
    """[token token]: how far apart two patches are, in widths of a patch."""
    places = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1).reshape(-1, 2)
    return np.linalg.norm(places[:, None] - places[None], axis=-1)


def far(weights: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """[layer head] of weights [layer head token token]: the distance looked over, the mean over the asking patches."""
    return np.einsum("lhqk,qk->lh", weights, apart) / len(apart)
