"""What each patch would be called by itself: the logit lens (nostalgebraist 2020) on the tokens of a picture.

For networks that average their last maps before one linear layer it is the class activation map of Zhou et al. 2015
(arXiv 1512.04150), of all classes at once.
"""

from dataclasses import dataclass

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import PatchClassifier
from core.images import cropped
from core.labels import probabilities, ranked

NAMED = 7
SHOWN = 3


@dataclass(frozen=True)
class PatchClasses(Result):
    """labels: of all classes those that come first in the most patches, of all layers. best: for each patch its
    likeliest classes, as numbers among words; shares: their probabilities.

    own: the picture's own likeliest classes, with their probabilities.
    """

    image: Image
    layers: tuple[str, ...]
    words: tuple[str, ...]
    best: Array[Ints, "layer row column rank"]
    shares: Array[Floats, "layer row column rank"]
    named: tuple[int, ...]
    own: tuple[str, ...]
    own_shares: Array[Floats, "label"]


def patch_classes(model: PatchClassifier, image: Image) -> PatchClasses:
    """What each patch would be called if the classes were read from it alone, layer by layer.

    Each patch has the colour of its likeliest class, stronger the surer; point at one for its first three. In a
    vision transformer the classes are read from the class token, so its patches were not taught to be named, least
    of all in early layers: agreement there is a hint, not a segmentation. In Swin and in networks of convolutions
    the picture's logits are just the mean of what stands here, bias included, so the map is what the answer was
    made from; but each place has seen much of the picture, and may speak of what stands beside it.
    """
    found = model.patch_logits(image)
    labels = model.labels()
    odds = probabilities(found.logits)
    best = np.argsort(-odds, axis=-1, kind="stable")[..., :SHOWN]
    shares = np.take_along_axis(odds, best, axis=-1)
    numbers, places = np.unique(best, return_inverse=True)
    places = places.reshape(best.shape)
    first = np.bincount(places[-1, ..., 0].ravel(), minlength=len(numbers)).astype(float)
    first += np.bincount(places[..., 0].ravel(), minlength=len(numbers)) / places[..., 0].size  # breaks ties
    named = tuple(int(number) for number in np.argsort(-first, kind="stable")[:NAMED] if first[number] > 0)
    own, own_shares = ranked(model.classify([image])[0], labels, SHOWN)
    words = tuple(labels[number] for number in numbers)
    seen = cropped(image, found.box)
    return PatchClasses(seen, found.names, words, places, shares, named, own, own_shares)
