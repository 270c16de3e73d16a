"""Own pictures become a library; what is no picture is listed."""

import os
from pathlib import Path

import pytest
from PIL import Image

from core.errors import LoupeError
from core.images import picture_format
from core.library import Library
from tests.colours import own_folders, png
from tests.odd_pictures import saved


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    return own_folders(tmp_path, monkeypatch)


def test_create_from_bytes_and_files(folders):
    (folders / "drawing.png").write_bytes(b"<svg/>")
    large = saved(Image.effect_noise((1500, 1200), 60), "PNG")
    pictures = [
        (png("red"), "red"),
        (b"", "empty"),
        (large, "noise"),
        (folders / "drawing.png", ""),
        (png("red"), "again"),
    ]
    reports = []
    library = Library.create("我的 pictures", pictures, lambda *report: reports.append(report))
    assert len(library) == 3 and library.captions() == ["red", "noise", "again"] and reports == [(5, 5)]
    assert library.ids[2] == f"{library.ids[0]}-2"
    assert [name for name, _ in library.rejected] == ["picture 2", "drawing.png"]
    assert "SVG" in library.rejected[1][1]
    assert library.data(0) == png("red")
    assert picture_format(library.data(1)) == ("JPEG", (1024, 819))
    assert library.column("width") == [16, 1024, 16]
    assert Library.names() == ["我的 pictures"]
    with pytest.raises(LoupeError, match="already"):
        Library.create("我的 pictures", pictures)


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 65, ".hidden", "a\n"])
def test_names_that_are_no_folder(name):
    with pytest.raises(LoupeError, match="cannot be a library's name"):
        Library.create(name, [(png("red"), "red")])


def test_create_without_a_picture_leaves_nothing(folders):
    with pytest.raises(LoupeError, match="None of the 1 files"):
        Library.create("empty", [(b"text", "")])
    assert Library.names() == [] and not list((folders / "home").rglob("*.*"))


def make_folder(folder: Path) -> Path:
    (folder / "warm").mkdir(parents=True)
    (folder / ".cache").mkdir()
    (folder / "warm" / "deep_red-1.PNG").write_bytes(png("red"))
    (folder / "blue.png").write_bytes(png("blue"))
    (folder / ".cache" / "green.png").write_bytes(png("green"))
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "notes.txt").write_text("not a picture")
    (folder / "captions.csv").write_text("\ufefffile,caption\nblue.png,the sea\ngone.png,lost\n", encoding="utf-8")
    return folder


def test_a_folder_of_pictures(folders):
    folder = make_folder(folders / "My photos!")
    library = Library.at(folder)
    assert library.name == "My photos-" and Library.open(library.name) is library
    assert library.captions() == ["the sea", "deep red 1"]
    assert library.column("group") == ["", "warm"] and library.column("source") == [
        "blue.png",
        "warm/deep_red-1.PNG",
    ]
    assert [name for name, _ in library.rejected] == ["gone.png", "cut.jpg"]
    assert Library.at(folder) is library  # nothing changed, nothing collected
    (folder / "green.png").write_bytes(png("green"))
    assert len(Library.at(folder)) == 3
    assert Library.names() == ["My photos-"]
    another = make_folder(folders / "elsewhere" / "My photos!")
    assert Library.at(another).name.startswith("My photos--") and len(Library.names()) == 2


def test_a_damaged_collection_is_collected_anew(folders):
    folder = make_folder(folders / "photos")
    library = Library.at(folder)
    library.path.write_bytes(library.path.read_bytes()[:-20])
    assert len(Library.at(folder)) == 2


def test_folders_that_cannot_be_read(folders):
    (folders / "empty").mkdir()
    with pytest.raises(LoupeError, match="no picture in"):
        Library.at(folders / "empty")
    with pytest.raises(LoupeError, match="There is no"):
        Library.at(folders / "gone")
    folder = make_folder(folders / "photos")
    (folder / "captions.csv").write_text("name;caption\nblue.png;sea\n")
    with pytest.raises(LoupeError, match="columns file and caption"):
        Library.at(folder)


def test_a_full_disk_while_collecting(folders, monkeypatch):
    def fsync(handle):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(LoupeError, match=r"could not be written to .*libraries.*LOUPE_HOME"):
        Library.create("mine", [(png("red"), "red")])
    assert Library.names() == []
