"""The families of dual encoders against what transformers gives when it is called directly."""

import numpy as np
import pytest
import torch
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from core import towers
from core.capabilities import DualEncoder, PatchAttention, TokenAttention
from core.denoising import WordEncoder
from core.errors import LoupeError
from core.models import families, serves
from tests import tiny

ATTENTIVE = [kind for kind in tiny.CLASSES if kind not in ("align", "swin")]
GRIDS = {"clip": (4, 4), "siglip": (2, 2), "chinese_clip": (4, 4), "dual": (4, 4), "hybrid": (4, 4)}
TEXTS = [tiny.SENTENCES[2], "a cat", tiny.SENTENCES[0]]


class Direct:
    """The same checkpoint as transformers' own pages tell one to use it."""

    def __init__(self, folder):
        self.model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        self.processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def pixels(self, images):
        return self.processor(images=images, return_tensors="pt")["pixel_values"]

    def tokens(self, texts):
        padding = "max_length" if self.model.config.model_type == "siglip" else True
        return self.tokenizer(texts, padding=padding, return_tensors="pt")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module", params=list(tiny.CLASSES))
def pair(request, folders):
    """(the model in float32, transformers directly) of each class."""
    checkpoint = tiny.make(request.param, folders / request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(towers, "fast_precision", lambda device: "float32")
        model = families()[checkpoint.family].load(checkpoint, "cpu")
    return model, Direct(checkpoint.folder)


def test_vectors_and_logits_are_those_of_transformers(pair):
    model, direct = pair
    images = tiny.pictures()
    found, said = model.embed_images(images), model.embed_texts(TEXTS)
    with torch.inference_mode():
        outputs = direct.model(pixel_values=direct.pixels(images), **direct.tokens(TEXTS))
    bias = getattr(direct.model, "logit_bias", torch.zeros(1)).item()
    np.testing.assert_allclose(found, outputs.image_embeds, atol=1e-5)
    np.testing.assert_allclose(said, outputs.text_embeds, atol=1e-5)
    np.testing.assert_allclose(found @ said.T / model.temperature() + bias, outputs.logits_per_image, atol=1e-3)
    assert found.dtype == said.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([found, said]), axis=1), 1, atol=1e-5)
    assert (found[0] @ found[1:].T).max() < 0.9999, "every picture gives one vector: nothing was compared"


def test_one_by_one_is_as_all_at_once(pair, monkeypatch):
    model, _ = pair
    monkeypatch.setattr(towers, "BATCH", {"cpu": 2})
    monkeypatch.setattr(towers, "LARGE_BATCH", 2)
    images = tiny.pictures()
    alone = np.concatenate([model.embed_images([image]) for image in images])
    np.testing.assert_allclose(model.embed_images(images), alone, atol=1e-5)
    alone = np.concatenate([model.embed_texts([text]) for text in TEXTS])
    np.testing.assert_allclose(model.embed_texts(TEXTS), alone, atol=1e-5)


def test_of_nothing_come_no_vectors(pair):
    model, _ = pair
    assert model.embed_images([]).shape == (0, model.embed_images(tiny.pictures()).shape[1])
    assert model.embed_texts([]).shape == (0, model.embed_texts(["a"]).shape[1])


def test_patch_attention(pair):
    model, direct = pair
    kind = model.checkpoint.key
    if kind == "align":
        assert not isinstance(model, PatchAttention)
        return
    if kind == "swin":
        with pytest.raises(LoupeError, match="no attention from each token to each other"):
            model.patch_attention(tiny.pictures()[0])
        return
    image = tiny.pictures()[1]
    attention = model.patch_attention(image)
    with torch.inference_mode():
        outputs = direct.model.vision_model(pixel_values=direct.pixels([image]), output_attentions=True)
    np.testing.assert_allclose(attention.weights, torch.cat(outputs.attentions), atol=1e-5)
    np.testing.assert_allclose(attention.weights.sum(-1), 1, atol=1e-5)
    assert attention.grid == GRIDS[kind] and attention.prefix == (0 if kind == "siglip" else 1)
    assert np.prod(attention.grid) + attention.prefix == attention.weights.shape[-1]
    middle = (14.1, 0, 64.3, 50) if kind == "clip" else (0, 0, 80, 50)
    assert attention.box == pytest.approx(middle, abs=0.05)


def test_word_states_are_the_text_towers_last_ones(pair):
    model, direct = pair
    if not isinstance(model, WordEncoder):
        return
    texts = ["", *TEXTS]
    found = model.word_states(texts)
    given = direct.tokens(texts)
    with torch.inference_mode():
        wanted = direct.model.text_model(**given).last_hidden_state.numpy()
    read = given.get("attention_mask", torch.ones_like(given["input_ids"])).numpy().astype(bool)
    assert np.array_equal(found.read, read) and np.allclose(found.states[read], wanted[read], atol=1e-5)
    assert found.added[0].all() and not found.added[1:].all(axis=1).any()
    assert [len(tokens) for tokens in found.tokens] == [read.shape[1]] * 4
    with pytest.raises(LoupeError, match="at most"):
        model.word_states(["a cat " * 60])


def test_token_attention(pair):
    model, direct = pair
    attention = model.token_attention("a red Apple")
    inputs = direct.tokens(["a red Apple"])
    with torch.inference_mode():
        outputs = direct.model.text_model(**inputs, output_attentions=True)
    np.testing.assert_allclose(attention.weights, torch.cat(outputs.attentions), atol=1e-5)
    np.testing.assert_allclose(attention.weights.sum(-1), 1, atol=1e-5)
    assert len(attention.tokens) == attention.weights.shape[-1]
    if model.checkpoint.key not in ("clip", "siglip"):
        assert attention.tokens == ("[CLS]", "a", "red", "Apple", "[SEP]")
    if model.checkpoint.key == "clip":
        assert attention.tokens == ("<|startoftext|>", *"aredApple", "<|endoftext|>")


def test_what_it_cannot_read_is_said(pair):
    model, _ = pair
    with pytest.raises(LoupeError, match=r"'a cat a cat .*\.\.\.' has \d+ tokens; tiny .* reads at most \d+"):
        model.embed_texts(["a cat", "a cat " * 30])
    with pytest.raises(LoupeError, match=r"has .* tokens"):
        model.token_attention("a cat " * 30)
    for empty in ("", " \n"):
        with pytest.raises(LoupeError, match="A sentence is empty"):
            model.embed_texts(["a cat", empty])
    with pytest.raises(LoupeError, match="mode is L, not RGB"):
        model.embed_images([tiny.pictures()[0].convert("L")])


@pytest.mark.parametrize("kind", ["clip", "siglip", "hybrid"])
def test_the_fast_precision_points_the_same_way_or_is_not_used(kind, tmp_path, monkeypatch):
    checkpoint = tiny.make(kind, tmp_path / kind)
    images = tiny.pictures()

    def loaded(precision, faithful):
        monkeypatch.setattr(towers, "fast_precision", lambda device: precision)
        monkeypatch.setattr(towers, "FAITHFUL", faithful)
        return families()["clip"].load(checkpoint, "cpu")

    exact, fast, unused = loaded("float32", 0.98), loaded("bfloat16", 0.98), loaded("bfloat16", 1.01)
    assert exact.size_bytes == unused.size_bytes == pytest.approx(fast.size_bytes / 1.5)
    for ask in (lambda model: model.embed_images(images), lambda model: model.embed_texts(TEXTS)):
        assert (ask(exact) * ask(fast)).sum(1).min() >= 0.98
        assert np.array_equal(ask(exact), ask(unused))
        assert not np.array_equal(ask(exact), ask(fast))


def test_damaged_weights_that_give_no_numbers_are_said(tmp_path):
    model = families()["clip"].load(tiny.make("clip", tmp_path / "clip"), "cpu")
    for network in (model._network, model._fast):
        network.visual_projection.weight.fill_(float("nan"))
    with pytest.raises(LoupeError, match="its weights are damaged"):
        model.embed_images(tiny.pictures())


def test_what_the_families_serve():
    assert serves("clip", DualEncoder) and serves("align", DualEncoder)
    assert serves("clip", TokenAttention) and serves("align", TokenAttention)
    assert serves("clip", PatchAttention) and not serves("align", PatchAttention)
    with pytest.raises(LoupeError, match=r"No family 'clop'. There are: align, "):
        serves("clop", DualEncoder)


@pytest.mark.parametrize("kind", ["clip", "hybrid", "dual", "siglip"])
def test_a_patch_goes_the_last_layers_value_path(kind, tmp_path):
    """Values and output projection written out, without queries and keys."""
    checkpoint = tiny.make(kind, tmp_path / kind)
    model = families()["clip"].load(checkpoint, "cpu")
    network, image = model._network, tiny.pictures()[0]
    tower = network.vision_model
    with torch.inference_mode():
        output = tower(pixel_values=model._pixel_values([image]), output_hidden_states=True)
        x = output.hidden_states[-2][0]
        if kind == "clip":
            layer, attention = tower.encoder.layers[-1], tower.encoder.layers[-1].self_attn
            x = x + attention.out_proj(attention.v_proj(layer.layer_norm1(x)))
            x = network.visual_projection(tower.post_layernorm(x + layer.mlp(layer.layer_norm2(x))))[1:]
        elif kind == "hybrid":
            x = output.hidden_states[0][0]  # its patches go through every layer by themselves
            for layer in tower.layers:
                values = layer.qkv(layer.norm_attention(x))[..., 2 * x.shape[-1] :]
                x = x + layer.scale_attention * layer.out(values)
                x = x + layer.scale_mlp * layer.down(torch.nn.functional.gelu(layer.up(layer.norm_mlp(x))))
            x = network.visual_projection(tower.norm(x))[1:]
        elif kind == "dual":
            layer, attention = tower.layers[-1], tower.layers[-1].attention
            x = x + attention.o_proj(attention.v_proj(layer.layernorm_before(x)))
            x = tower.layernorm(x + layer.mlp(layer.layernorm_after(x)))
            x = network.visual_projection(torch.tanh(tower.pooler.dense(x)))[1:]
        else:
            attention = tower.head.attention
            weight, bias = attention.in_proj_weight.chunk(3)[2], attention.in_proj_bias.chunk(3)[2]
            x = attention.out_proj(output.last_hidden_state[0] @ weight.T + bias)
            x = x + tower.head.mlp(tower.head.layernorm(x))
    wanted = torch.nn.functional.normalize(x, dim=-1).numpy()
    got = model.embed_patches(image)
    np.testing.assert_allclose(got.vectors.reshape(wanted.shape), wanted, atol=1e-5)
