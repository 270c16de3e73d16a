"""Heads of a text: what was asked is what is shown, and a long text stays small."""

import base64
import json

import numpy as np
import pytest

from core.capabilities import Attention, TokenAttention
from core.errors import LoupeError
from core.lenses.token_heads import token_heads
from core.params import Prompt
from webapp.panels.token_heads import squares
from webapp.token_maps import MOST_BYTES, TokenMaps, coarser


class Fake:
    """Every token looks at the next one, the last at itself; in the second head all look at the first."""

    def token_attention(self, text):
        tokens = tuple(text.split())
        ahead = np.eye(len(tokens))[[*range(1, len(tokens)), len(tokens) - 1]]
        first = np.eye(len(tokens))[[0] * len(tokens)]
        return Attention(np.array([[ahead, first]] * 3), tokens=tokens)


def unpacked(packed, name="levels", shape=None):
    return np.frombuffer(base64.b64decode(packed[name]), np.uint8).reshape(shape or packed["shape"])


def test_a_head_shows_who_looks_at_whom():
    assert isinstance(Fake(), TokenAttention)
    result = token_heads(Fake(), Prompt("一 只 猫 睡觉"))
    assert result.tokens == ("一", "只", "猫", "睡觉") and result.chosen == (2, 0)
    packed = squares(result).packed()
    levels = unpacked(packed)
    assert levels[0, 0].argmax(axis=1).tolist() == [1, 2, 3, 3]
    assert levels[2, 1].argmax(axis=1).tolist() == [0, 0, 0, 0]
    assert packed["large"] is None and packed["high"] == [[1.0, 1.0]] * 3
    assert json.loads(json.dumps(packed))["tokens"][3] == "睡觉"


@pytest.mark.parametrize(("asked", "chosen"), [("0,1", (0, 1)), ("", (2, 0)), ("3,0", (2, 0)), ("<b>,1", (2, 0))])
def test_the_clicked_head_is_shown_and_no_other_is_taken(asked, chosen):
    assert token_heads(Fake(), Prompt("a b"), asked).chosen == chosen


def test_an_empty_sentence_is_said():
    with pytest.raises(LoupeError, match="The sentence is empty"):
        token_heads(Fake(), Prompt(" \n"))


def test_weights_come_back_from_their_bytes():
    weights = np.random.default_rng(0).dirichlet(np.ones(7), size=(2, 3, 7))
    packed = TokenMaps(tuple("abcdefg"), weights, (1, 2)).packed()
    high = np.array(packed["high"])[:, :, None, None]
    np.testing.assert_allclose(unpacked(packed) / 255 * high, weights, atol=high.max() / 255)


def test_a_text_of_512_tokens_is_packed_small_and_its_chosen_head_whole():
    length, rng = 512, np.random.default_rng(0)
    weights = rng.random((12, 12, length, length), np.float32).astype(np.float16)
    weights[3, 4, 511, 7] = 4.0
    packed = TokenMaps(("w",) * length, weights, (3, 4)).packed()
    assert packed["shape"] == [12, 12, 32, 32] and len(json.dumps(packed)) < MOST_BYTES
    large = unpacked(packed, "large", (length, length))
    assert large[511, 7] == 255 and packed["high"][3][4] == 4.0
    assert unpacked(packed)[3, 4, 31, 0] == 255, "the strongest link is lost in the small map"


def test_blocks_of_unequal_size_keep_their_highest():
    found = coarser(np.arange(25.0).reshape(5, 5), 2)
    assert found.tolist() == [[12, 14], [22, 24]]
    assert coarser(np.eye(3), 8).tolist() == np.eye(3).tolist()
    for length in (33, 100, 511):
        marked = np.zeros((length, length))
        marked[length // 2, 7] = 1
        where = np.argwhere(coarser(marked, 32))
        assert where.tolist() == [[length // 2 * 32 // length, 7 * 32 // length]]


def test_a_map_without_numbers_is_a_bug():
    with pytest.raises(ValueError, match="no numbers"):
        TokenMaps(("a",), np.full((1, 1, 1, 1), np.nan), (0, 0)).packed()
