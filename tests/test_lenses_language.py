"""The lenses on text against closed forms and formulas written anew."""

from typing import Any, cast

import numpy as np
import pytest
import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from core.capabilities import Attention, Embedded, Expected, Pieces, Positions, Projections
from core.errors import LoupeError
from core.lenses.attention_steps import attend, attention_steps
from core.lenses.both_sides import both_sides
from core.lenses.fill_mask import fill_mask
from core.lenses.generation import generation
from core.lenses.input_embeddings import input_embeddings
from core.lenses.logit_lens import logit_lens
from core.lenses.next_sentence import next_sentence
from core.lenses.next_token import next_token
from core.lenses.positions import cosines, positions, sinusoids
from core.lenses.sentence_map import sentence_map, spread
from core.lenses.word_attribution import word_attribution
from core.lenses.word_change import word_change
from core.models import families
from core.params import Peers, Prompt
from core.sampling import chances
from tests import tiny

WORDS = ("<end>", " red", " cat", " sat", " mat")


class Chain:
    """A model that says each word of WORDS is followed by the one after it, with a chance of 0.6."""

    def pieces(self, text):
        ids = np.array([WORDS.index(f" {word}") for word in text.split()])
        return Pieces(ids, tuple(WORDS[n] for n in ids), np.zeros(len(ids), bool))

    def vocabulary(self):
        return WORDS

    def window(self):
        return 10

    def end(self):
        return 0

    def next_token(self, text, grown=()):
        ids = [*self.pieces(text).ids, *grown]
        logits = np.full((len(ids), 5), np.log(0.1))
        logits[range(len(ids)), [(n + 1) % 5 for n in ids]] = np.log(0.6)
        return logits

    def fill(self, text, masked=()):
        return self.next_token(text)


def test_the_next_token_and_how_expected_the_text_was():
    found = next_token(Chain(), Prompt("red cat sat"))
    np.testing.assert_allclose(np.exp(found.logits), [0.1, 0.1, 0.1, 0.1, 0.6])
    np.testing.assert_allclose(found.expected, [0.6, 0.6])
    grown = next_token(Chain(), Prompt("red cat sat"), "4,1")
    assert grown.tokens == (" red", " cat", " sat", " mat", " red") and grown.grown.tolist() == [4, 1]
    np.testing.assert_allclose(grown.expected, [0.6, 0.6, 0.6, 0.1])


@pytest.mark.parametrize("grown", ["a", "1;2", "-1", "1," * 99, "99999999999"])
def test_foreign_numbers_of_tokens_are_refused(grown):
    with pytest.raises(LoupeError, match="at most 64 numbers"):
        next_token(Chain(), Prompt("red"), grown)


@pytest.mark.parametrize(("temperature", "top_k", "top_p"), [
    (1, 0, 1), (0.5, 0, 1), (1.7, 7, 1), (1, 0, 0.6), (0.8, 20, 0.9), (1, 1, 1), (1, 0, 0.01),
])  # fmt: skip
def test_chances_are_those_of_the_library(temperature, top_k, top_p):
    logits = np.random.default_rng(0).normal(0, 3, 50)
    said, none = torch.from_numpy(logits)[None], cast(Any, None)
    said = TemperatureLogitsWarper(float(temperature))(none, said)
    said = TopKLogitsWarper(top_k)(none, said) if top_k else said
    said = TopPLogitsWarper(top_p)(none, said) if top_p < 1 else said
    np.testing.assert_allclose(chances(logits, temperature, top_k, top_p), said[0].softmax(-1), atol=1e-9)


def test_text_grows_by_the_likeliest_token_when_all_else_is_cut():
    steps = list(generation(Chain(), Prompt("red"), top_k=1))
    assert [step.written for step in steps] == [(" cat",), (" cat", " sat"), (" cat", " sat", " mat"),
                                                (" cat", " sat", " mat", "<end>")]  # fmt: skip
    np.testing.assert_allclose(steps[-1].raw, 0.6)
    np.testing.assert_allclose(steps[-1].drawn, 1)
    np.testing.assert_allclose(steps[-1].entropy, -(0.6 * np.log2(0.6) + 0.4 * np.log2(0.1)))


def test_a_seed_draws_the_same_text_and_another_another():
    texts = [list(generation(Chain(), Prompt("red"), temperature=2, seed=seed, top_k=0, top_p=1))[-1].written
             for seed in (1, 1, 2, 3, 4)]  # fmt: skip
    assert texts[0] == texts[1] and len(set(texts)) > 1
    assert all("<end>" not in text[:-1] for text in texts)
    assert all(len(text) <= 9 for text in texts), "never beyond the window"


def test_hidden_words_the_last_first_those_chosen_then():
    found = fill_mask(Chain(), Prompt("red cat sat"))
    assert found.masked.tolist() == [2] and found.words[0][0] == " mat"
    found = fill_mask(Chain(), Prompt("red cat sat"), "0,1,9")
    assert found.masked.tolist() == [0, 1] and found.tokens == (" red", " cat", " sat")
    np.testing.assert_allclose(found.actual, 0.1)
    assert found.place.tolist() == [2, 2]
    with pytest.raises(LoupeError, match="by their places"):
        fill_mask(Chain(), Prompt("red"), "x")


def test_sentences_are_judged_each_alone():
    class Judge:
        def follows(self, text, candidates):
            return np.array([len(c) / 10 for c in candidates])

    found = next_sentence(Judge(), Prompt("red"), ["ab", "abcd"])
    np.testing.assert_allclose(found.probability, [0.2, 0.4])
    with pytest.raises(LoupeError, match="No sentence"):
        next_sentence(Judge(), Prompt("red"), [])


@pytest.mark.parametrize("kind", ["gpt", "bert"])
def test_the_logit_lens_agrees_with_its_formula(kind, tmp_path):
    """The final norm and the table of words applied to each hidden state, by hand."""
    model = families()[kind].load(tiny.make(kind, tmp_path / kind), "cpu")
    found, network = logit_lens(model, Prompt("a red cat")), model._network
    with torch.inference_mode():
        states = torch.from_numpy(model.states("a red cat"))
        if kind == "gpt":
            mean, spread = states.mean(-1, keepdim=True), states.var(-1, keepdim=True, correction=0)
            norm = network.transformer.ln_f
            normed = (states - mean) / (spread + norm.eps).sqrt() * norm.weight + norm.bias
            odds = (normed @ network.transformer.wte.weight.T).softmax(-1).numpy()
        else:
            odds = network.cls.predictions(states).softmax(-1).numpy()
    np.testing.assert_allclose(found.chances, -np.sort(-odds, -1)[..., :5], atol=1e-4)
    assert found.words[1][2][0] == model.vocabulary()[odds[1, 2].argmax()]
    assert (found.rank[-1] == 1).all() and found.rank.max() > 1
    last = odds[-1].argmax(-1)
    assert found.rank[0, 1] == 1 + (odds[0, 1] > odds[0, 1, last[1]]).sum()


def test_attention_of_equal_keys_is_uniform_and_a_mask_hides_what_is_later():
    queries, keys = np.random.default_rng(0).normal(size=(1, 1, 4, 3)), np.ones((1, 1, 4, 3))
    np.testing.assert_allclose(attend(queries, keys, 1, causal=False), 0.25)
    np.testing.assert_allclose(attend(queries, keys, 1, causal=True)[0, 0], np.tri(4) / np.arange(1, 5)[:, None])
    bias = np.zeros((1, 1, 4, 4))
    bias[..., 2] = np.log(3)
    np.testing.assert_allclose(
        attend(queries, keys, 1, False, bias)[0, 0, 0], [1 / 6, 1 / 6, 1 / 2, 1 / 6], rtol=1e-6
    )


def test_a_large_divisor_flattens_and_a_long_text_is_cut():
    rng = np.random.default_rng(0)
    array = rng.normal(size=(2, 3, 30, 4)).astype(np.float32)
    outputs = np.zeros((2, 30, 12), np.float32)

    class Model:
        def token_attention(self, text) -> Any: ...

        def projections(self, text):
            return Projections(tuple("x" * 30), array, array[::-1], array, outputs, 2.0, True)

    found = attention_steps(Model(), Prompt("x"))
    assert found.weights.shape == (2, 3, 24, 24) and len(found.tokens) == 24 and found.outputs.shape == (2, 24, 12)
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-6)
    assert attend(array, array, 100.0, False).std() < attend(array, array, 2.0, False).std() / 5


def test_sines_are_those_of_the_paper_and_near_places_are_alike():
    table = sinusoids(20, 8)
    expected = [[np.sin(p / 10000 ** (2 * i / 8)) for i in range(4)] for p in range(20)]
    np.testing.assert_allclose(table[:, :4], expected, atol=1e-6)
    np.testing.assert_allclose((table**2).sum(1), 4, rtol=1e-5)
    alike = cosines(table)
    np.testing.assert_allclose(alike[3, 5], alike[10, 12], atol=1e-5)
    assert cosines(np.zeros((2, 3), np.float32)).max() == 0

    class Model:
        def positions(self):
            return Positions(table, learned=False)

    np.testing.assert_allclose(positions(Model()).likeness, positions(Model()).formula)


def test_shares_of_the_input_add_up_to_one():
    parts = np.random.default_rng(0).normal(size=(3, 5, 7))

    class Model:
        def embedded(self, text):
            return Embedded(tuple("abcde"), ("word", "place", "segment"), parts)

    found = input_embeddings(Model(), Prompt("x"))
    np.testing.assert_allclose(found.share.sum(0), 1)
    np.testing.assert_allclose(found.length, np.linalg.norm(parts, axis=-1))


class Owing:
    """What was asked of ``attribution``."""

    def pieces(self, text): ...

    def vocabulary(self):
        return WORDS

    def attribution(self, text, place=None, answer=None):
        return text, place, answer


def test_the_clicked_place_and_answer_are_asked_for():
    model: Any = Owing()
    assert word_attribution(model, Prompt("red")) == ("red", None, None)
    assert word_attribution(model, Prompt("red"), "2") == ("red", 2, None)
    assert word_attribution(model, Prompt("red"), "2: cat") == ("red", 2, 2)
    assert word_attribution(model, Prompt("red"), "2:of another model") == ("red", 2, None)
    with pytest.raises(LoupeError, match="is a number"):
        word_attribution(model, Prompt("red"), "x:y")


class Reader:
    """Each piece of the text has so many bits, from the left; from both sides one less."""

    def __init__(self, pieces, bits):
        self.found = pieces, np.array(bits)

    def expected(self, text):
        pieces, bits = self.found
        starts = np.array([text.index(piece) for piece in pieces])
        return Expected(tuple(pieces), starts, ("both", "left"), -np.log(2) * np.stack([bits - 1, bits]))


def test_bits_of_pieces_add_up_to_those_of_their_word():
    reader = Reader(["red", "ap", "ple"], [3.0, 2.0, 4.0])
    found = both_sides(reader, Prompt("a red apple"), Peers({"itself": reader, "other": Reader(["a"], [5.0])}))
    assert found.words == ("a", "red", "apple") and found.readers == ("", "", "other", "other")
    np.testing.assert_allclose(found.bits, [[-1, 2, 4], [-1, 3, 6], [4, -1, -1], [5, -1, -1]])
    with pytest.raises(LoupeError, match="empty"):
        both_sides(reader, Prompt(" "), Peers({}))


class Turning:
    """Tokens are letters, states their numbers as directions of the plane; layer 1 sees all before; one head."""

    def pieces(self, text):
        ids = np.array([ord(letter) - 97 for letter in text.replace(" ", "")])
        return Pieces(ids, tuple(text.replace(" ", "")), np.zeros(len(ids), bool))

    def vocabulary(self):
        return tuple("abcdefgh")

    def states(self, text):
        angles = self.pieces(text).ids * np.pi / 8
        points = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        return np.stack([points, points.cumsum(axis=0)])

    def unembed(self, states):
        return np.concatenate([states * 9, np.zeros((len(states), 6))], axis=-1)

    def token_attention(self, text):
        ids = self.pieces(text).ids + 1.0
        return Attention(np.tile(ids / ids.sum(), (1, 1, len(ids), 1)), tokens=self.pieces(text).texts)


def test_what_changes_with_a_word_changes_there_and_after():
    found = word_change(Turning(), Prompt("a b c d"), ["f"], "1")
    assert found.words == ("a", "b", "c", "d") and found.chosen == 1 and found.at == 1
    assert found.tokens == ("a", "", "c", "d")
    np.testing.assert_allclose(found.states[0], [0, 1 - np.cos(np.pi / 2), 0, 0], atol=1e-6)
    assert found.states[1, 0] == pytest.approx(0, abs=1e-6) and (found.states[1, 1:] > 0.01).all()
    before, after = np.array([1, 2, 3, 4]) / 10, np.array([1, 6, 3, 4]) / 14
    np.testing.assert_allclose(found.heads, [[np.abs(before - after).sum() / 2]])
    assert found.answers[0] == pytest.approx(0, abs=1e-9) and found.answers[1] > 0.1
    assert found.before[1][0] == "a" and found.after[1][0] == "b"


def test_a_word_of_more_tokens_is_one_column():
    found = word_change(Turning(), Prompt("a b c d"), ["fgh"], "1")
    assert found.tokens == ("a", "", "c", "d") and found.states.shape == (2, 4)
    np.testing.assert_allclose(found.states[0, [0, 2, 3]], 0, atol=1e-6)
    np.testing.assert_allclose(found.before_chances.sum(-1) <= 1, True)


@pytest.mark.parametrize(("instead", "at", "tokens"), [
    ("b", -1, ("a", "b", "c")), ("bb", 1, ("a", "", "c")), ("a", 1, ("a", "", "c")), ("bc", 1, ("a", "", "c")),
])  # fmt: skip
def test_the_same_word_changes_nothing_and_a_repeated_one_is_found(instead, at, tokens):
    found = word_change(Turning(), Prompt("a b c"), [instead], "1")
    assert found.at == at and found.tokens == tokens
    assert (found.heads.max() > 0.01) == (at >= 0)
    with pytest.raises(LoupeError, match="No word"):
        word_change(Turning(), Prompt("a b c"), [])


class Collection:
    def __init__(self, captions):
        self.said, self.shelf = captions, {}

    def captions(self):
        return self.said

    def kept(self, name, compute):
        if name not in self.shelf:
            self.shelf[name] = dict(compute())
        return self.shelf[name]


def test_sentences_lie_along_the_directions_in_which_they_differ():
    class Model:
        asked = 0

        def embed_texts(self, texts):
            self.asked += len(texts)
            return np.array([[len(text), text.count("a") / 4, 0.0] for text in texts], np.float32)

    model, gallery = Model(), cast(Any, Collection(["a" * n for n in range(1, 9)] + ["aaa", " "]))
    found = sentence_map(model, Prompt("bbbbb"), gallery, ["aaaaaaaaaaaa"])
    assert found.captions == tuple("a" * n for n in range(1, 9)) and len(found.places) == 10
    np.testing.assert_allclose(found.share.sum(), 1)
    centred = np.array([[5, 0], [12, 3], *([n, n / 4] for n in range(1, 9))])
    centred -= centred.mean(axis=0)
    apart = np.linalg.norm(centred[:, None] - centred, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(found.places[:, None] - found.places, axis=-1), apart, atol=1e-5)
    assert found.near[1].tolist() == [7, 6, 5, 4, 3]
    sentence_map(model, Prompt("b"), gallery, [])
    assert model.asked == 2 + 8 + 1, "the captions are kept"
    with pytest.raises(LoupeError, match="empty"):
        sentence_map(model, Prompt(" "), gallery, [])


def test_captions_come_from_all_over_the_collection():
    assert spread([str(n) for n in range(1000)], 4) == ["0", "250", "500", "750"]
    assert spread(["a", "a", " ", "b"], 4) == ["a", "b"]
