"""The lenses of the vision backbones: closed forms on models of a few lines, independent code on tiny ones."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from core import models
from core.capabilities import Patches, Stages, Windows
from core.errors import LoupeError
from core.lenses.classes import classes
from core.lenses.faithfulness import covered, faithfulness, rank_correlation
from core.lenses.feature_maps import FINEST, feature_maps
from core.lenses.grad_cam import grad_cam
from core.lenses.gradient_rollout import gradient_rollout, relevance
from core.lenses.patch_embedding import patch_embedding
from core.lenses.window_attention import around, window_attention
from tests import tiny

PICTURE = tiny.pictures()[1]


class Brightness:
    """Two classes, bright and dark; the logit is the sum of one map, the picture's grey on a grid of 2 x 2."""

    def grid(self, image):
        return np.asarray(image.convert("L").resize((2, 2), Image.Resampling.BOX), float) / 255

    def classify(self, images):
        return np.array([[10 * self.grid(image).mean(), 5.0] for image in images])

    def labels(self):
        return ("bright", "dark")

    def class_gradients(self, image, label, shuffled=False):
        maps = self.grid(image)[None].astype(np.float32)
        slopes = np.full_like(maps, 0.0 if label else 2.5)
        if shuffled:
            maps = maps[:, ::-1, ::-1].copy()
        return Stages(("only",), [maps], [slopes], (0, 0, *image.size))

    def feature_maps(self, image):
        return Stages(("only",), [np.arange(3.0)[:, None, None] * np.eye(200)[None, :120]])


def half_white():
    """White above, black below, with a grey quarter so that all four places differ."""
    values = np.zeros((40, 40, 3), np.uint8)
    values[:20, :20], values[:20, 20:], values[20:, :20] = 255, 200, 60
    return Image.fromarray(values)


def test_classes_share_one():
    found = classes(Brightness(), half_white(), 2)
    logit = Brightness().classify([half_white()])[0, 0]
    assert found.names == ("bright", "dark")[:: 1 if logit > 5 else -1]
    assert found.probability.max() == pytest.approx(1 / (1 + math.exp(-abs(logit - 5))))
    assert found.rest == pytest.approx(0, abs=1e-12) and found.count == 2
    entropy = -sum(share * math.log2(share) for share in found.probability)
    assert found.choices == pytest.approx(2**entropy)


@pytest.mark.parametrize("method", ["Grad-CAM", "Grad-CAM++", "HiResCAM"])
def test_the_map_of_a_sum_is_what_is_summed(method):
    found = grad_cam(Brightness(), half_white(), method, "bright")
    assert found.label == "bright" and found.heat.shape == (1, 2, 2)
    expected = Brightness().grid(half_white())
    np.testing.assert_allclose(found.heat[0] / found.heat.max(), expected / expected.max(), rtol=1e-5)
    with pytest.raises(LoupeError, match="no class 'grey'"):
        grad_cam(Brightness(), half_white(), method, "grey")


@pytest.fixture(scope="module", params=["vit", "swin_classifier", "resnet", "bottleneck", "efficientnet"])
def named(request, tmp_path_factory):
    """(the model, its network from transformers, its pixel values for PICTURE, its kind)."""
    checkpoint = tiny.make(request.param, tmp_path_factory.mktemp("lenses") / request.param)
    model = models.families()[checkpoint.family].load(checkpoint, "cpu")
    network = AutoModelForImageClassification.from_pretrained(checkpoint.folder, attn_implementation="eager").eval()
    processor = AutoImageProcessor.from_pretrained(checkpoint.folder, backend="pil")
    return model, network, processor(images=[PICTURE], return_tensors="pt")["pixel_values"], request.param


LAST = {
    "vit": lambda network: network.vit.layers[-1].layernorm_before,
    "swin_classifier": lambda network: network.swin.encoder.layers[-1].blocks[-1],
    "resnet": lambda network: network.resnet.encoder.stages[-1],
    "bottleneck": lambda network: network.resnet.encoder.stages[-1],
    "efficientnet": lambda network: network.trunk.stages[-1],
}


@pytest.mark.parametrize("method", ["Grad-CAM", "Grad-CAM++", "HiResCAM"])
@pytest.mark.parametrize("label", [1, 3])
def test_class_maps_agree_with_torch_written_anew(named, method, label):
    """The last stage's map from a backward pass and torch's own sums."""
    model, network, pixels, kind = named
    kept = {}
    module = LAST[kind](network)

    def keep(_, inputs, output):
        kept["maps"] = output[0] if isinstance(output, tuple) else output
        kept["maps"].retain_grad()

    handle = module.register_forward_hook(keep)
    logits = network(pixels.clone().requires_grad_()).logits
    handle.remove()
    logits[0, label].backward()
    maps, slopes = kept["maps"].detach()[0], kept["maps"].grad[0]
    if maps.ndim == 2:  # tokens, a class token before them
        side = math.isqrt(len(maps))
        maps, slopes = (values[-side * side :].T.reshape(-1, side, side) for values in (maps, slopes))
    if method == "HiResCAM":
        expected = (maps * slopes).sum(0)
    else:
        if method == "Grad-CAM":
            weights = slopes.mean((1, 2), keepdim=True)
        else:
            share = slopes**2 / (2 * slopes**2 + maps.sum((1, 2), keepdim=True) * slopes**3)
            weights = (torch.nan_to_num(share) * slopes.relu()).sum((1, 2), keepdim=True)
        expected = (weights * maps).sum(0)
    found = grad_cam(model, PICTURE, method, model.labels()[label])
    last = found.heat[-2 if kind == "efficientnet" else -1]
    rows, columns = expected.shape
    step = last.shape[0] // rows
    np.testing.assert_allclose(last[step // 2 :: step, step // 2 :: step], expected.relu(), atol=1e-4, rtol=1e-3)
    assert last.shape == (rows * step, columns * step) and found.label == model.labels()[label]


def test_the_heads_map_adds_up_to_the_logit(named):
    """EfficientNet's last map is averaged and multiplied: HiResCAM, unclipped, is the logit without its bias."""
    model, network, pixels, kind = named
    if kind != "efficientnet":
        pytest.skip("another head")
    stages = model.class_gradients(PICTURE, 2)
    with torch.no_grad():
        logit = network(pixels).logits[0, 2].item() - network.classifier.bias[2].item()
    assert (stages.maps[-1] * stages.gradients[-1]).sum() == pytest.approx(logit, rel=1e-4)


def test_gradient_rollout_agrees_with_torch_written_anew(named):
    model, network, pixels, kind = named
    if kind != "vit":
        pytest.skip("no attention among all patches")
    outputs = network(pixels.clone().requires_grad_(), output_attentions=True)
    for attention in outputs.attentions:
        attention.retain_grad()
    outputs.logits[0, 3].backward()
    tokens = outputs.attentions[0].shape[-1]
    relevant = torch.eye(tokens)
    for attention in outputs.attentions:
        relevant = relevant + (attention.grad * attention).clamp(min=0).mean(dim=1)[0] @ relevant
    found = gradient_rollout(model, PICTURE, model.labels()[3])
    np.testing.assert_allclose(found.heat[-1].ravel(), relevant[0, 1:].detach(), atol=1e-4)
    assert len(found.heat) == len(outputs.attentions)


def test_relevance_of_one_uniform_layer():
    weights = np.full((1, 2, 5, 5), 0.2)
    slopes = np.ones_like(weights)
    slopes[0, 1] = -1  # the second head speaks against the class: it is dropped
    np.testing.assert_allclose(relevance(weights, slopes, (2, 2), 1), np.full((1, 2, 2), 0.1))
    np.testing.assert_allclose(relevance(weights[..., :4, :4], -np.abs(slopes[..., :4, :4]), (2, 2), 0), 0.25)


def test_feature_maps_choose_and_shrink():
    found = feature_maps(Brightness(), PICTURE, "contrast", 2)
    assert found.channels[0].tolist() == [2, 1] and found.widths == (3,) and found.grids == ((120, 200),)
    assert feature_maps(Brightness(), PICTURE, "number", 2).channels[0].tolist() == [0, 1]
    assert max(found.maps[0].shape[1:]) <= FINEST
    np.testing.assert_allclose(found.maps[0][0, :3, :3], np.eye(3) * 2 / 4)


def test_patches_are_the_picture_and_positions_are_like_themselves():
    class Cut:
        def patch_embedding(self, image):
            chance = np.random.default_rng(0)
            pixels, filters = chance.random((2, 3, 4, 4, 3)), chance.normal(size=(7, 4, 4, 3))
            return Patches(pixels, filters, chance.normal(size=(2, 3, 7)), chance.normal(size=(2, 3, 7)))

    found = patch_embedding(Cut(), PICTURE)
    assert np.abs(found.filters).max() == 1 and len(found.filters) == 7
    assert found.likeness is not None
    np.testing.assert_allclose(found.likeness.reshape(6, 6).diagonal(), 1)
    np.testing.assert_allclose(found.likeness.reshape(6, 6), found.likeness.reshape(6, 6).T)
    assert (found.likeness.max() <= 1 + 1e-9) and found.likeness.min() < 0


def test_a_token_looks_inside_its_window_alone(tmp_path):
    checkpoint = tiny.make("swin_classifier", tmp_path / "swin")
    model = models.families()["swin"].load(checkpoint, "cpu")
    for point in ("", "0.0,0.9", "0.9999,0"):
        found = window_attention(model, PICTURE, point)
        for block, raw in zip(found.blocks, model.window_attention(PICTURE), strict=True):
            inside = block.windows == block.windows[block.place]
            assert not block.heat[:, ~inside].any() and (block.open > 0).sum() == inside.sum()
            assert block.heat[:, block.open == 2].max(initial=0) < 1e-6
            if inside.sum() == raw.weights.shape[-1]:  # a whole window: all of the row is on the grid
                np.testing.assert_allclose(block.heat.sum(axis=(1, 2)), 1, atol=1e-5)
    for wrong in ("1.0,0", "a", "0.5", "-1,0"):
        with pytest.raises(LoupeError, match="no place in the picture"):
            window_attention(model, PICTURE, wrong)


def test_a_window_by_hand():
    weights = np.zeros((2, 1, 2, 2))
    weights[1, 0] = [[0.75, 0.25], [0.5, 0.5]]
    columns = np.array([[0, 0, 1, 1]])
    block = Windows(weights, columns, np.array([[0, 1, 0, 1]]), np.zeros_like(columns), 0, 0)
    seen = around(block, 0.0, 0.8)
    assert seen.place == (0, 3)
    np.testing.assert_allclose(seen.heat, [[[0, 0, 0.5, 0.5]]])


def test_deletion_falls_and_insertion_rises_for_the_true_map():
    """What is bright makes the class bright: its own map must do better than chance, both ways."""
    found = faithfulness(Brightness(), half_white(), "HiResCAM", 8)
    assert found.label == ("bright" if Brightness().classify([half_white()])[0].argmax() == 0 else "dark")
    white = half_white().point([100 + value // 2 for value in range(256)] * 3)
    found = faithfulness(Brightness(), white, "HiResCAM", 8)
    assert found.label == "bright"
    assert found.areas[0] <= found.areas[2] + 1e-9 and found.areas[1] >= found.areas[3] - 1e-9
    assert found.deletion[0] == pytest.approx(found.insertion[-1]) == pytest.approx(found.chance_deletion[0])
    assert found.agreement == pytest.approx(-1)
    with pytest.raises(LoupeError, match=r"so no rollout\. Choose Grad-CAM, "):
        faithfulness(Brightness(), white, "rollout", 8)


def test_covering_takes_the_brightest_first():
    image = half_white()
    order = np.array([0, 1, 2, 3])
    pictures = covered(image, (2, 2), order, np.array([0, 0.25, 1]), (0, 0, 40, 40))
    hidden, shown = np.split(np.stack([np.asarray(one) for one in pictures]), 2)
    values = np.asarray(image)
    np.testing.assert_array_equal(hidden[0], values)
    np.testing.assert_array_equal(shown[2], values)
    mean = values.mean(axis=(0, 1)).astype(np.uint8)
    assert (hidden[1][:20, :20] == mean).all() and (hidden[2] == mean).all()
    np.testing.assert_array_equal(hidden[1][20:], values[20:])
    np.testing.assert_array_equal(shown[1][:20, :20], values[:20, :20])


def test_rank_correlation_is_spearmans():
    from scipy.stats import spearmanr

    first, second = np.random.default_rng(0).integers(0, 5, (2, 40))
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert rank_correlation(first, np.ones(40)) is None


def test_faithfulness_of_every_map(named):
    model, _, _, kind = named
    small = faithfulness(model, PICTURE, "Grad-CAM", 6)
    assert small.deletion.shape == small.share.shape == (7,)
    assert small.deletion[0] == pytest.approx(small.insertion[-1], abs=1e-5)
    if kind == "vit":
        for name in ("gradient rollout", "rollout"):
            assert np.isfinite(faithfulness(model, PICTURE, name, 6).areas).all()
