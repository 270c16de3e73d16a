"""The recipes of demo-unclip and demo-vdt on made-up pictures and networks whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from zoo import unclip, video
from zoo.drawing import Picture
from zoo.unclip_data import Pairs, Things, captions, chosen, conditions
from zoo.video_data import FRAMES, MOTIONS, clip, sentences
from zoo.video_scores import moved, told


def row(group: str, en: list[str], zh: list[str], keywords: tuple[str, ...] = ()) -> Picture:
    return Picture("a", "fluent-flat", group, "1f600", {"en": en, "zh": zh}, {"en": list(keywords)})


def things(count: int = 5) -> Things:
    """Of each thing as many looks as its number and one more, all along its own axis."""
    torch.manual_seed(0)
    vectors = [torch.eye(8)[number].expand(number + 1, -1) for number in range(count)]
    return Things(torch.randn(count, 4, 16, 16) * 3 + 5, vectors, [[f"{n}", f"{n}"] for n in range(count)])


def test_things_to_draw_are_chosen_by_group_and_length():
    rows = [
        row("food", ["red apple"], ["红苹果"]),
        row("travel", ["fire engine"], ["消防车"]),
        row("travel", ["rocket"], ["火箭"]),
        row("travel", ["two-thirty"], ["两点半"]),
        row("animals", ["cat"], []),
        row("objects", ["pen"], ["笔"]),
    ]
    assert chosen(rows) == [0, 2]


def test_a_batch_tells_each_drawing_its_own_vector():
    drawn = things()
    latents, vectors = drawn.batch(200, without=0.25, blur=0.0)
    none = (vectors == 0).all(1)
    assert 20 < none.sum() < 90
    for latent, vector in zip(latents[~none], vectors[~none], strict=True):
        assert torch.equal(latent, drawn.latents[vector.argmax()])
        assert vector.norm().item() == pytest.approx(8**0.5, abs=1e-5)


def test_blurred_vectors_keep_their_length():
    _, vectors = things().batch(50, without=0.0, blur=0.5)
    assert torch.allclose(vectors.norm(dim=1), torch.full((50,), 8**0.5), atol=1e-4)
    assert not torch.equal(vectors, conditions(vectors.round()))


def pairs() -> Pairs:
    """Three pictures of two captions each; text 0 is the empty one."""
    torch.manual_seed(0)
    states = torch.arange(7.0)[:, None, None].expand(-1, 12, 2)
    return Pairs(
        torch.randn(3, 8), states, torch.ones(7, 12, dtype=torch.bool), torch.randn(7, 8), [[1, 2], [3, 4], [5, 6]]
    )


def test_a_caption_belongs_to_its_picture():
    found = pairs()
    assert torch.allclose(found.looks.std(0), torch.ones(8))
    looks, vectors, states, real = found.batch(100, wordless=0.3)
    for look, vector, state in zip(looks, vectors, states, strict=True):
        number = int(state[0, 0])
        assert torch.equal(vector, found.vectors[number])
        assert number == 0 or torch.equal(look, found.looks[(number - 1) // 2])
    assert real.all() and 0 < (states[:, 0, 0] == 0).sum() < 60


def test_captions_are_names_first():
    found = captions(row("food", ["red apple", "apple"], ["红苹果"], ("fruit", "tree")))
    assert found.count("red apple") == 6 and {"apple", "红苹果", "fruit", "fruit, tree"} <= set(found)


def test_a_prior_that_knows_the_vector_has_no_loss_and_arrives_there():
    known = torch.randn(1, 8)

    def network(noisy, steps, vectors, states, real):
        sign = torch.where(states[:, :1, 0] > 0, 1.0, -1.0)
        return SimpleNamespace(predicted_image_embedding=known * sign)

    one, none = ((torch.zeros(1, 8), torch.full((1, 12, 2), x), torch.ones(1, 12)) for x in (1.0, 0.0))
    loss = unclip.PriorLoss(network, unclip.prior_schedule().alphas_cumprod)  # pyright: ignore[reportArgumentType]
    assert loss(known, *one).item() == 0 and loss(-known, *one).item() > 0.5
    for guidance, factor in ((1.0, 1.0), (0.0, -1.0), (2.0, 3.0)):
        found = unclip.guessed(network, one, none, 5, guidance)  # pyright: ignore[reportArgumentType]
        assert torch.allclose(found, factor * known, atol=1e-5)


def test_both_networks_of_unclip_answer_and_the_decoder_begins_at_zero():
    decoder, prior = unclip.decoder(), unclip.prior()
    assert decoder(torch.randn(2, 4, 16, 16), torch.tensor([3, 900]), torch.randn(2, 384)).sample.abs().max() < 1
    told = (torch.randn(2, 384), torch.randn(2, 12, 384), torch.ones(2, 12, dtype=torch.bool))
    assert prior(torch.randn(2, 384), torch.tensor([3, 900]), *told).predicted_image_embedding.shape == (2, 384)


@pytest.fixture
def square() -> torch.Tensor:
    """A black square in the middle of nothing, colours times alpha."""
    picture = torch.zeros(1, 4, 128, 128)
    picture[:, 3, 32:96, 32:96] = 1
    return picture


def film(square: torch.Tensor, motion: str) -> torch.Tensor:
    return clip(square, motion, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("motion", "across", "down"), [("moves right", 1, 0), ("moves left", -1, 0), ("moves down", 0, 1)]
)
def test_a_square_goes_where_it_is_said_to(square, motion, across, down):
    frames = film(square, motion)
    assert frames.shape == (FRAMES, 3, 64, 64) and frames.min() >= -1 and frames.max() <= 1
    found = moved(frames[None])[0]
    assert np.sign(np.round(found[:2], 2)).tolist() == [across, down] and abs(found[2]) < 0.05
    assert np.abs(found[:2]).max() == pytest.approx(0.68, abs=0.1)


def test_a_square_grows_turns_and_stands_still(square):
    grown, turned, still = (moved(film(square, motion)[None])[0] for motion in ("grows", "turns", "stands still"))
    assert grown[2] == pytest.approx(2 * np.log(1.35 / 0.5), abs=0.15)
    assert np.abs(turned[:3]).max() < 0.2 and turned[3] > 0.01 and still[3] == 0
    assert torch.equal(film(square, "stands still")[0], film(square, "stands still")[-1])


def test_a_turning_picture_turns_clockwise():
    picture = torch.zeros(1, 4, 128, 128)
    picture[:, 3, 4:40, 56:72] = 1  # a mark at the top
    frames = clip(picture, "turns", np.random.default_rng(0))
    ink = (1 - frames[2]).mean(0)
    line = torch.linspace(-1, 1, 64)
    start = (((1 - frames[0]).mean(0).sum(0) * line).sum() / (1 - frames[0]).mean(0).sum()).item()
    assert (ink.sum(0) * line).sum().item() / ink.sum().item() > start + 0.1


def test_motions_are_told_apart(square):
    numbers = np.stack([moved(film(square, motion)[None])[0] for motion in MOTIONS])
    known = np.concatenate([numbers, numbers * 1.1])
    assert told(numbers * 1.05, known, np.tile(np.arange(len(MOTIONS)), 2)).tolist() == list(range(len(MOTIONS)))


def test_sentences_of_a_clip():
    found = sentences("automobile", "moves left")
    assert set(found) == {"a car moves left", "the car moves left", "a car", "汽车向左移动"}


def test_the_video_network_answers():
    network = video.build()
    x = torch.randn(1, 4, FRAMES, 16, 16)
    assert network(x, torch.tensor([5]), torch.randn(1, 12, 384)).sample.shape == x.shape
