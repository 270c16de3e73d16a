"""The family of films, against the pipeline of diffusers without any of our code."""

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
from core.models.video_diffusion import FILLED
from core.samplers import noise_like, sample
from core.video import FrameAttending, VideoDenoiser
from tests import tiny, tiny_diffusion

PROMPT = "A red apple on a table "


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "latte"


@pytest.fixture
def model(folder):
    checkpoint = tiny.make("video_diffusion", folder)
    return models.families()["video_diffusion"].load(checkpoint, "cpu")


@pytest.fixture
def parts(tmp_path):
    """A network of ours, with words and autoencoder of other checkpoints."""
    towers = {}
    for role, kind in (("text", "dual"), ("autoencoder", "vae")):
        checkpoint = tiny.make(kind, tmp_path / kind)
        towers[role] = models.families()[checkpoint.family].load(checkpoint, "cpu")
    folder = tmp_path / "parts"
    tiny_diffusion.video_transformer(channels=3).save_pretrained(folder / "transformer")
    diffusers.DDPMScheduler(prediction_type="v_prediction", clip_sample=False).save_pretrained(folder / "scheduler")
    (folder / "latents.json").write_text('{"mean": [0.5, 0, -1], "std": [1, 2, 4]}')
    row = Checkpoint("x", "video_diffusion", "x", str(folder), "X", 1, "none")
    return models.families()["video_diffusion"].load(row, "cpu", **towers), folder, towers


def pipeline(folder):
    found = diffusers.LattePipeline.from_pretrained(folder)
    found.set_progress_bar_config(disable=True)
    return found


def test_it_draws_films_and_no_pictures(model):
    assert isinstance(model, VideoDenoiser) and isinstance(model, FrameAttending)
    assert not isinstance(model, Denoiser), "the lenses of pictures would ask it for some"
    assert model.film_shape() == (4, 4, 8, 8) and model.places() == (4, 4) and model.words()


@pytest.mark.parametrize("temporal", [True, False])
def test_a_pass_equals_the_librarys(model, folder, temporal):
    theirs = pipeline(folder)
    latents = noise_like(model.film_shape(), 0)
    words, _ = theirs.encode_prompt(PROMPT, False, clean_caption=False)
    with torch.no_grad():
        wanted = theirs.transformer(
            torch.from_numpy(latents),
            timestep=torch.tensor([400]),
            encoder_hidden_states=words,
            enable_temporal_attentions=temporal,
        ).sample[:, :4]
    found = model.predict(latents, 400, [PROMPT], temporal)
    assert np.abs(found.noise - wanted.numpy()).max() < 1e-5
    other = model.predict(latents, 400, [PROMPT], not temporal)
    assert np.abs(other.noise - wanted.numpy()).max() > 1e-2, "time makes no difference"
    assert np.abs(model.predict(latents, 400, [""], temporal).noise - found.noise).max() > 1e-3


@pytest.mark.parametrize("guidance", [1.0, 7.0])
def test_a_whole_film_equals_lattes(model, folder, guidance):
    noise = noise_like(model.film_shape(), 3)
    wanted = pipeline(folder)(
        PROMPT, latents=torch.from_numpy(noise), num_inference_steps=6, guidance_scale=guidance, video_length=4,
        height=16, width=16, clean_caption=False, output_type="np",
    ).frames  # fmt: skip
    *_, last = sample(model, noise, [PROMPT], "DDIM", 6, guidance)
    found = model.frames(last.after[0])
    assert found.shape == (4, 16, 16, 3) and np.abs(found - wanted[0]).max() < 1e-4
    assert np.ptp(wanted, axis=1).max() > 0.01, "its frames are all alike"


def test_attention_of_a_place_is_the_networks(model, folder):
    """Against weights worked out from what goes into each layer of the library's network."""
    theirs, (row, column), inside = pipeline(folder), (1, 2), []
    for blocks in (theirs.transformer.transformer_blocks, theirs.transformer.temporal_transformer_blocks):
        for block in blocks:
            block.attn1.register_forward_pre_hook(lambda layer, args: inside.append((layer, args[0])))
    latents = noise_like(model.film_shape(), 1)
    words, _ = theirs.encode_prompt(PROMPT, False, clean_caption=False)
    with torch.no_grad():
        theirs.transformer(torch.from_numpy(latents), timestep=torch.tensor([400]), encoder_hidden_states=words)
        weights = []
        for layer, hidden in inside:
            query, key = (part(hidden).unflatten(2, (2, 12)).transpose(1, 2) for part in (layer.to_q, layer.to_k))
            weights.append((query @ key.transpose(2, 3) / 12**0.5).softmax(-1))  # [image head query key]
    found = model.frame_attention(latents[0], 400, PROMPT, (row, column))
    assert found.within.shape == (2, 2, 4, 4, 4) and found.through.shape == (2, 2, 4, 4)
    place = row * 4 + column
    for layer in range(2):
        within = weights[2 * layer][:, :, place].transpose(0, 1).unflatten(2, (4, 4))
        assert np.abs(found.within[layer] - within.numpy()).max() < 1e-5
        assert np.abs(found.through[layer] - weights[2 * layer + 1][place].numpy()).max() < 1e-5
    assert np.ptp(found.through) > 0.05 and np.allclose(found.through.sum(-1), 1, atol=1e-5)


def test_words_of_another_checkpoint_are_filled_up_with_zeros(parts):
    model, folder, towers = parts
    latents = noise_like(model.film_shape(), 0, 2)
    prompts = ["", "a sleeping cat"]
    network = diffusers.LatteTransformer3DModel.from_pretrained(folder / "transformer")
    words = np.zeros((2, FILLED, 32), np.float32)
    for n, prompt in enumerate(prompts):
        states = towers["text"].word_states([prompt]).states[0]
        words[n, : len(states)] = states
    with torch.no_grad():
        wanted = network(torch.from_numpy(latents), timestep=torch.full((2,), 300.0),
                         encoder_hidden_states=torch.from_numpy(words)).sample.numpy()  # fmt: skip
    alpha = model.schedule().alphas[300]
    clean = np.sqrt(alpha) * latents - np.sqrt(1 - alpha) * wanted
    together = model.predict(latents, 300, prompts)
    assert np.abs(together.clean - clean).max() < 1e-5 and np.abs(wanted[0] - wanted[1]).max() > 1e-3
    alone = model.predict(latents[:1], 300, [""])
    assert np.allclose(alone.noise[0], together.noise[0], atol=1e-5)
    with pytest.raises(LoupeError, match=f"X reads at most {FILLED}"):
        model.predict(latents[:1], 300, ["a cat " * 6])


def test_frames_are_decoded_one_by_one(parts):
    model, _, towers = parts
    film = noise_like(model.film_shape(), 2)[0]
    mean, std = np.array([0.5, 0, -1])[:, None, None], np.array([1, 2, 4])[:, None, None]
    for n, frame in enumerate(model.frames(film)):
        assert np.allclose(frame, towers["autoencoder"].decode((film[:, n] * std + mean)[None])[0], atol=1e-5)


def test_what_does_not_fit_is_told(model, folder, monkeypatch):
    from safetensors.torch import load_file, save_file

    family, row = models.families()["video_diffusion"], model.checkpoint
    with pytest.raises(LoupeError, match="at most 120"):
        model.predict(noise_like(model.film_shape(), 0), 10, ["a cat " * 100])
    for part in ("transformer/diffusion_pytorch_", "vae/diffusion_pytorch_", "text_encoder/"):
        file = folder / f"{part}model.safetensors"
        whole = file.read_bytes()
        save_file(dict(list(load_file(file).items())[1:]), file, {"format": "pt"})
        with pytest.raises(LoupeError, match=r"do not fit|cannot be read"):
            family.load(row, "cpu")
        file.write_bytes(whole)
    assert family.load(row, "cpu").size_bytes > 0
    tiny_diffusion.video_transformer(out=5).save_pretrained(folder / "transformer")
    with pytest.raises(LoupeError, match="Choose another model"):
        family.load(row, "cpu")


def test_a_folder_of_ones_own_is_known_by_its_configuration(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_registered", {})
    tiny.make("video_diffusion", tmp_path / "mine")
    assert json.loads((tmp_path / "mine" / "model_index.json").read_text())["_class_name"] == "LattePipeline"
    row = checkpoints.register(str(tmp_path / "mine"))
    assert (row.family, row.tab, row.key) == ("video_diffusion", "Video", "mine")


def test_our_own_films_what_the_libraries_film_with_its_parts():
    """The embedded weights, with guidance, without any of our code."""
    folder, prompt = checkpoints.ASSETS / "checkpoints", "a cat moves left"
    network = diffusers.LatteTransformer3DModel.from_pretrained(
        folder / "demo-vdt" / "transformer", torch_dtype=torch.float32
    )
    vae = diffusers.AutoencoderKL.from_pretrained(folder / "demo-vae", torch_dtype=torch.float32)
    clip: Any = transformers.VisionTextDualEncoderModel.from_pretrained(folder / "demo-clip", dtype=torch.float32)
    said = transformers.AutoTokenizer.from_pretrained(folder / "demo-clip")(
        ["", prompt], padding="max_length", max_length=FILLED, return_tensors="pt"
    )
    scheduler = diffusers.DDIMScheduler.from_pretrained(folder / "demo-vdt" / "scheduler")
    spread = json.loads((folder / "demo-vdt" / "latents.json").read_text())
    mean, std = (torch.tensor(spread[name])[:, None, None] for name in ("mean", "std"))
    model = models.load("demo-vdt", "cpu")
    x = torch.from_numpy(noise := noise_like(model.film_shape(), 0))
    scheduler.set_timesteps(4)
    with torch.no_grad():
        states = clip.eval().text_model(**said).last_hidden_state * said["attention_mask"][..., None]
        for time in scheduler.timesteps:
            plain, given = network(torch.cat([x, x]), time.expand(2), states).sample.chunk(2)
            x = scheduler.step(plain + 3.0 * (given - plain), time, x).prev_sample
        frames = vae.decode(x[0].transpose(0, 1) * std + mean).sample
        wanted = (frames / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    *_, last = sample(model, noise, [prompt], "DDIM", 4, 3.0)
    assert np.abs(model.frames(last.after[0]) - wanted).max() < 1e-4
