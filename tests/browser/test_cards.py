"""A card as its reader uses it: settings that last, a second model or a pinned answer beside it, exports."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.cards import questions, reached

CARD = "[id='CLIP.attention_rollout']"
MADE = f"{CARD} .figure .made"
ALONE = """async () => {
    const {mount} = await import(new URL("loupe/static/figure.js", document.baseURI).href);
    const card = document.createElement("div");
    card.className = "card";
    card.innerHTML = "<h2>Alone</h2><div><div class='figure'></div></div>";
    document.body.prepend(card);
    window.asked = [];
    mount(card.lastChild, {base: "", key: "alone", place: "None.alone"}, (name) => window.asked.push(name),
        (see) => { window.tell = see; });
}"""


def rollout(page: Page) -> Page:
    reached(page, "CLIP.attention_rollout")
    expect(page.locator(MADE).first).to_contain_text("demo-clip")
    return page


def test_a_setting_stands_in_the_address_and_comes_back(open_page):
    page = rollout(open_page("?tab=CLIP&CLIP.attention_rollout.fusion=max"))
    card = page.locator(CARD)
    expect(card.locator("label.selected")).to_have_text("max")
    card.get_by_text("min", exact=True).click()
    page.wait_for_url(re.compile(r"CLIP\.attention_rollout\.fusion=min"))
    page.wait_for_function("() => !document.querySelector('.figure[aria-busy]')")
    page.wait_for_timeout(3000)  # what is still asked when a page is left is told in the console
    page.reload()
    expect(page.locator(f"{CARD} label.selected")).to_have_text("min")


def test_a_setting_outlasts_a_look_at_another_tab(open_page):
    page = rollout(open_page("?tab=CLIP"))
    page.locator(CARD).get_by_text("max", exact=True).click()
    page.get_by_role("tab", name="Explore", exact=True).click()
    page.get_by_role("tab", name="CLIP", exact=True).click()
    expect(page.locator(f"{CARD} label.selected")).to_have_text("max")
    expect(page.locator(MADE)).to_have_count(1)


def test_the_sliders_of_a_map_ask_nobody(open_page):
    page = rollout(open_page("?tab=CLIP"))
    asked = questions(page.locator(CARD))
    page.locator(f"{CARD} .heat .step").fill("0")
    expect(page.locator(f"{CARD} .heat output").first).to_have_text("1")
    page.locator(f"{CARD} .heat .overlay").fill("0.2")
    page.wait_for_timeout(600)
    assert asked() == 0
    expect(page.locator(f"{CARD} .figure.working")).to_have_count(0)


def test_a_pinned_answer_stays_beside_the_next(open_page):
    page = rollout(open_page("?tab=CLIP"))
    page.locator(f"{CARD} .tools").get_by_text("pin", exact=True).click()
    expect(page.locator(f"{MADE} >> text=📌")).to_have_count(1)
    page.locator(".example[title=cat]").click()
    expect(page.locator(MADE)).to_have_count(2)
    page.locator(f"{CARD} .tools").get_by_text("unpin", exact=True).click()
    expect(page.locator(MADE)).to_have_count(1)


def test_an_exported_page_works_without_a_server(open_page, browser, tmp_path):
    page = rollout(open_page("?tab=CLIP"))
    for key in ("attention_rollout", "text_similarity"):
        card = reached(page, f"CLIP.{key}")
        expect(card.locator(".made")).to_have_count(1)
        with page.expect_download() as download:
            card.locator(".tools").get_by_text("HTML", exact=True).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        alone = browser.new_page()
        asked = []
        alone.on("request", lambda request, asked=asked: asked.append(request.url))
        alone.goto(file.as_uri())
        drawn = alone.locator(".drawing canvas, .drawing svg.main-svg").first
        expect(drawn).to_be_visible()
        assert not [url for url in asked if url.startswith("http")]
        alone.close()


def test_the_data_of_a_card_are_numbers(open_page, tmp_path):
    page = rollout(open_page("?tab=CLIP"))
    with page.expect_download() as download:
        page.locator(f"{CARD} .tools").get_by_text("data", exact=True).click()
    download.value.save_as(tmp_path / "data.json")
    (told,) = json.loads(Path(tmp_path / "data.json").read_text("utf-8"))
    assert told["model"] == "demo-clip" and len(told["maps"]) == 3 and len(told["maps"][0]["values"]) == 8


def test_a_clicked_patch_asks_from_there(open_page):
    page = open_page("?tab=CLIP&image=example:apple")
    card = reached(page, "CLIP.attention_heads")
    expect(card.locator(".head")).to_have_count(18)
    card.locator(".head").nth(4).click()
    expect(card.locator("output").first).to_have_text("layer 1 · head 5")
    before = card.locator(".high").inner_text()
    card.locator(".stage").click(position={"x": 20, "y": 20})
    expect(card.locator(".picked")).to_be_visible()
    expect(card.locator("output").first).to_have_text("layer 1 · head 5")
    assert card.locator(".high").inner_text() != before
    page.wait_for_url(re.compile(r"attention_heads\.patch=0%2C0"))


def test_a_word_under_the_pointer_shows_its_map(open_page):
    page = open_page("?tab=CLIP&image=example:apple&text=a%20leaf%20on%20%3Cb%3Eapple%3C/b%3E")
    card = reached(page, "CLIP.patch_text")
    leaf = card.get_by_role("button", name="leaf", exact=True)
    leaf.hover()
    expect(leaf).to_have_attribute("aria-pressed", "true")
    page.mouse.move(0, 0)
    expect(leaf).to_have_attribute("aria-pressed", "false")
    leaf.click()
    page.mouse.move(0, 0)
    expect(leaf).to_have_attribute("aria-pressed", "true")


def test_the_temperature_changes_the_shares_and_the_loss(open_page):
    page = open_page("?tab=CLIP")
    card = reached(page, "CLIP.similarity_matrix")
    cell, loss = card.locator("td.true").nth(1), card.locator(".loss b")
    expect(loss).to_be_visible()
    sharp, low = int(cell.inner_text()), float(loss.inner_text())
    card.locator(".set input").fill("1")
    assert int(cell.inner_text()) < sharp and float(loss.inner_text()) > low
    card.locator("select").select_option("cosine")
    assert 0.2 < float(cell.inner_text()) < 1


def test_an_older_answer_that_is_ready_last_is_dropped(open_page):
    page = open_page()
    page.evaluate(ALONE)
    page.wait_for_function("() => window.asked[0] === 'run'")
    page.evaluate("dispatchEvent(new CustomEvent('loupe-settings', {detail: [{'None.alone.n': 0}, [1]]}))")
    page.evaluate("tell({event: 'anew', drawings: [], error: 'the newer answer'})")
    page.evaluate("tell({event: 'run', drawings: [], error: 'the older answer'})")
    expect(page.locator("[id='None.alone'] .error")).to_have_text("the newer answer")
    assert page.evaluate("asked") == ["run", "anew"]


def test_what_comes_after_it_was_stopped_is_not_shown(open_page):
    page = open_page()
    page.evaluate(ALONE)
    card = page.locator("[id='None.alone']")
    card.get_by_role("button", name="Cancel").click()
    page.evaluate("tell({event: 'run', drawings: [], error: 'an answer'})")
    expect(card.locator(".state")).to_have_text("Stopped.Run again")
    assert page.evaluate("asked") == ["run", "cancel"]
    card.get_by_role("button", name="Run again").click()
    page.evaluate("tell({event: 'run', drawings: [], error: 'an answer'})")
    expect(card.locator(".error")).to_have_text("an answer")
