"""What a model that draws films can be asked (Ma et al. 2024, arXiv 2401.03048; Ho et al. 2022, arXiv 2204.03458).

A film's latents are [channel frame row column]: every frame's are one picture's. Which noise is left is the same for
all frames, so schedules and samplers are those of pictures: see ``core.denoising``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from core.arrays import Array, Floats, Result
from core.denoising import Prediction, Predictor


@dataclass(frozen=True)
class FrameAttention(Result):
    """Self-attention of one place while the network predicts.

    within: in each frame, from the place to all places of that frame; each map sums to 1. through: at the place, from
    each frame (second-last axis, each row sums to 1) to each frame.
    """

    within: Array[Floats, "layer head frame row column"]
    through: Array[Floats, "layer head frame frame"]


@runtime_checkable
class VideoDenoiser(Predictor, Protocol):
    def film_shape(self) -> tuple[int, int, int, int]:
        """Of one film's latents: (channel, frame, row, column)."""
        ...

    def predict(
        self, latents: np.ndarray, timestep: float, prompts: Sequence[Any], temporal: bool = True
    ) -> Prediction:
        """One pass for [image channel frame row column], an image being a film; "" asks without words.

        temporal: whether the layers that look through time take part.
        """
        ...

    def frames(self, latents: np.ndarray) -> np.ndarray:
        """[frame height width rgb] in 0..1 of one film's latents."""
        ...


@runtime_checkable
class FrameAttending(VideoDenoiser, Protocol):
    def places(self) -> tuple[int, int]:
        """(rows, columns) of a frame as the network's attention sees it."""
        ...

    def frame_attention(
        self, latents: np.ndarray, timestep: float, prompt: str, place: tuple[int, int]
    ) -> FrameAttention:
        """Of one film's latents, for the place at (row, column)."""
        ...
