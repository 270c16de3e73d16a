"""Long work for the page: in a thread of its own, asked after by whoever waits for it, stopped by its name."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from core.errors import LoupeError

log = logging.getLogger(__name__)

KEPT = 600.0
"""Seconds that an answer waits for who asked."""


class Stopped(LoupeError):
    """The work was stopped by who asked for it."""


class Job:
    """work(report) runs; report(stage, done, total) says how far, and raises Stopped after ``stop``."""

    def __init__(self, work: Callable[[Callable[[str, int, int], None]], Any]):
        self.stage, self.done, self.total = "", 0, 0
        self.answer: Any = None
        self.error: LoupeError | None = None
        self.ended = 0.0
        self._stop, self._finished = threading.Event(), threading.Event()
        self._work = work
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self.answer = self._work(self.report)
        except LoupeError as error:
            self.error = error
        except Exception:
            log.exception("Work for the page failed at %s", self.stage)
            self.error = LoupeError("Something went wrong here. The log has the details.")
        self.ended = time.monotonic()
        self._finished.set()

    def report(self, stage: str, done: int, total: int) -> None:
        self.stage, self.done, self.total = stage, done, total
        if self._stop.is_set():
            raise Stopped("This was stopped. What was finished is kept: open the collection to go on.")

    def stop(self) -> None:
        self._stop.set()

    def wait(self, seconds: float | None) -> bool:
        """Whether it ended within so many seconds."""
        return self._finished.wait(seconds)

    def result(self) -> Any:
        """What the work returned. Raises its LoupeError."""
        if self.error:
            raise self.error
        return self.answer


_jobs: dict[str, Job] = {}
_lock = threading.Lock()


def joined(key: str, work: Callable[[Callable[[str, int, int], None]], Any]) -> Job:
    """The job of this key under way, else a new one."""
    with _lock:
        for old in [k for k, job in _jobs.items() if job.ended and time.monotonic() - job.ended > KEPT]:
            del _jobs[old]
        if key not in _jobs:
            _jobs[key] = Job(work)
        return _jobs[key]


def find(key: str) -> Job | None:
    with _lock:
        return _jobs.get(key)


def forget(key: str) -> None:
    """After its answer was given, so that the next to ask begins anew."""
    with _lock:
        _jobs.pop(key, None)
