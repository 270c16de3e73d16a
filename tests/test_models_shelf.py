"""Keeping models loaded: one load each, side by side, within the limit, never one in use."""

import threading
import time
from types import SimpleNamespace

import pytest

from core import checkpoints, models
from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.shelf import Shelf

SOON = 5  # seconds that no test waits unless something hangs


class Builder:
    """Makes fake models of 10 bytes, and counts."""

    def __init__(self, needs=None, before=lambda key: None):
        self.built: list[str] = []
        self.needs = needs or {}
        self.before = before

    def __call__(self, key):
        self.before(key)
        self.built.append(key)
        return SimpleNamespace(key=key, size_bytes=10), self.needs.get(key, ())


def together(*works):
    """Run these at the same time; what they raised."""
    raised = []

    def run(work):
        try:
            work()
        except LoupeError as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive(), "a thread hangs"
    return raised


def test_the_least_recently_used_goes_first():
    build = Builder()
    shelf = Shelf(build, limit=25)
    first = shelf.get("a")
    shelf.get("b")
    assert shelf.get("a") is first
    shelf.get("c")
    assert shelf.kept() == ["a", "c"]
    shelf.get("b")
    assert shelf.kept() == ["c", "b"] and build.built == ["a", "b", "c", "b"]


def test_a_model_in_use_stays_even_over_the_limit():
    shelf = Shelf(Builder(), limit=15)
    with shelf.use("a") as model:
        shelf.get("b")
        shelf.get("c")
        assert "a" in shelf.kept() and shelf.get("a") is model
    assert shelf.kept() == ["a"]
    shelf.get("b")
    assert shelf.kept() == ["b"]


def test_a_model_larger_than_the_limit_stays_while_it_is_used_and_no_longer():
    shelf = Shelf(Builder(), limit=5)
    with shelf.use("a"):
        assert shelf.kept() == ["a"]
    assert shelf.kept() == []


def test_a_part_stays_as_long_as_what_is_made_of_it():
    shelf = Shelf(Builder(), limit=25)
    shelf._build = Builder(needs={"whole": ("part",)}, before=lambda key: key == "whole" and shelf.get("part"))
    shelf.get("whole")
    assert shelf.kept() == ["whole", "part"]
    shelf.get("other")
    assert shelf.kept() == ["part", "other"], "the whole goes first, though it was used before its part"
    with shelf.use("whole"):
        shelf.get("last")
        assert {"whole", "part"} <= set(shelf.kept())


def test_many_who_ask_at_once_wait_for_one_load():
    build = Builder(before=lambda key: time.sleep(0.05))
    shelf = Shelf(build, limit=100)
    found = []
    together(*[lambda: found.append(shelf.get("a"))] * 12)
    assert build.built == ["a"] and len(found) == 12 and len({id(model) for model in found}) == 1


def test_different_models_load_side_by_side():
    meeting = threading.Barrier(3)
    shelf = Shelf(Builder(before=lambda key: meeting.wait(SOON)), limit=100)
    together(*[lambda key=key: shelf.get(key) for key in "abc"])
    assert set(shelf.kept()) == {"a", "b", "c"}


def test_one_thread_at_a_time_uses_a_model():
    shelf, inside, most = Shelf(Builder(), limit=100), [], []

    def work():
        with shelf.use("a"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    together(*[work] * 6)
    assert len(most) == 6 and max(most) == 1


def test_different_models_are_used_side_by_side():
    shelf, meeting = Shelf(Builder(), limit=100), threading.Barrier(2)

    def work(key):
        with shelf.use(key):
            meeting.wait(SOON)

    assert together(lambda: work("a"), lambda: work("b")) == []


def test_a_block_may_end_in_another_thread():
    shelf = Shelf(Builder(), limit=100)
    block = shelf.use("a")
    block.__enter__()
    together(lambda: block.__exit__(None, None, None))
    with shelf.use("a") as model:
        assert model.key == "a"


def test_a_failed_load_is_told_to_each_and_tried_anew():
    broken = [True]

    def before(key):
        if broken[0]:
            raise LoupeError("no weights")

    shelf = Shelf(Builder(before=before), limit=100)
    assert len(together(*[lambda: shelf.get("a")] * 4)) == 4
    assert shelf.kept() == [] and not shelf._entries
    broken[0] = False
    assert shelf.get("a").key == "a"


def test_load_and_use_find_the_row_its_family_and_its_parts(monkeypatch):
    class Family:
        @classmethod
        def load(cls, checkpoint, device, **parts):
            return SimpleNamespace(checkpoint=checkpoint, device=device, parts=parts, size_bytes=10)

    def row(key, parts):
        return Checkpoint(key, "fake", "Fake", key, key, 1, "none", parts=parts)

    monkeypatch.setattr(models, "families", lambda: {"fake": Family})
    monkeypatch.setattr(models, "_shelf", Shelf(models._build, 100))
    rows = {"whole": row("whole", {"tower": "part"}), "part": row("part", {})}
    monkeypatch.setattr(checkpoints, "catalogue", lambda: rows)
    model = models.load("whole", "cpu")
    assert model.parts["tower"] is models.load("part", "cpu") and model.device == "cpu"
    with models.use("whole", "cpu") as used:
        assert used is model
    with pytest.raises(LoupeError, match=r"No checkpoint 'hole'. There are: whole, part"):
        models.load("hole")


def test_the_limit_can_be_set(monkeypatch):
    monkeypatch.setattr(models, "_shelf", Shelf(Builder(), 100))
    models.keep_at_most(0.5)
    assert models._shelf.limit == 500_000_000
