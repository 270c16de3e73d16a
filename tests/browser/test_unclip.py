"""The unCLIP tab: stages drawn from a fake, and with the embedded model an upload varied and changed by words."""

import re

from PIL import Image, ImageDraw
from playwright.sync_api import expect

from core.lenses.unclip_stages import unclip_stages
from core.params import Encoders
from tests.browser.test_diffusion_inside import tried
from tests.cards import drawn
from tests.test_lenses_unclip import Colours, Naming, Painting, collection
from webapp.panels.unclip_stages import stages


def test_a_row_a_stage_with_numbers_and_the_nearest_pictures(open_page):
    page = open_page()
    judge = Encoders({"judge": Colours()})
    before, found = unclip_stages(Painting(), "green", judge, collection(), 2, steps=4)
    tried(page, stages(before))
    figure = page.locator("#tried")
    expect(figure.locator(".waiting")).to_be_visible()
    assert figure.locator(".stage-row").count() == 3
    page.evaluate("document.getElementById('tried').remove()")
    tried(page, stages(found))
    names = figure.locator("h3").all_inner_texts()
    assert names[:3] == [
        "the sentence's vector",
        "the prior's vector · draw 1",
        "the drawn picture's vector · draw 1",
    ]
    assert figure.locator(".stage-row .near img").count() == 5 * 6 and figure.locator("img.large").count() == 2
    told = page.evaluate("window.tried.data()")
    assert told["stages"][1]["cosines"]["nearest pictures"] > 0.99 and told["compared"] == 18
    assert page.evaluate("window.tried.png().then(blob => blob.size)") > 2000
    page.evaluate("document.getElementById('tried').remove()")
    (alone,) = unclip_stages(Naming(), "red", judge, collection(), 1)
    tried(page, stages(alone))
    assert figure.locator("h3").all_inner_texts() == ["the sentence's vector", "the prior's vector"]


def test_an_upload_is_varied_and_changed_by_words(open_page, tmp_path):
    made = Image.new("RGB", (96, 96), "white")
    ImageDraw.Draw(made).ellipse((16, 16, 80, 80), fill="#D02020")
    made.save(tmp_path / "ball.png")
    page = open_page("?tab=unCLIP")
    page.locator(".strip-picture input[type=file]").set_input_files(tmp_path / "ball.png")
    page.wait_for_url(re.compile("image=upload"))
    card = drawn(page, "unCLIP.variations")
    expect(card.get_by_text("toward no vector", exact=True)).to_be_visible()
    assert card.locator(".row canvas").count() == 2 + 4 + 1
    card = drawn(page, "unCLIP.text_difference")
    card.locator("textarea, input[type=text]").last.fill("tomato")
    card.locator("textarea, input[type=text]").last.blur()
    expect(card.get_by_text("apple → tomato")).to_be_visible()
    expect(card.locator(".turn input")).to_have_value("4")


def test_a_sentence_goes_through_all_stages(open_page):
    page = open_page("?tab=unCLIP&text=rainbow")
    card = drawn(page, "unCLIP.unclip_stages")
    expect(card.locator("img.large")).to_have_count(2)
    assert card.locator(".stage-row").count() == 5
    drawn(page, "unCLIP.vector_interpolation")
    path = drawn(page, "unCLIP.path_on_map")
    expect(path.get_by_text("the prior, step by step", exact=True).first).to_be_visible()
    assert not page.locator(".figure .error:visible").all_inner_texts()
