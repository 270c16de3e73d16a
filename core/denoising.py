"""What a diffusion model can be asked (Ho et al. 2020, arXiv 2006.11239; Rombach et al. 2021, arXiv 2112.10752).

Latents are what the network removes noise from: pixels in -1..1 of a pixel-space model, an autoencoder's numbers
scaled to about unit variance of a latent one. ``timestep`` counts the training schedule's steps: 0 is almost clean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Bools, Floats, Result


@dataclass(frozen=True)
class Prediction(Result):
    """What the network makes of noisy latents, whichever of the two (or v) it was trained to tell."""

    noise: Array[Floats, "image channel row column"]
    clean: Array[Floats, "image channel row column"]


@dataclass(frozen=True)
class WordMaps(Result):
    """Cross-attention of one prediction (each place's weights over the tokens sum to 1), a map a layer.

    layers: their names, coarse and fine in the network's order. added: which tokens are no words of the prompt.
    """

    tokens: tuple[str, ...]
    added: Array[Bools, "token"]
    layers: tuple[str, ...]
    maps: list[np.ndarray]
    """A layer each: [head token row column]."""


@runtime_checkable
class Denoiser(Protocol):
    def shape(self) -> tuple[int, int, int]:
        """Of one picture's latents: (channel, row, column)."""
        ...

    def alphas(self) -> np.ndarray:
        """[step] cumulative products of the training schedule, float64: x_t = sqrt(a) x_0 + sqrt(1 - a) noise."""
        ...

    def predict(self, latents: np.ndarray, timestep: int, prompts: Sequence[str]) -> Prediction:
        """One pass for [image channel row column] and a prompt for each; "" asks without words.

        A model that takes no words takes "" alone: see ``words``.
        """
        ...

    def words(self) -> bool:
        """Whether it draws from words."""
        ...

    def latents(self, images: list[Image]) -> np.ndarray:
        """[image channel row column] of pictures, without noise."""
        ...

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        """[image height width rgb] in 0..1."""
        ...


@runtime_checkable
class WordPlaces(Denoiser, Protocol):
    def word_maps(self, latents: np.ndarray, timestep: int, prompt: str) -> WordMaps:
        """Where the network looks for each token while it predicts, for one picture's [channel row column]."""
        ...


@runtime_checkable
class SkipConnections(Denoiser, Protocol):
    def skips(self) -> tuple[str, ...]:
        """The names of the U-Net's skip connections, the coarsest first."""
        ...

    def predict_without(
        self, latents: np.ndarray, timestep: int, prompts: Sequence[str], skips: Sequence[int]
    ) -> Prediction:
        """The same as ``predict`` with these skip connections (their numbers) carrying zeros."""
        ...
