"""The page in a real browser: questions asked and answered, on a wide and a narrow screen, light and dark."""

import io
import re
from pathlib import Path

import axe_playwright_python
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
SENTENCE = "#strip-sentence textarea, #strip-sentence input"
UPLOADED = re.compile("upload%3A[0-9a-f]{64}")
ASKED = [("", "a red apple", "apple"), ("?lang=zh", "红色的苹果", "苹果")]
TITLE = ".lx-results h2"
CAPTIONS = ".lx-results figure .lx-caption"


def ask(page: Page, sentence: str) -> list[str]:
    """Types a sentence; the captions of the pictures shown for it, nearest first."""
    expect(page.locator(CAPTIONS).first).to_be_visible()
    page.locator(SENTENCE).fill(sentence)
    expect(page.locator(TITLE)).to_contain_text(sentence)
    return page.locator(CAPTIONS).all_inner_texts()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize(
    ("language", "sentence", "word"), [("", "a red apple", "apple"), ("?lang=zh", "红色的苹果", "苹果")]
)
def test_a_sentence_finds_its_pictures(open_page, language, sentence, word):
    captions = ask(open_page(language), sentence)
    assert any(word in caption for caption in captions[:3]), captions[:6]


def test_another_sentence_changes_the_answer(open_page):
    page = open_page()
    first, second = ask(page, "a red apple"), ask(page, "a sailing ship")
    assert first != second and any("ship" in caption or "boat" in caption for caption in second[:6]), second[:6]


def test_the_map_is_drawn(open_page):
    page = open_page()
    expect(page.locator(CAPTIONS).first).to_be_visible()
    expect(page.locator(".lx-counts")).to_contain_text("5,701")
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector(".lx-stage canvas");
            return canvas && canvas.width > 100 && !document.querySelector(".lx-note").textContent;
        }"""
    )
    page.wait_for_timeout(1500)
    drawn = Image.open(io.BytesIO(page.locator(".lx-stage").screenshot())).convert("RGB")
    assert len(drawn.getcolors(2**24) or []) > 50


def test_every_panel_of_a_family_draws(open_page):
    page = open_page("?tab=CLIP&image=example:apple")
    cards = page.locator(".card >> visible=true")
    expect(cards.first).to_be_visible()
    assert cards.count() >= 7
    for i in range(cards.count()):
        cards.nth(i).scroll_into_view_if_needed()
        expect(cards.nth(i).locator(".made")).to_contain_text("demo-clip")
        expect(cards.nth(i).locator("svg.main-svg, canvas, table").first).to_be_visible()
    expect(page.locator(".figure .error")).to_have_count(0)


def test_an_uploaded_picture_is_used_and_stands_in_the_address(open_page):
    page = open_page()
    expect(page.locator(CAPTIONS).first).to_be_visible()
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), (220, 20, 20)).save(stream, "PNG")
    page.locator(".strip-picture input[type=file]").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": stream.getvalue()}
    )
    expect(page.locator(".strip-picture .current img")).to_have_attribute("src", UPLOADED)
    expect(page.locator(TITLE)).to_contain_text("picture")
    page.wait_for_url(re.compile("image=upload"))
    page.reload()
    expect(page.locator(".strip-picture .current img")).to_have_attribute("src", UPLOADED)


def test_what_is_no_picture_is_refused_with_a_sentence(open_page):
    page = open_page()
    page.locator(".strip-picture input[type=file]").set_input_files(
        {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b'<svg xmlns="http://www.w3.org/2000/svg"/>'}
    )
    expect(page.locator(".strip-picture .note")).to_contain_text("SVG")


def test_an_address_restores_what_was_shown(open_page):
    page = open_page("?text=a%20sleeping%20cat&image=example:cat&tab=CLIP")
    expect(page.locator(SENTENCE)).to_have_value("a sleeping cat")
    expect(page.locator(".strip-picture .current img")).to_have_attribute("src", re.compile("example%3Acat"))
    expect(page.get_by_role("tab", name="CLIP", exact=True)).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("tab", ["Explore", "CLIP", "GPT"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_phone_scrolls_down_only(open_page, tab, language):
    page = open_page(f"?tab={tab}&lang={language}", width=390)
    expect(page.locator(CAPTIONS if tab == "Explore" else ".figure-block .drawing").first).to_be_visible()
    assert overflow(page) <= 0


def test_the_theme_follows_the_system_and_the_button(open_page):
    page = open_page(dark=True)
    ground = "getComputedStyle(document.body).backgroundColor"
    page.wait_for_function(f'() => {ground} === "rgb(15, 17, 21)"')
    page.locator("#bar .theme").click()
    page.wait_for_function(f'() => {ground} === "rgb(251, 251, 249)"')


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("tab", ["Explore", "CLIP"])
def test_the_page_can_be_used_by_everyone(open_page, tab, dark):
    page = open_page(f"?tab={tab}", dark=dark)
    expect(page.locator(CAPTIONS if tab == "Explore" else ".figure-block .drawing").first).to_be_visible()
    page.wait_for_function(
        "() => !document.querySelector('.figure[aria-busy]')"
    )  # what is out of date stands faint
    page.wait_for_timeout(500)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then((told) => told.violations)")
    grave = {
        rule["id"]: [node["html"][:160] for node in rule["nodes"][:4]]
        for rule in found
        if rule["impact"] in ("serious", "critical")
    }
    assert not grave, grave
