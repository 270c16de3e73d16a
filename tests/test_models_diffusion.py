"""The diffusion families, against pipelines and schedulers of diffusers without any of our code."""

import json
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
import transformers

from core import checkpoints, models
from core.checkpoints import Checkpoint
from core.denoising import Denoiser
from core.errors import LoupeError
from core.samplers import noise_like, sample
from tests import tiny, tiny_diffusion

PROMPTS = ["a red apple", "a sleeping cat"]


def made(kind, tmp_path):
    checkpoint = tiny.make(kind, tmp_path / kind)
    return models.families()[checkpoint.family].load(checkpoint, "cpu"), tmp_path / kind


@pytest.mark.parametrize("kind", ["ddpm", "latent_diffusion"])
def test_a_pass_equals_the_librarys(kind, tmp_path):
    model, folder = made(kind, tmp_path)
    assert isinstance(model, Denoiser)
    latents = noise_like(model.shape(), 0, 2)
    if kind == "ddpm":
        network = diffusers.UNet2DModel.from_pretrained(folder)
        prompts, extra = ["", ""], {}
    else:
        pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder)
        network, prompts = pipeline.unet, PROMPTS
        extra = {"encoder_hidden_states": pipeline.encode_prompt(PROMPTS, "cpu", 1, False)[0]}
    with torch.no_grad():
        wanted = network(torch.from_numpy(latents), 400, **extra).sample.numpy()
    found = model.predict(latents, 400, prompts)
    assert np.allclose(found.noise, wanted, atol=1e-5)
    alpha = model.schedule().alphas[400]
    assert np.allclose(np.sqrt(alpha) * found.clean + np.sqrt(1 - alpha) * found.noise, latents, atol=1e-5)
    if kind == "latent_diffusion":
        assert not np.allclose(found.noise[0], found.noise[1], atol=1e-3), "the words make no difference"


@pytest.mark.parametrize("guidance", [1.0, 7.5])
def test_a_whole_picture_equals_stable_diffusions(guidance, tmp_path):
    model, folder = made("latent_diffusion", tmp_path)
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    noise = noise_like(model.shape(), 3, 2)
    wanted = pipeline(
        PROMPTS, latents=torch.from_numpy(noise), num_inference_steps=8, guidance_scale=guidance, output_type="np"
    ).images
    *_, last = sample(model, noise, PROMPTS, "DDIM", 8, guidance)
    assert np.abs(model.pictures(last.after) - wanted).max() < 1e-4
    assert not np.allclose(wanted[0], wanted[1], atol=1e-2)


@pytest.mark.parametrize("layout", ["one folder", "a folder a part"])
def test_a_whole_picture_equals_ddpms(layout, tmp_path, monkeypatch):
    folder = tmp_path / "ddpm"
    pipeline = diffusers.DDPMPipeline(tiny_diffusion.pixel_unet(), diffusers.DDPMScheduler())
    if layout == "one folder":
        pipeline.unet.save_pretrained(folder)
        pipeline.scheduler.save_pretrained(folder)
    else:
        pipeline.save_pretrained(folder)
    model = models.families()["ddpm"].load(Checkpoint("x", "ddpm", "x", str(folder), "X", 1, "none"), "cpu")
    noise = noise_like(model.shape(), 5)
    chance, first = np.random.default_rng((9, 1)), iter([noise])

    def drawn(shape, **_):
        given = next(first, None)
        return torch.from_numpy(chance.standard_normal(shape).astype(np.float32) if given is None else given)

    for module in (diffusers.pipelines.ddpm.pipeline_ddpm, diffusers.schedulers.scheduling_ddpm):
        monkeypatch.setattr(module, "randn_tensor", drawn)
    pipeline.set_progress_bar_config(disable=True)
    wanted = pipeline(num_inference_steps=10, output_type="np").images
    *_, last = sample(model, noise, [""], "DDPM", 10, seed=9)
    assert np.abs(model.pictures(last.after) - wanted).max() < 1e-4


def test_pictures_go_to_latents_and_back_as_the_autoencoder_does_it(tmp_path):
    model, folder = made("latent_diffusion", tmp_path)
    vae = diffusers.AutoencoderKL.from_pretrained(folder, subfolder="vae")
    pictures = tiny.pictures()
    found = model.latents(pictures)
    assert found.shape == (3, *model.shape())
    with torch.no_grad():
        back = vae.decode(torch.from_numpy(found) / vae.config.scaling_factor).sample
    wanted = (back / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    assert np.allclose(model.pictures(found), wanted, atol=1e-5)
    pixels, _ = made("ddpm", tmp_path)
    squares = np.stack([pixels.seen(picture) for picture in pictures])
    assert np.allclose(pixels.pictures(pixels.latents(pictures)), squares, atol=1e-6)


def test_words_of_another_checkpoint_and_padding(tmp_path):
    """With parts in place of a pipeline's own: what is padding in a batch changes nothing."""
    text, _ = made("dual", tmp_path)
    autoencoder, _ = made("vae", tmp_path)
    folder = tmp_path / "parts"
    tiny_diffusion.word_unet(channels=3).save_pretrained(folder / "unet")
    diffusers.DDPMScheduler(prediction_type="v_prediction", clip_sample=False).save_pretrained(folder / "scheduler")
    (folder / "latents.json").write_text('{"mean": [0.5, 0, -1], "std": [1, 2, 4]}')
    row = Checkpoint("x", "latent_diffusion", "x", str(folder), "X", 1, "none")
    model = models.families()["latent_diffusion"].load(row, "cpu", text=text, autoencoder=autoencoder)
    latents = noise_like(model.shape(), 0, 3)
    prompts = ["", "a cat", "a sleeping cat and a red apple on a table"]
    together = model.predict(latents, 100, prompts)
    for n, prompt in enumerate(prompts):
        alone = model.predict(latents[n : n + 1], 100, [prompt])
        assert np.allclose(alone.noise, together.noise[n], atol=1e-5)
    assert np.abs(together.noise[0] - together.noise[1]).max() > 1e-3
    kept = autoencoder.encode(autoencoder.seen(tiny.pictures()[0])[None])
    assert np.allclose(model.latents(tiny.pictures()[:1])[0, 2], (kept[0, 2] + 1) / 4, atol=1e-6)
    assert np.allclose(model.pictures(model.latents(tiny.pictures()[:1])), autoencoder.decode(kept), atol=1e-4)
    states = text.word_states(prompts)
    assert states.read.sum(1).tolist() == [2, 4, 12] and states.added[1, :4].tolist() == [True, False, False, True]
    assert states.tokens[1][1:3] == ("a", "cat")
    with pytest.raises(LoupeError, match="at most"):
        model.predict(latents[:1], 100, ["a cat " * 60])


def test_our_own_draws_what_the_libraries_draw_with_its_parts():
    """The embedded weights, a word of English and one of Chinese, without any of our code."""
    folder, prompts = checkpoints.ASSETS / "checkpoints", ["a red apple", "猫"]
    unet = diffusers.UNet2DConditionModel.from_pretrained(folder / "demo-ddpm" / "unet", torch_dtype=torch.float32)
    vae = diffusers.AutoencoderKL.from_pretrained(folder / "demo-vae", torch_dtype=torch.float32)
    clip: Any = transformers.VisionTextDualEncoderModel.from_pretrained(
        folder / "demo-clip", dtype=torch.float32
    ).eval()
    scheduler = diffusers.DDIMScheduler.from_pretrained(folder / "demo-ddpm" / "scheduler")
    spread = json.loads((folder / "demo-ddpm" / "latents.json").read_text())
    mean, std = (torch.tensor(spread[name])[:, None, None] for name in ("mean", "std"))
    model = models.load("demo-ddpm", "cpu")
    noise = noise_like(model.shape(), 0, 2)
    read = transformers.AutoTokenizer.from_pretrained(folder / "demo-clip")(
        ["", "", *prompts], padding=True, return_tensors="pt"
    )
    scheduler.set_timesteps(6)
    x, mask = torch.from_numpy(noise), read["attention_mask"].bool()
    with torch.no_grad():
        words = clip.text_model(**read).last_hidden_state
        for time in scheduler.timesteps:
            told = unet(torch.cat([x, x]), time, words, encoder_attention_mask=mask).sample
            plain, given = told.chunk(2)
            x = scheduler.step(plain + 3.0 * (given - plain), time, x).prev_sample
        wanted = (vae.decode(x * std + mean).sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    *_, last = sample(model, noise, prompts, "DDIM", 6, 3.0)
    assert np.abs(model.pictures(last.after) - wanted).max() < 1e-4


def test_our_own_in_pixels_draws_what_the_library_draws():
    folder = checkpoints.ASSETS / "checkpoints" / "demo-pixels"
    unet = diffusers.UNet2DModel.from_pretrained(folder, torch_dtype=torch.float32)
    scheduler = diffusers.DDIMScheduler.from_pretrained(folder)
    model = models.load("demo-pixels", "cpu")
    noise = noise_like(model.shape(), 0, 2)
    scheduler.set_timesteps(6)
    x = torch.from_numpy(noise)
    with torch.no_grad():
        for time in scheduler.timesteps:
            x = scheduler.step(unet(x, time).sample, time, x).prev_sample
    *_, last = sample(model, noise, ["", ""], "DDIM", 6)
    assert np.abs(last.after - x.numpy()).max() < 1e-4


def test_what_does_not_fit_is_told(tmp_path):
    from safetensors.torch import load_file, save_file

    checkpoint = tiny.make("latent_diffusion", tmp_path / "model")
    family = models.families()["latent_diffusion"]
    config = tmp_path / "model" / "scheduler" / "scheduler_config.json"
    settings = json.loads(config.read_text())
    for change in ({"prediction_type": "flow"}, {"_class_name": "FlowMatchEulerDiscreteScheduler"}):
        config.write_text(json.dumps(settings | change))
        with pytest.raises(LoupeError, match="cannot be followed"):
            family.load(checkpoint, "cpu")
    config.write_text("{")
    with pytest.raises(LoupeError, match="scheduler of tiny latent_diffusion cannot be read"):
        family.load(checkpoint, "cpu")
    config.write_text(json.dumps(settings))
    for part in ("unet/diffusion_pytorch_", "vae/diffusion_pytorch_", "text_encoder/"):
        file = tmp_path / "model" / f"{part}model.safetensors"
        weights = load_file(file)
        whole = file.read_bytes()
        save_file(dict(list(weights.items())[1:]), file, {"format": "pt"})
        with pytest.raises(LoupeError, match=r"do not fit|cannot be read"):
            family.load(checkpoint, "cpu")
        file.write_bytes(whole)
    assert family.load(checkpoint, "cpu").size_bytes > 0


def test_a_pixel_model_says_that_it_takes_no_words(tmp_path):
    model, _ = made("ddpm", tmp_path)
    assert not model.words()
    with pytest.raises(LoupeError, match="takes no words"):
        model.predict(noise_like(model.shape(), 0), 10, ["a cat"])


@pytest.mark.parametrize("kind", ["ddpm", "latent_diffusion"])
def test_a_folder_of_ones_own_is_known_by_its_configuration(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_registered", {})
    tiny.make(kind, tmp_path / "mine")
    row = checkpoints.register(str(tmp_path / "mine"))
    assert (row.family, row.tab, row.key) == (kind, "Diffusion", "mine") and row.megabytes > 0.01
    before = row.version
    weights = next((tmp_path / "mine").rglob("diffusion_pytorch_model.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    checkpoints._version.cache_clear()
    assert row.version != before, "a network in a folder of its own counts too"


def test_weights_named_as_in_the_first_pipelines_are_read(tmp_path):
    """Stable Diffusion's own files: other names of the autoencoder's attention, a prefix in the text tower."""
    from safetensors.torch import load_file, save_file

    checkpoint = tiny.make("latent_diffusion", tmp_path / "model")
    family = models.families()["latent_diffusion"]
    before = family.load(checkpoint, "cpu")
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    for part, prefix in (("vae/diffusion_pytorch_", ""), ("text_encoder/", "text_model.")):
        file = tmp_path / "model" / f"{part}model.safetensors"
        renamed = {}
        for name, weight in load_file(file).items():
            for new, old in names.items():
                name = name.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
            renamed[f"{prefix}{name.removeprefix(prefix)}"] = weight
        assert set(renamed) != set(load_file(file)) or part == "text_encoder/"
        save_file(renamed, file, {"format": "pt"})
    after = family.load(checkpoint, "cpu")
    latents = noise_like(before.shape(), 0)
    assert np.array_equal(before.pictures(latents), after.pictures(latents))
    found, same = (model.predict(latents, 300, ["a cat"]).noise for model in (before, after))
    assert np.array_equal(found, same)
