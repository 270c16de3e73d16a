"""The Diffusion tab with the embedded model: a typed word is drawn, scrubbed, played, followed on the map, stopped."""

import re

from playwright.sync_api import expect

from tests.cards import drawn, reached

BRIGHT = """image => {
    const page = Object.assign(document.createElement("canvas"), {width: 8, height: 8}), pen = page.getContext("2d");
    pen.drawImage(image, 0, 0, 8, 8);
    return [...pen.getImageData(0, 0, 8, 8).data].reduce((sum, x) => sum + x, 0);
}"""


def test_a_typed_word_is_drawn_scrubbed_and_played(open_page):
    page = open_page("?tab=Diffusion&text=rainbow")
    card = drawn(page, "Diffusion.trajectory")
    expect(card.get_by_text("rainbow", exact=True).first).to_be_visible()
    slider, picture = card.locator(".turn input"), card.locator(".row canvas").first
    expect(slider).to_have_value("19")
    last = picture.evaluate(BRIGHT)
    slider.fill("0")
    assert picture.evaluate(BRIGHT) != last, "the first estimate is not the last one"
    card.get_by_role("button", name="Play").click()
    expect(slider).to_have_value("19")
    sentence = page.locator("#strip-sentence textarea, #strip-sentence input").first
    sentence.fill("tomato")
    sentence.press("Enter")
    page.evaluate("scrollTo(0, 0)")
    card = page.locator("[id='Diffusion.trajectory']")
    expect(card.get_by_text("tomato", exact=True).first).to_be_visible()


def test_every_card_answers_in_words_or_pictures(open_page):
    page = open_page("?tab=Diffusion&text=a cat&image=example:cat")
    for name in ("noising", "words_to_places", "skip_connections", "path_on_map"):
        drawn(page, f"Diffusion.{name}")
    assert not page.locator(".figure .error:visible").all_inner_texts()
    path = page.locator("[id='Diffusion.path_on_map']")
    expect(path.get_by_text("nearest picture", exact=True)).to_have_count(1)


def test_a_long_drawing_is_stopped_and_begun_again(open_page):
    page = open_page("?tab=Diffusion&text=tomato")
    card = drawn(page, "Diffusion.skip_connections")
    card.get_by_role("spinbutton").first.fill("50")
    card.get_by_role("spinbutton").first.press("Enter")
    expect(card.get_by_text(re.compile(r"step \d+ of 50"))).to_be_visible()
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_text("Stopped.")).to_be_visible()
    page.wait_for_timeout(1500)
    step = card.get_by_text(re.compile(r"step \d+ of 50"))
    told = step.inner_text()
    page.wait_for_timeout(1500)
    assert step.inner_text() == told, "a stopped drawing went on"
    card.get_by_role("button", name="Run again").click()
    expect(step).not_to_have_text(told)


def test_without_a_sentence_it_draws_all_the_same(open_page):
    page = open_page("?tab=Diffusion&text=%20")
    card = drawn(page, "Diffusion.trajectory")
    expect(card.get_by_text("without words", exact=True).first).to_be_visible()
    reached(page, "Diffusion.words_to_places")
    expect(page.locator("[id='Diffusion.words_to_places'] .error")).to_contain_text("empty")
