"""Each sampler against the scheduler of diffusers that it follows; the forward process against its closed form."""

from itertools import pairwise

import diffusers
import numpy as np
import pytest
import torch

from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.samplers import guided, noise_like, plan, sample
from tests import tiny_diffusion

torch.set_num_threads(1)  # in networks this small, threads only wait for each other
CLASSES = {
    "DDIM": diffusers.DDIMScheduler,
    "DDPM": diffusers.DDPMScheduler,
    "DPM-Solver++": diffusers.DPMSolverMultistepScheduler,
    "Euler": diffusers.EulerDiscreteScheduler,
}
# What a checkpoint's scheduler may say: of the first pixel models, of Stable Diffusion, of ones taught on velocities.
PIXELS = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
SETTINGS = {
    "pixels": PIXELS,
    "latents": tiny_diffusion.LATENT,
    "trailing": PIXELS | {"timestep_spacing": "trailing", "clip_sample": False, "prediction_type": "sample"},
    "leading": PIXELS | {"timestep_spacing": "leading", "steps_offset": 1, "variance_type": "fixed_large"},
    "linspace": PIXELS | {"timestep_spacing": "linspace", "clip_sample": False},
    "thresholds": PIXELS | {"thresholding": True, "sample_max_value": 1.5, "dynamic_thresholding_ratio": 0.9},
    "cosine": {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction", "clip_sample": False,
               "timestep_spacing": "leading"},
}  # fmt: skip


def told(settings):
    """The schedule as a checkpoint with this scheduler has it."""
    scheduler = diffusers.DDIMScheduler.from_config(settings)
    alphas = scheduler.alphas_cumprod.double().numpy()
    return Schedule(
        alphas,
        settings.get("prediction_type", "epsilon"),
        settings.get("timestep_spacing"),
        settings.get("steps_offset", 0),
        1.0 if settings.get("clip_sample", True) else None,
        settings.get("variance_type", "fixed_small"),
        1.0 if settings.get("set_alpha_to_one", True) else float(alphas[0]),
        (0.9, 1.5) if settings.get("thresholding") else None,
    )


class Network:
    """A small network of diffusers, asked as a model is; random as it is, it is held near its input, as learning does
    it, since a wild one makes of every rounding a difference in the end."""

    def __init__(self, schedule):
        self.unet, self._schedule = tiny_diffusion.pixel_unet(), schedule

    def schedule(self):
        return self._schedule

    def read(self, prompts, seed):
        return prompts

    def words(self):
        return False

    def tell(self, latents, timestep):
        with torch.no_grad():
            return 0.8 * latents + 0.2 * self.unet(latents, timestep).sample

    def predict(self, latents, timestep, prompts):
        out = self.tell(torch.from_numpy(latents), torch.tensor([float(timestep)])).numpy()
        return self._schedule.prediction(out, latents, timestep)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("sampler", CLASSES)
@pytest.mark.parametrize("steps", [1, 7, 18])
def test_every_step_is_the_librarys(sampler, settings, steps, monkeypatch):
    chance = np.random.default_rng((4, 1))
    monkeypatch.setattr(
        diffusers.schedulers.scheduling_ddpm,
        "randn_tensor",
        lambda shape, **_: torch.from_numpy(chance.standard_normal(shape).astype(np.float32)),
    )
    model, noise = Network(told(SETTINGS[settings])), noise_like((3, 16, 16), 0)
    scheduler = CLASSES[sampler].from_config(SETTINGS[settings])
    scheduler.set_timesteps(steps)
    x = torch.from_numpy(noise) * scheduler.init_noise_sigma
    wanted, scale = [], 1.0
    for time in scheduler.timesteps:
        x = scheduler.step(model.tell(scheduler.scale_model_input(x, time), time), time, x).prev_sample
        if sampler == "Euler":  # it reckons at another variance than the network takes
            scale = float((scheduler.sigmas[len(wanted) + 1] ** 2 + 1) ** 0.5)
        wanted.append((x / scale).numpy())
    found = list(sample(model, noise, [""], sampler, steps, seed=4))
    assert [step.timestep for step in found] == pytest.approx(scheduler.timesteps.tolist())
    for step, theirs in zip(found, wanted, strict=True):
        assert np.abs(step.after - theirs).max() < 1e-4 * max(1.0, np.abs(theirs).max())
    for before, after in pairwise(found):
        assert np.array_equal(before.after, after.before)


class Exact:
    """Knows the clean latents, and so the noise: every sampler must find its way to them."""

    def __init__(self, clean):
        self.clean, self._schedule = clean, told(SETTINGS["linspace"])

    def schedule(self):
        return self._schedule

    def read(self, prompts, seed):
        return prompts

    def words(self):
        return True

    def predict(self, latents, timestep, prompts):
        alpha = self._schedule.alpha(timestep)
        far = np.array([len(prompt) for prompt in prompts], np.float32)[:, None, None, None]
        noise = (latents - np.sqrt(alpha) * self.clean) / np.sqrt(1 - alpha)
        return Prediction((noise + far).astype(np.float32), np.repeat(self.clean, len(latents), 0) - far)


@pytest.mark.parametrize("sampler", CLASSES)
def test_with_a_network_that_knows_the_picture_every_sampler_ends_there(sampler):
    clean = np.random.default_rng(1).uniform(-1, 1, (1, 3, 4, 4)).astype(np.float32)
    *_, last = sample(Exact(clean), noise_like((3, 4, 4), 0, 2), ["", ""], sampler, 12)
    assert np.allclose(last.after, clean, atol=0.02 if sampler in ("DDIM", "DDPM") else 1e-5)
    assert np.allclose(last.after[0], last.after[1], atol=1e-5), "both began with the same noise"


@pytest.mark.parametrize(("guidance", "wanted"), [(0.0, 0.0), (0.5, 1.5), (1.0, 3.0), (7.0, 21.0)])
def test_guidance_goes_on_along_the_way_from_no_words_to_the_words(guidance, wanted):
    model, latents = Exact(np.zeros((1, 3, 4, 4), np.float32)), noise_like((3, 4, 4), 0)
    plain = model.predict(latents, 500, [""])
    found = guided(model, latents, 500, ["cat"], guidance)
    assert np.allclose(found.noise - plain.noise, wanted, atol=1e-4)
    assert np.allclose(found.clean - plain.clean, -wanted, atol=1e-4)


def test_noise_is_added_by_the_closed_form():
    scheduler = diffusers.DDPMScheduler(**PIXELS)
    schedule, noise = told(PIXELS), noise_like((3, 8, 8), 2)
    clean = np.random.default_rng(0).uniform(-1, 1, noise.shape).astype(np.float32)
    kept = 1.0
    for t, beta in enumerate(np.linspace(0.0001, 0.02, 1000)):
        kept *= 1 - beta
        if t in (0, 10, 500, 999):
            noisy = schedule.noisy(clean, noise, t)
            assert np.allclose(noisy, np.sqrt(kept) * clean + np.sqrt(1 - kept) * noise, atol=1e-5)
            theirs = scheduler.add_noise(*map(torch.from_numpy, (clean, noise)), torch.tensor([t]))
            assert np.allclose(noisy, theirs.numpy(), atol=1e-5)


@pytest.mark.parametrize("target", ["epsilon", "v_prediction", "sample"])
def test_noise_and_clean_latents_come_from_whatever_the_network_tells(target):
    schedule, noise = told(PIXELS | {"prediction_type": target}), noise_like((3, 8, 8), 2)
    clean = np.random.default_rng(0).uniform(-1, 1, noise.shape).astype(np.float32)
    noisy, alpha = schedule.noisy(clean, noise, 400), schedule.alphas[400]
    velocity = np.sqrt(alpha) * noise - np.sqrt(1 - alpha) * clean
    out = {"epsilon": noise, "v_prediction": velocity, "sample": clean}[target]
    found = schedule.prediction(out, noisy, 400)
    assert np.allclose(found.noise, noise, atol=1e-5) and np.allclose(found.clean, clean, atol=1e-4)


def test_between_two_timesteps_the_ratio_of_noise_to_signal_is_mixed():
    schedule = told(PIXELS)
    sigma = np.sqrt(1 / schedule.alphas - 1)
    assert schedule.alpha(41.25) == pytest.approx(1 / (1 + (0.75 * sigma[41] + 0.25 * sigma[42]) ** 2))
    assert schedule.alpha(41) == schedule.alphas[41]


def test_a_schedule_that_ends_in_noise_alone_gives_numbers():
    alphas = np.append(np.linspace(0.99, 0.01, 99), 0.0)
    schedule = Schedule(alphas, "v_prediction", "trailing")
    model = Network(schedule)
    for sampler in CLASSES:
        *_, last = sample(model, noise_like((3, 16, 16), 0), [""], sampler, 5)
        assert np.isfinite(last.after).all()
    assert np.isfinite(Schedule(alphas).prediction(np.ones((1, 3, 2, 2)), np.ones((1, 3, 2, 2)), 99).clean).all()


@pytest.mark.parametrize("steps", [0, -1, 1000])
def test_too_many_and_too_few_steps_are_told(steps):
    with pytest.raises(LoupeError, match=r"between 1 and 999"):
        plan(told(PIXELS), "DDIM", steps)


def test_only_the_sampler_that_adds_noise_takes_the_seed():
    model, noise = Network(told(PIXELS)), noise_like((3, 16, 16), 0)
    ends = {sampler: [list(sample(model, noise, [""], sampler, 5, seed=s))[-1].after for s in (0, 1)]
            for sampler in CLASSES}  # fmt: skip
    same = {sampler: np.array_equal(*pair) for sampler, pair in ends.items()}
    assert same == {"DDIM": True, "DDPM": False, "DPM-Solver++": True, "Euler": True}
