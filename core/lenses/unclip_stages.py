"""From a sentence to a picture through two vectors (unCLIP: Ramesh et al. 2022, arXiv 2204.06125).

The gap that the prior crosses: Liang et al. 2022, arXiv 2203.02053.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.errors import LoupeError
from core.lenses.path_on_map import picture
from core.lenses.variations import drawn_toward
from core.params import Encoders, Gallery, Progress, Prompt, Range
from core.projection import unit
from core.toward_vectors import VectorDrawing, VectorPrior, same_space

NEAR = 6
LOOKED_AT = 240  # pictures, evenly picked, where none of the dual encoders here has embedded the collection
AT_ONCE = 16


@dataclass(frozen=True)
class Stage(Result):
    """A vector: how near it is to the sentence's, and the pictures of the collection nearest to it.

    kind: "sentence", "prior" or "picture"; draw: the number of the prior's draw, from 0. usual: its cosine with
    the collection's pictures on average; before: that of a picture's own vector with the one
    that it was drawn toward.
    """

    kind: str
    draw: int
    sentence: float
    usual: float
    near: tuple[Image, ...]
    captions: tuple[str, ...]
    before: float = 0.0
    drawn: Array[Floats, "height width rgb"] | None = None


@dataclass(frozen=True)
class UnclipStages(Result):
    """stages: in order, growing while it is drawn. cosine: of each with the pictures nearest to it.

    compared: with how many pictures; draws: whether any is drawn.
    """

    prompt: str
    stages: tuple[Stage, ...]
    cosine: Array[Floats, "stage rank"]
    compared: int
    draws: bool


def unclip_stages(
    model: VectorPrior,
    prompt: Prompt,
    encoders: Encoders,
    gallery: Gallery,
    draws: Annotated[int, Range(1, 4, 1)] = 2,
    steps: Annotated[int, Range(4, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 2.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> Iterator[UnclipStages]:
    """The stages of drawing from a sentence: its vector, the picture's vector that the prior makes of it, the picture.

    At each stage stand the pictures of the sample collection whose vectors point most nearly the same way, with their
    cosines. A sentence's own vector lies apart from all pictures, so even the nearest are far; the prior's lies among
    them, near pictures of the thing and no nearer to the sentence. That gap is what the prior is there to cross. Each
    draw of the prior begins with other noise, and pictures are drawn from the same noise toward each: what differs
    between them, the prior added. The drawn picture's own vector shows how much of its goal the decoder reached.
    """
    if not prompt.strip():
        raise LoupeError("The sentence is empty. Type a few words above.")
    pictures, rows = collection(model, prompt, encoders, gallery, progress)
    captions = gallery.captions()
    sentence = unit(model.text_vectors([prompt]))[0]

    stages: list[Stage] = []
    cosines: list[np.ndarray] = []

    def add(kind: str, draw: int, vector: np.ndarray, **more: Any) -> None:
        cosine = pictures @ unit(vector)
        best = np.argsort(-cosine, kind="stable")[:NEAR]
        near = tuple(gallery.picture(int(rows[row])) for row in best)
        told = tuple(captions[rows[row]] for row in best)
        stages.append(Stage(kind, draw, float(unit(vector) @ sentence), float(cosine.mean()), near, told, **more))
        cosines.append(cosine[best])

    def found() -> UnclipStages:
        return UnclipStages(prompt, tuple(stages), np.stack(cosines), len(rows), isinstance(model, VectorDrawing))

    add("sentence", 0, sentence)
    *_, vectors = model.imagined(prompt, range(seed, seed + draws))
    for draw, vector in enumerate(vectors):
        add("prior", draw, vector)
    yield found()
    if not isinstance(model, VectorDrawing):
        return
    drawn = drawn_toward(model, list(vectors), steps, guidance, seed, progress)
    own = model.picture_vectors([picture(one) for one in drawn])
    for draw, vector in enumerate(own):
        reached = float(unit(vector) @ unit(vectors[draw]))
        add("picture", draw, vector, before=reached, drawn=drawn[draw])
    yield found()


def collection(
    model: VectorPrior, prompt: str, encoders: Encoders, gallery: Gallery, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors [image dim] of the collection's pictures in the prior's space, and which pictures they are."""
    for encoder in encoders.values():
        if same_space(model, encoder, prompt):
            return gallery.vectors(encoder)[0], np.arange(len(gallery))
    rows = np.unique(np.linspace(0, len(gallery) - 1, min(LOOKED_AT, len(gallery))).astype(int))

    def embedded() -> dict[str, np.ndarray]:
        found = []
        for start in range(0, len(rows), AT_ONCE):
            progress(start, len(rows))
            found.append(
                model.picture_vectors([gallery.picture(int(row)) for row in rows[start : start + AT_ONCE]])
            )
        return {"vectors": unit(np.concatenate(found))}

    return gallery.kept("vectors-of-the-prior", embedded)["vectors"], rows
