"""The lenses of drawing toward vectors: closed forms on models of a few lines."""

import json

import numpy as np
import pytest
from PIL import Image

from core.denoising import Schedule
from core.errors import LoupeError
from core.lenses.path_on_map import path_on_map
from core.lenses.text_difference import text_difference
from core.lenses.unclip_stages import NEAR, unclip_stages
from core.lenses.variations import variations
from core.lenses.vector_interpolation import vector_interpolation
from core.params import Encoders, Examples
from core.toward_vectors import VectorDrawing, VectorPrior, same_space
from tests.tiny_rebuilding import Sample
from webapp.figure import drawing
from webapp.panels import path_on_map as path_panel
from webapp.panels import text_difference as text_panel
from webapp.panels import unclip_stages as stages_panel
from webapp.panels import variations as variations_panel
from webapp.panels import vector_interpolation as vector_panel

SHAPE = (3, 4, 4)
RED, GREEN, BLUE = np.eye(3)
GREY = np.full(3, 0.25)


def flat(colour, size=(8, 8)):
    return Image.new("RGB", size, tuple(round(255 * part) for part in colour))


class Colours:
    """Joint space of the three colours: a picture's vector is its mean colour, a sentence's the colour it names, a
    little off."""

    def embed_texts(self, texts):
        named = {"red": RED, "green": GREEN, "blue": BLUE}
        found = np.stack([named.get(text, GREY) + 0.2 for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    def embed_images(self, images):
        means = np.stack([np.asarray(image, float).mean(axis=(0, 1)) / 255 + 1e-6 for image in images])
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)

    def temperature(self):
        return 1.0


class Naming:
    """The prior knows each colour's own vector, and comes to it in three steps from where the sentence lies; a draw
    adds a hundredth of its seed to the last number."""

    encoder = Colours()

    def text_vectors(self, texts):
        return self.encoder.embed_texts(list(texts))

    def picture_vectors(self, images):
        return self.encoder.embed_images(images)

    def imagined(self, prompt, seeds, guidance=None):
        start = self.text_vectors([prompt])[0]
        goal = {"red": RED, "green": GREEN, "blue": BLUE}[prompt]
        for share in (0.0, 0.5, 1.0):
            yield np.stack([start + share * (goal - start) + [0, 0, seed / 100] for seed in seeds])


class Painting(Naming):
    """Draws, whatever the noise, one colour: the vector itself; toward no vector grey."""

    def __init__(self):
        self.asked, self.noises = [], []

    def shape(self):
        return SHAPE

    def schedule(self):
        return Schedule(np.linspace(0.999, 0.001, 100), target="sample")

    def words(self):
        return True

    def read(self, prompts, seed):
        made = {p: list(self.imagined(p, [seed]))[-1][0] for p in prompts if isinstance(p, str) and p}
        return [made.get(p, p) if isinstance(p, str) else p for p in prompts]

    def predict(self, latents, timestep, prompts):
        assert not any(isinstance(one, str) and one for one in prompts), "a sentence is read once, before"
        self.asked.append(len(latents))
        self.noises.append(latents)
        told = np.stack([GREY if isinstance(one, str) else one for one in prompts])[:, :, None, None]
        return self.schedule().prediction(np.broadcast_to(told, latents.shape), latents, timestep)

    def latents(self, images):
        means = np.stack([np.asarray(image, float).mean(axis=(0, 1)) / 255 for image in images])
        return np.broadcast_to(means[:, :, None, None], (len(images), *SHAPE)).astype(np.float32)

    def pictures(self, latents):
        return np.clip(latents.transpose(0, 2, 3, 1), 0, 1).astype(np.float32)


def collection():
    """Six reds, six greens, and six blues, each a little less pure than the one before."""
    pure = [colour for colour in (RED, GREEN, BLUE) for _ in range(6)]
    return Sample([flat(0.9 * colour + 0.004 * n) for n, colour in enumerate(pure)])


def test_the_fakes_are_what_the_lenses_ask():
    assert isinstance(Painting(), VectorDrawing) and isinstance(Naming(), VectorPrior)
    assert not isinstance(Naming(), VectorDrawing)
    assert same_space(Naming(), Colours(), "red")

    class Other(Colours):
        def embed_texts(self, texts):
            return super().embed_texts(texts)[:, ::-1]

    assert not same_space(Naming(), Other(), "red")


def test_variations_share_the_vector_and_differ_by_the_noise():
    model, told = Painting(), []
    early, found = variations(
        model, flat((0.8, 0.2, 0)), 3, steps=6, guidance=1, progress=lambda *x: told.append(x)
    )
    assert (early.step, found.step) == (5, 6) and told == [(n + 1, 6) for n in range(6)]
    vector = np.array([0.8, 0.2, 0]) / np.hypot(0.8, 0.2)
    assert np.allclose(found.pictures[:3], np.clip(vector, 0, 1), atol=5e-3)
    assert np.allclose(found.cosine, [1, 1, 1, vector.sum() / 3**0.5], atol=1e-3), "the last one is toward nothing"
    assert found.rebuilt_cosine == pytest.approx(1, abs=1e-3) and set(model.asked) == {4}
    first = model.noises[0]
    assert np.array_equal(first[0], first[3]) and not np.allclose(first[0], first[1])
    packed = drawing(variations_panel.pictures(found), "m", "v", 0.1)
    assert [one["name"] for one in packed["pictures"]][-2:] == ["variation 3", "toward no vector"]
    assert packed["pictures"][2]["notes"] == ["cos 1.000"] and "5 / 6" in variations_panel.pictures(early).note
    assert json.dumps(packed, allow_nan=False)


def test_guidance_goes_beyond_the_vector_away_from_none():
    *_, found = variations(Painting(), flat((0.5, 0, 0)), 1, steps=4, guidance=2)
    assert np.allclose(found.pictures[0, 0, 0], np.clip(GREY + 2 * (RED - GREY), 0, 1), atol=1e-3)


def test_the_way_between_two_pictures_is_the_great_circle():
    model = Painting()
    found = vector_interpolation(
        model, flat((0.5, 0, 0)), Examples({"lawn": flat((0, 0.5, 0))}), 2, steps=4, guidance=1
    )
    angle = found.shares * np.pi / 2
    assert found.name == "lawn" and np.allclose(found.cosine, [np.cos(angle), np.sin(angle)], atol=1e-2)
    assert np.allclose(found.drawn[4, 0, 0], [0.5**0.5, 0.5**0.5, 0], atol=1e-2), "a mixture would be shorter"
    assert np.allclose(found.mixed[4, 0, 0], [0.25, 0.25, 0], atol=5e-3)
    assert np.ptp(model.noises[0], axis=0).max() == 0, "all from the same noise"
    packed = drawing(vector_panel.pictures(found), "m", "v", 0.1)
    assert packed["steps"][packed["start"]] == "50 %" and len(packed["pictures"]) == 8
    assert [one["name"] for one in packed["pictures"]][4:] == ["25 %", "50 %", "75 %", "100 %"]
    assert json.dumps(packed, allow_nan=False)


def test_words_turn_the_picture_toward_their_difference():
    found = text_difference(Painting(), flat((0, 0, 0.5)), ["red"], ["green"], steps=4, guidance=1)
    goal = (GREEN - RED) / 2**0.5
    angle = np.pi / 2 * found.strengths[:, None]  # blue stands upright on green less red
    wanted = np.cos(angle) * BLUE + np.sin(angle) * goal
    assert np.allclose(found.drawn[:, 0, 0], np.clip(wanted, 0, 1), atol=1e-2)
    assert (np.diff(found.cosine[0]) < 1e-3).all() and found.cosine[0, 0] == pytest.approx(1, abs=1e-3)
    packed = drawing(text_panel.pictures(found), "m", "v", 0.1)
    assert packed["steps"][packed["start"]] == "0.5" and "red → green" in packed["slider"]
    assert len(packed["curves"][0]["names"]) == 3 and json.dumps(packed, allow_nan=False)


@pytest.mark.parametrize(("lines", "said"), [(([], ["red"]), "Two sentences"), ((["red"], ["red"]), "same vector")])
def test_two_different_sentences_are_needed(lines, said):
    with pytest.raises(LoupeError, match=said):
        text_difference(Painting(), flat(RED), *lines)


def test_the_prior_comes_near_pictures_where_the_sentence_is_far():
    judge, gallery = Encoders({"judge": Colours()}), collection()
    before, found = unclip_stages(Painting(), "green", judge, gallery, 2, steps=4, guidance=1)
    assert [one.kind for one in before.stages] == ["sentence", "prior", "prior"] and before.compared == 18
    sentence, prior, second, drawn, _ = found.stages
    assert (
        [one.captions for one in found.stages[:3]] == [one.captions for one in before.stages]
        and drawn.kind == "picture"
        and drawn.drawn is not None
    )
    assert set(sentence.captions) == set(prior.captions) == {f"picture {n}" for n in range(6, 12)}
    assert found.cosine[1].min() > 0.99 > found.cosine[0].max() and sentence.sentence == pytest.approx(1)
    text = np.array([0.2, 1.2, 0.2]) / np.linalg.norm([0.2, 1.2, 0.2])
    assert prior.sentence == pytest.approx(text[1], abs=1e-6), "the prior's vector is green itself"
    assert second.draw == 1 and second.sentence != prior.sentence
    assert drawn.before == pytest.approx(1, abs=1e-3) and np.allclose(drawn.drawn, GREEN, atol=1e-3)
    packed = drawing(stages_panel.stages(found), "m", "v", 0.1)
    assert [row["kind"] for row in packed["rows"]] == ["sentence", "prior", "picture", "prior", "picture"]
    assert [row["draw"] for row in packed["rows"]] == [0, 1, 1, 2, 2] and not packed["waiting"]
    assert all(len(row["near"]) == NEAR for row in packed["rows"]) and json.dumps(packed, allow_nan=False)
    assert drawing(stages_panel.stages(before), "m", "v", 0.1)["waiting"]


def test_a_prior_alone_draws_nothing_and_waits_for_nothing():
    (found,) = unclip_stages(Naming(), "red", Encoders({"judge": Colours()}), collection(), 1)
    assert [one.kind for one in found.stages] == ["sentence", "prior"] and not found.draws
    packed = stages_panel.stages(found).packed()
    assert not packed["waiting"] and [row["draw"] for row in packed["rows"]] == [0, 0]


def test_without_an_encoder_of_its_space_the_prior_embeds_some_of_the_collection_once():
    class Three(Sample):
        def vectors(self, encoder):
            raise AssertionError("of another space")

        def captions(self):
            return [f"colour {n}" for n in range(3)]

    gallery, told = Three([flat(RED), flat(GREEN), flat(BLUE)]), []
    (found,) = unclip_stages(Naming(), "blue", Encoders({}), gallery, 1, progress=lambda *x: told.append(x))
    assert found.stages[1].captions[0] == "colour 2" and found.compared == 3 and told == [(0, 3)]
    list(unclip_stages(Naming(), "blue", Encoders({}), gallery, 1, progress=lambda *x: told.append(x)))
    assert told == [(0, 3)]
    with pytest.raises(LoupeError, match="sentence is empty"):
        next(unclip_stages(Naming(), " ", Encoders({}), gallery))


def test_the_priors_path_stands_on_the_map():
    class Worded(Sample):
        def captions(self):
            return [("red", "green", "blue")[n // 6] for n in range(18)]

    gallery = Worded(collection().pictures)
    *_, found = path_on_map(Painting(), "red", Encoders({"judge": Colours()}), gallery, steps=4)
    assert found.imagined is not None and found.imagined.shape == (3, 2)
    assert np.allclose(found.imagined[-1], found.path[-1], atol=1e-2), "the picture is drawn toward the path's end"
    names = [trace.name for trace in path_panel.path(found).data if trace.name]  # pyright: ignore
    assert names.index("the prior, step by step") == 3 and names[4] == "the picture, step by step"
