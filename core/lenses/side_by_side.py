"""One picture through every backbone: what each calls it, where it looks for that, and what it finds alike."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.cam import cam
from core.capabilities import Backbone
from core.images import cropped
from core.labels import ranked
from core.params import Gallery, Peers, Progress

TOP = 4
NEAR = 5
LOOKED_AT = 240
"""Pictures of the collection that are compared, evenly picked."""
AT_ONCE = 16


@dataclass(frozen=True)
class View(Result):
    """What one model makes of the picture.

    image: the part of it that the model sees. names, shares: its likeliest classes. heat: Grad-CAM of the first, at
    the last stage. near: the pictures of the collection whose features are the most alike; none at first.
    """

    title: str
    image: Image
    names: tuple[str, ...]
    shares: Array[Floats, "label"]
    heat: Array[Floats, "row column"]
    near: tuple[Image, ...]


@dataclass(frozen=True)
class SideBySide(Result):
    """chosen: which of the views is that of the reader's model. cosine: of each view's near pictures with the
    reader's. compared: how many pictures were looked through.
    """

    views: tuple[View, ...]
    cosine: Array[Floats, "query rank"]
    chosen: int
    compared: int


def side_by_side(
    model: Backbone,
    image: Image,
    peers: Peers,
    gallery: Gallery,
    progress: Progress = lambda done, total: None,
) -> Iterator[SideBySide]:
    """The same picture through every embedded backbone: classes, where they are seen, and what looks alike to each.

    Read a column downwards: the map is Grad-CAM of the model's own first class at its last stage, so where the
    classes differ, so may the maps for good reason. The demos know groups of drawings, EfficientNet-Lite0 the
    thousand classes of ImageNet: compare what is meant, not percentages. At the foot stand the pictures of the
    sample collection whose features, just before the classes are read from them, point most nearly the same way
    (cosine); nobody taught the models which pictures are alike.
    """
    models = dict(peers)
    if not any(other is model for other in models.values()):
        models = {"chosen model": model, **models}
    chosen = next(number for number, other in enumerate(models.values()) if other is model)
    views = tuple(seen(title, other, image) for title, other in models.items())
    yield SideBySide(views, np.zeros((len(views), 0)), chosen, 0)
    rows = np.unique(np.linspace(0, len(gallery) - 1, min(LOOKED_AT, len(gallery))).astype(int))
    name = "-".join(["features", *sorted(models)])
    kept = gallery.kept(name, lambda: all_features(models, gallery, rows, progress))
    found, cosines = [], []
    for view, (title, other) in zip(views, models.items(), strict=True):
        cosine = kept[title] @ other.features([image])[0]
        best = np.argsort(-cosine, kind="stable")[:NEAR]
        found.append(replace(view, near=tuple(gallery.picture(int(rows[row])) for row in best)))
        cosines.append(cosine[best])
    yield SideBySide(tuple(found), np.array(cosines, float), chosen, len(rows))


def seen(title: str, model: Backbone, image: Image) -> View:
    """Classes and map of one model."""
    logits = model.classify([image])[0]
    names, shares = ranked(logits, model.labels(), TOP)
    stages = model.class_gradients(image, int(logits.argmax()))
    assert stages.gradients is not None
    heat = cam(stages.maps[-1], stages.gradients[-1], "Grad-CAM").astype(np.float32)
    return View(title, cropped(image, stages.box), names, shares, heat, ())


def all_features(
    models: dict[str, Backbone], gallery: Gallery, rows: np.ndarray, progress: Progress
) -> dict[str, np.ndarray]:
    """[image dim] of every model, by its title."""
    found: dict[str, list[np.ndarray]] = {title: [] for title in models}
    parts = np.array_split(rows, max(1, len(rows) // AT_ONCE))
    for number, part in enumerate(parts):
        progress(number, len(parts))
        pictures = [gallery.picture(int(row)) for row in part]
        for title, model in models.items():
            found[title].append(model.features(pictures))
    return {title: np.concatenate(values) for title, values in found.items()}
