"""The lenses of films: closed forms on models of a few lines, and what their views make of it."""

import json

import numpy as np
import pytest

from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.lenses.frame_attention import asked, frame_attention
from core.lenses.video import KEPT, middle, video
from core.lenses.without_time import without_time
from core.samplers import noise_like, sample
from core.video import FrameAttending, FrameAttention
from webapp.figure import drawing
from webapp.films import montage, trail
from webapp.panels.frame_attention import looks
from webapp.panels.video import film
from webapp.panels.without_time import films

FRAMES, SIDE = 5, 8
ALPHAS = np.cumprod(1 - np.linspace(0.0001, 0.02, 1000))


class Moving:
    """A white square of 2 x 2 on black, one column further in each frame; without time, and without words, black.

    Its latents are its pixels, in 0..1, in one channel.
    """

    def __init__(self, reads=True):
        self.reads, self.asked, self.looked = reads, [], []
        self.clean = np.zeros((1, FRAMES, SIDE, SIDE), np.float32)
        for frame in range(FRAMES):
            self.clean[0, frame, 3:5, frame + 1 : frame + 3] = 1

    def film_shape(self):
        return 1, FRAMES, SIDE, SIDE

    def schedule(self):
        return Schedule(ALPHAS, target="sample")

    def read(self, prompts, seed):
        return prompts

    def words(self):
        return self.reads

    def predict(self, latents, timestep, prompts, temporal=True):
        assert latents.shape[1:] == self.film_shape() and (self.reads or not any(prompts))
        self.asked.append((timestep, temporal, tuple(prompts)))
        told = np.stack([self.clean * (temporal and (bool(prompt) or not self.reads)) for prompt in prompts])
        return self.schedule().prediction(told, latents, timestep)

    def frames(self, latents):
        assert latents.shape == self.film_shape()
        return np.clip(np.repeat(latents[0][..., None], 3, -1), 0, 1)


class Looking(Moving):
    """Two layers of one and two heads over 4 x 4 patches: all alike within, and through time alike or to itself."""

    def places(self):
        return 4, 4

    def frame_attention(self, latents, timestep, prompt, place):
        assert latents.shape == self.film_shape()
        self.looked.append((timestep, prompt, place))
        within = np.full((2, 2, FRAMES, 4, 4), 1 / 16, np.float32)
        within[1, 1] = 0
        within[1, 1, :, place[0], place[1]] = 1
        through = np.full((2, 2, FRAMES, FRAMES), 1 / FRAMES, np.float32)
        through[1, 1] = np.eye(FRAMES)
        return FrameAttention(within, through)


class Blown(Moving):
    """Answers that grow and grow."""

    def predict(self, latents, timestep, prompts, temporal=True):
        huge = np.full(latents.shape, 3e38, np.float32)
        return Prediction(huge, huge)


@pytest.mark.parametrize("sampler", ["DDIM", "DDPM", "DPM-Solver++", "Euler"])
def test_a_film_is_drawn_by_every_sampler(sampler):
    model = Moving()
    *early, last = video(model, " a square ", sampler, steps=8, guidance=1)
    assert [one.done for one in early] == [1, 2, 3, 4, 5, 6, 7] and last.done == 8 and last.prompt == "a square"
    assert last.frames.shape == (KEPT, FRAMES, SIDE, SIDE, 3) and len(model.asked) == 8
    assert np.allclose(last.frames[-1], model.frames(model.clean), atol=1e-5)
    times = [asked[0] for asked in model.asked]
    assert last.timesteps[0] == times[0] and last.timesteps[-1] == times[-1] and set(last.timesteps) <= set(times)
    assert early[2].timesteps[-1] == times[2], "what is not kept is shown while it is the latest"


def test_how_much_it_changes_and_where_its_middle_goes():
    *_, last = video(Moving(), "a square", steps=3, guidance=1)
    assert np.allclose(last.change, 4 / SIDE**2, atol=1e-6), "two columns of two pixels change by 1"
    assert np.allclose(last.middle[:, 0], 0.5) and np.allclose(last.middle[:, 1], (np.arange(FRAMES) + 2) / SIDE)
    packed = film(last).packed()
    change, path = packed["curves"]
    assert change["values"][0] == pytest.approx([4 / SIDE**2] * (FRAMES - 1), rel=1e-3)
    assert path["values"][0] == pytest.approx(((np.arange(FRAMES) + 2) / SIDE).tolist()) and path["ends"] == [0, 1]


def test_what_is_one_colour_has_its_middle_in_the_middle():
    assert np.allclose(middle(np.full((2, 6, 6, 3), 0.3, np.float32)), 0.5)
    frames = np.ones((1, 4, 10, 3), np.float32)
    frames[0, 1, 2] = 0
    assert np.allclose(middle(frames), [[1.5 / 4, 2.5 / 10]]), "dark on a light ground counts the same"


def test_guidance_and_missing_words():
    *_, last = video(model := Moving(), "a square", steps=2, guidance=2)
    assert {asked[2] for asked in model.asked} == {("", "a square")} and last.frames.max() == 1
    *_, last = video(model := Moving(), "  ", steps=2)
    assert {asked[2] for asked in model.asked} == {("",)} and last.frames.max() < 1e-5
    assert film(last).packed()["pictures"][0]["name"] == "without words"
    *_, last = video(model := Moving(reads=False), "a square", steps=2)
    assert {asked[2] for asked in model.asked} == {("",)} and last.frames.max() > 0.99


def test_the_film_travels_as_frames_to_be_played():
    first, *_, last = video(Moving(), "a square", steps=7, guidance=1)
    for result, rows in ((first, 1), (last, KEPT)):
        packed = drawing(film(result), "m", "v", 0.1)
        assert packed["film"] and len(packed["steps"]) == FRAMES and json.dumps(packed, allow_nan=False)
        assert [len(one["frames"]) for one in packed["pictures"]] == [FRAMES] * 4 + [1]
        (grid,) = packed["grids"]
        assert (grid["rows"], grid["columns"]) == (rows, FRAMES) and grid["numbers"] == [*range(FRAMES)] * rows
    assert film(first).note == "1 / 7" and not film(last).note


def test_frames_stand_side_by_side_with_a_line_between():
    frames = np.arange(1, 4)[:, None, None, None] * np.full((3, 4, 6, 3), 0.1)
    page = montage(frames, 2)
    assert page.shape == (8, 12, 4)
    assert page[0, 0, 0] == pytest.approx(0.1) and page[0, 6, 0] == pytest.approx(0.2)
    assert page[4, 0].tolist() == pytest.approx([0.3, 0.3, 0.3, 1]) and (page[4:, 6:] == 0).all()
    assert (page[3] == 0).all() and (page[:, 5] == 0).all()


def test_the_path_is_drawn_over_the_frames():
    pages = trail(np.ones((2, 8, 8, 3)), np.array([[0.5, 0.25], [0.5, 0.75]]))
    assert pages.shape == (2, 256, 256, 3) and np.allclose(pages[:, 10, 10], 1)
    first, second = pages[:, 128, 64], pages[:, 128, 192]
    assert first[0, 0] > 0.8 > first[1, 0] and second[1, 0] > 0.8 > second[0, 0], "vermilion is the frame's own"


def test_without_time_the_same_noise_gives_another_film():
    model = Moving()
    *early, last = without_time(model, "a square", steps=4, guidance=1)
    assert [one.done for one in early] == [1, 2, 3] and len(model.asked) == 8
    assert np.allclose(last.frames[0], model.frames(model.clean), atol=1e-5) and last.frames[1].max() < 1e-5
    assert np.allclose(last.change[0], 4 / SIDE**2, atol=1e-6) and np.allclose(last.change[1], 0, atol=1e-6)
    assert np.allclose(last.apart, 4 / SIDE**2, atol=1e-6)
    *_, plain = sample(model, noise_like(model.film_shape(), 0), ["a square"], "DDIM", 4, 1.0)
    assert np.allclose(last.frames[0], model.frames(plain.clean[0]), atol=1e-6)


@pytest.mark.parametrize(("off", "told"), [("noisy half", [0, 0, 1, 1]), ("clean half", [1, 1, 0, 0])])
def test_time_is_off_during_the_chosen_half_alone(off, told):
    model = Moving()
    list(without_time(model, "a square", off, steps=4, guidance=1))
    assert [asked[1] for asked in model.asked[::2]] == [True] * 4
    assert [asked[1] for asked in model.asked[1::2]] == [bool(one) for one in told]


def test_two_films_play_together():
    first, *_ = without_time(Moving(), "a square", steps=4)
    packed = drawing(films(first), "m", "v", 0.1)
    assert packed["film"] and [len(one["frames"]) for one in packed["pictures"]] == [FRAMES, FRAMES, 1]
    assert packed["note"] == "1 / 4" and len(packed["curves"][0]["values"]) == 2 and json.dumps(packed)


def test_the_object_is_asked_about_until_another_patch_is_clicked():
    model, told = Looking(), []
    assert isinstance(model, FrameAttending)
    found = frame_attention(model, "a square", at_step=4, steps=4, guidance=1,
                            progress=lambda *far: told.append(far))  # fmt: skip
    assert found.patch == (2, 2, 2) and found.picked == "", (
        "the square stands in columns 3 and 4 of the third frame"
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert model.looked == [(model.asked[-1][0], "a square", (2, 2))] and found.timestep == model.asked[-1][0]
    found = frame_attention(model, "a square", "5,2", at_step=2, steps=4)
    assert found.patch == (4, 1, 2) and model.looked[-1][2] == (1, 2) and found.picked == "5,2"
    assert len(model.asked) == 6, "later steps are not needed"


def test_clicks_between_and_beside_the_frames():
    assert asked("0,0", 5, 4, 4) == (0, 0, 0) and asked("3,15", 5, 4, 4) == (3, 3, 3)
    assert asked("4,4", 5, 4, 4) is None, "there is no sixth frame"
    assert asked("8,0", 5, 4, 4) is asked("", 5, 4, 4) is asked("x,1", 5, 4, 4) is None
    assert asked("1,7", 2, 4, 4) == (1, 1, 3)


def test_attention_of_layers_and_heads_stands_on_one_slider():
    found = frame_attention(Looking(), "a square", "5,2", at_step=1, steps=4, guidance=1)
    packed = drawing(looks(found), "m", "v", 0.1)
    assert packed["steps"] == ["1 · mean", "1 · 1", "1 · 2", "2 · mean", "2 · 1", "2 · 2"] and json.dumps(packed)
    frames, within, through = packed["pictures"]
    assert len(frames["frames"]) == 1 and within["shape"] == [6, 8, 16] and through["shape"] == [6, FRAMES, FRAMES]
    assert within["notes"][-1] == "largest 1.00" and within["notes"][0] == "largest 0.06"
    assert [grid["value"] for grid in packed["grids"]] == ["5,2"] * 2 and packed["grids"][0]["columns"] == 16
    (bars,) = packed["bars"]
    assert bars["title"] == "frame 5 looks at" and bars["values"][-1] == [0, 0, 0, 0, 1]
    assert bars["values"][3] == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.6])
    own, beside, far = packed["curves"][0]["values"]
    assert own[0] == pytest.approx(0.2) and own[-1] == 1 and beside[0] == pytest.approx(8 / 25, abs=1e-3)
    assert np.allclose(np.add(np.add(own, beside), far), 1, atol=1e-3)


def test_numbers_without_bounds_and_impossible_steps_are_told():
    for lens in (video, without_time):
        with np.errstate(all="ignore"), pytest.raises(LoupeError, match="Lower the guidance"):
            list(lens(Blown(), "a cat", steps=4, guidance=15.0))
    with pytest.raises(LoupeError, match=r"Step 9 is asked for, but there are 4\."):
        frame_attention(Looking(), "a cat", at_step=9, steps=4)
    with pytest.raises(LoupeError, match="between 1 and 999"):
        list(video(Moving(), "a cat", steps=0))


def test_a_film_can_be_stopped_after_any_step():
    model = Moving()
    drawn = video(model, "a square", steps=50)
    next(drawn)
    drawn.close()
    assert len(model.asked) == 1
