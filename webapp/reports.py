"""A lens run step by step: its results as they come, and its reports of progress in between."""

import inspect
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Report:
    """How far a lens has come."""

    done: int
    total: int


class Stopped(Exception):
    """Raised inside a lens at its next report once nobody waits for its answer any more."""


def results(lens: Callable[..., Any], model: Any, arguments: dict[str, Any], reporter: str | None) -> Iterator[Any]:
    """Each result of the lens; with a reporter (its Progress parameter), Reports in between.

    A lens that reports works in a thread of its own, so that its reports can be told while it works.
    """
    if reporter is None:
        yield from _each(lens(model, **arguments))
        return
    told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    stop = threading.Event()

    def report(done: int, total: int) -> None:
        if stop.is_set():
            raise Stopped
        told.put(("report", Report(done, total)))

    def work() -> None:
        try:
            for result in _each(lens(model, **arguments, **{reporter: report})):
                told.put(("result", result))
            told.put(("end", None))
        except Stopped:
            told.put(("end", None))
        except Exception as error:  # noqa: BLE001  told to the thread that waits, which raises it
            told.put(("error", error))

    worker = threading.Thread(target=work, name=f"lens-{lens.__name__}", daemon=True)
    worker.start()
    try:
        while (message := told.get())[0] != "end":
            if message[0] == "error":
                raise message[1]
            yield message[1]
    finally:
        stop.set()
        worker.join()


def _each(answer: Any) -> Iterator[Any]:
    if inspect.isgenerator(answer):
        yield from answer
    else:
        yield answer
