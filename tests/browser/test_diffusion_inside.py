"""The figures of a look into a drawing, drawn in the page's own browser from lenses over small fakes."""

import numpy as np
from playwright.sync_api import Page

from core.lenses.path_on_map import path_on_map
from core.lenses.words_to_places import words_to_places
from core.params import Encoders
from tests.test_lenses_diffusion_inside import Brightening, Brightness, Looking, collection
from webapp.figure import drawing
from webapp.panels.path_on_map import path
from webapp.panels.words_to_places import places

DRAW = """async (drawing) => {
    const place = document.createElement("div");
    place.id = "tried";
    document.body.prepend(place);
    const base = new URL(".", document.baseURI).href.replace(/\\/$/, "");
    const kind = await import(`${base}/loupe/static/kinds/${drawing.kind}.js`);
    window.tried = await kind.draw(place, drawing, {base, pick: () => {}});
}"""
PIXEL = (
    """([x, y]) => [...document.querySelector("#tried canvas").getContext("2d").getImageData(x, y, 1, 1).data]"""
)


def tried(page: Page, view) -> None:
    page.evaluate(DRAW, drawing(view, "fake", "0", 0.1))


def test_a_step_a_grid_and_a_word_are_chosen(open_page):
    page = open_page()
    tried(page, places(next(words_to_places(Looking(), "a red apple", steps=4))))
    figure = page.locator("#tried")
    assert figure.locator(".chip").all_inner_texts() == ["a", "red", "apple", "everything else"]
    assert figure.locator("[aria-pressed=true]").inner_text() == "red"
    assert figure.locator("output").last.inner_text() == "all steps"
    figure.locator("select").select_option(label="2 × 2")
    figure.locator(".turn input").fill("3")
    assert figure.locator("output").last.inner_text().startswith("3 · t = ")
    bright, dark = page.evaluate(PIXEL, [0, 0]), page.evaluate(PIXEL, [31, 31])
    assert bright == [253, 231, 37, 255] and dark == [68, 1, 84, 255], "only the first quarter looks at red"
    assert figure.locator(".high").inner_text() == "1" and figure.locator(".low").inner_text() == "0"
    figure.locator(".chip").last.hover()
    assert page.evaluate(PIXEL, [0, 0]) == dark and page.evaluate(PIXEL, [31, 31]) == bright
    told = page.evaluate("window.tried.data()")
    assert told["grid"] == "2 × 2" and [one["name"] for one in told["maps"]][1] == "red"
    assert np.allclose(np.sum([one["values"] for one in told["maps"]], axis=0), 1, atol=0.01)


def test_the_path_is_drawn_among_the_pictures(open_page):
    page = open_page()
    *_, result = path_on_map(Brightening(), "a 4", Encoders({"judge": Brightness()}), collection(), steps=8)
    tried(page, path(result))
    figure = page.locator("#tried")
    assert figure.locator(".scatterlayer .trace").count() == 4, "all five pictures are near, none is another"
    assert figure.locator("image").count() == 4 + 8, "of the nearest and of the steps"
    assert figure.get_by_text("nearest picture", exact=True).count() == 1
