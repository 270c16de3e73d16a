"""Relevance through attention and its gradients (Chefer et al. 2021, arXiv 2103.15679), for one class."""

from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.capabilities import AttentionGradients
from core.images import cropped
from core.labels import find_label, probabilities, ranked
from core.lenses.grad_cam import OFFERED, ClassMaps
from core.params import Picked


def gradient_rollout(model: AttentionGradients, image: Image, label: Annotated[str, Picked(60)] = "") -> ClassMaps:
    """Which patches reach the class token by links that speak for the class.

    Each layer's attention is weighed with how the class's logit rises with it, negative links are dropped,
    heads averaged, and the layers multiplied through. So, unlike the plain rollout, it differs from class to
    class: choose another, or type one, and see whether the map follows. What patches have said to each other
    before they are read is followed only as far as attention carries it; what the layers compute in between is
    not seen.
    """
    logits = model.classify([image])[0]
    labels = model.labels()
    number = find_label(label, labels) if label.strip() else int(logits.argmax())
    attention, gradients = model.attention_gradients(image, number)
    assert attention.grid is not None
    heat = relevance(attention.weights, gradients, attention.grid, attention.prefix)
    seen = cropped(image, attention.box)
    offered, shares = ranked(logits, labels, OFFERED)
    names = tuple(str(layer + 1) for layer in range(len(heat)))
    return ClassMaps(seen, labels[number], float(probabilities(logits)[number]), names, heat, offered, shares)


def relevance(weights: np.ndarray, gradients: np.ndarray, grid: tuple[int, int], prefix: int) -> np.ndarray:
    """[layer row column]: the class token's relevance (without one, the average) after each layer.

    weights, gradients: [layer head token token].
    """
    through, maps = np.eye(weights.shape[-1]), []
    for layer in np.maximum(weights * gradients, 0).mean(axis=1):
        through = through + layer @ through
        row = through[0] if prefix else through.mean(axis=0)
        maps.append(row[prefix:].reshape(grid))
    return np.stack(maps).astype(np.float32)
