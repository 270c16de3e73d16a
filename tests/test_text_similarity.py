"""Similarity against hand-worked vectors."""

import numpy as np
import pytest
from PIL import Image

from core.capabilities import DualEncoder
from core.errors import LoupeError
from core.lenses.text_similarity import text_similarity

PICTURE = Image.new("RGB", (8, 8))


class Fake:
    def embed_images(self, images):
        return np.array([[1.0, 0.0]], np.float32)

    def embed_texts(self, texts):
        return np.array([{"same": [1, 0], "across": [0, 1], "against": [-1, 0]}[t] for t in texts], np.float32)

    def temperature(self):
        return 0.5


def test_cosines_and_softmax():
    result = text_similarity(Fake(), PICTURE, ["same", "across", "against"])
    assert isinstance(Fake(), DualEncoder)
    np.testing.assert_allclose(result.cosine, [1, 0, -1])
    odds = np.exp([2.0, 0.0, -2.0])
    np.testing.assert_allclose(result.probability, odds / odds.sum(), rtol=1e-6)


def test_one_sentence_takes_all():
    assert text_similarity(Fake(), PICTURE, ["against"]).probability.tolist() == [1.0]


def test_no_sentence_is_said():
    with pytest.raises(LoupeError, match="No sentence"):
        text_similarity(Fake(), PICTURE, [])
