"""Likeness of places against closed forms, and the vectors against the networks' own tables."""

import numpy as np
import pytest
from transformers import AutoModel

from core.capabilities import PatchPositions
from core.errors import LoupeError
from core.lenses.position_similarity import position_similarity
from core.models import families
from tests import tiny
from webapp.panels.position_similarity import places


class Fake:
    def __init__(self, vectors):
        self.vectors = np.asarray(vectors, np.float32)

    def patch_positions(self):
        return self.vectors


def test_places_that_share_a_row_are_alike_where_only_rows_were_learned():
    by_row = np.repeat(np.eye(3)[:, None], 4, axis=1) * 7
    result = position_similarity(Fake(by_row))
    assert isinstance(Fake(by_row), PatchPositions)
    assert result.likeness.shape == (3, 4, 3, 4)
    assert result.likeness[1, 2].tolist() == [[0] * 4, [1] * 4, [0] * 4]
    # 9 of 17 neighbours share a row; of the pairs further apart in a line, 9 of 13 do
    assert result.near == pytest.approx(9 / 17) and result.line == pytest.approx(9 / 13) and result.rest == 0


def test_a_place_with_no_vector_is_like_none():
    assert position_similarity(Fake(np.zeros((1, 1, 5)))).likeness.tolist() == [[[[0]]]]


def test_where_there_is_one_row_nothing_is_said_of_other_rows():
    result = position_similarity(Fake(np.ones((1, 2, 3))))
    assert (result.near, result.line, result.rest) == (pytest.approx(1), None, None)
    (section,) = places(result).packed()["sections"]
    assert section["note"] == "side by side · 1.00" and section["columns"] == 2


TABLES = {
    "clip": lambda tower: tower.embeddings.position_embedding.weight[1:].view(4, 4, -1),
    "siglip": lambda tower: tower.embeddings.position_embedding.weight.view(2, 2, -1),
    "chinese_clip": lambda tower: tower.embeddings.position_embedding.weight[1:].view(4, 4, -1),
    "dual": lambda tower: tower.embeddings.position_embeddings[0, 1:].view(4, 4, -1),
    "hybrid": lambda tower: tower.positions[0].permute(1, 2, 0),
}


@pytest.mark.parametrize("kind", TABLES)
def test_the_vectors_are_those_of_the_tower(kind, tmp_path):
    checkpoint = tiny.make(kind, tmp_path / kind)
    tower = AutoModel.from_pretrained(tmp_path / kind).vision_model
    found = families()["clip"].load(checkpoint, "cpu").patch_positions()
    np.testing.assert_allclose(found, TABLES[kind](tower).detach(), atol=1e-6)
    assert found.std() > 0 and not np.allclose(found[0, 0], found[-1, -1])


def test_a_tower_without_positions_says_so(tmp_path):
    model = families()["clip"].load(tiny.make("swin", tmp_path / "swin"), "cpu")
    with pytest.raises(LoupeError, match="tiny swin adds nothing"):
        model.patch_positions()
