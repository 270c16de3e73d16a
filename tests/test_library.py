"""Libraries: found by name, read row by row, searched."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core import library as libraries
from core.errors import LoupeError
from core.images import picture_format
from core.library import Library
from tests.colours import COLOURS, ColourModel, colours_file, own_folders, png
from tests.odd_pictures import saved


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    return own_folders(tmp_path, monkeypatch)


@pytest.fixture
def colours(folders):
    colours_file(folders / "assets/libraries/colours/pictures.parquet")
    return Library.open("colours")


def test_open_by_name(colours):
    assert (colours.name, len(colours)) == ("colours", 4)
    assert Library.names() == ["colours"] and Library.open("colours") is colours
    for name in ("nothing", "../colours", ""):
        with pytest.raises(LoupeError, match=r"There are: colours\."):
            Library.open(name)


def test_columns_ids_and_rows(colours):
    assert colours.ids == ["c-red", "c-green", "c-blue", "c-yellow"]
    assert [colours.row(name) for name in colours.ids] == [0, 1, 2, 3]
    assert colours.column("group") == ["warm", "cold", "cold", "warm"]
    assert colours.column("keywords_en")[0] == ["red", "square"]
    assert "image" not in colours.columns and colours.columns[0] == "id"
    with pytest.raises(LoupeError, match=r"no column 'colour'.*caption_en"):
        colours.column("colour")
    with pytest.raises(LoupeError, match="no picture 'c-pink'"):
        colours.row("c-pink")


def test_pictures_across_row_groups(colours):
    for row, colour in enumerate(COLOURS.values()):
        assert colours.picture(row).getpixel((3, 3)) == colour
    assert colours.picture(3, longest=8).size == (8, 8)
    for row in (-1, 4):
        with pytest.raises(LoupeError, match="no row"):
            colours.picture(row)


def test_thumbnails_are_small_or_as_stored(folders):
    photo = saved(Image.effect_noise((900, 600), 80), "PNG")
    tiff = saved(Image.new("RGB", (20, 20)), "TIFF")
    images = [{"bytes": data, "path": None} for data in (png("red"), photo, tiff, b"broken")]
    library = Library.at(colours_file(folders / "mixed.parquet", image=images))
    assert library.thumbnail(0) == (png("red"), "image/png")
    data, media = library.thumbnail(1)
    assert media == "image/webp" and len(data) < 20_000 and picture_format(data)[1] == (160, 107)
    assert picture_format(library.thumbnail(2)[0]) == ("WEBP", (20, 20))
    with pytest.raises(LoupeError, match=r"Picture c-yellow of the library mixed: This is not a picture"):
        library.picture(3)


def test_opening_decodes_nothing_and_is_quick(folders, monkeypatch):
    data = png("red")
    table = {"image": [{"bytes": data, "path": None}] * 5000, "id": list(map(str, range(5000)))}
    path = folders / "assets/libraries/many/pictures.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(table), path, row_group_size=100)
    monkeypatch.setattr(libraries, "open_image", None)
    times = []
    for _ in range(5):
        libraries._open.cache_clear()
        start = time.perf_counter()
        assert len(Library.open("many")) == 5000
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05


def test_search_by_sentence_and_by_picture(colours):
    model = ColourModel()
    found = colours.search(model, "something yellow", 3)
    assert found.ids[0] == "c-yellow" and found.scores[0] == pytest.approx(1, abs=1e-3)
    assert found.rows.tolist() == [3, 0, 1]  # red and green are as far from yellow: the order of rows
    assert colours.search(model, "蓝色", 1).ids == ("c-blue",)
    assert colours.search(model, Image.new("RGB", (5, 5), (9, 200, 9)), 1).ids == ("c-green",)
    assert len(colours.search(model, "red", 99).ids) == 4
    with pytest.raises(LoupeError, match="empty"):
        colours.search(model, "  ")


def test_a_parquet_file_anywhere(folders, colours):
    given = Library.at(colours_file(folders / "colours.parquet", id=None, image=[png(name) for name in COLOURS]))
    assert given.name.startswith("colours-") and given.ids == ["0", "1", "2", "3"]
    assert given.picture(2).getpixel((0, 0)) == COLOURS["blue"]
    assert Library.open(given.name) is given and Library.open("colours") is colours
    assert Library.at(colours.path) is colours


def test_parquet_files_that_do_not_serve(folders):
    (folders / "text.parquet").write_text("not one")
    pq.write_table(pa.table({"picture": [b""]}), folders / "other.parquet")
    pq.write_table(pa.table({"image": pa.array([], pa.binary())}), folders / "none.parquet")
    for name, message in (
        ("text", "not a Parquet"),
        ("other", "no column image.*picture"),
        ("none", "no pictures"),
    ):
        with pytest.raises(LoupeError, match=message):
            Library.at(folders / f"{name}.parquet")
    twice = Library.at(colours_file(folders / "twice.parquet", id=["a", "a", "b", "c"]))
    with pytest.raises(LoupeError, match="more than once"):
        twice.row("a")


def test_threads_read_one_library_at_once(folders):
    names = list(COLOURS) * 25
    path = folders / "many.parquet"
    images = [{"bytes": png(name), "path": None} for name in names]
    pq.write_table(pa.table({"image": images}), path, row_group_size=7)  # more groups than are kept
    library = Library.at(path)

    def wrong(seed: int) -> int:
        rows = np.random.default_rng(seed).integers(0, len(names), 100)
        return sum(library.picture(int(row)).getpixel((0, 0)) != COLOURS[names[row]] for row in rows)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(wrong, range(8))) == 0
