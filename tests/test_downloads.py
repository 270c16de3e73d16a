"""What stands beside a picker of checkpoints: where the picked one is, and its download with all that belongs to it."""

import pytest

from core import checkpoints, hub
from core.errors import LoupeError
from webapp import downloads


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


def test_what_belongs_to_a_checkpoint_comes_with_it(fetched):
    row = checkpoints.find("kandinsky-2-2")
    prior = checkpoints.find(row.parts["prior"])
    said, start, _, away = downloads.state(row.key, "en")
    assert f"{row.megabytes + prior.megabytes:.0f} MB" in said["value"] and prior.title in said["value"]
    assert start["visible"] and not away["visible"]
    *steps, last = downloads.fetch(row.key, "en")
    assert fetched == [row.key, prior.key]
    told = [step[0]["value"] for step in steps]
    assert "<span>0 of 2 MB</span>" in told[0] and f"<span>{prior.title}: 0 of 2 MB</span>" in told[1]
    assert "On this machine: 3 MB" in last[0]["value"] and not last[1]["visible"] and last[3]["visible"]


def test_only_what_is_missing_is_fetched(fetched):
    fetched.append("kandinsky-2-2")
    said, start, *_ = downloads.state("kandinsky-2-2", "zh")
    assert "14263 MB" in said["value"] and start["visible"]
    list(downloads.fetch("kandinsky-2-2", "zh"))
    assert fetched == ["kandinsky-2-2", "kandinsky-2-2-prior"]


def test_a_download_that_fails_says_why_beside_what_is_here(monkeypatch, fetched):
    def broken(row):
        raise LoupeError("No {what}.", what="<net>")
        yield

    monkeypatch.setattr(hub, "download", broken)
    (last,) = downloads.fetch("kandinsky-2-2", "en")
    assert "No &lt;net&gt;." in last[0]["value"] and last[1]["visible"]


def test_an_embedded_checkpoint_needs_no_download(fetched):
    said, start, stop, away = downloads.state("demo-clip", "en")
    assert not any(update["visible"] for update in (said, start, stop, away))
