"""The families that rebuild pictures, against calls of transformers and diffusers without any of our code."""

import diffusers
import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from core import models
from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.quality import psnr, ssim
from core.spoil import NOISES, spoiled
from tests import tiny

PICTURE = tiny.pictures()[0]


def made(kind, tmp_path):
    checkpoint = tiny.make(kind, tmp_path / kind)
    return models.families()[checkpoint.family].load(checkpoint, "cpu"), tmp_path / kind


def usual(model):
    """The picture as a network of diffusers takes it."""
    square = PICTURE.resize((32, 32), Image.Resampling.BICUBIC, reducing_gap=4.0)
    pixels = torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    assert np.allclose(model.seen(PICTURE), np.asarray(square) / 255, atol=1e-6)
    return pixels


def colours(sample):
    return (sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("hidden", [1, 5, 12, 15])
def test_mae_equals_the_library_for_the_same_noise(hidden, tmp_path):
    model, folder = made("mae", tmp_path)
    network = transformers.ViTMAEForPreTraining.from_pretrained(folder, attn_implementation="eager").eval()
    noise = torch.rand(1, 16, generator=torch.Generator().manual_seed(hidden))
    network.vit.embeddings.config.mask_ratio = (hidden + 0.5) / 16 if hidden < 15 else 15 / 16
    pixels = usual(model)
    with torch.no_grad():
        answer = network(pixels, noise=noise)
    mask = answer.mask.view(4, 4).numpy().astype(bool)
    assert abs(int(mask.sum()) - hidden) <= 1
    rebuilt = model.reconstruct(PICTURE, mask)
    wanted = colours(network.unpatchify(answer.logits).detach())[0]
    over = np.kron(mask, np.ones((8, 8), bool))
    assert np.allclose(rebuilt[over], wanted[over], atol=1e-5)
    assert np.array_equal(rebuilt[~over], model.seen(PICTURE)[~over])


def test_mae_with_nothing_and_with_everything_hidden(tmp_path):
    model, _ = made("mae", tmp_path)
    seen = model.seen(PICTURE)
    assert np.array_equal(model.reconstruct(PICTURE, np.zeros((4, 4), bool)), seen)
    blind = model.reconstruct(PICTURE, np.ones((4, 4), bool))
    other = model.reconstruct(tiny.pictures()[2], np.ones((4, 4), bool))
    assert np.isfinite(blind).all() and np.allclose(blind, other, atol=1e-5), "it saw what was hidden"
    with pytest.raises(LoupeError, match="3 × 4"):
        model.reconstruct(PICTURE, np.zeros((3, 4), bool))


def test_masks_of_one_pass_give_what_each_gives_alone(tmp_path):
    model, _ = made("mae", tmp_path)
    masks = np.zeros((2, 4, 4), bool)
    masks[0, :2], masks[1, ::2] = True, True
    together = model.reconstructions(PICTURE, masks)
    for mask, found in zip(masks, together, strict=True):
        assert np.allclose(found, model.reconstruct(PICTURE, mask), atol=1e-5)
    masks[0, 3, 3] = True
    with pytest.raises(ValueError, match="equally many"):
        model.reconstructions(PICTURE, masks)


def test_plain_autoencoder_equals_the_library(tmp_path):
    model, folder = made("autoencoder", tmp_path)
    network = diffusers.AutoencoderTiny.from_pretrained(folder)
    with torch.no_grad():
        latents = network.encode(usual(model)).latents
        wanted = colours(network.decode(latents).sample)
    kept = model.encode(model.seen(PICTURE)[None])
    assert np.allclose(kept, latents.numpy(), atol=1e-5)
    assert np.allclose(model.decode(kept), wanted, atol=1e-5)


def test_vae_equals_the_library(tmp_path):
    model, folder = made("vae", tmp_path)
    network = diffusers.AutoencoderKL.from_pretrained(folder)
    with torch.no_grad():
        posterior = network.encode(usual(model)).latent_dist
        wanted = colours(network.decode(posterior.mode()).sample)
    mean, spread = model.posterior(model.seen(PICTURE)[None])
    assert np.allclose(mean, posterior.mean.numpy(), atol=1e-5) and np.allclose(spread, posterior.std.numpy())
    assert np.allclose(model.decode(mean), wanted, atol=1e-5)


def test_codes_and_their_picture_equal_the_library(tmp_path):
    model, folder = made("vq", tmp_path)
    network = diffusers.VQModel.from_pretrained(folder)
    with torch.no_grad():
        latents = network.encode(usual(model)).latents
        chosen = network.quantize(latents)[2][2].view(1, 16, 16)
        wanted = colours(network(usual(model)).sample)
    codes = model.encode(model.seen(PICTURE)[None])
    assert np.array_equal(codes, chosen.numpy()) and len(np.unique(codes)) > 1
    assert np.allclose(model.decode(codes), wanted, atol=1e-5)
    assert np.array_equal(model.decode_vectors(model.codebook()[codes]), model.decode(codes))
    loose = np.random.default_rng(0).normal(size=(1, 16, 16, 3)).astype(np.float32)
    with torch.no_grad():
        free = network.decode(torch.from_numpy(loose).permute(0, 3, 1, 2), force_not_quantize=True).sample
    assert np.allclose(model.decode_vectors(loose), colours(free), atol=1e-5)
    assert model.codebook().shape == (64, 3)
    flat = model.latents(model.seen(PICTURE)[None]).reshape(-1, 1, 3)
    assert np.array_equal(((flat - model.codebook()) ** 2).sum(-1).argmin(1), codes.ravel())


@pytest.mark.parametrize("wrong", [-1, 64])
def test_a_code_outside_the_codebook_is_named(wrong, tmp_path):
    model, _ = made("vq", tmp_path)
    with pytest.raises(LoupeError, match=rf"no code {wrong}.*64"):
        model.decode(np.full((1, 16, 16), wrong))


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "vq"])
def test_a_checkpoint_that_does_not_fit_is_told(kind, tmp_path):
    from safetensors.torch import load_file, save_file

    checkpoint = tiny.make(kind, tmp_path / kind)
    family = models.families()[checkpoint.family]
    file = tmp_path / kind / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    dropped = sorted(weights)[0]
    save_file({name: value for name, value in weights.items() if name != dropped}, file)
    with pytest.raises(LoupeError, match=r"do not fit|cannot be read"):
        family.load(checkpoint, "cpu")
    file.write_bytes(b"nothing")
    with pytest.raises(LoupeError, match="cannot be read"):
        family.load(checkpoint, "cpu")
    other = "vae" if kind != "vae" else "vq"
    strange = Checkpoint("strange", other, "x", str(tmp_path / kind), "Strange", 1, "none")
    with pytest.raises(LoupeError, match="is of class"):
        models.families()[other].load(strange, "cpu")


def test_any_shape_is_taken_by_its_middle(tmp_path):
    model, _ = made("vae", tmp_path)
    wide = Image.new("RGB", (200, 20), "red")
    wide.paste("blue", (90, 0, 110, 20))
    assert np.allclose(model.seen(wide), [0, 0, 1], atol=0.02)
    assert model.seen(Image.new("RGB", (1, 1), "white")).shape == (32, 32, 3)


def test_psnr_and_ssim_equal_skimage():
    metrics = pytest.importorskip("skimage.metrics")
    chance = np.random.default_rng(0)
    first = chance.random((40, 30, 3)).astype(np.float32)
    second = np.clip(first + chance.normal(0, 0.1, first.shape), 0, 1).astype(np.float32)
    assert psnr(first, second) == pytest.approx(metrics.peak_signal_noise_ratio(first, second, data_range=1))
    wanted = metrics.structural_similarity(
        first, second, data_range=1, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(first, second) == pytest.approx(wanted, abs=1e-4)
    assert psnr(first, first) == 100 and ssim(first, first) == pytest.approx(1)


@pytest.mark.parametrize("noise", NOISES)
def test_noise_grows_with_its_strength(noise):
    chance = np.random.default_rng(0)
    picture = chance.random((32, 48, 3)).astype(np.float32)
    errors = [
        float(np.abs(spoiled(picture, noise, strength, np.random.default_rng(1)) - picture).mean())
        for strength in (0, 0.3, 1)
    ]
    assert errors[0] == 0 and errors[0] < errors[1] < errors[2]
