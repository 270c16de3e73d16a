"""Gumbel-softmax (Jang et al. 2016, arXiv 1611.01144; Maddison et al. 2016) on a real choice of codes."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import ImageTokenizer
from core.lenses.vae_traversal import at
from core.params import Picked, Range
from core.quality import psnr

TEMPERATURES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MOST = 12  # codes shown


@dataclass(frozen=True)
class GumbelSoftmax(Result):
    """A step a temperature. cell: the one whose choice is shown, of a grid of so many rows and columns.

    codes: of that cell the likeliest, or chosen ones. chances: their softmax. weights: their shares once Gumbel noise
    is added and the sum is divided by the temperature. drawn: the code that the noise makes the largest (for every
    temperature the same); nearest: what the model itself chooses. hard, soft: what is decoded of the drawn codes, and
    of the mixtures. gap: PSNR in dB between the two. confidence: the largest weight, mean over the cells.
    """

    picture: Array[Floats, "height width rgb"]
    cell: tuple[int, int]
    grid: tuple[int, int]
    codes: Array[Ints, "code"]
    chances: Array[Floats, "code"]
    weights: Array[Floats, "step code"]
    drawn: int
    nearest: int
    hard: Array[Floats, "height width rgb"]
    soft: Array[Floats, "step height width rgb"]
    gap: Array[Floats, "step"]
    confidence: Array[Floats, "step"]
    temperatures: Array[Floats, "step"]


def gumbel_softmax(
    model: ImageTokenizer,
    image: Image,
    seed: Annotated[int, Range(0, 50, 1)] = 0,
    cell: Annotated[str, Picked()] = "",
) -> GumbelSoftmax:
    """A code drawn by chance, and the soft mixture of codes that training could use in its place.

    The logit of a code is minus its squared distance over twice the mean squared rounding error, as if the latents
    were codes with noise on them. Gumbel noise is added, and the largest sum is a fair draw of the softmax; no
    gradient passes a draw, so it is relaxed: softmax of the sums over a temperature. Low temperatures come near the
    draw but give gradients that are nearly all zero or huge; high ones give smooth gradients of a picture that no code
    can write. Straight-through uses the draw forwards and the mixture's gradient backwards: the dB below the mixture
    say how far apart those two are, so how biased that gradient is. This model itself rounds to the nearest code.
    """
    picture = model.seen(image)
    latents, book = model.latents(picture[None])[0].astype(np.float64), model.codebook().astype(np.float64)
    rows, columns, dim = latents.shape
    place = at(cell, rows, columns) or (rows // 2, columns // 2)
    flat = latents.reshape(-1, dim)
    squares = np.maximum((flat**2).sum(1)[:, None] - 2 * flat @ book.T + (book**2).sum(1), 0)
    logits = -squares / max(2 * float(squares.min(axis=1).mean()), 1e-12)
    sums = logits + np.random.default_rng(seed).gumbel(size=logits.shape)
    mixed = [softmax(sums / temperature) for temperature in TEMPERATURES]
    drawn = sums.argmax(axis=1)
    vectors = np.stack([weights @ book for weights in [*mixed, np.eye(len(book))[drawn]]])
    made = model.decode_vectors(vectors.reshape(-1, rows, columns, dim).astype(np.float32))
    soft, hard = made[:-1], made[-1]
    here = place[0] * columns + place[1]
    chances = softmax(logits)[here]
    order = np.argsort(-np.maximum(chances, mixed[4][here]), kind="stable")[:MOST]
    order = order[np.argsort(-chances[order], kind="stable")]
    return GumbelSoftmax(
        picture,
        place,
        (rows, columns),
        order,
        chances[order],
        np.stack([weights[here, order] for weights in mixed]),
        int(drawn[here]),
        int(logits[here].argmax()),
        hard,
        soft,
        np.array([psnr(hard, one) for one in soft]),
        np.array([weights.max(axis=1).mean() for weights in mixed]),
        np.array(TEMPERATURES),
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
