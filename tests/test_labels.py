"""Typed words to classes, and softmax."""

import numpy as np
import pytest

from core.errors import LoupeError
from core.labels import find_label, probabilities, ranked

LABELS = ("tabby cat", "Cat", "caterpillar", "dog", "hot dog")


@pytest.mark.parametrize(
    ("text", "number"), [("cat", 1), (" DOG ", 3), ("hot", 4), ("tabby", 0), ("cater", 2), ("hot dog", 4)]
)
def test_a_word_finds_its_class(text, number):
    assert find_label(text, LABELS) == number


def test_no_class_is_said_with_what_is_near():
    with pytest.raises(LoupeError, match=r"no class 'dgo'.*dog"):
        find_label("dgo", LABELS)
    with pytest.raises(LoupeError, match=r"no class '\(\*'.*tabby cat"):
        find_label("(*", LABELS)


def test_probabilities_share_one_and_do_not_overflow():
    np.testing.assert_allclose(probabilities(np.array([1000.0, 1000.0, -1000.0])), [0.5, 0.5, 0])
    names, shares = ranked(np.log([0.1, 0.2, 0.3, 0.4]), LABELS[:4], 2)
    assert names == ("dog", "caterpillar")
    np.testing.assert_allclose(shares, [0.4, 0.3])
