"""The Video tab with the embedded model: a film plays, is scrubbed, asked about a patch, and drawn without time."""

from playwright.sync_api import expect

from tests.browser.test_diffusion import BRIGHT
from tests.cards import drawn

PLAYED = """card => new Promise((resolve) => {
    const seen = new Set(), slider = card.querySelector(".turn input");
    const look = setInterval(() => {
        seen.add(slider.value);
        if (seen.size > Number(slider.max)) { clearInterval(look); resolve(seen.size); }
    }, 20);
})"""


def test_a_film_plays_by_itself_over_and_over_and_is_stopped(open_page):
    page = open_page("?tab=Video&text=a rocket moves up")
    card = drawn(page, "Video.video")
    expect(card.get_by_text("a rocket moves up", exact=True).first).to_be_visible()
    expect(card.get_by_text("guesses of the film")).to_be_visible()
    slider, picture = card.locator(".turn input"), card.locator(".row canvas").first
    assert card.evaluate(PLAYED) == card.evaluate(PLAYED) == 8, "it does not begin again"
    card.get_by_role("button", name="Pause").click()
    still = slider.input_value()
    page.wait_for_timeout(800)
    assert slider.input_value() == still
    looks = set()
    for frame in range(8):
        slider.fill(str(frame))
        looks.add(picture.evaluate(BRIGHT))
    assert len(looks) > 4, "the frames are all alike"


def test_a_frame_is_chosen_in_the_table_of_guesses(open_page):
    page = open_page("?tab=Video&text=a rocket moves up")
    card = drawn(page, "Video.video")
    card.get_by_role("button", name="Pause").click()
    table = card.locator(".wide .stage")
    box = table.bounding_box()
    assert box
    table.click(position={"x": 2.5 * box["width"] / 8, "y": box["height"] / 12})
    expect(card.locator(".turn input")).to_have_value("2")


def test_a_patch_is_asked_where_it_looks(open_page):
    page = open_page("?tab=Video&text=a rocket moves up")
    card = drawn(page, "Video.frame_attention")
    expect(card.get_by_text("frame 5 looks at")).to_be_visible()
    stage = card.locator(".row .stage").first
    box = stage.bounding_box()
    assert box
    stage.click(position={"x": box["width"] / 8, "y": box["height"] / 4})
    expect(card.get_by_text("frame 1 looks at")).to_be_visible()
    card.get_by_role("button", name="Start over").click()
    expect(card.get_by_text("frame 5 looks at")).to_be_visible()


def test_time_is_turned_off(open_page):
    page = open_page("?tab=Video&text=a rocket moves up")
    card = drawn(page, "Video.without_time")
    card.get_by_role("button", name="Pause").click()
    whole, alone = (card.locator(".row canvas").nth(n).evaluate(BRIGHT) for n in (0, 1))
    assert whole != alone
    expect(card.get_by_text("mean change from one frame to the next")).to_be_visible()
    assert not page.locator(".figure .error:visible").all_inner_texts()


def test_a_sentence_to_try_is_said(open_page):
    page = open_page("?tab=Video")
    page.get_by_role("button", name="the sun grows").click()
    expect(page.locator("#strip-sentence textarea, #strip-sentence input").first).to_have_value("the sun grows")
    card = page.locator("[id='Video.video']")
    expect(card.get_by_text("the sun grows", exact=True).first).to_be_visible()
