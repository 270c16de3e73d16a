"""Pictures of every tab for a person to look at: python -m tests.shots [ADDRESS]; fails where something is broken.

Writes shots/<tab>-<language>-<theme>-<width>.png, of a running app where an address is given, and for each tab one
sheet with all of them, shots/<tab>.png.
"""

import re
import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

import axe_playwright_python
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.running import ARGUMENTS, CHROMIUM, ROOT, start, stop

FOLDER = ROOT / "shots"
WAIT = 120_000
VIEWS = list(product(("en", "zh"), ("light", "dark"), (1440, 390)))
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
GRAVE = """axe.run().then((told) => told.violations.filter((rule) => ["serious", "critical"].includes(rule.impact))
    .map((rule) => `${rule.id}: ${rule.nodes.length} × ${rule.nodes[0].html.slice(0, 120)}`))"""
EMPTY = """() => [...document.querySelectorAll(".figure .drawing, .lx-results, .lx-map")].filter((place) =>
    place.getClientRects().length && (place.offsetHeight < 40 || !place.innerHTML.trim()))
    .map((place) => place.closest(".card")?.id ?? place.className)"""
WORKING = """() => ![...document.querySelectorAll(".figure.working, .lx-results.waiting")]
    .some((place) => place.getClientRects().length)"""


def shot(browser: Browser, address: str, tab: str, language: str, theme: str, width: int) -> list[str]:
    """Photographs one tab; what is wrong with it."""
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 1000 if width > 600 else 844})
    page.set_default_timeout(WAIT)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
    page.goto(f"{address}/?tab={tab}&lang={language}&__theme={theme}")
    settle(page, tab)
    page.screenshot(path=FOLDER / f"{name(tab)}-{language}-{theme}-{width}.png", full_page=True)
    if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
        wrong.append(f"{over} px wider than the screen")
    page.evaluate(AXE.read_text("utf-8"))
    wrong += page.evaluate(GRAVE)
    wrong += [f"nothing is drawn in {place}" for place in page.evaluate(EMPTY)]
    wrong += [f"says: {text}" for text in page.locator(".figure .error").all_inner_texts()]
    page.close()
    return wrong


def settle(page: Page, tab: str) -> None:
    """Waits until the tab is open, everything in it was scrolled past, and no part of it works any more."""
    page.wait_for_selector("#tabs [role=tab]")
    page.wait_for_function(
        "(tab) => document.querySelector('#tabs [aria-selected=true]')?.dataset.name === tab", arg=tab
    )
    page.wait_for_selector(".lx-results figure img, .figure-block >> visible=true")
    for figure in page.locator(".figure-block").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".drawing, .error").first.wait_for()
    page.wait_for_function(WORKING)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(2500)  # the map's and the figures' entrances


def name(tab: str) -> str:
    return re.sub(r"\W+", "-", tab.lower())


def tabs(browser: Browser, address: str) -> list[str]:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("#tabs [role=tab]", timeout=WAIT)
    found = page.locator("#tabs [role=tab]").all_inner_texts()
    page.close()
    return [tab.strip() for tab in found if tab.strip()]


def take(address: str) -> int:
    """Every tab in every language, theme and width; the number of those with something wrong."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    broken = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for tab in tabs(browser, address):
            for language, theme, width in VIEWS:
                wrong = shot(browser, address, tab, language, theme, width)
                broken += bool(wrong)
                sys.stdout.write(f"{tab} {language} {theme} {width}: {'; '.join(wrong) or 'as it should be'}\n")
                sys.stdout.flush()
            sheet(name(tab))
        browser.close()
    return broken


def sheet(tab: str) -> None:
    """All views of a tab side by side, at a third of their size, the phone's at a half."""
    shots = []
    for language, theme, width in VIEWS:
        with Image.open(FOLDER / f"{tab}-{language}-{theme}-{width}.png") as image:
            shots.append(image.convert("RGB").reduce(3 if width > 600 else 2))
    whole = Image.new("RGB", (sum(s.width + 12 for s in shots), max(s.height for s in shots)), "#888")
    left = 0
    for one in shots:
        whole.paste(one, (left, 0))
        left += one.width + 12
    whole.save(FOLDER / f"{tab}.png")


def main() -> None:
    if not CHROMIUM:
        raise SystemExit("No Chromium found. Install one, or name it in LOUPE_CHROMIUM.")
    if len(sys.argv) > 1:
        raise SystemExit(1 if take(sys.argv[1].rstrip("/")) else 0)
    with tempfile.TemporaryDirectory() as home:
        app = start(home=Path(home))
        try:
            broken = take(app.address)
        finally:
            stop(app)
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
