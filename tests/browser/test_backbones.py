"""The backbones' tabs in a browser, with the embedded models: every card answers, photographs are named, maps turn."""

import pytest
from playwright.sync_api import expect

from tests.cards import drawn, questions


@pytest.mark.parametrize(
    ("tab", "example", "cards"), [("ViT", "coffee", 12), ("Swin", "cat", 10), ("CNN", "astronaut", 7)]
)
def test_every_card_answers_about_a_photograph(open_page, tab, example, cards):
    page = open_page(f"?tab={tab}&image=example:{example}")
    found = page.locator(f"[id^='{tab}.']:has(.figure)")
    found.first.wait_for()
    places = found.evaluate_all("all => all.map((card) => card.id)")
    assert len(places) >= cards
    for place in places:
        drawn(page, place)
    assert not page.locator(".figure .error:visible").all_inner_texts()


@pytest.mark.parametrize(
    ("example", "named"), [("cat", "Egyptian"), ("coffee", "espresso"), ("astronaut", "helmet")]
)
def test_photographs_get_classes_of_imagenet(open_page, example, named):
    page = open_page(f"?tab=CNN&image=example:{example}")
    card = drawn(page, "CNN.classes")
    assert any(named in name for name in card.locator(".ytick").all_text_contents())


def test_stages_of_a_class_map_turn_without_the_server(open_page):
    page = open_page("?tab=CNN&image=example:cat")
    card = drawn(page, "CNN.grad_cam")
    asked = questions(card)
    canvas = "canvas => canvas.toDataURL()"
    before = card.locator("canvas").first.evaluate(canvas)
    slider = card.locator(".sliders input[type=range]").first
    slider.fill("0")
    page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before",
        arg=[card.locator("canvas").first.element_handle(), before],
    )
    assert asked() == 0
    card.locator(".offered button").nth(1).click()
    expect(card.locator(".offered [aria-pressed=true]")).to_have_count(1)
    expect(card.locator(".figure:not([aria-busy])")).to_have_count(1)
    assert asked() == 1


def test_a_window_is_clicked_and_its_block_chosen(open_page):
    page = open_page("?tab=Swin&image=example:apple")
    card = drawn(page, "Swin.window_attention")
    told = card.locator(".told")
    before = told.inner_text()
    card.locator("canvas").click(position={"x": 12, "y": 12})
    expect(told).not_to_have_text(before)
    asked = questions(card)
    card.locator("input.block").fill("1")
    expect(card.locator("output").first).to_contain_text("2 / ")
    expect(told).to_contain_text("shift")
    assert asked() == 0
