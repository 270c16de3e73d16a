"""Rows, versions, and what a user names on the command line."""

import json
import shutil

import pytest

from core import checkpoints
from core.checkpoints import Checkpoint, catalogue, find, register, rows
from core.errors import LoupeError
from tests import tiny


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(checkpoints, "_registered", {})


@pytest.fixture
def folder(tmp_path):
    tiny.make("dual", tmp_path / "mine")
    return tmp_path / "mine"


def test_rows_are_found_by_key():
    first = next(iter(rows().values()))
    assert find(first.key) is first
    with pytest.raises(LoupeError, match=rf"No checkpoint 'demo-klip'\. There are: {first.key}, "):
        find("demo-klip")


def test_a_folder_is_registered_by_its_config(folder):
    mine = register(str(folder))
    assert (mine.key, mine.family, mine.tab, mine.folder) == ("mine", "clip", "CLIP", folder)
    assert mine.megabytes == pytest.approx(sum(f.stat().st_size for f in folder.iterdir()) / 1e6)
    assert find("mine") is mine and list(catalogue())[-1] == "mine"
    assert register(str(folder)) is mine and register("mine") is mine


def test_two_folders_of_one_name_are_two_checkpoints(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other" / "mine")
    first, second = register(str(folder)), register(str(other))
    assert first.key == "mine" and second.key == str(other) and find(second.key) is second


def test_a_row_that_is_there_is_not_added_again():
    row = rows()["clip-vit-base-patch32"]
    assert register("clip-vit-base-patch32") is register("openai/clip-vit-base-patch32") is row
    assert catalogue() == rows()


def test_the_family_follows_from_the_model_type(folder):
    config = json.loads((folder / "config.json").read_text())
    for kind, family in (("align", "align"), ("siglip", "clip"), ("chinese_clip", "clip"), ("clip", "clip")):
        (folder / "config.json").write_text(json.dumps(config | {"model_type": kind}))
        checkpoints._registered.clear()
        assert register(str(folder)).family == family


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"model_type": "mamba"}', "model_type 'mamba', which no family loads. There are: AutoencoderKL, "),
        ("{}", "model_type None, which no family loads"),
        ("[1]", "model_type None, which no family loads"),
        ('{"model_type": ["clip"]}', "which no family loads"),
        ("{", "no config.json that can be read"),
        (None, "no config.json that can be read"),
    ],
)
def test_what_is_no_checkpoint_is_said(folder, content, said):
    (folder / "config.json").unlink()
    if content is not None:
        (folder / "config.json").write_text(content)
    with pytest.raises(LoupeError, match=said):
        register(str(folder))


@pytest.mark.parametrize("source", ["no-such-folder", "a/b/c", "../x", "https://example.org/a", ""])
def test_neither_folder_nor_hub_id(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LoupeError, match="is neither a folder here nor a hub id"):
        register(source)


def test_the_version_follows_the_weights_and_not_the_model_card(folder):
    def version():
        checkpoints._version.cache_clear()
        return Checkpoint("mine", "clip", "CLIP", str(folder), "Mine", 1, "none").version

    first = version()
    (folder / "README.md").write_text("words")
    (folder / "curve.json").write_text("[1, 2]")
    assert version() == first
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert version() != first
    weights.write_bytes(content)
    assert version() == first
    (folder / "tokenizer.json").write_text("{}")
    assert version() != first
