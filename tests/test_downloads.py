"""What stands below the pickers: where each picked checkpoint is, and its download with all that belongs to it."""

import re
from types import SimpleNamespace

import pytest

from core import checkpoints, hub
from core.errors import LoupeError
from webapp import downloads
from webapp.ui import NOTHING


@pytest.fixture
def fetched(monkeypatch):
    """The keys of the checkpoints that were fetched; nothing is on this machine before."""
    here: list[str] = []

    def download(row):
        yield hub.Download(0, 2_000_000, "model.safetensors")
        here.append(row.key)

    monkeypatch.setattr(hub, "is_here", lambda row: row.key in here)
    monkeypatch.setattr(hub, "disk_bytes", lambda row: 3e6 * (row.key in here))
    monkeypatch.setattr(hub, "download", download)
    return here


def offered(said: str) -> set[tuple[str, str]]:
    """(what is done, checkpoint) of each button."""
    return set(re.findall(r"data-act='(\w+)' data-key='([^']+)'", said))


def test_what_belongs_to_a_checkpoint_comes_with_it(fetched):
    row = checkpoints.find("kandinsky-2-2")
    prior = checkpoints.find(row.parts["prior"])
    said = downloads.lines(row.key, NOTHING, "en")
    assert f"{row.megabytes + prior.megabytes:.0f} MB" in said and prior.title in said
    assert offered(said) == {("begin", row.key)}
    *steps, last = downloads.begun(SimpleNamespace(key=row.key), row.key, NOTHING, "en")
    assert fetched == [row.key, prior.key]
    assert "<span>0 of 2 MB</span>" in steps[0] and f"<span>{prior.title}: 0 of 2 MB</span>" in steps[1]
    assert offered(steps[0]) == {("stop", row.key)}
    assert "On this machine: 3 MB" in last and offered(last) == {("drop", row.key)}


def test_only_what_is_missing_is_fetched(fetched):
    fetched.append("kandinsky-2-2")
    said = downloads.lines("kandinsky-2-2", NOTHING, "zh")
    assert "14263 MB" in said and ("begin", "kandinsky-2-2") in offered(said)
    list(downloads.begun(SimpleNamespace(key="kandinsky-2-2"), "kandinsky-2-2", NOTHING, "zh"))
    assert fetched == ["kandinsky-2-2", "kandinsky-2-2-prior"]


def test_a_download_that_fails_says_why_beside_what_is_here(monkeypatch, fetched):
    def broken(row):
        raise LoupeError("No {what}.", what="<net>")
        yield

    monkeypatch.setattr(hub, "download", broken)
    (last,) = downloads.begun(SimpleNamespace(key="kandinsky-2-2"), "kandinsky-2-2", NOTHING, "en")
    assert "No &lt;net&gt;." in last and offered(last) == {("begin", "kandinsky-2-2")}


def test_each_picked_checkpoint_has_a_line_and_the_embedded_ones_none(fetched):
    assert downloads.lines("demo-clip", NOTHING, "en") == ""
    for first in ("demo-clip", "clip-vit-base-patch32"):
        assert downloads.lines(first, "clip-vit-base-patch32", "en").count("<p>") == 1
    both = downloads.lines("clip-vit-base-patch32", "siglip-base-patch16", "en")
    assert offered(both) == {("begin", "clip-vit-base-patch32"), ("begin", "siglip-base-patch16")}
    coming, _ = downloads.begun(
        SimpleNamespace(key="siglip-base-patch16"), "clip-vit-base-patch32", "siglip-base-patch16", "en"
    )
    assert offered(coming) == {("begin", "clip-vit-base-patch32"), ("stop", "siglip-base-patch16")}


def test_what_is_taken_from_the_disk_can_be_had_again(monkeypatch, fetched):
    fetched.append("siglip-base-patch16")
    monkeypatch.setattr(hub, "remove", lambda row: fetched.remove(row.key))
    said = downloads.dropped(SimpleNamespace(key="siglip-base-patch16"), "siglip-base-patch16", NOTHING, "en")
    assert offered(said) == {("begin", "siglip-base-patch16")}
