"""Cross-attention recorded in U-Nets of diffusers and skip connections switched off, against independent runs."""

import threading
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel, UNet2DModel

from core import models
from core.denoising import SkipConnections, WordPlaces
from core.nets.unet_inside import cross_attention, skips, weights_of, without_skips
from tests import tiny

SIZES: dict[str, Any] = {"sample_size": 8, "in_channels": 4, "out_channels": 4, "layers_per_block": 1}
WIDTHS: dict[str, Any] = {"block_out_channels": (8, 16), "norm_num_groups": 4, "attention_head_dim": 4}
NOISY = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
WORDS = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(2))
ALL = torch.ones(2, 4, dtype=torch.bool)


def shaken(network):
    """Weights as large as trained ones, so that attention is not uniform."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 2 * parameter[0].numel() ** -0.5, generator=chance)
    return network.eval()


@pytest.fixture(scope="module")
def worded():
    down, up = ("CrossAttnDownBlock2D", "DownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")
    return shaken(
        UNet2DConditionModel(**SIZES, **WIDTHS, down_block_types=down, up_block_types=up, cross_attention_dim=12)
    )


@pytest.fixture(scope="module")
def wordless():
    down, up = ("DownBlock2D", "AttnDownBlock2D"), ("AttnUpBlock2D", "UpBlock2D")
    return shaken(UNet2DModel(**SIZES, **WIDTHS, down_block_types=down, up_block_types=up))


def asked(network, mask=None):
    """One pass without any of our code."""
    takes = "cross_attention_dim" in network.config
    words = {"encoder_hidden_states": WORDS, "encoder_attention_mask": mask} if takes else {}
    with torch.no_grad():
        return network(NOISY, 500, **words).sample


@pytest.mark.parametrize("mask", [None, torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])])
def test_the_weights_times_the_values_are_what_each_layer_gives(worded, mask):
    given = {}
    for path, module in worded.named_modules():
        if path.endswith("attn2"):
            module.register_forward_hook(
                lambda module, args, kwargs, output, path=path: given.update({path: (module, kwargs, output)}),
                with_kwargs=True,
            )
    plain = asked(worded, mask)
    with cross_attention(worded) as kept:
        assert torch.equal(asked(worded, mask), plain)
    assert [tuple(layer.weights.shape[:2]) for layer in kept] == [(2, 4)] * 4
    assert [layer.weights.shape[2] for layer in kept] == [8, 4, 8, 8], "down, middle, up"
    for layer in kept:
        path, _, number = layer.name.rpartition(".")
        module, kwargs, output = given[f"{path}.transformer_blocks.{number}.attn2"]
        weights = layer.weights.flatten(2, 3)
        assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-6) and weights.std() > 0.01
        values = module.to_v(kwargs["encoder_hidden_states"]).unflatten(2, (module.heads, -1)).transpose(1, 2)
        wanted = module.to_out[0]((weights @ values).transpose(1, 2).flatten(2))
        assert torch.allclose(wanted, output, atol=1e-5)
        if mask is not None:
            assert (weights[1, ..., 2:] < 1e-6).all(), "what is masked gets nothing"


def test_nothing_stays_behind(worded):
    plain = asked(worded)
    with pytest.raises(RuntimeError, match="stop"), cross_attention(worded) as kept, without_skips(worded, ALL):
        asked(worded)
        raise RuntimeError("stop")
    found = len(kept)
    assert torch.equal(asked(worded), plain) and len(kept) == found == 4


def test_the_weights_are_the_closed_form_of_one_head():
    from diffusers.models.attention_processor import Attention

    layer = Attention(2, cross_attention_dim=2, heads=1, dim_head=2)
    with torch.no_grad():
        layer.to_q.weight.copy_(torch.eye(2))
        layer.to_k.weight.copy_(torch.eye(2))
        hidden, words = torch.tensor([[[2.0, 0.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        first = weights_of(layer, hidden, words, None)[0, 0, 0, 0]
    assert first == pytest.approx(1 / (1 + 2.718281828 ** -(2 / 2**0.5)))


@pytest.mark.parametrize("kind", ["worded", "wordless"])
def test_a_skip_that_is_off_is_one_multiplied_with_zero(kind, request):
    network = request.getfixturevalue(kind)
    plain = asked(network)
    assert skips(network) == ("4 × 4 · 1", "4 × 4 · 2", "8 × 8 · 1", "8 × 8 · 2")
    with without_skips(network, torch.zeros(2, 4, dtype=torch.bool)):
        assert torch.equal(asked(network), plain)
    widths = (16, 8, 8, 8)  # of the last layer, the downsampler, the first block's layer, the input
    takers = [resnet for block in network.up_blocks for resnet in block.resnets]
    for off in ([[0], [0]], [[1], [2]], [[3], []], [[0, 3], [1]], [[0, 1, 2, 3], [2, 3]]):
        chosen = torch.tensor([[number in mine for number in range(4)] for mine in off])
        with without_skips(network, chosen):
            found = asked(network)
        hooks = [
            taker.register_forward_pre_hook(multiplied(widths[n], ~chosen[:, n])) for n, taker in enumerate(takers)
        ]
        assert torch.allclose(found, asked(network), atol=1e-5)
        for hook in hooks:
            hook.remove()
        for mine, one, whole in zip(off, found, plain, strict=True):
            assert torch.allclose(one, whole, atol=1e-3) == (not mine)
    assert torch.equal(asked(network), plain)
    with pytest.raises(ValueError, match="4 skip connections"), without_skips(network, torch.zeros(2, 5).bool()):
        pass


def multiplied(width, left):
    """A hook that multiplies the last channels of the input, which came by the skip connection, with zero or one."""
    factor = left.float()[:, None, None, None]
    return lambda _, args: (torch.cat([args[0][:, :-width], factor * args[0][:, -width:]], 1), *args[1:])


def test_a_pass_in_another_thread_goes_by_the_hooks(worded):
    plain, found = asked(worded), []
    with cross_attention(worded) as kept, without_skips(worded, ALL):
        other = threading.Thread(target=lambda: found.append(asked(worded)))
        other.start()
        other.join()
    torch.testing.assert_close(found[0], plain)  # another thread may split the sums another way
    assert not kept


@pytest.mark.parametrize("kind", ["ddpm", "latent_diffusion"])
def test_a_family_predicts_without_skips(kind, tmp_path):
    model = models.families()[kind].load(tiny.make(kind, tmp_path / kind), "cpu")
    assert isinstance(model, SkipConnections) and isinstance(model, WordPlaces) == model.words()
    assert len(model.skips()) == 4
    latents = np.random.default_rng(0).normal(size=(3, *model.shape())).astype(np.float32)
    prompts = ["a cat" if model.words() else ""] * 3
    off = np.zeros((3, 4), bool)
    plain = model.predict(latents, 500, prompts)
    assert np.array_equal(model.predict_without(latents, 500, prompts, off).noise, plain.noise)
    off[1, 0] = off[2] = True
    found = model.predict_without(latents, 500, prompts, off).noise
    with without_skips(model._network, torch.ones(1, 4, dtype=torch.bool)):
        alone = model.predict(latents[2:], 500, prompts[:1]).noise[0]
    assert np.allclose(found[0], plain.noise[0], atol=1e-5) and np.allclose(found[2], alone, atol=1e-5)
    assert not np.allclose(found[1], plain.noise[1], atol=1e-3)


def test_a_family_tells_where_it_looks_for_each_token(tmp_path):
    model = models.families()["latent_diffusion"].load(tiny.make("latent_diffusion", tmp_path / "x"), "cpu")
    latents = np.random.default_rng(0).normal(size=model.shape()).astype(np.float32)
    found = model.word_maps(latents, 500, "a red cat")
    assert len(found.layers) == len(found.maps) == 4 and len(found.tokens) == len(found.added)
    assert "".join(token for token, added in zip(found.tokens, found.added, strict=True) if not added) == "aredcat"
    assert [one.shape[2:] for one in found.maps] == [(4, 4)] * 4
    assert all(np.allclose(one.sum(axis=1), 1, atol=1e-5) for one in found.maps)
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path / "x")
    states = pipeline.encode_prompt("a red cat", "cpu", 1, False)[0]
    with torch.no_grad(), cross_attention(pipeline.unet) as kept:
        pipeline.unet(torch.from_numpy(latents)[None], 500, encoder_hidden_states=states)
    for layer, maps in zip(kept, found.maps, strict=True):
        assert np.allclose(layer.weights[0].permute(0, 3, 1, 2), maps, atol=1e-5)
