"""Explore in a real browser: pictures of one's own, on the map, searched, tagged, exported, found again."""

import io
import re
import zipfile

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

COLOURS = ("red", "green", "blue", "orange", "purple", "black")
SHAPES = ("ellipse", "rectangle", "polygon", "line", "arc")
TITLE = ".lx-results h2"
CAPTIONS = ".lx-results figure .lx-caption"


def drawn(number: int) -> tuple[str, bytes]:
    """A picture of one shape in one colour, named by both."""
    colour, shape = COLOURS[number % 6], SHAPES[number // 6]
    image = Image.new("RGB", (96, 96), "white")
    draw = ImageDraw.Draw(image)
    box = (16, 16, 80, 80)
    if shape == "polygon":
        draw.polygon([(48, 12), (84, 80), (12, 80)], fill=colour)
    elif shape in ("line", "arc"):
        getattr(draw, shape)(*([box] if shape == "line" else [box, 0, 270]), fill=colour, width=9)
    else:
        getattr(draw, shape)(box, fill=colour)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return f"{colour}_{shape}.png", stream.getvalue()


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(
            "more/a cat.jpg",
            (lambda s: (Image.new("RGB", (40, 40), "pink").save(s, "JPEG"), s.getvalue())[1])(io.BytesIO()),
        )
        made.writestr("more/broken.png", b"\x89PNG\r\n\x1a\nnothing")
        made.writestr("../out.png", b"x")
        made.writestr("more/notes.txt", "no picture")
    return stream.getvalue()


def bring(page: Page) -> None:
    """Uploads thirty pictures and an archive with bad files, and opens what became of them."""
    page.locator(".lx-collections").click()
    files = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in map(drawn, range(30))]
    files.append({"name": "more.zip", "mimeType": "application/zip", "buffer": archive()})
    page.locator(".lx-dialog input[type=file]").set_input_files(files)
    expect(page.locator(".lx-rejected li")).to_have_count(3)
    for bad in ("broken.png", "../out.png", "notes.txt"):
        expect(page.locator(".lx-rejected")).to_contain_text(bad)
    page.locator(".lx-show").click()
    expect(page.locator(".lx-counts")).to_contain_text("31")
    drawn_map(page)


def drawn_map(page: Page) -> None:
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector(".lx-stage canvas");
            const tags = document.querySelector(".lx-views");
            return canvas?.width > 100 && !document.querySelector(".lx-note").textContent && tags?.onclick;
        }"""
    )
    page.wait_for_timeout(1200)


def ask(page: Page, sentence: str) -> list[str]:
    page.locator("#strip-sentence textarea, #strip-sentence input").fill(sentence)
    expect(page.locator(TITLE)).to_contain_text(sentence)
    return page.locator(CAPTIONS).all_inner_texts()


def lasso(page: Page) -> None:
    """Draws round the whole map."""
    page.locator("[data-act=all]").click()
    page.locator("[data-act=lasso]").click()
    box = page.locator(".lx-stage").bounding_box()
    assert box
    left, top, right, low = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] - 60, box["y"] + box["height"] - 6
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, low), (left, low), (left, top + 8)):
        page.mouse.move(x, y, steps=12)
    page.mouse.up()
    expect(page.locator(".lx-selected")).not_to_be_empty()


def downloaded(page: Page, name: str) -> bytes:
    page.locator(".lx-export").click()
    with page.expect_download() as waiting:
        page.locator(".lx-dialog button", has_text=name).click()
    return waiting.value.path().read_bytes()


@pytest.mark.parametrize(("language", "dark"), [("en", False), ("zh", True)])
def test_pictures_of_ones_own(open_page, language, dark):
    page = open_page(f"?lang={language}", dark=dark)
    expect(page.locator(CAPTIONS).first).to_be_visible()
    bring(page)
    found = ask(page, "a red circle" if language == "en" else "红色的圆")
    assert len(found) == 24 and any("red" in caption for caption in found[:8]), found
    page.locator(".lx-results figure .lx-picture").first.click()
    expect(page.locator(".lx-extra")).to_contain_text("31")
    page.locator(".lx-edit").click()
    page.locator(".lx-dialog input").fill("an ellipse of mine")
    page.locator(".lx-dialog .lx-main").click()
    expect(page.locator(".lx-extra")).to_contain_text("an ellipse of mine")
    drawn_map(page)
    lasso(page)
    page.locator(".lx-tags").click()
    page.locator(".lx-dialog input").fill("shapes")
    page.locator(".lx-dialog .lx-main").click()
    expect(page.locator(".lx-dialog")).to_have_count(0)
    page.locator(".lx-colour select").select_option("tag")
    expect(page.locator(".lx-legend")).to_contain_text("shapes")
    table = downloaded(page, "CSV").decode("utf-8-sig")
    assert table.count("shapes") > 20 and "an ellipse of mine" in table
    assert downloaded(page, "Parquet")[:4] == b"PAR1"
    assert b"data:image/png;base64," in downloaded(page, "offline" if language == "en" else "离线")
    recall = page.locator(".lx-gap-name").inner_text()
    slider = page.locator(".lx-gap input")
    slider.fill("10")
    slider.dispatch_event("change")
    expect(page.locator(".lx-gap-name")).not_to_have_text(recall)
    page.locator(".lx-look button").first.click()
    expect(page.locator(".lx-results figure .lx-score, .lx-under").first).to_be_visible()
    page.locator(".lx-views").click()
    page.locator(".lx-dialog input").fill("closed")
    page.locator(".lx-dialog .lx-main").click()
    expect(page.locator(".lx-dialog .lx-open")).to_have_text("closed")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"Explore\.library=.*Explore\.gap=10|Explore\.gap=10.*Explore\.library="))

    second = open_page("?" + page.url.partition("?")[2], dark=dark)
    expect(second.locator(".lx-counts")).to_contain_text("31")
    drawn_map(second)
    expect(second.locator(".lx-gap input")).to_have_value("10")
    expect(second.locator(".lx-legend")).to_contain_text("shapes")
    second.locator(".lx-collections").click()
    mine = second.locator(".lx-list li", has=second.locator("[aria-current=true]"))
    remove = mine.locator(".lx-danger")
    remove.click()
    remove.click()
    expect(second.locator(".lx-counts")).to_contain_text("5,701")


def test_captions_that_do_not_match_are_listed(open_page):
    page = open_page()
    expect(page.locator(CAPTIONS).first).to_be_visible()
    for button in range(3):
        page.locator(".lx-look button").nth(button).click()
        expect(page.locator(TITLE)).to_have_text(page.locator(".lx-look button").nth(button).inner_text())
        expect(page.locator(".lx-score").first).to_have_text(re.compile(r"-?\d\.\d\d"))
