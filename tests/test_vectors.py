"""Vectors of a library: shipped, stored, resumed."""

import numpy as np
import pytest
from PIL import Image

from core import library as libraries
from core import vectors
from core.errors import LoupeError
from core.library import Library
from tests.colours import COLOURS, ColourModel, colours_file, own_folders


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    return own_folders(tmp_path, monkeypatch)


@pytest.fixture
def colours(folders):
    colours_file(folders / "assets/libraries/colours/pictures.parquet")
    return Library.open("colours")


def test_vectors_are_computed_once_for_each_checkpoint(colours):
    model = ColourModel()
    reports = []
    given = colours.vectors(model, lambda done, total: reports.append((done, total)))
    expected = model.embed_images([colours.picture(row) for row in range(4)])
    assert given.dtype == np.float32 and np.allclose(given, expected, atol=1e-3)
    assert np.allclose(np.linalg.norm(given, axis=1), 1, atol=1e-6) and reports == [(4, 4)]
    model.seen = 0
    libraries._open.cache_clear()
    assert (Library.open("colours").vectors(model) == given).all() and model.seen == 0
    other = ColourModel(version="v2")
    colours.vectors(other)
    assert other.seen == 4


def test_caption_vectors_follow_the_language(colours):
    model = ColourModel()
    for language in ("en", "zh", "fr"):
        assert np.allclose(colours.caption_vectors(model, language), colours.vectors(model), atol=1e-3)
    assert model.read == 8  # French has no column: the first one serves, and is known already
    assert colours.captions("zh")[0] == "红色的方块" and colours.captions("fr")[0] == "a red square"


def test_a_library_without_captions_says_so(folders):
    library = Library.at(colours_file(folders / "bare.parquet", caption_en=None, caption_zh=None))
    with pytest.raises(LoupeError, match="no captions"):
        library.caption_vectors(ColourModel())


def test_embedding_goes_on_where_it_was_cancelled(folders, monkeypatch):
    monkeypatch.setattr(vectors, "SHARD", 2)
    monkeypatch.setattr(vectors, "BATCH", 1)
    colours_file(folders / "assets/libraries/colours/pictures.parquet")

    def cancel(done, total):
        if done == 3:
            raise KeyboardInterrupt

    first, second = ColourModel(), ColourModel()
    with pytest.raises(KeyboardInterrupt):
        Library.open("colours").vectors(first, cancel)
    whole = Library.open("colours").vectors(second)
    assert (first.seen, second.seen, len(whole)) == (3, 2, 4)
    assert np.allclose(
        whole, second.embed_images([Image.new("RGB", (1, 1), c) for c in COLOURS.values()]), atol=1e-3
    )


def test_shipped_vectors_come_first(colours, folders, monkeypatch, caplog):
    model = ColourModel()
    file = colours.ship(model)
    assert file.stat().st_size < 3 * 4 * 3 * 2 + 500
    monkeypatch.setenv("LOUPE_HOME", str(folders / "another home"))

    def fresh(expected_seen: int, expected_read: int):
        libraries._open.cache_clear()
        model.seen = model.read = 0
        library = Library.open("colours")
        given = [library.vectors(model), library.caption_vectors(model, "en"), library.caption_vectors(model, "zh")]
        assert (model.seen, model.read) == (expected_seen, expected_read)
        assert np.allclose(given[0], given[1], atol=1e-3) and np.allclose(given[0], given[2], atol=1e-3)

    fresh(0, 0)
    damaged = bytearray(file.read_bytes())
    damaged[-5] ^= 1
    file.write_bytes(damaged)
    fresh(4, 8)
    assert "damaged" in caplog.text
    damaged[-5] ^= 1
    file.write_bytes(damaged)
    colours_file(folders / "assets/libraries/colours/pictures.parquet", credit=["someone"] * 4)
    fresh(4, 8)
