"""Rollout against closed forms and the recursion written anew."""

import numpy as np
import pytest
from PIL import Image

from core.capabilities import Attention, PatchAttention
from core.errors import LoupeError
from core.lenses.attention_rollout import attention_rollout, rollout


class Fake:
    def __init__(self, weights, grid=(2, 2), prefix=1):
        self.answer = Attention(weights, grid=grid, prefix=prefix)

    def patch_attention(self, image):
        return self.answer


PICTURE = Image.new("RGB", (8, 8))


def test_uniform_attention_gives_a_uniform_map():
    weights = np.full((3, 2, 5, 5), 0.2)
    heat = attention_rollout(Fake(weights), PICTURE).heat
    assert isinstance(Fake(weights), PatchAttention)
    np.testing.assert_allclose(heat, np.broadcast_to(heat[:, :1, :1], heat.shape), rtol=1e-6)
    np.testing.assert_allclose(heat[:, 0, 0], [0.1, 0.15, 0.175], rtol=1e-6)


def test_the_map_lies_over_the_part_that_the_model_sees():
    fake = Fake(np.full((1, 1, 5, 5), 0.2))
    wide = Image.new("RGB", (80, 40))
    wide.paste((255, 0, 0), (20, 0, 60, 40))
    fake.answer = Attention(np.full((1, 1, 5, 5), 0.2), grid=(2, 2), prefix=1, box=(20.0, 0.0, 60.0, 40.0))
    seen = attention_rollout(fake, wide).image
    assert seen.size == (40, 40) and seen.getcolors() == [(1600, (255, 0, 0))]


def test_identity_attention_leaves_the_class_token_alone():
    weights = np.broadcast_to(np.eye(5), (2, 3, 5, 5))
    assert attention_rollout(Fake(weights), PICTURE).heat.max() == 0


@pytest.mark.parametrize("fusion", ["mean", "max", "min"])
def test_it_equals_the_recursion_token_by_token(fusion):
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(7), size=(3, 4, 7))
    got = rollout(weights, (2, 3), 1, fusion)

    def flow(layer, token, patch):
        if layer < 0:
            return float(token == patch)
        pick = {"mean": np.mean, "max": np.max, "min": np.min}[fusion]
        row = [pick([weights[layer, h, token, k] for h in range(4)]) + (k == token) for k in range(7)]
        return sum(w * flow(layer - 1, k, patch) for k, w in enumerate(row)) / sum(row)

    expected = [[flow(layer, 0, 1 + patch) for patch in range(6)] for layer in range(3)]
    np.testing.assert_allclose(got.reshape(3, 6), expected, atol=1e-6)


def test_discarding_removes_the_weakest_links():
    weights = np.full((1, 1, 5, 5), 0.05)
    weights[..., 4] = 0.8
    heat = rollout(weights, (2, 2), 1, discard=0.8)
    assert heat[0, 1, 1] > 0 and heat[0].sum() == heat[0, 1, 1]


def test_a_model_without_class_token_shows_the_average_patch():
    weights = np.broadcast_to(np.eye(4), (1, 1, 4, 4))
    np.testing.assert_allclose(rollout(weights, (2, 2), 0), 0.25)


def test_a_text_model_is_refused_by_name():
    with pytest.raises(LoupeError, match="no grid of patches"):
        attention_rollout(Fake(np.full((1, 1, 4, 4), 0.25), grid=None), PICTURE)
