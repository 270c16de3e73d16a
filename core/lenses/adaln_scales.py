"""What steers a diffusion transformer's blocks: adaLN-Zero (Peebles & Xie 2022, arXiv 2212.09748)."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Ints, Result
from core.denoising import PatchDenoiser
from core.params import Prompt

STEPS = 21


@dataclass(frozen=True)
class Steered(Result):
    """Of each block's vectors the size, root mean square, at each timestep: without the condition, then with it.

    code: shift, scale and gate of the attention, then of the MLP. moved: the size of the difference that the condition
    makes to the three vectors of a branch, as a share of their size without it; both branches.
    """

    timesteps: Array[Ints, "step"]
    size: Array[Floats, "image step layer code"]
    moved: Array[Floats, "step layer group"]
    prompt: str


def adaln_scales(model: PatchDenoiser, prompt: Prompt) -> Steered:
    """How strongly the timestep and the sentence steer each block of the transformer.

    In each block the vectors are normalised, multiplied by 1 + scale and moved by shift before attention or MLP, and
    the outcome is multiplied by gate before it is added. The network sets all of them from the timestep and the
    sentence alone, the same for every patch. Each curve is a block, its height the root mean square of the vector:
    where gate is near 0 that half of the block adds next to nothing, and before training all of them are 0. Dotted is
    without the sentence. Two vectors of one size can still differ: the lowest row says how far the sentence moves
    them. A large gate does not prove a large contribution, since what it multiplies may be small.
    """
    last = len(model.schedule().alphas) - 1
    timesteps = np.linspace(0, last, STEPS).round().astype(int)
    without, told = (
        model.modulation(timesteps.tolist(), words).astype(np.float64)
        for words in model.read(["", prompt.strip()], 0)
    )
    size = np.sqrt((np.stack([without, told]) ** 2).mean(axis=-1))
    return Steered(timesteps, size, moved(without, told), prompt.strip())


def moved(without: np.ndarray, told: np.ndarray) -> np.ndarray:
    """[step layer group] of both [step layer code dim]: the length of the difference over that of the first."""
    branches = [part.reshape(*part.shape[:2], 2, -1) for part in (told - without, without)]
    change, length = (np.linalg.norm(part, axis=-1) for part in branches)
    return change / np.maximum(length, 1e-12)
