"""Class activation maps (Selvaraju et al. 2016, arXiv 1610.02391, and two successors), at every stage."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.cam import cam, spread
from core.capabilities import ClassGradients
from core.images import cropped
from core.labels import find_label, probabilities, ranked
from core.params import Picked

OFFERED = 5


@dataclass(frozen=True)
class ClassMaps(Result):
    """heat: what speaks for the class at each place, a map a step (a stage or a layer), on the finest of their
    grids.

    image: the part of the picture that the model sees. offered: the likeliest classes.
    """

    image: Image
    label: str
    probability: float
    names: tuple[str, ...]
    heat: Array[Floats, "step row column"]
    offered: tuple[str, ...]
    shares: Array[Floats, "label"]


def grad_cam(
    model: ClassGradients,
    image: Image,
    method: Literal["Grad-CAM", "Grad-CAM++", "HiResCAM"] = "Grad-CAM",
    label: Annotated[str, Picked(60)] = "",
) -> ClassMaps:
    """Where the picture speaks for a class, at each stage of the network.

    A stage's channels are added up, each as strongly as the class's logit rises with it; what speaks against
    the class is left out. The likeliest class is taken; click another, or type one. Late stages have meaning
    and a coarse grid, early ones edges and a fine one. HiResCAM alone shows just what a last stage adds to the
    logit; Grad-CAM can light up places that the class was not read from. The scale belongs to one map: compare
    shapes, not numbers.
    """
    logits = model.classify([image])[0]
    labels = model.labels()
    number = find_label(label, labels) if label.strip() else int(logits.argmax())
    stages = model.class_gradients(image, number)
    assert stages.gradients is not None
    maps = [cam(values, slopes, method) for values, slopes in zip(stages.maps, stages.gradients, strict=True)]
    finest = max((heat.shape for heat in maps), key=lambda shape: shape[0] * shape[1])
    heat = np.stack([spread(one, *finest) for one in maps]).astype(np.float32)
    seen = cropped(image, stages.box)
    offered, shares = ranked(logits, labels, OFFERED)
    share = float(probabilities(logits)[number])
    return ClassMaps(seen, labels[number], share, stages.names, heat, offered, shares)
