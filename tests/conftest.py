"""What several tests share: the real app, started once; and a word on what was left out."""

import os
from collections.abc import Iterator

import pytest

from tests.running import CHROMIUM, Running, start, stop


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of one running app go to one worker."""
    for item in items:
        if "running" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("running"))


def pytest_terminal_summary(terminalreporter) -> None:
    if not CHROMIUM:
        terminalreporter.write_line("The browser tests were left out: no Chromium found. LOUPE_CHROMIUM names one.")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app as a user starts it, with a home of its own; or the one that LOUPE_ADDRESS names."""
    if address := os.environ.get("LOUPE_ADDRESS"):
        yield Running(address, None, [])
        return
    app = start(home=tmp_path_factory.mktemp("home"))
    yield app
    stop(app)
