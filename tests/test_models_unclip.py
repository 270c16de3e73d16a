"""The unCLIP families, against pipelines, networks and schedulers of diffusers without any of our code."""

import json
import shutil
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
import transformers

from core import checkpoints, models
from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.nets.vector_dit import VectorDiT
from core.prior import KANDINSKYS, STEPS
from core.samplers import noise_like, sample
from core.toward_vectors import VectorDrawing, VectorPrior
from tests import tiny, tiny_diffusion
from tests.tiny_rebuilding import randomise

PROMPTS = ["a red apple", "a sleeping cat"]
COMBINED = diffusers.KandinskyV22CombinedPipeline


def made(kind, tmp_path):
    checkpoint = tiny.make(kind, tmp_path / kind)
    return models.families()[checkpoint.family].load(checkpoint, "cpu"), tmp_path / kind


def apart(folder):
    """The two pipelines that the combined one is made of."""
    combined = COMBINED.from_pretrained(folder)
    for pipeline in (combined.prior_pipe, combined.decoder_pipe):
        pipeline.set_progress_bar_config(disable=True)
    return combined.prior_pipe, combined.decoder_pipe


def test_the_priors_vectors_are_kandinskys(tmp_path, monkeypatch):
    """All of the prior: towers, guidance, the steps of UnCLIPScheduler, and the way back to the vectors' own scale."""
    model, folder = made("prior", tmp_path)
    pipeline = diffusers.KandinskyV22PriorPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    scheduler = pipeline.scheduler  # in single precision the weights of its last step add up to 1.0005
    scheduler.betas = scheduler.betas.double()
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)
    assert isinstance(model, VectorPrior) and not isinstance(model, VectorDrawing)
    for seed in (3, 4):
        chance = np.random.default_rng((seed, 1))
        monkeypatch.setattr(
            diffusers.schedulers.scheduling_unclip,
            "randn_tensor",
            lambda shape, chance=chance, **_: torch.from_numpy(
                np.broadcast_to(chance.standard_normal(shape[1]).astype(np.float32), shape).copy()
            ),
        )
        noise = torch.from_numpy(noise_like((32,), seed, 2))
        wanted = pipeline(PROMPTS, latents=noise, num_inference_steps=STEPS, guidance_scale=KANDINSKYS)
        assert np.abs(model.vectors(PROMPTS, seed) - wanted.image_embeds.numpy()).max() < 1e-4
        *_, alone = model.imagined(PROMPTS[0], [seed])
        assert np.abs(alone - wanted.image_embeds[:1].numpy()).max() < 1e-4
        assert np.abs(model.blank - wanted.negative_image_embeds[0].numpy()).max() < 1e-5
    assert np.abs(np.diff(wanted.image_embeds.numpy(), axis=0)).max() > 1e-2, "the words make no difference"


def test_pictures_and_sentences_lie_where_kandinskys_towers_put_them(tmp_path):
    model, folder = made("prior", tmp_path)
    pipeline = diffusers.KandinskyV22PriorPipeline.from_pretrained(folder)
    pixels = pipeline.image_processor(tiny.pictures()[0], return_tensors="pt").pixel_values
    with torch.no_grad():
        wanted = pipeline.image_encoder(pixels).image_embeds.numpy()
    assert np.abs(model.picture_vectors(tiny.pictures()[:1]) - wanted).max() < 1e-4
    wanted = pipeline._encode_prompt(PROMPTS, "cpu", 1, False)[0].detach().numpy()
    assert np.abs(model.text_vectors(PROMPTS) - wanted).max() < 1e-5


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_a_whole_picture_equals_kandinskys(guidance, tmp_path):
    """With DDIM, which takes nothing from the variance that the network also tells, and dynamic thresholds."""
    model, folder = made("unclip", tmp_path)
    assert isinstance(model, VectorDrawing)
    pipeline = apart(folder)[1]
    settings = {name: value for name, value in pipeline.scheduler.config.items() if name != "variance_type"}
    pipeline.scheduler = diffusers.DDIMScheduler.from_config(settings)
    vectors = model.read(PROMPTS, 5)
    noise = noise_like(model.shape(), 3, 2)
    wanted: Any = pipeline(
        torch.from_numpy(np.stack(vectors)),
        torch.from_numpy(np.stack([model._prior.blank] * 2)),
        height=16,
        width=16,
        latents=torch.from_numpy(noise),
        num_inference_steps=8,
        guidance_scale=guidance,
        output_type="np",
    ).images
    *_, last = sample(model, noise, vectors, "DDIM", 8, guidance)
    assert np.abs(model.pictures(last.after) - wanted).max() < 1e-4
    *_, again = sample(model, noise, PROMPTS, "DDIM", 8, guidance, seed=5)
    assert np.array_equal(again.after, last.after), "sentences are read by the prior with the drawing's seed"
    assert np.abs(wanted[0] - wanted[1]).max() > 1e-3, "the vectors make no difference"


def test_latents_are_not_rounded_to_codes(tmp_path):
    model, folder = made("unclip", tmp_path)
    movq = diffusers.VQModel.from_pretrained(folder, subfolder="movq")
    squares = np.stack([model._autoencoder.seen(picture) for picture in tiny.pictures()])
    with torch.no_grad():
        wanted = movq.encode(torch.from_numpy(squares.transpose(0, 3, 1, 2) * 2 - 1)).latents
        back = movq.decode(wanted, force_not_quantize=True).sample
    found = model.latents(tiny.pictures())
    assert np.abs(found - wanted.numpy()).max() < 1e-5 and found.shape[1:] == model.shape()
    assert np.abs(model.pictures(found) - (back / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()).max() < 1e-5


def own(tmp_path):
    """A decoder and a prior of our own layout, with a dual encoder and an autoencoder of other rows."""
    tokenizer, folder = tiny.bpe(), tmp_path / "own"
    text = tiny.WIDTH | tiny.words(tokenizer) | {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = transformers.CLIPConfig(
        text_config=text, vision_config=tiny.WIDTH | {"image_size": 32, "patch_size": 8}, projection_dim=32
    )
    processor = transformers.CLIPImageProcessorPil(**tiny.square(32))
    tiny.save(tmp_path / "encoder", transformers.CLIPModel(config), tokenizer, processor)
    row = Checkpoint("e", "clip", "CLIP", str(tmp_path / "encoder"), "E", 1, "none")
    encoder = models.families()["clip"].load(row, "cpu")
    autoencoder, _ = made("vae", tmp_path)
    network = randomise(VectorDiT(32, 2, 8, 3, 2, 16))
    network.save_pretrained(folder / "transformer")
    tiny_diffusion.prior_transformer(32, 20).save_pretrained(folder / "prior")
    cosine = {"beta_schedule": "squaredcos_cap_v2", "clip_sample": False}
    diffusers.DDPMScheduler(**cosine, prediction_type="sample").save_pretrained(folder / "prior_scheduler")
    diffusers.DDPMScheduler(**cosine, prediction_type="v_prediction", timestep_spacing="trailing").save_pretrained(
        folder / "scheduler"
    )
    (folder / "latents.json").write_text('{"mean": [0.5, 0, -1], "std": [1, 2, 4]}')
    row = Checkpoint("x", "unclip", "x", str(folder), "X", 1, "none")
    load = models.families()["unclip"].load
    return load(row, "cpu", encoder=encoder, autoencoder=autoencoder), encoder, folder


def test_a_decoder_of_our_own_draws_toward_unit_vectors(tmp_path):
    model, encoder, folder = own(tmp_path)
    network = VectorDiT.from_pretrained(folder / "transformer")
    latents, vectors = noise_like(model.shape(), 0, 2), encoder.picture_vectors(tiny.pictures()[:2])
    for given, label in ((7 * vectors, vectors * 32**0.5), (["", ""], np.zeros((2, 32), np.float32))):
        with torch.no_grad():
            told = network(torch.from_numpy(latents), torch.tensor([400, 400]), torch.from_numpy(label)).sample
        wanted = model.schedule().prediction(told.numpy(), latents, 400)
        found = model.predict(latents, 400, list(given))
        assert np.abs(found.clean - wanted.clean).max() < 1e-5
    kept = model._autoencoder.encode(model._autoencoder.seen(tiny.pictures()[0])[None])
    assert np.allclose(model.latents(tiny.pictures()[:1])[0, 2], (kept[0, 2] + 1) / 4, atol=1e-6)


def test_the_prior_reads_real_tokens_alone_whatever_stands_beside_them(tmp_path):
    model, encoder, folder = own(tmp_path)
    network = diffusers.PriorTransformer.from_pretrained(folder / "prior")
    latents, texts = noise_like((32, 1, 1), 0, 2), ["a cat", "a red apple"]
    found = model._prior.predict(latents, 300, texts)
    for n, text in enumerate(texts):
        inputs = encoder._tokenizer(text, padding="max_length", max_length=20, return_tensors="pt")
        with torch.no_grad():
            read = encoder._network.text_model(**inputs)
            vector = encoder._network.get_text_features(**inputs).pooler_output
            wanted = network(
                torch.from_numpy(latents[:1, :, 0, 0]),
                300,
                proj_embedding=torch.nn.functional.normalize(vector),
                encoder_hidden_states=read.last_hidden_state,
                attention_mask=inputs["attention_mask"].bool(),
            ).predicted_image_embedding
        assert np.abs(found.clean[n, :, 0, 0] - wanted[0].numpy()).max() < 1e-4
    assert np.abs(found.clean[0] - found.clean[1]).max() > 1e-2
    empty = model._prior.predict(latents[:1], 300, [""])
    states = encoder.sentences([""])
    assert states.read.sum() == 2 and np.isfinite(empty.clean).all()
    with pytest.raises(LoupeError, match="reads at most 20"):
        model.read(["a sleeping cat and a red apple"], 0)


def test_a_decoder_alone_says_what_it_lacks(tmp_path):
    checkpoint = tiny.make("unclip", tmp_path / "unclip")
    for part in (tmp_path / "unclip").glob("prior_*"):
        shutil.rmtree(part)
    with pytest.raises(LoupeError, match="KandinskyV22CombinedPipeline"):
        models.families()["unclip"].load(checkpoint, "cpu")
    prior, _ = made("prior", tmp_path)
    model = models.families()["unclip"].load(checkpoint, "cpu", prior=prior)
    assert model.read(["a cat"], 1)[0].shape == (32,), "the prior of another row reads for it"
    assert model.size_bytes + prior.size_bytes == made("unclip", tmp_path / "whole")[0].size_bytes


@pytest.mark.parametrize("kind", ["prior", "unclip"])
def test_a_folder_of_ones_own_is_known_by_its_configuration(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_registered", {})
    tiny.make(kind, tmp_path / "mine")
    row = checkpoints.register(str(tmp_path / "mine"))
    assert (row.family, row.tab, row.key) == (kind, "unCLIP", "mine") and row.megabytes > 0.01


def test_our_own_draws_what_the_libraries_draw_with_its_parts():
    """The embedded weights: a pass of the prior for two languages, and a picture toward its vector."""
    folder = checkpoints.ASSETS / "checkpoints"
    own = folder / "demo-unclip"
    model = models.load("demo-unclip", "cpu")
    prior = diffusers.PriorTransformer.from_pretrained(own / "prior", torch_dtype=torch.float32)
    clip: Any = transformers.VisionTextDualEncoderModel.from_pretrained(folder / "demo-clip", dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "demo-clip")
    said = tokenizer(["a red apple", "猫"], padding="max_length", max_length=12, return_tensors="pt")
    noisy = noise_like((384,), 1, 2)
    with torch.no_grad():
        vectors = clip.eval().get_text_features(**said).pooler_output
        told = prior(
            torch.from_numpy(noisy),
            500,
            proj_embedding=torch.nn.functional.normalize(vectors, dim=-1),
            encoder_hidden_states=clip.text_model(**said).last_hidden_state,
            attention_mask=said["attention_mask"].bool(),
        ).predicted_image_embedding
    found = model._prior.predict(noisy[:, :, None, None], 500, ["a red apple", "猫"])
    assert np.abs(found.clean[:, :, 0, 0] - told.numpy()).max() < 1e-3 * np.abs(told.numpy()).max()

    decoder = VectorDiT.from_pretrained(own / "transformer", torch_dtype=torch.float32)
    vae = diffusers.AutoencoderKL.from_pretrained(folder / "demo-vae", torch_dtype=torch.float32)
    scheduler = diffusers.DDIMScheduler.from_pretrained(own / "scheduler")
    spread = json.loads((own / "latents.json").read_text())
    mean, std = (torch.tensor(spread[name])[:, None, None] for name in ("mean", "std"))
    given = model.read(["a red apple"], 0)
    toward = torch.from_numpy(given[0][None] / np.linalg.norm(given[0]) * 384**0.5).float()
    x = torch.from_numpy(noise := noise_like(model.shape(), 0))
    scheduler.set_timesteps(5)
    with torch.no_grad():
        for time in scheduler.timesteps:
            both = decoder(torch.cat([x, x]), time.expand(2), torch.cat([torch.zeros(1, 384), toward])).sample
            plain, drawn = both.chunk(2)
            x = scheduler.step(plain + 2.0 * (drawn - plain), time, x).prev_sample
        wanted = (vae.decode(x * std + mean).sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    *_, last = sample(model, noise, ["a red apple"], "DDIM", 5, 2.0)
    assert np.abs(model.pictures(last.after) - wanted).max() < 1e-4
