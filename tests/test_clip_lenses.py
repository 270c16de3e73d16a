"""The lenses of dual encoders against closed forms, on a fake with vectors that are known."""

import numpy as np
import pytest
from PIL import Image

from core.capabilities import Attention, PatchVectors
from core.errors import LoupeError
from core.lenses.attention_heads import attention_heads
from core.lenses.patch_text import patch_text
from core.lenses.similarity_matrix import similarity_matrix
from core.lenses.word_swap import word_swap
from core.lenses.zero_shot import zero_shot

PICTURE = Image.new("RGB", (8, 8))


class Words:
    """A text's vector counts its letters a and b; every picture is (1, 0)."""

    def embed_texts(self, texts):
        found = np.array([[text.count("a"), text.count("b")] for text in texts], np.float32)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1)

    def embed_images(self, images):
        return np.tile(np.array([[1.0, 0.0]], np.float32), (len(images), 1))

    def temperature(self):
        return 0.5

    def embed_patches(self, image):
        vectors = np.zeros((2, 2, 2), np.float32)
        vectors[..., 1] = 1
        vectors[0, 1] = (1, 0)
        return PatchVectors(vectors, (0.0, 0.0, 4.0, 4.0))


def test_the_ensemble_is_the_softmax_of_the_mean_vectors():
    result = zero_shot(Words(), PICTURE, ["a", "b"], ["{}", "a {}"])
    # class a: (1,0) and (1,0); class b: (0,1) and (1,1)/sqrt 2, whose mean has the cosine below
    mean = np.array([0.5**0.5, 1 + 0.5**0.5])
    cosine = np.array([1, mean[0] / np.linalg.norm(mean)])
    np.testing.assert_allclose(result.cosine, cosine, rtol=1e-6)
    odds = np.exp(cosine / 0.5)
    np.testing.assert_allclose(result.probability, odds / odds.sum(), rtol=1e-6)
    np.testing.assert_allclose(result.each[0], np.exp([2, 0]) / np.exp([2, 0]).sum(), rtol=1e-6)
    assert result.each.shape == (2, 2)
    alone = result.each[::-1, 0]  # of two templates, the other one is what is left
    np.testing.assert_allclose(result.worth, result.probability[0] - alone, atol=1e-6)


def test_a_single_template_has_nothing_to_be_compared_with():
    assert zero_shot(Words(), PICTURE, ["a", "b"], ["{}"]).worth.tolist() == [0]


def test_chinese_is_placed_character_by_character():
    assert patch_text(Words(), Image.new("RGB", (8, 8)), "一只红色的cat").texts[1:] == ("红", "色", "cat")


@pytest.mark.parametrize(("classes", "templates"), [([], ["{}"]), (["a"], []), (["a"], ["{} of", "no place"])])
def test_classes_and_templates_that_cannot_be_asked_are_named(classes, templates):
    with pytest.raises(LoupeError, match=r"class|no place"):
        zero_shot(Words(), PICTURE, classes, templates)


def test_braces_and_percent_signs_in_a_class_are_words_like_others():
    assert zero_shot(Words(), PICTURE, ["{0} %s {}", "b"], ["a {}"]).classes[0] == "{0} %s {}"


def test_a_word_is_worth_what_its_absence_costs():
    result = word_swap(Words(), PICTURE, "a b", 2, ["a", "bb"])
    assert result.words == ("a", "b") and result.chosen == 1
    assert result.cosine == pytest.approx(0.5**0.5)
    np.testing.assert_allclose(result.without, [0, 1], atol=1e-6)
    np.testing.assert_allclose(result.instead, [1, 5**-0.5], rtol=1e-6)


def test_chinese_is_taken_character_by_character_and_one_word_may_stand_alone():
    assert word_swap(Words(), PICTURE, "红苹果", 9, []).words == ("红", "苹", "果")
    alone = word_swap(Words(), PICTURE, "a", 1, [])
    assert alone.without.tolist() == [0] and len(alone.instead) == 0
    with pytest.raises(LoupeError, match="empty"):
        word_swap(Words(), PICTURE, " ", 1, [])


def test_every_picture_meets_every_sentence():
    result = similarity_matrix(Words(), PICTURE, {"one": PICTURE, "two": PICTURE}, ["a", "b", "ab"])
    np.testing.assert_allclose(result.cosine, np.tile([1, 0, 0.5**0.5], (3, 1)), rtol=1e-6)
    assert result.names == ("one", "two", "yours")
    with pytest.raises(LoupeError, match="No sentence"):
        similarity_matrix(Words(), PICTURE, {}, [])


def test_a_word_lights_the_patch_that_holds_it():
    result = patch_text(Words(), Image.new("RGB", (8, 8)), "the aa and bb")
    assert result.texts == ("the aa and bb", "aa", "bb")
    assert result.cosine[1].tolist() == [[0, 1], [0, 0]] and result.cosine[2].tolist() == [[1, 0], [1, 1]]
    assert result.late == (1.0, 1.0) and result.image.size == (4, 4)


class Heads:
    def __init__(self, grid=(1, 2), prefix=1):
        weights = np.array([[[0.2, 0.3, 0.5], [0.1, 0.6, 0.3], [0.4, 0.4, 0.2]]])[None]
        self.answer = Attention(weights if prefix else weights[..., 1:, 1:], grid=grid, prefix=prefix)

    def patch_attention(self, image):
        return self.answer


@pytest.mark.parametrize(
    ("direction", "patch", "row", "kept"),
    [
        ("takes from", "", [0.3, 0.5], 0.2),
        ("takes from", "0,1", [0.4, 0.2], 0.4),
        ("gives to", "0,0", [0.6, 0.4], 0.3),
        ("takes from", "7,7", [0.3, 0.5], 0.2),
        ("takes from", "<b>", [0.3, 0.5], 0.2),
        ("takes from", "-1,0", [0.3, 0.5], 0.2),
    ],
)
def test_a_head_shows_a_row_or_a_column(direction, patch, row, kept):
    result = attention_heads(Heads(), PICTURE, direction, patch)
    np.testing.assert_allclose(result.heat[0, 0, 0], row, rtol=1e-6)
    assert result.kept[0, 0] == pytest.approx(kept)


def test_without_a_class_token_all_patches_ask():
    result = attention_heads(Heads(prefix=0), PICTURE)
    np.testing.assert_allclose(result.heat[0, 0, 0], [0.5, 0.25], rtol=1e-6)
    assert result.kept[0, 0] == 0
    with pytest.raises(LoupeError, match="grid"):
        attention_heads(Heads(grid=None), PICTURE)
