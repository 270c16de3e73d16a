"""The zoo's pictures and words, on made-up data: nothing is fetched."""

import numpy as np
import pytest
from PIL import Image

from zoo import lexicon, sources
from zoo.drawing import SIDE, Picture, on_white, square
from zoo.emoji import bare, character, key
from zoo.openclipart import choose_held_out, from_file, held_out, held_out_ids, tidy, worded
from zoo.pictures import nearest


def test_square_centres_the_drawing_and_keeps_its_shape():
    image = Image.new("RGBA", (300, 300))
    image.paste((255, 0, 0, 255), (100, 20, 200, 70))  # twice as wide as high, off the centre
    pixels = square(image)
    assert pixels.shape == (SIDE, SIDE, 4)
    rows, columns = np.nonzero(pixels[..., 3] > 128)
    assert columns.min() == 4 and columns.max() == SIDE - 5
    assert abs((rows.max() - rows.min() + 1) - 60) <= 1
    assert abs(rows.mean() - (SIDE - 1) / 2) <= 1
    assert tuple(pixels[SIDE // 2, SIDE // 2]) == (255, 0, 0, 255)


def test_on_white_blends_by_alpha():
    pixel = np.array([[[[0, 100, 200, 0], [0, 100, 200, 255], [0, 0, 0, 51]]]], np.uint8)
    assert on_white(pixel)[0, 0].tolist() == [[255, 255, 255], [0, 100, 200], [204, 204, 204]]


def test_nearest_is_zero_for_the_same_picture_and_counts_the_difference():
    black = np.zeros((1, SIDE, SIDE, 4), np.uint8)
    black[..., 3] = 255
    half = black.copy()
    half[:, : SIDE // 2, :, :3] = 255
    assert nearest(black, np.concatenate([half, black])) == pytest.approx([0])
    assert nearest(half, black) == pytest.approx([0.5])


def test_code_points_have_one_spelling():
    assert bare("2764-FE0F-200D-1F525") == "2764-200d-1f525"
    assert character("1f34e") == "🍎"


def test_names_meet_without_separators():
    assert key("flag: Åland Islands") == key("flag-for-aland-islands") == "flagalandislands"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Clip Art - house_2005", "house"),
        ("BlueArrow", "blue arrow"),
        ("Pear by Jane Doe", "pear"),
    ],
)
def test_titles_are_tidied(raw, title):
    assert tidy(raw) == title


def test_a_title_from_the_file_stops_at_its_author(tmp_path):
    assert from_file(tmp_path / "old_house_jane_doe_01.svg", "Jane Doe") == "old house"


def test_a_drawing_is_worded_by_the_table(monkeypatch):
    monkeypatch.setattr(lexicon, "named", lambda: {"tomato": "西红柿"})
    row = Picture(
        "openclipart-animals-bat_orlando_karam_",
        "openclipart",
        "",
        "",
        {"en": ["bat_x"]},
        {"en": ["mammal", "animal", "animals", "hash(0x8a0)", "tomatoes", "special"]},
    )
    row = worded(row)
    assert (row.names["en"], row.names["zh"], row.group) == (["bat"], ["蝙蝠"], "animals")
    assert row.keywords["en"] == ["mammal", "animal", "tomatoes"]
    assert row.keywords["zh"] == ["哺乳动物", "动物", "西红柿"]


def test_what_is_held_out_stands_in_the_list():
    kept, taught = sorted(held_out_ids())[0], "openclipart-not-there"
    rows = [Picture(identity, "openclipart", "food") for identity in (kept, taught)]
    assert held_out(rows).tolist() == [True, False]


def test_a_twin_in_caption_or_look_is_not_held_out():
    def row(name: str, en: str, zh: str) -> Picture:
        return Picture(name, "openclipart", "food", "", {"en": [en], "zh": [zh]})

    rows = [
        row("a", "pear", "梨"),
        row("b", "pear, black and white", "黑白梨"),
        row("c", "plum", "李子"),
        row("d", "ball", "球"),
        row("e", "cube", "立方体"),
    ]
    noise = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 4), np.uint8)
    noise[..., 3] = 255
    noise[3] = noise[2]  # the ball looks like the plum
    assert choose_held_out(rows, noise) == ["e"]


def test_a_missing_client_is_said_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "CACHE", tmp_path)
    monkeypatch.setattr(sources.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="npm is needed to fetch some-package"):
        sources.fetch("npm", "some-package", "1.0.0")


def test_every_word_of_the_table_has_one_translation():
    table = lexicon.by_hand()
    assert len(table) > 500
    assert all(word == word.lower().strip() and meaning.strip() for word, meaning in table.items())
