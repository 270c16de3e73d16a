"""A browser at the running app; an error in its console fails the test."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.running import ARGUMENTS, CHROMIUM, Running

WAIT = 240_000.0
"""Milliseconds for what a page shows: models are loaded, pictures drawn in fifty steps, beside other tests."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "open_page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(not CHROMIUM, reason="no Chromium"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, running: Running) -> Iterator[Callable[..., Page]]:
    """open_page(address="", width=1440, dark=False) -> the page once its tabs stand."""
    pages: list[Page] = []
    errors: list[str] = []

    def open_one(address: str = "", width: int = 1440, dark: bool = False) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
        pages.append(page)
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(told(message)) if message.type == "error" else None)
        page.goto(f"{running.address}/{address}")
        page.wait_for_selector("#tabs [role=tab]")
        return page

    yield open_one
    for page in pages:
        page.close()
    assert not errors, f"The console tells of errors: {errors}\n{running.printed()}"


def told(message: ConsoleMessage) -> str:
    return f"{message.text} ({message.location.get('url')})"
