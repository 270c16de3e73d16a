"""The sample collection as it is shipped: what every row must have, and that `datasets` reads it."""

import io
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from PIL import Image

from zoo.clipart import BLOCKED, FEATURES, blocked, gendered, write
from zoo.drawing import Picture
from zoo.openclipart import SPOILT, captions, held_out_ids
from zoo.photographs import photo_captions, table

FILE = Path(__file__).parents[1] / "assets" / "libraries" / "clipart" / "pictures.parquet"
LICENCES = {"public domain", "Apache-2.0", "MIT", "CC0-1.0", "CC-BY-2.0", "no known copyright restrictions"}
GROUPS = 21
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return pq.read_table(FILE).to_pylist()


def test_the_collection_is_large_enough_and_small_enough(rows):
    assert len(rows) >= 4000
    assert FILE.stat().st_size <= 20_000_000


def test_every_row_says_what_it_shows_in_both_languages_and_whose_it_is(rows):
    for row in rows:
        assert row["caption_en"].strip() and row["caption_en"].isprintable(), row["id"]
        assert HAN.search(row["caption_zh"]) or row["caption_zh"] in ("OK", "DVD", "DNA"), row["id"]
        assert HAN.search(row["group_zh"]), row["id"]
        assert row["credit"] and row["licence"] in LICENCES, row["id"]
        assert not BLOCKED.search(row["caption_en"].lower())
    assert len({row["group"] for row in rows}) <= GROUPS


def test_ids_are_unique_and_sorted(rows):
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))


def test_what_judges_a_model_is_not_in_it(rows):
    ids = {row["id"] for row in rows}
    assert not any("twemoji" in identity for identity in ids)
    assert len(held_out_ids()) == 500
    assert not ids & held_out_ids()


def test_pictures_decode_to_the_size_that_stands_beside_them(rows):
    for row in rows[::40] + [row for row in rows if row["id"].startswith("photo-")]:
        image = Image.open(io.BytesIO(row["image"]["bytes"]))
        assert image.format == "WEBP"
        assert image.convert("RGB").size == (row["width"], row["height"])
        assert max(image.size) == (384 if row["id"].startswith("photo-") else 128)


def test_datasets_reads_images(tmp_path):
    dataset = Dataset.from_parquet(str(FILE), cache_dir=str(tmp_path))
    assert isinstance(dataset, Dataset) and dataset.features == FEATURES
    assert dataset[0]["image"].size == (dataset[0]["width"], dataset[0]["height"])


def test_the_same_rows_are_written_as_the_same_bytes(rows, tmp_path):
    for name in ("one", "two"):
        write(rows[:300], tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_photographs_are_captioned_and_have_sentences_to_judge_by(rows):
    found = {row["id"]: row for row in rows if row["id"].startswith("photo-")}
    assert set(found) == {f"photo-{name}" for name in table()} == set(photo_captions("zh"))
    for sentences in photo_captions("en").values():
        assert len(set(sentences)) == 2
    assert found["photo-flower"]["licence"] == "CC-BY-2.0" and "vultilion" in found["photo-flower"]["credit"]


def test_a_caption_of_ours_is_used(rows):
    by_id = {row["id"]: row for row in rows}
    shown = [identity for identity in by_id if captions().get(identity, SPOILT) != SPOILT]
    assert len(shown) > 2000
    assert all((by_id[i]["caption_en"], by_id[i]["caption_zh"]) == captions()[i] for i in shown)


def test_a_gendered_form_is_known_by_its_code_points():
    def concept(codes: str) -> bool:
        return gendered(Picture("x", "noto", "people", codes))

    assert concept("1f3c3-200d-2640")  # woman running
    assert concept("1f469-200d-1f680")  # woman astronaut
    assert not concept("1f3c3")
    assert not concept("1f9d1-200d-1f680")
    assert not concept("1f469-200d-2764-200d-1f468")  # couple with heart


def test_blocked_words_are_found_in_any_of_a_pictures_words():
    assert blocked(Picture("a", "openclipart", "symbols", "", {"en": ["sun wheel"]}, {"en": ["Schwarze Sonne"]}))
    assert not blocked(Picture("a", "openclipart", "food", "", {"en": ["bacon strip"]}, {"en": ["sextant"]}))
