"""The lenses of diffusion models: closed forms on models of a few lines."""

import inspect
import json

import numpy as np
import pytest
from PIL import Image

from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.lenses.noising import noising
from core.lenses.trajectory import LARGEST, small, trajectory
from core.samplers import noise_like
from webapp.panels.noising import pictures as noising_pictures
from webapp.panels.trajectory import pictures as trajectory_pictures

SIDE = 8
ALPHAS = np.cumprod(1 - np.linspace(0.0001, 0.02, 1000))


class Knowing:
    """Pixels; knows one clean picture, of a brightness that the sentence's length sets, and sees it in everything."""

    def __init__(self, reads=True, grey=0.0):
        self.reads, self.grey, self.asked, self.passes = reads, grey, [], 0

    def shape(self):
        return 3, SIDE, SIDE

    def schedule(self):
        return Schedule(ALPHAS, clip=None)

    def read(self, prompts, seed):
        return prompts

    def words(self):
        return self.reads

    def predict(self, latents, timestep, prompts):
        assert self.reads or not any(prompts)
        self.passes += 1
        self.asked.append(tuple(prompts))
        alpha = self.schedule().alpha(timestep)
        bright = np.array([self.grey + len(prompt) / 100 for prompt in prompts])[:, None, None, None]
        clean = np.broadcast_to(bright, latents.shape).astype(np.float32)
        noise = (latents - np.sqrt(alpha) * clean) / np.sqrt(1 - alpha)
        return Prediction(noise.astype(np.float32), clean)

    def latents(self, images):
        small = [np.asarray(image.resize((SIDE, SIDE)), np.float32) / 127.5 - 1 for image in images]
        return np.stack(small).transpose(0, 3, 1, 2)

    def pictures(self, latents):
        return np.clip(latents.transpose(0, 2, 3, 1) / 2 + 0.5, 0, 1).astype(np.float32)


class Blown(Knowing):
    """Answers that grow and grow."""

    def predict(self, latents, timestep, prompts):
        huge = np.full(latents.shape, 3e38, np.float32)
        return Prediction(huge, huge)


def picture():
    return Image.linear_gradient("L").convert("RGB")


def test_the_picture_goes_into_noise_by_the_closed_form():
    model = Knowing()
    found = noising(model, picture(), "a cat", seed=3)
    clean, noise = model.latents([picture()])[0], noise_like(model.shape(), 3)[0]
    assert found.timesteps[0] == 0 and found.timesteps[-1] == 999
    for timestep, shown in zip(found.timesteps, found.noisy, strict=True):
        wanted = np.sqrt(ALPHAS[timestep]) * clean + np.sqrt(1 - ALPHAS[timestep]) * noise
        assert np.allclose(shown, np.clip(wanted.transpose(1, 2, 0) / 2 + 0.5, 0, 1), atol=1e-5)
    told = []
    noising(model, picture(), "", progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 11) for n in range(11)]
    assert np.array_equal(found.added, noise) and set(model.asked) == {("",)}


def test_errors_are_shares_of_the_variance():
    """A network that always sees mid-grey is wrong by all of the picture, and by little noise where there is much."""
    grey = float(Knowing().latents([picture()]).mean())
    found = noising(Knowing(grey=grey), picture(), "")
    assert np.allclose(found.clean_error, 1, atol=1e-4)
    ratio = ALPHAS[found.timesteps] / (1 - ALPHAS[found.timesteps])
    latents, noise = Knowing().latents([picture()]), noise_like((3, SIDE, SIDE), 0)
    assert np.allclose(found.added_error, ratio * latents.var() / noise.var(), rtol=1e-3)
    assert np.all(np.diff(found.added_error) < 0)


def test_the_sentence_is_read_where_it_is_asked_for():
    model = Knowing()
    found = noising(model, picture(), " a cat ", with_the_sentence=True)
    assert set(model.asked) == {("a cat",)} and found.prompt == "a cat"
    model = Knowing(reads=False)
    assert noising(model, picture(), "a cat", with_the_sentence=True).prompt == ""


def test_the_curves_of_the_schedule_stand_below_the_pictures():
    packed = noising_pictures(noising(Knowing(), picture(), "")).packed()
    shares, ratio, errors = packed["curves"]
    assert np.allclose(np.square(shares["values"]).sum(0), 1, atol=1e-3) and len(shares["values"][0]) == 101
    assert np.allclose(ratio["values"][0][50], np.log(ALPHAS[500] / (1 - ALPHAS[500])), rtol=1e-2)
    assert len(errors["values"][0]) == len(packed["steps"]) == 11 and shares["places"] == errors["places"]
    assert json.dumps(packed)


@pytest.mark.parametrize("sampler", ["DDIM", "DDPM", "DPM-Solver++", "Euler"])
def test_what_the_network_sees_is_what_is_drawn(sampler):
    model = Knowing()
    *early, last = trajectory(model, "a cat", (), sampler=sampler, steps=6, guidance=1.0)
    assert [len(one.timesteps) for one in early] == [1] * 5 and len(last.timesteps) == 6
    assert [one.done for one in early] == [1, 2, 3, 4, 5] and model.passes == 6
    assert np.allclose(last.clean, 0.5 + 5 / 200, atol=1e-5) and np.allclose(last.changed, 0, atol=1e-6)
    assert np.allclose(last.signal, np.sqrt([model.schedule().alpha(time) for time in last.timesteps]))
    assert np.array_equal(last.latents[2], early[2].latents[0]) and last.pixels


def test_two_sentences_share_the_noise_and_each_pass():
    model = Knowing()
    *_, last = trajectory(model, "a cat", ["two cats"], steps=4, guidance=2.0)
    assert model.passes == 4 and set(model.asked) == {("", "", "a cat", "two cats")}
    assert np.array_equal(last.latents[0, 0], last.latents[0, 1]) and last.prompts == ("a cat", "two cats")
    bright = last.clean[-1].mean(axis=(1, 2, 3))
    assert np.allclose(bright, [0.5 + 2 * 5 / 200, 0.5 + 2 * 8 / 200], atol=1e-5), "twice the way to the words"
    packed = trajectory_pictures(last).packed()
    assert [one["name"] for one in packed["pictures"]] == [
        "a cat", "latents", "noise seen", "two cats", "latents", "noise seen",
    ]  # fmt: skip
    assert packed["start"] == 3 and len(packed["curves"][0]["values"]) == 2


def test_the_seed_is_the_first_noise():
    ends = [next(trajectory(Knowing(), "", (), seed=seed, steps=2)).latents for seed in (0, 0, 1)]
    assert np.array_equal(ends[0], ends[1]) and not np.allclose(ends[0], ends[2])


def test_without_words_and_of_a_model_that_takes_none():
    model = Knowing()
    *_, last = trajectory(model, "  ", (), steps=2)
    assert (
        set(model.asked) == {("",)} and trajectory_pictures(last).packed()["pictures"][0]["name"] == "without words"
    )
    model = Knowing(reads=False)
    first, last = trajectory(model, "a cat", ["a dog"], steps=2)
    assert last.prompts == ("",) and not last.words
    assert "takes no words" in trajectory_pictures(last).packed()["note"]
    assert "1 / 2" in trajectory_pictures(first).packed()["note"]


def test_numbers_without_bounds_and_impossible_steps_are_told():
    with np.errstate(all="ignore"), pytest.raises(LoupeError, match="Lower the guidance"):
        list(trajectory(Blown(), "a cat", (), steps=3, guidance=15.0))
    with pytest.raises(LoupeError, match="between 1 and 999"):
        list(trajectory(Knowing(), "a cat", (), steps=0))


def test_a_drawing_can_be_stopped_after_any_step():
    model = Knowing()
    drawn = trajectory(model, "a cat", (), steps=50)
    assert inspect.isgenerator(drawn)
    next(drawn)
    drawn.close()
    assert model.passes == 1


def test_what_travels_stays_small():
    """Of pictures as large as Stable Diffusion's: one step while it draws, all fifty at the end."""
    noise = np.random.default_rng(0)

    class Large(Knowing):
        def pictures(self, latents):
            return np.repeat(noise.random((1, 512, 512, 3), np.float32), len(latents), 0)

        def shape(self):
            return 4, 64, 64

    *early, last = trajectory(Large(), "a cat", (), steps=10)
    sizes = [len(json.dumps(trajectory_pictures(one).packed())) for one in (early[0], last)]
    assert sizes[0] < 150_000 and sizes[1] < 1_500_000
    assert last.clean.shape[2:4] == (LARGEST, LARGEST) and not last.pixels
    assert small(np.ones((1, 515, 700, 3))).shape == (1, 171, 233, 3)
