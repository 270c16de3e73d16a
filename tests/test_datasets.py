"""A dataset of a hub on this machine becomes a collection."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import constants

from core import datasets, own
from core.datasets import bring, first_split
from core.errors import LoupeError
from core.places import own_place
from core.store import home
from core.transfer import File
from tests.colours import own_folders, png
from tests.hub_server import Hub

SOURCE = "someone/colours"


def parquet(rows, **columns):
    """A file as datasets writes it: labels are numbers, their names stand in the metadata."""
    image = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    pictures = pa.array([{"bytes": png(colour), "path": f"{colour}.png"} for colour in rows], image)
    table = pa.table({"image": pictures} | columns)
    told = {"info": {"features": {"label": {"names": ["warm", "cold"], "_type": "ClassLabel"}}}}
    stream = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(told)}), stream)
    return stream.getvalue()


@pytest.fixture
def server(tmp_path, monkeypatch):
    own_folders(tmp_path, monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    captions = [["a red field", "red"], ["a blue field", "blue"]]
    files = {
        "default/test/0000.parquet": parquet(["green"]),
        "default/train/0000.parquet": parquet(["red", "blue"], label=[0, 1], captions=captions),
        "other/train/0000.parquet": parquet(["yellow"]),
    }
    server = Hub(f"datasets/{SOURCE}", files)
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    yield server
    server.shutdown()
    server.socket.close()


def test_its_training_pictures_come_with_captions_and_groups(server):
    told = []
    library = bring(f"https://huggingface.co/datasets/{SOURCE}", None, lambda *far: told.append(far))
    assert library.captions() == ["a red field", "a blue field"] and library.column("group") == ["warm", "cold"]
    assert own.title(library.name) == "colours" and told[-1] == (2, 2)
    assert not list((home() / "incoming").glob("*")), "what was fetched is not kept twice"
    fetched = [name for name, _ in server.asked if name.endswith("parquet")]
    assert fetched.count("0000.parquet") == 1


def test_one_without_captions_is_called_by_its_groups(server):
    server.files = {"default/train/0000.parquet": parquet(["red", "blue"], label=[1, 7])}
    assert bring(SOURCE, None, lambda *_: None).captions() == ["cold", "7"]


@pytest.mark.parametrize("source", ["", "colours", "a/b/c", "../x", "a b/c"])
def test_what_is_no_name_is_said(server, source):
    with pytest.raises(LoupeError, match="is no dataset of the hub"):
        bring(source, None, lambda *_: None)
    assert not server.asked


def test_one_without_pictures_or_files_is_said(server):
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"], "n": [1]}), stream)
    server.files = {"default/train/0000.parquet": stream.getvalue()}
    with pytest.raises(LoupeError, match=r"no column of pictures\. Its columns are: text, n"):
        bring(SOURCE, None, lambda *_: None)
    assert not list(own_place("x").parent.parent.glob("*")), "nothing half made is left"
    server.files = {"README.md": b"words", "../train/0000.parquet": parquet(["red"])}
    with pytest.raises(LoupeError, match="has no Parquet files"):
        bring(SOURCE, None, lambda *_: None)


def test_a_stop_leaves_no_collection_and_the_next_one_succeeds(server):
    class Stop(Exception):
        pass

    def progress(done, total):
        raise Stop

    with pytest.raises(Stop):
        bring(SOURCE, None, progress)
    assert not own.visible(None) or all(shown.title != "colours" for shown in own.visible(None))
    assert len(bring(SOURCE, None, lambda *_: None)) == 2


def test_as_many_files_as_are_allowed(monkeypatch):
    monkeypatch.setattr(datasets, "MOST_BYTES", 25)
    listed = {f"d/validation/{n:04}.parquet": File(f"d/validation/{n:04}.parquet", 10, "0" * 64) for n in range(5)}
    assert [file.name[-9:] for file in first_split("a/b", listed)] == ["0.parquet", "1.parquet"]
    monkeypatch.setattr(datasets, "MOST_BYTES", 5)
    with pytest.raises(LoupeError, match="larger than 1 GB"):
        first_split("a/b", listed)
