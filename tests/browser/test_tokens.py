"""Heads of a text in a browser: a token's row everywhere at once, any head, texts of 512 tokens."""

import numpy as np
from playwright.sync_api import expect

from tests.cards import questions, reached
from webapp.token_maps import TokenMaps

DRAW = """async (drawing) => {
    const kind = await import(new URL("loupe/static/kinds/tokens.js", document.baseURI).href);
    const place = document.body.appendChild(document.createElement("div"));
    place.id = "alone";
    place.style.width = "640px";
    window.picked = [];
    window.made = kind.draw(place, drawing, {pick: (...what) => window.picked.push(what)});
}"""


def test_a_token_shows_its_row_and_a_square_its_head(open_page):
    page = open_page("?tab=CLIP&text=一只红色的猫")
    card = reached(page, "CLIP.token_heads")
    expect(card.locator(".made")).to_have_count(1)
    told = card.locator(".told")
    asked = questions(card)
    card.locator(".token", has_text="猫").hover()
    expect(told).to_contain_text("猫 ← ")
    card.get_by_role("button", name="layer 1 · head 2", exact=True).click()
    expect(told).to_contain_text("layer 1 · head 2")
    card.locator(".token", has_text="猫").click()
    card.locator(".square").hover(position={"x": 2, "y": 2})
    expect(card.locator(".tip")).to_contain_text("[CLS] ← [CLS]")
    page.locator("h1").hover()
    expect(told).to_contain_text("猫 ← ")
    assert asked() == 0, "a head or a token was asked of the server"


def test_a_text_of_512_tokens_is_fluent_and_asks_for_other_heads(open_page):
    length, rng = 512, np.random.default_rng(0)
    weights = np.tile(rng.random((length, length)).astype(np.float16) / length, (12, 12, 1, 1))
    weights[1, 2, 500] = 0
    weights[1, 2, 500, 40] = 1
    page = open_page()
    page.evaluate(DRAW, TokenMaps(tuple(f"w{n}" for n in range(length)), weights, (1, 2)).packed())
    alone = page.locator("#alone")
    alone.get_by_role("button", name="w500", exact=True).focus()
    expect(alone.locator(".told")).to_contain_text("w500 ← w40 100 %")
    alone.get_by_role("button", name="layer 12 · head 12", exact=True).click()
    assert page.evaluate("window.picked") == [["head", "11,11"]]
    assert page.evaluate("window.made.data().weights[500][40]") == 1
    spent = page.evaluate("""() => [...document.querySelectorAll("#alone .token")].slice(0, 60).map((chip) => {
        const start = performance.now();
        chip.onpointerenter();
        return performance.now() - start;
    }).sort((a, b) => a - b)""")
    assert spent[30] < 200, f"{spent[30]:.0f} ms to show a token's row"
