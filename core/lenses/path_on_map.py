"""The path of a picture being drawn through the joint space of pictures and sentences (Radford et al. 2021, arXiv
2103.00020): every clean estimate of the sampling, embedded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL import Image

from core.arrays import Array, Floats, Result
from core.denoising import Denoiser
from core.errors import LoupeError
from core.lenses.trajectory import small
from core.params import Encoders, Gallery, Progress, Prompt, Range
from core.projection import unit
from core.samplers import Sampler, noise_like, sample
from core.toward_vectors import VectorPrior, same_space

NEAR = 12  # pictures of the collection
AMONG = 240  # others, from all over it
TOLD = 4  # steps from answer to answer


@dataclass(frozen=True)
class PathOnMap(Result):
    """In the plane: the steps so far (path), the sentence, the pictures nearest to it (near) and others.

    share: of the differences among the collection's pictures along each axis. cosine: of each clean estimate with the
    sentence; nearest, usual: what the nearest picture of the collection reaches, and all of them on average.
    captions: of the near and then of the other pictures. worded: whether the model draws from the sentence. imagined:
    where a prior took the picture to be, step by step, before any was drawn.
    """

    path: Array[Floats, "step dim"]
    sentence: Array[Floats, "dim"]
    near: Array[Floats, "rank dim"]
    others: Array[Floats, "image dim"]
    share: Array[Floats, "dim"]
    cosine: Array[Floats, "step"]
    nearest: float
    usual: float
    drawn: Array[Floats, "step height width rgb"]
    pictures: tuple[Image.Image, ...]
    captions: tuple[str, ...]
    prompt: str
    encoder: str
    worded: bool
    steps: int
    imagined: Array[Floats, "frame dim"] | None = None


def path_on_map(
    model: Denoiser,
    prompt: Prompt,
    encoders: Encoders,
    gallery: Gallery,
    sampler: Sampler = "DDIM",
    steps: Annotated[int, Range(4, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> Iterator[PathOnMap]:
    """The way of the picture through the joint space of pictures and sentences while it is drawn.

    At every step the network's guess of the finished picture is embedded by the picture side of a dual encoder,
    which took no part in drawing it. The plane is spanned by the two directions in which the pictures shown differ
    most: those of the collection that are nearest to the sentence, and others from all over it; so the path can be
    seen to move away from the others and towards the near ones. The mean of all pictures is taken out of the
    pictures, that of all captions out of the sentence, or else the two kinds would lie apart; still the sentence
    falls short of its pictures, which have much that it does not name. The axes say how much of the differences the
    plane shows; the curve below leaves nothing out: the cosine similarity to the sentence in all dimensions,
    between an average picture of the collection and the nearest one. Early guesses are blurred mixtures, which the
    encoder has rarely seen: how the path begins says little. Where a prior draws the picture's vector first (unCLIP),
    its way there is a path of its own, and the picture is drawn toward its end, in this very space.
    """
    if not prompt.strip():
        raise LoupeError("The sentence is empty. Type a few words above.")
    title, encoder = next(iter(encoders.items()))
    images, texts = gallery.vectors(encoder)
    mean = images.mean(axis=0)
    sentence = encoder.embed_texts([prompt])[0]
    cosine = images @ sentence
    near = np.argsort(-cosine, kind="stable")[:NEAR]
    others = np.setdiff1d(np.linspace(0, len(images) - 1, min(AMONG, len(images))).astype(int), near)
    middle, plane, share = spanned(unit(images[[*near, *others]] - mean))

    def placed(vectors: np.ndarray) -> np.ndarray:
        return (unit(vectors - mean) - middle) @ plane

    captions = gallery.captions()
    fixed = {
        "sentence": (unit(sentence - texts.mean(axis=0)) - middle) @ plane,
        "near": placed(images[near]),
        "others": placed(images[others]),
        "share": share,
        "nearest": float(cosine.max()),
        "usual": float(cosine.mean()),
        "pictures": tuple(gallery.picture(int(row)) for row in near),
        "captions": tuple(captions[row] for row in (*near, *others)),
        "prompt": prompt,
        "encoder": title,
        "worded": model.words(),
        "steps": steps,
    }
    if isinstance(model, VectorPrior) and same_space(model, encoder, prompt):
        fixed["imagined"] = placed(unit(np.concatenate(list(model.imagined(prompt, [seed])))))
    drawn, vectors = [], []
    worded = prompt if model.words() else ""
    path = sample(model, noise_like(model.shape(), seed), [worded], sampler, steps, guidance, seed)
    for number, step in enumerate(path, start=1):
        drawn.append(small(model.pictures(step.clean))[0])
        vectors.append(encoder.embed_images([picture(drawn[-1])])[0])
        progress(number, steps)
        if number % TOLD == 1 or number == steps:
            found = np.stack(vectors)
            yield PathOnMap(path=placed(found), cosine=found @ sentence, drawn=np.stack(drawn), **fixed)


def spanned(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean [dim] of the vectors, [dim 2] the directions in which they differ most, and these ones' shares."""
    middle = vectors.mean(axis=0)
    _, strength, directions = np.linalg.svd(vectors - middle, full_matrices=False)
    return middle, directions[:2].T, strength[:2] ** 2 / max((strength**2).sum(), 1e-12)


def picture(colours: np.ndarray) -> Image.Image:
    """[height width rgb] in 0..1 as a picture."""
    return Image.fromarray(np.round(np.clip(colours, 0, 1) * 255).astype(np.uint8))
