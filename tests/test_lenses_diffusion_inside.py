"""The lenses into a diffusion model's U-Net and its path through the joint space: closed forms on small fakes."""

import itertools
import json

import numpy as np
import pytest
from PIL import Image

from core.denoising import Schedule, WordMaps
from core.errors import LoupeError
from core.lenses.path_on_map import path_on_map, spanned
from core.lenses.skip_connections import AT_ONCE, skip_connections
from core.lenses.words_to_places import SIDE, words_of, words_to_places
from core.params import Encoders
from core.samplers import noise_like, sample
from tests.tiny_rebuilding import Sample
from webapp.figure import drawing
from webapp.panels.path_on_map import path
from webapp.panels.skip_connections import pictures
from webapp.panels.words_to_places import places

SHAPE = (1, 4, 4)


class Grey:
    """Sees in any noise one picture of a single grey, named by the prompt: "0.5"; without words 0."""

    def __init__(self):
        self.asked = []

    def shape(self):
        return SHAPE

    def schedule(self):
        return Schedule(np.linspace(0.999, 0.001, 100), target="sample")

    def read(self, prompts, seed):
        return prompts

    def words(self):
        return True

    def predict(self, latents, timestep, prompts):
        self.asked.append((timestep, tuple(prompts)))
        told = np.ones_like(latents) * np.array([float(prompt or 0) for prompt in prompts])[:, None, None, None]
        return self.schedule().prediction(told, latents, timestep)

    def latents(self, images):
        raise AssertionError("no lens here asks for it")

    def pictures(self, latents):
        return np.clip(np.repeat(latents.transpose(0, 2, 3, 1), 3, -1), 0, 1)


class Looking(Grey):
    """Looks at six tokens alike on a grid of 4 x 4; on one of 2 x 2 at "ed" alone, and only in its first quarter."""

    def predict(self, latents, timestep, prompts):
        return super().predict(latents, timestep, ["0.5"] * len(prompts))

    def word_maps(self, latents, timestep, prompt):
        assert latents.shape == SHAPE
        fine, coarse = np.full((2, 6, 4, 4), 1 / 6), np.zeros((2, 6, 2, 2))
        coarse[:, 0] = 1
        coarse[:, :, 0, 0] = 0
        coarse[:, 3, 0, 0] = 1
        tokens = ("[start]", "a", "r", "ed", "apple", "[end]")
        added = np.array([True, False, False, False, False, True])
        return WordMaps(tokens, added, ("one", "two", "three"), [coarse, fine, coarse])


def test_a_word_gets_what_its_tokens_got():
    told = []
    early, found = words_to_places(Looking(), "a red apple", 7, progress=lambda *far: told.append(far))
    assert early.maps.shape[0] == 5 and np.array_equal(found.maps[:5], early.maps)
    assert found.words == ("a", "red", "apple") and found.grids == ((4, 4), (2, 2))
    assert found.layers.tolist() == [1, 2] and told == [(n + 1, 7) for n in range(7)]
    assert found.maps.shape == (7, 2, 4, SIDE, SIDE)
    shares = np.array([1, 2, 1, 2]) / 6  # two tokens are "red", two are no word
    assert np.allclose(found.maps[:, 0], shares[:, None, None], atol=1e-6)
    coarse = found.maps[2, 1]
    assert (
        coarse[1, 0, 0] == 1 and coarse[1, -1, -1] == 0 and coarse[1, SIDE // 2, 0] == pytest.approx(0.5, abs=0.05)
    )
    assert (coarse[[0, 2]] == 0).all() and np.allclose(coarse.sum(axis=0), 1, atol=1e-6)
    assert np.allclose(found.pictures, 0.5, atol=1e-5) and (np.diff(found.timesteps) < 0).all()


def test_the_maps_of_all_steps_and_grids_are_means_over_the_layers():
    packed = drawing(places(next(words_to_places(Looking(), "a red apple", steps=4))), "m", "v", 0.1)
    assert packed["kind"] == "word_places" and json.dumps(packed, allow_nan=False)
    assert (
        len(packed["pages"]) == len(packed["pictures"]) == 5 and [len(step) for step in packed["pages"]] == [3] * 5
    )
    assert packed["grids"] == ["4 × 4", "2 × 2"] and packed["first"] == 1, "the first word that says something"
    every, fine, coarse = packed["pages"][0]
    assert fine["high"][1] == pytest.approx(1 / 3) and fine["low"] == pytest.approx(fine["high"])
    assert every["high"][1] == pytest.approx((1 / 3 + 2 * coarse["high"][1]) / 3)


def test_words_are_put_together_from_tokens():
    words, tokens = words_of(
        ("<s>", "Straw", "berry", ",", "a", "tart", "</s>"), np.eye(7)[0] > 0, "strawberry, a tart"
    )
    assert words == ("strawberry", "a", "tart") and tokens[0].tolist() == [0, 1, 1, 0, 0, 0, 0]
    words, tokens = words_of(("红色", "的", "苹果", "##x"), np.zeros(4, bool), "红色的苹果x")
    assert words == ("红色", "的", "苹果", "x") and tokens.tolist() == np.eye(4).tolist()
    assert words_of((".", "…"), np.zeros(2, bool), ". …")[0] == ()
    words, tokens = words_of(("cat", "cat"), np.zeros(2, bool), "cat cat")
    assert words == ("cat", "cat") and tokens.tolist() == np.eye(2).tolist()


def test_a_sentence_without_words_is_refused():
    for text in ("  ", "..."):
        with pytest.raises(LoupeError, match="Type a few words"):
            next(words_to_places(Looking(), text, steps=4))


class Ladder(Grey):
    """A grey whose two skip connections take 0.25 and 0.5 off it when they are off."""

    def skips(self):
        return ("2 × 2 · 1", "4 × 4 · 1")

    def predict_without(self, latents, timestep, prompts, off):
        assert off.shape == (len(latents), 2) and len(latents) <= AT_ONCE
        self.asked.append((timestep, off.any()))
        left = np.array([float(prompt or 0.75) for prompt in prompts]) - off @ np.array([0.25, 0.5])
        told = np.ones_like(latents) * left[:, None, None, None]
        return self.schedule().prediction(told, latents, timestep)


def test_each_skip_connection_changes_what_it_carries():
    told = []
    *early, found = skip_connections(Ladder(), "0.75", steps=4, guidance=1, progress=lambda *far: told.append(far))
    assert told == [(n + 1, 4) for n in range(4)] and [one.step for one in early] == [1, 2, 3] and found.step == 4
    assert found.names[1:4] == ("without 2 × 2 · 1", "without 4 × 4 · 1", "without any") and len(found.names) == 5
    assert found.change == pytest.approx([0, 0.25, 0.5, 0.75, 0], abs=1e-5), (
        "this model draws the same from any noise"
    )
    packed = pictures(found).packed()
    assert packed["pictures"][2]["notes"] == ["changes 50.0 % of a colour"] and "step 4 of 4" in packed["note"]


def test_guidance_asks_for_the_same_skip_connections_with_and_without_words():
    *_, found = skip_connections(Ladder(), "0.75", steps=4, guidance=3)
    assert found.change == pytest.approx([0, 0.25, 0.5, 0.75, 0], abs=1e-5)


@pytest.mark.parametrize(("during", "off"), [("noisy half", [1, 1, 0, 0]), ("clean half", [0, 0, 1, 1])])
def test_they_are_off_during_the_chosen_half_alone(during, off):
    model = Ladder()
    *_, found = skip_connections(model, "0.75", during, steps=4, guidance=1)
    assert [any(was for _, was in asked) for _, asked in itertools.groupby(model.asked, lambda one: one[0])] == off
    assert (found.change[1:4] > 0.1).all() == (during == "clean half"), "the last step decides for this model"


def test_a_model_without_words_is_asked_without_them():
    class Wordless(Ladder):
        def words(self):
            return False

    model = Wordless()
    *_, found = skip_connections(model, "a cat", steps=4)
    assert found.change == pytest.approx([0, 0.25, 0.5, 0.75, 0], abs=1e-5)


class Brightness:
    """A dual encoder: a vector turns from one axis to the other as the grey, or the number in the text, rises."""

    def __init__(self, low=0.0, high=1.0):
        self.low, self.high = low, high

    def turned(self, greys):
        angles = np.pi / 2 * np.array(greys)
        return np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1).astype(np.float32)

    def embed_images(self, images):
        return self.turned([np.asarray(image, float).mean() / 255 for image in images])

    def embed_texts(self, texts):
        return self.turned([float(text.split()[-1]) / 4 for text in texts])

    def temperature(self):
        return 0.1


class Brightening(Grey):
    """What it sees brightens while the noise goes."""

    def predict(self, latents, timestep, prompts):
        self.asked.append(tuple(prompts))
        return self.schedule().prediction(np.ones_like(latents) * (1 - timestep / 99), latents, timestep)


def collection():
    return Sample([Image.new("RGB", (8, 8), (shade,) * 3) for shade in (0, 64, 128, 192, 255)])


def test_the_path_goes_from_the_far_pictures_to_the_near_ones():
    told, model = [], Brightening()
    *early, found = path_on_map(
        model, "a 4", Encoders({"judge": Brightness()}), collection(), steps=10, guidance=1,
        progress=lambda *far: told.append(far),
    )  # fmt: skip
    assert told == [(n + 1, 10) for n in range(10)] and [len(one.path) for one in early] == [1, 5, 9]
    assert set(itertools.chain(*model.asked)) == {"a 4"} and found.encoder == "judge" and found.worded
    greys = 1 - np.array([90, 80, 70, 60, 50, 40, 30, 20, 10, 0]) / 99
    assert found.cosine == pytest.approx(np.sin(np.pi / 2 * greys), abs=0.01), "all dimensions count"
    assert found.nearest == pytest.approx(1, abs=1e-4) and found.usual == pytest.approx(0.6035, abs=1e-3)
    assert found.captions[0] == "picture 4" and len(found.near) == 5 and len(found.others) == 0
    far = np.linalg.norm(found.path - found.near[0], axis=1)
    assert far[-1] < 0.02 and far[-1] < far[0] and np.allclose(early[0].path[0], found.path[0])


def test_the_plane_is_where_the_vectors_differ_most():
    vectors = np.array([[3.0, 1, 0], [-3, 1, 0], [0, 2, 0], [0, 0, 0]])
    middle, plane, share = spanned(vectors)
    assert middle.tolist() == [0, 1, 0] and np.allclose(np.abs(plane), [[1, 0], [0, 1], [0, 0]])
    assert share == pytest.approx([0.9, 0.1])


def test_the_path_is_drawn_and_a_model_without_words_says_so():
    class Wordless(Brightening):
        def words(self):
            return False

    encoders = Encoders({"judge": Brightness()})
    *_, told = path_on_map(Brightening(), "<b>a</b> 4", encoders, collection(), steps=4)
    *_, mute = path_on_map(model := Wordless(), "a 4", encoders, collection(), steps=4)
    assert set(itertools.chain(*model.asked)) == {""} and not mute.worded
    assert np.array_equal(mute.path, told.path), "this model draws the same with and without words"
    for result, notes in ((told, 2), (mute, 3)):
        drawn = path(result)
        assert json.dumps(drawing(drawn, "m", "v", 0.1)) and len(drawn.layout.annotations) == notes
        assert len(drawn.layout.images) == 4 + 4 and drawn.data[-1].y.tolist() == result.cosine.tolist()
    assert path(told).data[2].hovertext == ("&lt;b&gt;a&lt;/b&gt; 4",)
    with pytest.raises(LoupeError, match="empty"):
        next(path_on_map(Grey(), " ", encoders, collection()))


def test_the_first_picture_is_the_one_that_is_drawn_anyway():
    *_, found = skip_connections(Ladder(), "0.5", steps=4, guidance=2, seed=3)
    *_, plain = sample(Grey(), noise_like(SHAPE, 3), ["0.5"], "DDIM", 4, 1.0)
    assert not np.allclose(found.pictures[0], Grey().pictures(plain.clean)[0], atol=1e-3), "guidance counts"
    *_, found = skip_connections(Ladder(), "0.5", steps=4, guidance=1, seed=3)
    assert np.allclose(found.pictures[0], Grey().pictures(plain.clean)[0], atol=1e-6)
