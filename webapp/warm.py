"""What the first question needs, made ready in the background once the page is up."""

import logging
import time
import urllib.error
import urllib.request

from core import store

log = logging.getLogger(__name__)


def warm(address: str = "") -> None:
    """Waits until the page answers; then sweeps the store, loads the first model, opens the first collection."""
    if address:
        visit(address)
    log.info("Swept away %d files.", store.sweep())
    from webapp.explore.answers import opening, search
    from webapp.tabs.explore import CHECKPOINT, LIBRARY

    start = time.perf_counter()
    request = {"library": LIBRARY, "checkpoint": CHECKPOINT, "language": "en"}
    for answer in (opening(request), search(request | {"text": "a red apple"})):
        if "error" in answer:
            log.warning("Not made ready: %s", answer["error"])
    log.info("The first questions can be answered after %.1f s.", time.perf_counter() - start)


def visit(address: str, patience: float = 120.0) -> None:
    """Fetches the page once, as its first reader would, so that nothing heavy starts before it stands."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=patience) as answer:
                answer.read()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
