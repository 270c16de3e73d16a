"""The cards on words in a browser: what is redone here asks nobody, what is clicked is asked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import tiny
from tests.cards import drawn, questions, reached
from tests.running import Running, start, stop


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app with tiny random language models."""
    folder = tmp_path_factory.mktemp("checkpoints")
    given: list[str | Path] = []
    for kind in ("gpt", "bert", "marian"):
        tiny.make(kind, folder / f"tiny-{kind}")
        given += ["--checkpoint", folder / f"tiny-{kind}"]
    app = start(*map(str, given), home=tmp_path_factory.mktemp("home"))
    yield app
    stop(app)


def test_the_cuts_are_redone_here_and_a_bar_grows_the_text(open_page):
    page = open_page("?tab=GPT&GPT.model=tiny-gpt")
    card = page.locator("[id='GPT.next_token']")
    expect(card.locator(".made")).to_have_count(1)
    asked = questions(card)
    card.get_by_label("top-k").fill("3")
    expect(card.locator(".told b").first).to_contain_text("3 / ")
    expect(card.locator(".word-bars .faint")).to_have_count(9)
    card.get_by_label("temperature").fill("0.1")
    page.wait_for_timeout(300)
    assert asked() == 0
    first = card.locator(".word-bars .name").first.inner_text()
    count = card.locator(".chip").count()
    card.locator(".word-bars button").first.click()
    expect(card.locator(".chip")).to_have_count(count + 1)
    expect(card.locator(".chip.grown")).to_have_text(first)
    assert asked() > 0
    expect(card.get_by_label("top-k")).to_have_value("3")
    card.get_by_text("undo", exact=True).click()
    expect(card.locator(".chip")).to_have_count(count)


def test_text_is_written_token_by_token(open_page):
    page = open_page("?tab=GPT&GPT.model=tiny-gpt&text=a cat")
    card = page.locator("[id='GPT.generation']")
    expect(card.locator(".word").first).to_be_visible()
    expect(card.locator(".figure:not([aria-busy])")).to_have_count(1)
    card.locator(".word").first.hover()
    expect(card.locator(".told b").first).not_to_be_empty()
    expect(card.locator(".word-bars li")).to_have_count(8)


def test_a_step_of_attention_and_its_switches_ask_nobody(open_page):
    page = open_page("?tab=GPT&GPT.model=tiny-gpt")
    card = reached(page, "GPT.attention_steps")
    expect(card.locator(".made")).to_have_count(1)
    asked = questions(card)
    same = card.locator(".told b").last
    expect(same).to_have_text("< 0.002")
    card.get_by_text("causal mask", exact=True).click()
    expect(same).not_to_have_text("< 0.002")
    card.get_by_text("causal mask", exact=True).click()
    card.get_by_label("head").select_option("2")
    expect(same).to_have_text("< 0.002")
    card.get_by_role("button", name="mask", exact=True).click()
    expect(card.locator(".hidden-cell").first).to_have_text("−∞")
    assert asked() == 0


def test_a_picture_of_words_is_no_blank(open_page):
    page = open_page("?tab=GPT&GPT.model=tiny-gpt")
    card = reached(page, "GPT.logit_lens")
    expect(card.locator(".made")).to_have_count(1)
    with page.expect_download() as download:
        card.get_by_role("button", name="Export PNG").click()
    image = Image.open(download.value.path()).convert("RGB")
    assert image.width > 400 and len(image.getcolors(1 << 24) or []) > 50


def test_a_word_is_hidden_by_a_click_and_shown_by_another(open_page):
    page = open_page("?tab=BERT&BERT.model=tiny-bert&text=a red apple")
    card = page.locator("[id='BERT.fill_mask']")
    expect(card.locator(".gap")).to_have_count(1)
    card.locator("button.chip", has_text="red").click()
    expect(card.locator("button.chip", has_text="red")).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".gap .told b").first).to_have_text("red")


def test_a_translation_is_written_and_aligned(open_page):
    page = open_page("?tab=Transformer&Transformer.model=tiny-marian&text=red apple")
    card = page.locator("[id='Transformer.translate']")
    written = card.locator(".aligned p.prose:not(.writing)")
    expect(written).not_to_be_empty()
    chinese = written.inner_text()
    card.locator(".word-cells .cell").first.hover()
    expect(card.locator(".told")).to_contain_text("←")
    card.get_by_label("looks at").select_option("written")
    expect(card.locator(".word-cells .top").first).to_have_text("[start]")
    card.get_by_text("German", exact=True).click()
    expect(card.locator(".figure:not([aria-busy])")).to_have_count(1)
    expect(written).not_to_have_text(chinese)


def test_a_place_and_an_answer_are_asked_for_and_methods_turn_here(open_page):
    page = open_page("?tab=GPT&GPT.model=tiny-gpt&text=a red cat")
    card = reached(page, "GPT.word_attribution")
    expect(card.locator(".parts .chip small").first).to_be_visible()
    asked = questions(card)
    before = card.locator(".parts").inner_text()
    card.get_by_label("method").select_option("gradient")
    assert card.locator(".parts").inner_text() != before and asked() == 0
    other = card.locator(".word-bars .name").nth(2).inner_text()
    card.locator(".word-bars button").nth(2).click()
    expect(card.locator(".word-bars .name").first).to_have_text(other)
    card.locator(".places button").first.click()
    expect(card.locator(".places .chosen")).to_have_count(1)
    expect(card.locator(".places button").first).to_have_class(re.compile("chosen"))
    expect(card.get_by_label("method")).to_have_value("gradient")


def test_another_word_is_exchanged_by_a_click(open_page):
    page = open_page("?tab=BERT&BERT.model=tiny-bert&text=a red cat")
    card = reached(page, "BERT.word_change")
    expect(card.locator(".chip.chosen")).to_have_text("red")
    card.locator(".chip", has_text="cat").click()
    expect(card.locator(".chip.chosen")).to_have_text("cat")
    expect(card.locator(".word-cells .top", has_text="cat → dog")).to_have_count(1)
    card.locator(".word-cells .cell").first.hover()
    expect(card.locator(".told b").nth(1)).to_have_text("[CLS]")
    expect(card.locator(".gap")).to_have_count(2)


@pytest.mark.parametrize("address", ["Transformer&Transformer.model=tiny-marian", "BERT&BERT.model=tiny-bert"])
def test_every_card_of_a_tab_answers_any_script(open_page, address):
    page = open_page(f"?tab={address}&text=שלום 🚀 一只猫")
    cards = page.locator(f"[id^='{address.split('&')[0]}.']:has(.figure)")
    cards.first.wait_for()
    places = cards.evaluate_all("all => all.map((card) => card.id)")
    assert len(places) >= 7
    for place in places:
        drawn(page, place)
    assert not page.locator(".figure .error:visible").all_inner_texts()


def test_a_text_too_long_is_refused_in_words_and_a_shorter_one_mends_it(open_page):
    page = open_page("?tab=GPT&GPT.model=tiny-gpt")
    card = drawn(page, "GPT.next_token")
    sentence = page.locator("#strip-sentence textarea, #strip-sentence input").first
    sentence.fill("猫" * 100_000)
    sentence.press("Enter")
    expect(card.locator(".error")).to_contain_text("tiny-gpt reads at most")
    sentence.fill("ab")
    sentence.press("Enter")
    expect(card.locator(".error")).to_have_count(0)
    expect(card.locator(".chips-line")).to_contain_text("ab")


def test_sentences_that_may_follow_are_typed(open_page):
    page = open_page("?tab=BERT&BERT.model=tiny-bert")
    card = drawn(page, "BERT.next_sentence")
    expect(card.locator(".ytick")).to_have_count(4)
    card.locator("textarea").first.fill("a dog runs\nthe sea")
    expect(card.locator(".ytick")).to_have_count(2)
    expect(card.locator(".ytick", has_text="the sea")).to_have_count(1)


def test_readers_of_a_sentence_stand_beside_each_other(open_page):
    page = open_page("?tab=BERT&BERT.model=tiny-bert&text=a red cat")
    card = drawn(page, "BERT.both_sides")
    names = card.locator(".legendtext").all_text_contents()
    own = [name.rpartition(" · ")[0] for name in names][:2]
    assert own == ["this model · both sides", "this model · left side only"]
    assert any(name.startswith("demo-gpt · left side only") for name in names)
    expect(card.locator(".ytick", has_text="red")).to_have_count(1)


def test_a_sentence_of_ones_own_is_a_point_of_the_map(open_page):
    page = open_page("?tab=GPT&text=a red cat")
    card = drawn(page, "GPT.sentence_map")
    expect(card.locator(".annotation-text")).to_have_count(7)
    card.locator("textarea").first.fill("rain in spring")
    expect(card.locator(".annotation-text")).to_have_count(2)
    expect(card.locator(".annotation-text", has_text="rain in spring")).to_have_count(1)


def test_a_part_of_the_input_tells_its_share_under_the_pointer(open_page):
    page = open_page("?tab=BERT&BERT.model=tiny-bert&text=a red cat")
    card = drawn(page, "BERT.input_embeddings")
    bars = card.locator(".barlayer .point")
    expect(bars).to_have_count(3 * card.locator(".xtick").count())
    card.locator(".nsewdrag").hover()
    expect(card.locator(".hovertext")).to_contain_text("share 0.")


def test_places_tell_their_numbers_under_the_pointer(open_page):
    page = open_page("?tab=Transformer&Transformer.model=tiny-marian")
    card = drawn(page, "Transformer.positions")
    expect(card.locator(".hm")).to_have_count(4)
    card.locator(".nsewdrag").last.hover()
    expect(card.locator(".hovertext")).to_contain_text("cosine")
