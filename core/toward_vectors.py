"""What can be asked of a model that draws toward a vector (unCLIP: Ramesh et al. 2022, arXiv 2204.06125).

A sentence is turned into the vector of a picture by a prior, and the picture is drawn toward that vector. Vectors lie
in the joint space of a dual encoder; their lengths are those that the model was taught with, so that directions alone
are compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Bools, Floats, Result
from core.capabilities import DualEncoder
from core.denoising import Denoiser

ALIKE = 0.98  # one of the two may be reckoned in a faster precision


@dataclass(frozen=True)
class Sentences(Result):
    """Texts as a prior reads them: a vector each, and what the text tower makes of each token.

    read: which tokens the prior may look at.
    """

    vectors: Array[Floats, "text dim"]
    states: Array[Floats, "text token channel"]
    read: Array[Bools, "text token"]


@runtime_checkable
class VectorEncoder(Protocol):
    """A dual encoder as a prior wants it."""

    def sentences(self, texts: Sequence[str]) -> Sentences:
        """The empty text may be among them. Raises LoupeError for a too long one."""
        ...

    def picture_vectors(self, images: list[Image]) -> np.ndarray:
        """[image dim]"""
        ...


@runtime_checkable
class VectorPrior(Protocol):
    def text_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """[text dim]: where the sentences themselves lie. Raises LoupeError for a too long one."""
        ...

    def picture_vectors(self, images: list[Image]) -> np.ndarray:
        """[image dim]: where pictures lie."""
        ...

    def imagined(self, prompt: str, seeds: Sequence[int], guidance: float | None = None) -> Iterator[np.ndarray]:
        """[image dim]: step by step, the picture's vector as the prior guesses it then, from one noise a seed.

        The last ones are what is drawn toward; without a guidance the model's own is taken.
        """
        ...


@runtime_checkable
class VectorDrawing(Denoiser, VectorPrior, Protocol):
    """In place of a prompt ``predict`` takes a vector [dim], as ``picture_vectors`` and ``imagined`` give them."""


def same_space(prior: VectorPrior, encoder: DualEncoder, text: str) -> bool:
    """Whether this dual encoder's vectors are the ones that the prior makes, judged by where the text lies in both."""
    ours, theirs = prior.text_vectors([text])[0], encoder.embed_texts([text])[0]
    return ours.shape == theirs.shape and float(ours @ theirs) > ALIKE * float(np.linalg.norm(ours))
