"""What a diffusion model can be asked (Ho et al. 2020, arXiv 2006.11239; Rombach et al. 2021, arXiv 2112.10752).

Latents are what the network removes noise from: pixels in -1..1 of a pixel-space model, an autoencoder's numbers
scaled to about unit variance of a latent one. ``timestep`` counts the training schedule's steps: 0 is almost clean;
some samplers ask between two of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Bools, Floats, Result

# What counts as left of the signal where a schedule ends in noise alone, lest something is divided by 0.
LEAST = 2.0**-24


@dataclass(frozen=True)
class Schedule(Result):
    """How noise was added in training, and how the model's own scheduler wants its steps.

    alphas: cumulative products: x_t = sqrt(a) x_0 + sqrt(1 - a) noise. target: what the network itself tells. spacing:
    how a few steps are spread over the schedule, None where each sampler has its own way; offset: what leading ones are
    moved by. clip: how far from 0 a clean estimate may lie, None for any; thresholds: in place of that the share of an
    image's numbers that may lie within the clip, and the largest clip (Saharia et al. 2022, arXiv 2205.11487).
    variance: of the noise that DDPM adds. last: the alpha after the last step of DDIM.
    """

    alphas: Array[Floats, "step"]
    target: Literal["epsilon", "v_prediction", "sample"] = "epsilon"
    spacing: Literal["leading", "trailing", "linspace"] | None = None
    offset: int = 0
    clip: float | None = None
    variance: str = "fixed_small"
    last: float = 1.0
    thresholds: tuple[float, float] | None = None

    def alpha(self, timestep: float) -> float:
        """At a whole timestep its own, between two by their ratios of noise to signal, mixed linearly."""
        below = int(timestep)
        if below == timestep:
            return float(self.alphas[below])
        kept = np.where(self.alphas[below : below + 2] == 0, LEAST, self.alphas[below : below + 2])
        first, second = np.sqrt((1 - kept) / kept)
        return float(1 / (1 + (first + (timestep - below) * (second - first)) ** 2))

    def held(self, clean: np.ndarray) -> np.ndarray:
        """A clean estimate within the bounds: see ``clip`` and ``thresholds``."""
        if self.thresholds:
            share, most = self.thresholds
            far = np.quantile(np.abs(clean).reshape(len(clean), -1), share, axis=1)
            far = np.clip(far, 1, most).reshape(-1, *[1] * (clean.ndim - 1))
            return np.clip(clean, -far, far) / far
        return clean if self.clip is None else np.clip(clean, -self.clip, self.clip)

    def noisy(self, clean: np.ndarray, noise: np.ndarray, timestep: float) -> np.ndarray:
        """A draw of q(x_t | x_0), float32: see ``alphas``."""
        alpha = self.alpha(timestep)
        return (np.sqrt(alpha) * clean + np.sqrt(1 - alpha) * noise).astype(np.float32)

    def prediction(self, told: np.ndarray, latents: np.ndarray, timestep: float) -> "Prediction":
        """What the network told of noisy latents (see ``target``) as noise and as what would be left without it."""
        alpha = self.alpha(timestep)
        signal, spread, told = np.sqrt(alpha), np.sqrt(1 - alpha), told.astype(np.float64)
        if self.target == "v_prediction":
            noise, clean = signal * told + spread * latents, signal * latents - spread * told
        elif self.target == "sample":
            noise, clean = (latents - signal * told) / spread, told
        else:
            noise, clean = told, (latents - spread * told) / (signal or np.sqrt(LEAST))
        return Prediction(noise.astype(np.float32), clean.astype(np.float32))


@dataclass(frozen=True)
class Prediction(Result):
    """What the network makes of noisy latents, whichever of the two (or v) it was trained to tell.

    Of a film the frames stand before the rows.
    """

    noise: Array[Floats, "image channel ... row column"]
    clean: Array[Floats, "image channel ... row column"]


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


@dataclass(frozen=True)
class PatchLooks(Result):
    """Self-attention of one prediction for one picture: each token is a patch of the grid (rows, columns), row by row.

    weights: of the token before the last axis, over those of the last axis; they sum to 1.
    """

    grid: tuple[int, int]
    weights: Array[Floats, "layer head token token"]


@dataclass(frozen=True)
class TimeEmbedding(Result):
    """How a network tells timesteps apart: waves: sines and cosines of each; learned: what its layers make of them.

    Where several blocks each have layers of their own for it, learned has a layer each.
    """

    waves: Array[Floats, "step channel"]
    learned: Array[Floats, "layer step dim"]


@dataclass(frozen=True)
class WordStates(Result):
    """What a text tower makes of each token, padded to one length.

    read: which tokens a network that draws may look at. tokens: each text's, as they read; added: which of them are
    the tokenizer's own.
    """

    states: Array[Floats, "text token dim"]
    read: Array[Bools, "text token"]
    tokens: tuple[tuple[str, ...], ...]
    added: Array[Bools, "text token"]


@runtime_checkable
class WordEncoder(Protocol):
    def word_states(self, texts: Sequence[str]) -> WordStates:
        """Of each text, the empty one among them. Raises LoupeError for a too long one."""
        ...


@runtime_checkable
class Predictor(Protocol):
    """What sampling asks of a network that takes noise away, from pictures, films or vectors."""

    def schedule(self) -> Schedule:
        """Of its training, with alphas in float64."""
        ...

    def words(self) -> bool:
        """Whether it draws from words."""
        ...

    def read(self, prompts: Sequence[Any], seed: int) -> Sequence[Any]:
        """What ``predict`` may be given in place of each prompt, so that a whole drawing reads its words once.

        What was read already, and "", stay as they are. seed: of what chance there is in reading.
        """
        ...

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[Any]) -> Prediction:
        """One pass for [image channel ... row column] and a prompt for each, or what ``read`` made of it; "" asks
        without words.

        A model that takes no words takes "" alone: see ``words``.
        """
        ...


@runtime_checkable
class Denoiser(Predictor, Protocol):
    def shape(self) -> tuple[int, int, int]:
        """Of one picture's latents: (channel, row, column)."""
        ...

    def latents(self, images: list[Image]) -> np.ndarray:
        """[image channel row column] of pictures, without noise."""
        ...

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        """[image height width rgb] in 0..1."""
        ...


@runtime_checkable
class WordPlaces(Denoiser, Protocol):
    def word_maps(self, latents: np.ndarray, timestep: float, prompt: str) -> WordMaps:
        """Where the network looks for each token while it predicts, for one picture's [channel row column]."""
        ...


@runtime_checkable
class SkipConnections(Denoiser, Protocol):
    def skips(self) -> tuple[str, ...]:
        """The names of the U-Net's skip connections, the coarsest first."""
        ...

    def predict_without(
        self, latents: np.ndarray, timestep: float, prompts: Sequence[Any], off: np.ndarray
    ) -> Prediction:
        """The same as ``predict``, with zeros in the skip connections that are off: bool [image skip]."""
        ...


@runtime_checkable
class PatchDenoiser(Denoiser, Protocol):
    """A diffusion transformer, whose blocks are steered by adaLN-Zero (Peebles & Xie 2022, arXiv 2212.09748).

    In place of a prompt stands what ``read`` made of it, if one likes.
    """

    def patch_looks(self, latents: np.ndarray, timestep: float, prompt: Any) -> PatchLooks:
        """Each block's self-attention while it predicts for one picture's [channel row column]."""
        ...

    def modulation(self, timesteps: Sequence[float], prompt: Any) -> np.ndarray:
        """[step layer 6 dim]: shift, scale and gate of a block's attention, then of its MLP."""
        ...


@runtime_checkable
class TimeTelling(Denoiser, Protocol):
    def predict_told(
        self, latents: np.ndarray, timestep: float, told: Sequence[float], prompts: Sequence[Any]
    ) -> Prediction:
        """The same as ``predict`` for noise of this timestep, while the network is told another one for each image."""
        ...

    def time_embedding(self, timesteps: Sequence[float]) -> TimeEmbedding:
        """Of each timestep."""
        ...
