"""What a reader waits for in Chromium: python -m benchmarks.browser [--points 200000]

Seconds from the opening of the page to the map of the sample collection; milliseconds from a typed sentence to its
results; milliseconds from a slider of a figure to the next frame, tab by tab; seconds to draw so many points and
milliseconds a frame while they are moved. The drawing is done by the processor where there is no graphics card.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from tests.running import ARGUMENTS, CHROMIUM, start, stop

WORDS = "a red apple|a dog|a house by the sea|a rocket|green leaves|a sleeping cat|a chess piece|music|snow"
WAIT = 120_000
MAP = """() => document.querySelector(".lx-stage canvas")?.width > 100
    && !document.querySelector(".lx-note").textContent && document.querySelector(".lx-results figure img")?.complete"""
SLIDERS = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const times = [];
    for (const slider of document.querySelectorAll(".figure .drawing input[type=range]")) {
        if (!slider.getClientRects().length) continue;
        for (const share of [0, 0.3, 0.6, 1, 0.5]) {
            const begun = performance.now();
            slider.value = Number(slider.min || 0) + share * (Number(slider.max || 100) - Number(slider.min || 0));
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            await frame();
            times.push(performance.now() - begun);
        }
    }
    return times;
}"""
MANY = """async (count) => {
    const {Scatter} = await import("/loupe/static/explore/scatter.js");
    const stage = document.createElement("div");
    stage.style.cssText = "position: fixed; inset: 0 auto auto 0; width: 1000px; height: 700px; z-index: 99";
    stage.append(document.createElement("canvas"));
    document.body.append(stage);
    const places = Float32Array.from({length: 2 * count}, () => Math.random() + Math.random() + Math.random());
    const codes = Float32Array.from({length: count}, (_, n) => n % 20);
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const begun = performance.now();
    const points = {total: count, count: count / 2, layouts: {umap: [places, places]}, dims: {umap: 2}};
    const none = () => {};
    const map = new Scatter(stage, points, () => "data:,", {hover: none, click: none, lasso: none, clear: none});
    await map.resized();
    await map.setColours(codes, Array.from({length: 20}, (_, n) => [n / 20, 0.5, 1 - n / 20, 1]));
    await frame();
    const drawn = performance.now() - begun, times = [];
    for (let step = 0, last = performance.now(); step < 60; step++) {
        const view = Array.from(map.plot.get("cameraView"));
        view[12] += 0.01;
        map.plot.set({cameraView: view});
        map.overlay.moved();
        await frame();
        times.push(performance.now() - last);
        last = performance.now();
    }
    map.destroy();
    stage.remove();
    return [drawn, times];
}"""


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(WAIT)
    page.goto(address)
    return page


def until_the_map(browser: Browser, address: str) -> float:
    begun = time.perf_counter()
    page = opened(browser, address)
    page.wait_for_function(MAP)
    seconds = time.perf_counter() - begun
    page.close()
    return seconds


def results(page: Page, sentence: str) -> float:
    """Milliseconds from the key that ends the sentence to its results, as the page's own clock has them."""
    page.locator("#strip-sentence textarea, #strip-sentence input").first.fill(sentence)
    return page.evaluate(
        """async (sentence) => {
            const begun = performance.now(), head = document.querySelector(".lx-results h2");
            document.querySelector("#strip-sentence textarea, #strip-sentence input")
                .dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
            while (!head.textContent.includes(sentence)) await new Promise((done) => setTimeout(done, 2));
            return performance.now() - begun;
        }""",
        sentence,
    )


def told(name: str, times: list[float], unit: str) -> None:
    print(
        f"{name:44} median {np.median(times):7.1f} {unit}  95th percentile {np.percentile(times, 95):7.1f} {unit}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200_000)
    points = parser.parse_args().points
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        app = start(home=Path(home))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            until_the_map(browser, app.address)  # loads the model
            told("page opened to map and results", [until_the_map(browser, app.address) for _ in range(5)], "s")
            page = opened(browser, app.address)
            page.wait_for_function(MAP)
            results(page, "a warm start")
            told("sentence to results", [results(page, words) for words in WORDS.split("|")], "ms")
            drawn, times = page.evaluate(MANY, points)
            print(f"{points} points drawn in {drawn / 1e3:.2f} s")
            told("a frame while they are moved", times, "ms")
            for tab in [tab.strip() for tab in page.locator("#tabs [role=tab]").all_inner_texts()][1:]:
                page.goto(f"{app.address}/?tab={tab}")
                page.locator(".figure-block >> visible=true").first.wait_for()
                for figure in page.locator(".figure-block >> visible=true").all():
                    figure.scroll_into_view_if_needed()
                    figure.locator(".drawing, .error").first.wait_for()
                page.wait_for_function("() => !document.querySelector('.figure[aria-busy]')")
                if times := page.evaluate(SLIDERS):
                    told(f"slider to frame, {tab}", times, "ms")
        finally:
            browser.close()
            stop(app)


if __name__ == "__main__":
    main()
