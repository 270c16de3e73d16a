"""Lenses on the places, branches and rivals of backbones: closed forms, independent code, odd pictures."""

import inspect
import io
from typing import Any, get_type_hints

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from core import models
from core.capabilities import Branches, PatchLogits, Stages
from core.errors import LoupeError
from core.images import open_image
from core.lenses.patch_classes import patch_classes
from core.lenses.patch_similarity import alike, patch_similarity
from core.lenses.residual_branches import residual_branches
from core.lenses.side_by_side import side_by_side
from core.params import Gallery, Peers
from tests import tiny, tiny_rebuilding
from webapp.figure import drawing
from webapp.panel import panels

PICTURE = tiny.pictures()[1]
KINDS = ["vit", "swin_classifier", "resnet", "bottleneck", "efficientnet"]


class Colours:
    """Two classes, red and blue, read from the mean of a grid of 2 x 2; what it is asked is counted."""

    def __init__(self):
        self.asked = 0

    def grid(self, image):
        return np.asarray(image.resize((2, 2), Image.Resampling.BOX), np.float32)[..., [0, 2]] / 25.5

    def classify(self, images):
        return np.stack([self.grid(image).mean(axis=(0, 1)) for image in images])

    def labels(self):
        return ("red", "blue")

    def class_gradients(self, image, label, shuffled=False):
        maps = self.grid(image).transpose(2, 0, 1)
        slopes = np.zeros_like(maps)
        slopes[label] = 0.25
        return Stages(("only",), [maps], [slopes])

    def features(self, images):
        self.asked += len(images)
        values = self.classify(images) + 1e-6
        return values / np.linalg.norm(values, axis=1, keepdims=True)

    def patch_logits(self, image):
        return PatchLogits(("first", "last"), np.stack([np.zeros((2, 2, 2)), self.grid(image)]))

    def feature_maps(self, image):
        return Stages(("only",), [self.grid(image).transpose(2, 0, 1)])

    def residuals(self, image):
        skip = np.stack([np.full((2, 2), 3.0), np.full((2, 2), 4.0)])
        return Branches(
            ("same", "against", "aside"), [skip] * 3, [skip / 2, -skip, skip[::-1] * [[[1.0]], [[-1.0]]]]
        )


def card():
    """Red above, blue below."""
    image = Image.new("RGB", (40, 40), (255, 0, 0))
    image.paste((0, 0, 255), (0, 20, 40, 40))
    return image


def test_each_patch_is_named_by_itself():
    found = patch_classes(Colours(), card())
    names = np.array(found.words)[found.best[-1, ..., 0]]
    assert names.tolist() == [["red", "red"], ["blue", "blue"]]
    np.testing.assert_allclose(found.shares[-1, ..., 0], 1 / (1 + np.exp(-10)))
    np.testing.assert_allclose(found.shares[0], 0.5)
    assert {found.words[number] for number in found.named} == {"red", "blue"}


def test_places_of_one_colour_are_alike():
    found = patch_similarity(Colours(), card(), centred=True, patch="0,1")
    np.testing.assert_allclose(found.cosine[0], [[1, 1], [-1, -1]], atol=1e-6)
    plain = patch_similarity(Colours(), card(), centred=False, patch="0,1")
    np.testing.assert_allclose(plain.cosine[0], [[1, 1], [0, 0]], atol=1e-6)
    assert patch_similarity(Colours(), card(), patch="7,7").patch == (1, 1), "outside: the middle asks"
    flat = alike(np.ones((3, 2, 2)), (0.0, 0.0), centred=True)
    np.testing.assert_array_equal(flat, 0)


def test_branches_by_hand():
    found = residual_branches(Colours(), card())
    np.testing.assert_allclose(found.share, [0.5, 1, 1])
    np.testing.assert_allclose(found.cosine, [1, -1, 0], atol=1e-12)
    np.testing.assert_allclose(found.heat[:, :, 0, 0], [[5, 2.5, 7.5], [5, 5, 0], [5, 5, 50**0.5]], rtol=1e-6)
    channel = residual_branches(Colours(), card(), "strongest channel")
    np.testing.assert_allclose(channel.heat[0, :, 0, 0], [3, 1.5, 4.5])


def test_all_backbones_stand_side_by_side_and_are_asked_once():
    red, blue = Image.new("RGB", (8, 8), (250, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 250))
    purple = Image.new("RGB", (8, 8), (200, 0, 200))
    gallery, model, other = tiny_rebuilding.Sample([blue, red, purple]), Colours(), Colours()
    first, last = side_by_side(model, card(), Peers({"other": other, "same": model}), gallery)
    assert first.chosen == last.chosen == 1 and [view.title for view in last.views] == ["other", "same"]
    assert not first.views[0].near and first.compared == 0 and last.compared == 3
    for view in last.views:
        assert [one.getpixel((0, 0)) for one in view.near] == [(200, 0, 200), (0, 0, 250), (250, 0, 0)]
        assert (view.heat[0] > 0).all() != (view.heat[1] > 0).all(), "the map is of one colour's half"
    np.testing.assert_allclose(last.cosine, [[1, 0.5**0.5, 0.5**0.5]] * 2, atol=1e-5)
    asked = other.asked
    assert list(side_by_side(model, card(), Peers({"other": other, "same": model}), gallery))
    assert other.asked == asked + 1, "the collection's features were kept"
    lone, *_ = side_by_side(Colours(), card(), Peers({"other": other}), gallery)
    assert [view.title for view in lone.views] == ["chosen model", "other"] and lone.chosen == 0


@pytest.fixture(scope="module", params=KINDS)
def named(request, tmp_path_factory):
    """(the model, its network from transformers, its pixel values for PICTURE, its kind)."""
    checkpoint = tiny.make(request.param, tmp_path_factory.mktemp("places") / request.param)
    model = models.families()[checkpoint.family].load(checkpoint, "cpu")
    network = AutoModelForImageClassification.from_pretrained(checkpoint.folder, attn_implementation="eager").eval()
    processor = AutoImageProcessor.from_pretrained(checkpoint.folder, backend="pil")
    return model, network, processor(images=[PICTURE], return_tensors="pt")["pixel_values"], request.param


@torch.inference_mode()
def test_the_patches_logits_are_those_of_the_network(named):
    """Where the maps are averaged, so are the logits; a ViT's class token goes the way that its patches are sent."""
    model, network, pixels, kind = named
    found = model.patch_logits(PICTURE).logits
    logits = network(pixels).logits[0].numpy()
    if kind != "vit":
        np.testing.assert_allclose(found[-1].mean(axis=(0, 1)), logits, atol=1e-4)
        return
    states = network.vit(pixels, output_hidden_states=True).hidden_states
    assert len(found) == len(states)
    expected = network.classifier(network.vit.layernorm(states[-1]))[0]
    np.testing.assert_allclose(expected[0], logits, atol=1e-4)
    np.testing.assert_allclose(found[-1].reshape(-1, found.shape[-1]), expected[1:], atol=1e-4)


@torch.inference_mode()
def test_features_are_what_the_classes_are_read_from(named):
    model, network, pixels, kind = named
    found = torch.tensor(model.features([PICTURE, PICTURE]))
    np.testing.assert_allclose(found.norm(dim=1), 1, atol=1e-5)
    last = network.classifier[-1] if kind in ("resnet", "bottleneck") else network.classifier
    logits = network(pixels).logits[0] - last.bias
    said = found[0] @ last.weight.T
    np.testing.assert_allclose(said / said.norm(), logits / logits.norm(), atol=1e-4)


@torch.inference_mode()
def test_skip_and_branch_are_what_the_blocks_compute(named):
    """The first block's parts computed anew from its own modules; in transformers each sum is the next one's skip."""
    model, network, pixels, kind = named
    found = model.residuals(PICTURE)
    assert len(found.names) == len(found.skips) == len(found.branches) == len(set(found.names))
    if kind in ("vit", "swin_classifier"):
        for n in range(0, len(found.names), 2):
            np.testing.assert_allclose(found.skips[n] + found.branches[n], found.skips[n + 1], atol=1e-5)
    if kind == "vit":
        layer = network.vit.layers[0]
        start = network.vit.embeddings(pixels)
        middle = start + layer.attention(layer.layernorm_before(start))[0]
        added = layer.mlp(layer.layernorm_after(middle))
        for number, expected in ((0, middle - start), (1, added)):
            np.testing.assert_allclose(
                found.branches[number].reshape(expected.shape[-1], -1).T, expected[0, 1:], atol=1e-4
            )
    elif kind in ("resnet", "bottleneck"):
        block, start = network.resnet.encoder.stages[0].layers[0], network.resnet.embedder(pixels)
        np.testing.assert_allclose(found.skips[0], block.shortcut(start)[0], atol=1e-4)
        np.testing.assert_allclose(found.branches[0], block.layer(start)[0], atol=1e-4)
    elif kind == "efficientnet":
        start = network.maps(pixels)[1]
        first, second = network.trunk.stages[1]
        start = first(start)
        wide = second.depthwise(second.expand(start).clamp(0, 6)).clamp(0, 6)
        np.testing.assert_allclose(found.branches[0], second.project(wide)[0], atol=1e-4)
        np.testing.assert_allclose(found.skips[0], start[0], atol=1e-4)


def saved(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


ODD = {
    "one pixel": Image.new("RGB", (1, 1), (200, 30, 30)),
    "a strip": Image.new("RGB", (4000, 40), (30, 200, 30)),
    "one colour": Image.new("RGB", (50, 40), (128, 128, 128)),
    "transparent": Image.new("RGBA", (30, 60), (255, 0, 0, 0)),
}
VISION = [
    "classes", "faithfulness", "feature_maps", "grad_cam", "gradient_rollout", "patch_classes", "patch_embedding",
    "patch_similarity", "residual_branches", "side_by_side", "window_attention",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_odd_pictures_are_drawn(named, odd):
    model, _, _, _ = named
    image = open_image(saved(ODD[odd]))
    drawn = 0
    for key in VISION:
        panel = panels()[key]
        if not isinstance(model, panel.capability):
            continue
        hints = get_type_hints(panel.lens)
        given: dict[str, Any] = {name: Peers({"itself": model}) for name, hint in hints.items() if hint is Peers}
        given |= {name: tiny_rebuilding.Sample(tiny.pictures()) for name, hint in hints.items() if hint is Gallery}
        answers = panel.lens(model, image, **given)
        for result in answers if inspect.isgenerator(answers) else [answers]:
            made = drawing(panel.view(result), "demo", "abc", 0.1)
            assert "NaN" not in str(made) and "Infinity" not in str(made)
        drawn += 1
    assert drawn >= 7


def test_a_thread_is_refused_with_the_remedy():
    with pytest.raises(LoupeError, match="thin strip"):
        open_image(saved(Image.new("RGB", (4000, 1))))
