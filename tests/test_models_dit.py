"""The diffusion transformers, against diffusers' own pipeline without any of our code."""

import json

import diffusers
import numpy as np
import pytest
import torch

from core import checkpoints, models
from core.denoising import Denoiser, PatchDenoiser, TimeTelling
from core.errors import LoupeError
from core.nets.vector_dit import VectorDiT
from core.samplers import noise_like, sample
from tests import tiny, tiny_diffusion
from tests.tiny_rebuilding import randomise

NULL = len(tiny_diffusion.CLASSES)


@pytest.fixture
def made(tmp_path):
    checkpoint = tiny.make("dit", tmp_path / "dit")
    return models.families()["dit"].load(checkpoint, "cpu"), tmp_path / "dit"


def test_a_pass_equals_the_librarys(made):
    model, folder = made
    assert isinstance(model, Denoiser) and model.shape() == (4, 8, 8) and model.words()
    network = diffusers.DiTTransformer2DModel.from_pretrained(folder / "transformer")
    latents = noise_like(model.shape(), 0, 3)
    with torch.no_grad():
        wanted = network(
            torch.from_numpy(latents), timestep=torch.full((3,), 400), class_labels=torch.tensor([0, 3, NULL])
        ).sample.numpy()
    found = model.predict(latents, 400, ["tabby", "sea lion", ""])
    assert wanted.shape[1] == 8 and np.allclose(found.noise, wanted[:, :4], atol=1e-5)
    alpha = model.schedule().alphas[400]
    assert np.allclose(np.sqrt(alpha) * found.clean + np.sqrt(1 - alpha) * found.noise, latents, atol=1e-5)
    assert not np.allclose(found.noise[0], found.noise[2], atol=1e-3), "the class makes no difference"


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_a_whole_picture_equals_the_pipelines(guidance, made, monkeypatch):
    model, folder = made
    pipeline = diffusers.DiTPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    noise = noise_like(model.shape(), 3, 2)
    drawn = lambda **_: torch.from_numpy(noise)  # noqa: E731
    monkeypatch.setattr(diffusers.pipelines.dit.pipeline_dit, "randn_tensor", drawn)
    # The pipeline's null class is ImageNet's; the tiny one knows fewer.
    embed = pipeline.transformer.transformer_blocks
    for block in embed:
        table = block.norm1.emb.class_embedder.embedding_table
        rows = torch.zeros(1001, table.weight.shape[1])
        rows[: NULL + 1], rows[1000] = table.weight.data, table.weight.data[NULL]
        block.norm1.emb.class_embedder.embedding_table = torch.nn.Embedding.from_pretrained(rows)
    wanted = pipeline(
        class_labels=pipeline.get_label_ids(["tabby cat", "sea lion"]), guidance_scale=guidance,
        num_inference_steps=8, output_type="np",
    ).images  # fmt: skip
    *_, last = sample(model, noise, ["tabby cat", "Sea Lion"], "DDIM", 8, guidance)
    assert np.abs(model.pictures(last.after) - wanted).max() < 1e-4
    assert not np.allclose(wanted[0], wanted[1], atol=1e-2)


def test_pictures_go_to_latents_and_back(made):
    model, folder = made
    vae = diffusers.AutoencoderKL.from_pretrained(folder / "vae")
    found = model.latents(tiny.pictures())
    assert found.shape == (3, *model.shape())
    with torch.no_grad():
        back = vae.decode(torch.from_numpy(found) / vae.config.scaling_factor).sample
    wanted = (back / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    assert np.allclose(model.pictures(found), wanted, atol=1e-5)


def test_a_class_is_named_by_any_of_its_names(made):
    model, _ = made
    named = {"tabby": 0, " Tabby  Cat ": 0, "red fox": 1, "DAISY": 2, "": NULL, "  ": NULL}
    assert {name: model.label(name) for name in named} == named
    with pytest.raises(LoupeError, match=r"'a sleepy cat' is none .* Near it are: tabby cat, a red cat, "):
        model.predict(noise_like(model.shape(), 0), 10, ["a sleepy cat"])
    with pytest.raises(LoupeError, match="Near it are: tabby,"):
        model.label("taby")


def test_weights_that_the_first_pipelines_saved_are_read(made, tmp_path):
    model, folder = made
    file = folder / "transformer" / "config.json"
    config = json.loads(file.read_text()) | {
        "_class_name": "Transformer2DModel", "only_cross_attention": False, "cross_attention_dim": None,
        "num_vector_embeds": None, "use_linear_projection": False,
    }  # fmt: skip
    file.write_text(json.dumps(config))
    again = models.families()["dit"].load(model.checkpoint, "cpu")
    latents = noise_like(model.shape(), 0)
    assert np.array_equal(again.predict(latents, 5, [""]).noise, model.predict(latents, 5, [""]).noise)
    index = folder / "model_index.json"
    index.write_text('{"_class_name": "DiTPipeline"}')
    with pytest.raises(LoupeError, match="cannot be read"):
        models.families()["dit"].load(model.checkpoint, "cpu")
    assert model.size_bytes > 4 * sum(p.numel() for p in model._network.parameters())


def test_a_folder_of_ones_own_is_known_by_its_index(made, monkeypatch):
    monkeypatch.setattr(checkpoints, "_registered", {})
    row = checkpoints.register(str(made[1]))
    assert (row.family, row.tab) == ("dit", "unCLIP")


def test_self_attention_is_what_the_pass_used(made):
    model, folder = made
    assert isinstance(model, PatchDenoiser)
    pipeline = diffusers.DiTPipeline.from_pretrained(folder)
    latents, kept = noise_like(model.shape(), 0), []

    class Kept:
        def __call__(self, attn, hidden, *_, **__):
            query, key, value = (attn.head_to_batch_dim(to(hidden)) for to in (attn.to_q, attn.to_k, attn.to_v))
            weights = (query @ key.transpose(1, 2) / 8**0.5).softmax(-1)
            kept.append(weights)
            return attn.to_out[0](attn.batch_to_head_dim(weights @ value))

    for block in pipeline.transformer.transformer_blocks:
        block.attn1.set_processor(Kept())
    with torch.no_grad():
        told = pipeline.transformer(
            torch.from_numpy(latents), timestep=torch.tensor([77]), class_labels=torch.tensor([2])
        ).sample
    found = model.patch_looks(latents[0], 77, "daisy")
    assert found.grid == (4, 4) and found.weights.shape == (3, 2, 16, 16)
    assert np.allclose(found.weights, torch.stack(kept).numpy(), atol=1e-5)
    assert np.allclose(model.predict(latents, 77, ["daisy"]).noise, told[:, :4].numpy(), atol=1e-5)
    assert np.ptp(found.weights) > 1e-3, "the weights are all alike"


def test_the_vectors_that_steer_are_those_of_the_pass(made):
    model, _ = made
    kept = []
    hooks = [
        block.norm1.register_forward_hook(lambda module, given, answer: kept.append([x.numpy() for x in answer]))
        for block in model._network.transformer_blocks
    ]
    for timestep in (3, 500):
        model.predict(noise_like(model.shape(), 0), timestep, ["tabby"])
    for hook in hooks:
        hook.remove()
    found = model.modulation([3, 500], "tabby")
    assert found.shape == (2, 3, 6, 16)
    passed = np.array([[part[0] for part in answer[1:]] for answer in kept]).reshape(2, 3, 4, 16)
    assert np.allclose(found[:, :, 2:], passed, atol=1e-5)  # gate of the attention, then the MLP's three
    block = model._network.transformer_blocks[1].norm1
    with torch.no_grad():
        answer = block(torch.randn(1, 4, 16), torch.tensor([500]), torch.tensor([0]), hidden_dtype=torch.float32)
        x = torch.randn(1, 4, 16)
        answer = block(x, torch.tensor([500]), torch.tensor([0]), hidden_dtype=torch.float32)[0]
        shift, scale = torch.from_numpy(found[1, 1, 0]), torch.from_numpy(found[1, 1, 1])
        assert torch.allclose(answer, block.norm(x) * (1 + scale) + shift, atol=1e-5)
    assert np.abs(model.modulation([3], "")[0] - found[0]).max() > 1e-3


@pytest.mark.parametrize("kind", ["ddpm", "latent_diffusion", "dit"])
def test_a_wrong_time_reaches_the_network_alone(kind, tmp_path):
    checkpoint = tiny.make(kind, tmp_path / kind)
    model = models.families()[checkpoint.family].load(checkpoint, "cpu")
    assert isinstance(model, TimeTelling)
    latents, prompts = noise_like(model.shape(), 0, 3), ["", "", ""]
    found = model.predict_told(latents, 400, [100, 400, 900], prompts)
    alone = [model.predict(latents[n : n + 1], told, [""]) for n, told in enumerate((100, 400, 900))]
    assert np.allclose(found.noise, [one.noise[0] for one in alone], atol=1e-5)
    assert np.allclose(found.clean[1], alone[1].clean[0], atol=1e-4)
    alpha = model.schedule().alphas[400]
    assert np.allclose(np.sqrt(alpha) * found.clean + np.sqrt(1 - alpha) * found.noise, latents, atol=1e-5)
    assert np.abs(found.noise[0] - found.noise[1]).max() > 1e-3
    assert np.array_equal(model.predict(latents, 400, prompts).noise[1], found.noise[1]), "it is told once"


def test_a_u_net_embeds_the_time_once_and_a_transformer_in_each_block(tmp_path):
    for kind, layers in (("ddpm", 1), ("dit", 3)):
        checkpoint = tiny.make(kind, tmp_path / kind)
        model = models.families()[checkpoint.family].load(checkpoint, "cpu")
        found = model.time_embedding([0, 10, 999])
        assert found.learned.shape[:2] == (layers, 3) and np.allclose(
            (found.waves[0] ** 2).sum(), found.waves.shape[1] / 2
        )
        half = found.waves.shape[1] // 2
        assert np.allclose(found.waves[0, :half] + found.waves[0, half:], 1, atol=1e-6), "sines are 0, cosines 1"
        network = model._network
        part = network if kind == "ddpm" else network.transformer_blocks[2].norm1.emb
        with torch.no_grad():
            embedder = part.time_embedding if kind == "ddpm" else part.timestep_embedder
            wanted = embedder(part.time_proj(torch.tensor([0, 10, 999])))
        assert np.allclose(found.learned[-1], wanted.numpy(), atol=1e-5)


def test_vectors_in_place_of_classes_are_looked_into_alike():
    from core.denoising import Schedule
    from core.looking import Looking

    class Vector(Looking):
        device = "cpu"
        _network = randomise(
            VectorDiT(vector_dim=5, num_attention_heads=2, attention_head_dim=8, sample_size=8)
        ).eval()

        def predict(self, latents, timestep, prompts):
            given = torch.tensor([[len(prompt)] * 5 for prompt in prompts], dtype=torch.float32)
            when = torch.full((len(latents),), timestep)
            with torch.inference_mode():
                told = self._network(torch.from_numpy(latents), timestep=when, class_labels=given).sample
            return Schedule(np.linspace(0.999, 0.001, 1000)).prediction(told.numpy(), latents, timestep)

    model = Vector()
    looks = model.patch_looks(noise_like((4, 8, 8), 0)[0], 3, "cat")
    assert looks.weights.shape == (5, 2, 16, 16) and np.allclose(looks.weights.sum(-1), 1, atol=1e-5)
    assert model.modulation([0, 5, 9], "cat").shape == (3, 5, 6, 16)
    assert not np.allclose(model.modulation([5], "cat"), model.modulation([5], ""), atol=1e-3)
    assert model.time_embedding([1, 2]).learned.shape == (5, 2, 16)
