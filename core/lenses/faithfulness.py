"""Whether a map shows what the answer rests on: deletion and insertion (Petsiuk et al. 2018, arXiv 1806.07421)
and the check with weights that know nothing (Adebayo et al. 2018, arXiv 1810.03292).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL import Image, ImageFilter
from PIL.Image import Image as Picture

from core.arrays import Array, Floats, Result
from core.cam import METHODS, cam, spread
from core.capabilities import AttentionGradients, ClassGradients, PatchAttention
from core.errors import LoupeError
from core.labels import probabilities
from core.lenses.attention_rollout import rollout
from core.lenses.gradient_rollout import relevance
from core.params import Range

LONGEST = 256
BLUR = 0.06  # of the longer side


@dataclass(frozen=True)
class Faithfulness(Result):
    """The class's probability while more and more of the picture is hidden (deletion) or shown (insertion).

    share: how much by then. chance_*: the same with the places in a random order. areas: under deletion, insertion,
    and both by chance. shuffled: whether the map could be had of the network with shuffled weights too; agreement:
    the rank correlation of the two maps, None where either is the same everywhere.
    """

    label: str
    share: Array[Floats, "step"]
    deletion: Array[Floats, "step"]
    insertion: Array[Floats, "step"]
    chance_deletion: Array[Floats, "step"]
    chance_insertion: Array[Floats, "step"]
    areas: Array[Floats, "query"]
    shuffled: bool
    agreement: float | None


def faithfulness(
    model: ClassGradients,
    image: Picture,
    map: Literal["Grad-CAM", "Grad-CAM++", "HiResCAM", "gradient rollout", "rollout"] = "Grad-CAM",
    steps: Annotated[int, Range(6, 24, 2)] = 10,
) -> Faithfulness:
    """What happens to the answer when the places that a map calls important are taken away, or shown alone.

    Deletion covers the picture with its mean colour, the brightest places first: the steeper the fall, the
    better. Insertion starts from a blurred picture and brings the brightest places back first: the steeper the
    rise, the better. The dotted lines do it in a random order; a map that is no better than they are explains
    nothing here. Half-covered pictures are unlike any that the model was taught with, so small differences mean
    little. Below stands how much the map resembles that of the same network with its weights shuffled: near 1,
    it shows the picture and not what was learnt.
    """
    small = image.copy()
    small.thumbnail((LONGEST, LONGEST))
    number = int(model.classify([small])[0].argmax())
    heat, box = drawn(model, small, number, map, shuffled=False)
    orders = [np.argsort(-heat, axis=None, kind="stable"), np.random.default_rng(0).permutation(heat.size)]
    pictures, share = [], np.linspace(0, 1, steps + 1)
    for order in orders:
        pictures += covered(small, heat.shape, order, share, box)
    curves = probabilities(model.classify(pictures))[:, number].reshape(4, steps + 1)
    areas = ((curves[:, 1:] + curves[:, :-1]) / 2).mean(axis=1)
    deletion, insertion, chance_deletion, chance_insertion = curves
    other = None if map in ("gradient rollout", "rollout") else drawn(model, small, number, map, shuffled=True)[0]
    agreement = None if other is None else rank_correlation(heat, other)
    return Faithfulness(
        model.labels()[number],
        share,
        deletion,
        insertion,
        chance_deletion,
        chance_insertion,
        areas,
        other is not None,
        agreement,
    )


def drawn(
    model: ClassGradients, image: Picture, number: int, name: str, shuffled: bool
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """(map [row column] of this name at the last stage, the part of the picture it covers)."""
    whole = (0.0, 0.0, float(image.width), float(image.height))
    if name in METHODS:
        stages = model.class_gradients(image, number, shuffled)
        assert stages.gradients is not None
        return cam(stages.maps[-1], stages.gradients[-1], name), stages.box or whole
    if name == "rollout" and isinstance(model, PatchAttention):
        attention = model.patch_attention(image)
        assert attention.grid is not None
        return rollout(attention.weights, attention.grid, attention.prefix)[-1], attention.box or whole
    if name == "gradient rollout" and isinstance(model, AttentionGradients):
        attention, gradients = model.attention_gradients(image, number)
        assert attention.grid is not None
        return relevance(attention.weights, gradients, attention.grid, attention.prefix)[-1], attention.box or whole
    raise LoupeError(
        "This model has no attention from every patch to every other, so no {name}. Choose {others}.",
        name=name,
        others=", ".join(METHODS),
    )


def covered(
    image: Picture,
    grid: tuple[int, ...],
    order: np.ndarray,
    share: np.ndarray,
    box: tuple[float, float, float, float],
) -> list[Picture]:
    """The picture with the first places of this order covered, then the blurred one with them alone; a step
    each.
    """
    values = np.asarray(image)
    plain = np.broadcast_to(values.mean(axis=(0, 1)).astype(np.uint8), values.shape)
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR * max(image.size))))
    left, top, right, bottom = (round(edge) for edge in box)
    rank = np.empty(order.size)
    rank[order] = np.arange(order.size)
    ranks = np.full(values.shape[:2], np.inf)
    ranks[top:bottom, left:right] = spread(rank.reshape(grid), bottom - top, right - left)
    chosen = [(ranks < round(part * order.size))[..., None] for part in share]
    hidden = [np.where(mask, plain, values) for mask in chosen]
    outside = np.isinf(ranks)[..., None]  # what the model does not see stays as it is
    shown = [np.where(mask | outside, values, blurred) for mask in chosen]
    return [Image.fromarray(one) for one in (*hidden, *shown)]


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's, equal values sharing their mean rank; None where either is the same everywhere."""
    ranks = [mean_ranks(values.ravel()) for values in (first, second)]
    if any(np.ptp(values) == 0 for values in ranks):
        return None
    return float(np.corrcoef(ranks)[0, 1])


def mean_ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[places]
