"""The Explore tab: what its script is told by Python, on a small collection under a model with known vectors."""

import ast
import io
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import (
    archive,
    captions,
    collect,
    images,
    joint_map,
    library,
    models,
    own,
    projection,
    search,
    store,
    upload,
)
from core.joint_map import from_arrays, open_map, ship
from core.library import Library
from core.projection import fitted, principal_components, unit
from core.suspects import SUSPECTS
from webapp import routes
from webapp.explore import answers, collection, export, jobs
from webapp.explore import own as webapp_own
from webapp.explore.pack import _coded
from webapp.explore.words import words
from webapp.translations import table

COLOURS = ("red", "green", "blue", "white")
COUNT = 40
REQUEST = {"library": "colours", "checkpoint": "twelve", "language": "en"}


@dataclass
class Checkpoint:
    version: str = "twelve"


class Encoder:
    """Pictures and sentences of one colour and shade have one vector, but for a fixed offset between the two."""

    checkpoint = Checkpoint()

    def embed_images(self, images):
        seen = [np.asarray(image.convert("RGB"), np.float32).mean((0, 1)) / 255 - 0.5 for image in images]
        return unit(np.stack([[*colour, 0.4] for colour in seen])).astype(np.float32)

    def embed_texts(self, texts):
        said = [[*(np.asarray(_colour(text), np.float32) / 255 - 0.5), -0.4] for text in texts]
        return unit(np.stack(said)).astype(np.float32)


MODEL: Any = Encoder()


def coded(values) -> Any:
    return _coded(values)


def _colour(text):
    name, shade = text.split()
    full = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "white": (1, 1, 1)}[name]
    return [round(channel * (255 - 4 * int(shade))) for channel in full]


@pytest.fixture(scope="module", autouse=True)
def colours(tmp_path_factory):
    """A library of forty pictures of one colour each, named by colour and shade."""
    patch = pytest.MonkeyPatch()
    patch.setenv("LOUPE_HOME", str(tmp_path_factory.mktemp("home")))
    pictures = []
    for row in range(COUNT):
        name = f"{COLOURS[row % 4]} {row // 4}"
        stream = io.BytesIO()
        Image.new("RGB", (8, 8), tuple(_colour(name))).save(stream, "PNG")
        pictures.append((stream.getvalue(), name))
    library = Library.create("colours", pictures)

    class Use:
        def __enter__(self):
            return Encoder()

        def __exit__(self, *error):
            return None

    # The layout itself is tested elsewhere; this one takes no time.
    patch.setattr(joint_map, "umap", lambda vectors, start=None: fitted(principal_components(vectors, 2)))
    patch.setattr(models, "use", lambda key: Use())
    patch.setattr(models, "load", lambda key: Encoder())
    patch.setattr(answers, "find", lambda key: type("Row", (), {"title": "Twelve"}))
    collection._opened.clear()
    answers._packed.cache_clear()
    yield library
    patch.undo()
    collection._opened.clear()
    answers._packed.cache_clear()


def published(address):
    return bytes(routes.data(address.rpartition("/")[2]).body)


def test_opening_tells_places_codes_and_words():
    opened = answers.opening(REQUEST)
    assert (opened["count"], opened["total"]) == (COUNT, 2 * COUNT)
    rows = json.loads(published(opened["rows"]))
    assert rows["caption_en"][:2] == ["red 0", "green 0"]
    numbers = np.frombuffer(published(opened["points"]), "<i2")
    for layout in opened["layouts"].values():
        for at in layout["at"]:
            places = numbers[at : at + opened["total"] * layout["dims"]]
            assert np.abs(places.astype(int)).max() == pytest.approx(32767, abs=1)
    cluster = opened["columns"]["cluster"]
    codes = numbers[cluster["at"] : cluster["at"] + COUNT]
    assert set(codes) == set(range(len(cluster["names"])))
    json.dumps(opened, allow_nan=False)


def test_closing_the_gap_finds_more_own_pictures_and_is_told():
    gap = answers.opening(REQUEST)["gap"]
    assert gap["distance"][0] > 0.5 > 0.05 > gap["distance"][-1]
    assert gap["recall"][-1][0] >= gap["recall"][0][0]


def test_a_sentence_finds_its_picture_and_has_a_place():
    found = answers.search(REQUEST | {"text": "green 3", "k": 3})
    assert {row % 4 for row in found["rows"]} == {1}
    assert found["scores"] == sorted(found["scores"], reverse=True)
    assert len(found["places"]["umap"]) == 2
    assert np.abs(found["places"]["umap"]).max() <= 1.01


def test_a_point_finds_itself_as_a_picture_and_as_a_caption():
    assert answers.search(REQUEST | {"point": 7})["scores"][0] == pytest.approx(1, abs=1e-3)
    assert answers.search(REQUEST | {"point": 7})["rows"][0] == 7
    assert answers.search(REQUEST | {"point": COUNT + 7})["rows"][0] % 4 == 3


def test_the_picture_of_the_strip_is_searched_by(colours):
    found = answers.search(REQUEST | {"image": f"library:colours/{colours.ids[5]}"})
    assert found["rows"][0] == 5


def test_sentences_pull_and_push():
    plain = answers.search(REQUEST | {"text": "red 0", "k": COUNT})["rows"]
    pulled = answers.search(REQUEST | {"text": "red 0", "more": ["blue 0"], "k": COUNT})["rows"]
    pushed = answers.search(REQUEST | {"text": "red 0", "less": ["blue 0"], "k": COUNT})["rows"]
    rank = [found.index(2) for found in (pulled, plain, pushed)]
    assert rank[0] < rank[2]


def test_a_pair_is_ranked_both_ways():
    pair = answers.pair(REQUEST | {"row": 0})
    assert pair["caption_rank"] == pair["image_rank"] == 1
    assert pair["count"] == COUNT


@pytest.mark.parametrize("row", [-1, COUNT, "0; drop", None, 1.5])
def test_a_row_that_is_not_there_is_said_in_the_readers_language(row):
    assert str(COUNT) in answers.pair(REQUEST | {"row": row})["error"]
    assert "40" in answers.search(REQUEST | {"point": row if row != COUNT else -1})["error"]


def test_what_deserves_a_look_comes_with_scores():
    copies = answers.finding(REQUEST | {"what": "copies"})
    assert copies["scores"] == sorted(copies["scores"], reverse=True) and len(copies["rows"]) % 2 == 0
    assert all(a % 4 == b % 4 for a, b in zip(copies["rows"][::2], copies["rows"][1::2], strict=True))
    for what in ("outliers", "mismatches"):
        found = answers.finding(REQUEST | {"what": what})
        assert found["scores"] == sorted(found["scores"]) and len(found["rows"]) == COUNT // 5
    assert answers.finding(REQUEST | {"what": "nothing"})["error"]


def test_a_caption_of_another_picture_does_not_match():
    images = unit(np.random.default_rng(0).normal(size=(30, 8))).astype(np.float32)
    texts = images.copy()
    texts[[4, 9]] = images[[9, 4]]
    assert set(SUSPECTS["mismatches"](images, texts).rows[:2]) == {4, 9}
    images[20] = -images.mean(axis=0) / np.linalg.norm(images.mean(axis=0))
    assert len(SUSPECTS["outliers"](images[:1], texts[:1]).rows) == 0


def test_opening_tells_how_far_it_is_until_it_is_open(monkeypatch):
    monkeypatch.setattr(collection, "_opened", OrderedDict())
    gate = threading.Event()
    slow = collection.open_map
    monkeypatch.setattr(collection, "open_map", lambda *given: gate.wait(20) and slow(*given))
    told = answers.opening(REQUEST | {"wait": 0.2})
    assert told["working"]["stage"]
    gate.set()
    assert answers.opening(REQUEST | {"wait": 5})["count"] == COUNT


def test_tsne_comes_when_it_is_asked_for():
    for _ in range(30):
        told = answers.layout(REQUEST | {"wait": 5})
        if "working" not in told:
            break
    places = np.frombuffer(published(told["points"]), "<i2")
    assert len(places) == 2 * 2 * 2 * COUNT and np.abs(places.astype(int)).max() >= 32766
    trust, recall = told["faithfulness"][0]
    assert trust > 0.9 and 0 < recall <= 1
    assert len(answers.search(REQUEST | {"text": "red 0"})["places"]["tsne"]) == 2
    assert "tsne" not in answers.opening(REQUEST)["layouts"]


def test_an_unknown_library_is_said():
    assert "colours" in answers.search(REQUEST | {"library": "nowhere", "text": "red 0"})["error"]


def test_an_empty_sentence_is_said():
    assert "empty" in answers.search(REQUEST | {"text": "  "})["error"]


def test_every_text_has_its_chinese():
    missing = [text for text in words("en") if text not in table("zh")]
    assert not missing


def test_a_shipped_map_is_used_and_a_damaged_one_is_not(colours, monkeypatch):
    file = ship(colours, MODEL)
    whole = file.read_bytes()
    monkeypatch.setattr("core.joint_map.stored", lambda key, compute: pytest.fail("computed anew"))
    assert open_map(colours, MODEL).layouts["umap"][0].shape == (2 * COUNT, 2)
    computed = []
    monkeypatch.setattr("core.joint_map.stored", lambda key, compute: computed.append(key) or compute())
    for at in (len(whole) // 3, len(whole) // 2):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        open_map(colours, MODEL)
    file.write_bytes(whole[: len(whole) // 2])
    open_map(colours, MODEL)
    file.unlink()
    assert len(computed) == 3


def test_columns_become_codes_by_falling_count_and_numbers_become_steps():
    codes, said = coded(["b", "a", "b"])
    assert (codes.tolist(), said["names"]) == ([0, 1, 0], ["b", "a"])
    codes, said = coded([float(x) for x in range(100)])
    assert (codes[0], codes[-1], said["low"], said["high"]) == (0, 63, 0.0, 99.0)
    assert _coded([["a"], ["b"]]) is None


def test_a_map_survives_its_arrays():
    arrays = {f"{m}_{e}": np.zeros((4, 2), np.float32) for m in ("umap", "pca") for e in (0, 1)}
    arrays |= {f"{m}_{e}_faithfulness": np.array([0.9, 0.5]) for m in ("umap", "pca") for e in (0, 1)}
    arrays |= {"clusters": np.zeros(2, np.int32), "gap_distance": np.zeros(11), "gap_recall": np.zeros((11, 3))}
    assert from_arrays(arrays).faithfulness["pca"][1].trustworthiness == 0.9


def templates(module):
    """What the LoupeErrors of a module say before their values are filled in."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name("LoupeError" | "Stopped"), args=[ast.Constant(text), *_]):
                yield text


@pytest.mark.parametrize(
    "module",
    [
        *(archive, captions, collect, library, images, own, search, projection, joint_map, store, upload),
        *(answers, export, jobs, webapp_own),
    ],
    ids=lambda module: module.__name__,
)
def test_what_goes_wrong_is_said_in_chinese(module):
    assert [text for text in templates(module) if text not in table("zh")] == []
