"""A picture changed by the difference of two sentences (Ramesh et al. 2022, arXiv 2204.06125, section 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.errors import LoupeError
from core.lenses.vae_interpolation import slerp
from core.lenses.variations import cosines, drawn_toward
from core.params import Lines, Progress, Range
from core.projection import unit
from core.toward_vectors import VectorDrawing

STRENGTHS = 9


@dataclass(frozen=True)
class TextDifference(Result):
    """drawn: from one noise, toward the picture's vector turned by each strength toward the difference.

    cosine: of what was drawn with the picture's vector and with the two sentences'.
    """

    original: Image
    sentences: tuple[str, str]
    strengths: Array[Floats, "step"]
    drawn: Array[Floats, "step height width rgb"]
    cosine: Array[Floats, "query step"]


def text_difference(
    model: VectorDrawing,
    image: Image,
    it_is: Annotated[Sequence[str], Lines(1)] = ("apple",),
    make_it: Annotated[Sequence[str], Lines(1)] = ("lemon",),
    steps: Annotated[int, Range(4, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 2.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> TextDifference:
    """Your picture changed by words: its vector is turned by the difference between two sentences, and drawn anew.

    Say what it is and what it should become. The vector of the first sentence is taken from that of the second, which
    leaves what tells them apart; toward that direction the picture's vector is turned, by spherical interpolation, and
    every strength is drawn from the same noise. Small strengths keep most of the picture, 1 keeps nothing but the
    difference, and often draws nothing sensible there, since no picture lies so far out; the paper stops at a half. The
    picture itself is only known by its vector, so even strength 0 is a variation of it, not the picture.
    """
    if not it_is or not make_it:
        raise LoupeError("Two sentences are compared. Type one in each line: what it is, and what to make of it.")
    before, after = unit(model.text_vectors([it_is[0], make_it[0]]))
    vector = model.picture_vectors([image])[0]
    far = after - before
    if np.linalg.norm(far) < 1e-3:
        raise LoupeError(
            "{first!r} and {second!r} have the same vector. Type two different sentences.",
            first=it_is[0][:60],
            second=make_it[0][:60],
        )
    goal = far / np.linalg.norm(far) * np.linalg.norm(vector)
    strengths = np.linspace(0, 1, STRENGTHS)
    vectors = [slerp(vector, goal, strength) for strength in strengths]
    drawn = drawn_toward(model, vectors, steps, guidance, seed, progress)
    found = cosines(model, drawn, vector, before, after)
    return TextDifference(image, (it_is[0], make_it[0]), strengths, drawn, found)
