"""Labs of what rebuilds pictures, used as a reader uses them: hide, click, paint, mix."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.cards import drawn, questions

MASKED, LEANING = "MAE.masked_reconstruction", "MAE.mask_leaning"
GRID, BOOK, MIX = "Autoencoders.code_grid", "Autoencoders.codebook_usage", "Autoencoders.vae_interpolation"


def card(page: Page, name: str) -> Locator:
    found = drawn(page, name)
    expect(found.locator(".made").first).to_contain_text("demo-")
    return found


def stroke(page: Page, stage: Locator, *places: tuple[float, float]) -> None:
    """Pressed at the first place (shares of the width and the height), dragged over the others."""
    stage.evaluate("(stage) => stage.scrollIntoView({block: 'center'})")  # not below the strip, which stays
    box = stage.bounding_box()
    assert box
    for n, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if not n:
            page.mouse.down()
    page.mouse.up()


def test_hidden_patches_follow_the_slider_and_the_brush(open_page):
    page = open_page("?tab=MAE&image=example:apple")
    lab = card(page, MASKED)
    expect(lab.get_by_text("75 % hidden")).to_be_visible()
    expect(lab.get_by_text("draw 4")).to_be_visible()
    lab.get_by_role("spinbutton").first.fill("50")
    lab.get_by_role("spinbutton").first.press("Enter")
    expect(lab.get_by_text("50 % hidden")).to_be_visible()
    stroke(page, lab.locator(".stage.live"), (0.51, 0.51), (0.58, 0.51))
    expect(lab.get_by_text("1 % hidden")).to_be_visible()
    lab.get_by_text("Start over").click()
    expect(lab.get_by_text("50 % hidden")).to_be_visible()


def test_a_clicked_hole_shows_what_it_leans_on_without_the_server(open_page):
    page = open_page("?tab=MAE&image=example:apple")
    lab = card(page, LEANING)
    slider = lab.locator(".turn input")
    asked = questions(lab)
    slider.fill("3")
    first = lab.locator(".turn output").inner_text()
    slider.fill("40")
    row, column = map(int, lab.locator(".turn output").inner_text().split(","))
    slider.fill("3")
    stroke(page, lab.locator(".stage.live").nth(1), ((column + 0.5) / 16, (row + 0.5) / 16))
    expect(lab.locator(".turn output")).to_have_text(f"{row},{column}")
    assert first != f"{row},{column}" and asked() == 0


def test_a_clicked_code_shows_its_patches(open_page):
    page = open_page("?tab=Autoencoders&image=example:apple&Autoencoders.model=demo-vqvae")
    lab = card(page, BOOK)
    expect(lab.get_by_text("codes in use")).to_be_visible()
    lab.get_by_role("button", name="map").click()
    lab.get_by_role("button", name="palette").click()
    stroke(page, lab.locator("canvas"), (0.5, 0.5))
    expect(lab.locator(".patches img").first).to_be_visible()
    expect(lab.locator("p.name")).to_have_text(re.compile(r"code \d+: \d+ cells, \d+ pictures"))
    lab.locator("input[type=number]").last.fill("99999")
    lab.locator("input[type=number]").last.press("Enter")
    expect(lab.get_by_text("the codebook has")).to_be_visible()


def test_a_swapped_code_is_decoded_anew(open_page):
    page = open_page("?tab=Autoencoders&image=example:apple&Autoencoders.model=demo-vqvae")
    lab = card(page, GRID)
    before = lab.locator("canvas:not(.net)").nth(1).evaluate("(canvas) => canvas.toDataURL()")
    stroke(page, lab.locator(".stage.live").nth(1), (0.5, 0.95))
    lab.get_by_text("every cell of its code", exact=True).click()
    page.wait_for_timeout(500)  # until it is asked
    expect(lab.locator(".figure[aria-busy]")).to_have_count(0)
    stroke(page, lab.locator(".stage.live").nth(1), (0.5, 0.95))
    stroke(page, lab.locator(".stage.live").first, (0.5, 0.5))
    expect(lab.get_by_text("Start over")).to_be_visible()
    assert lab.locator("canvas:not(.net)").nth(1).evaluate("(canvas) => canvas.toDataURL()") != before


def test_half_way_between_two_pictures_and_all_the_way(open_page):
    page = open_page("?tab=Autoencoders&image=example:apple&Autoencoders.model=demo-vae")
    lab = card(page, MIX)
    expect(lab.locator(".turn output")).to_have_text("50 %")
    lab.locator(".turn input").fill("0")
    expect(lab.locator(".turn output")).to_have_text("0 %")
    play = lab.get_by_role("button", name="Play")
    play.click()
    expect(lab.get_by_role("button", name="Pause")).to_be_visible()
    expect(lab.locator(".turn output")).to_have_text("100 %")
    play.press("Space")
    expect(lab.locator(".turn output")).to_have_text(re.compile(r"^[1-5]0 %"))
    lab.get_by_role("button", name="Pause").press("Enter")
    stopped = lab.locator(".turn output").inner_text()
    page.wait_for_timeout(1200)
    expect(lab.locator(".turn output")).to_have_text(stopped)
