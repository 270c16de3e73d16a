"""Zip archives that mean harm are refused with the file's name and a remedy; good pictures come out."""

import io
import stat
import zipfile

import pytest

from core import archive
from core.archive import unpack
from core.errors import LoupeError
from tests.colours import png


def zipped(entries, folder, name="a.zip"):
    file = folder / name
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for entry, data in entries:
            made.writestr(entry, data)
    return file


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_good_pictures_come_out_and_bad_files_are_told(tmp_path):
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as inner:
        inner.writestr("x.png", png("red"))
    entries = [
        ("red.png", png("red")),
        ("sub/blue.png", png("blue")),
        ("../../out.png", png("green")),
        ("/abs.png", png("green")),
        ("C:\\win.png", png("green")),
        (link("link.png"), "/etc/passwd"),
        ("inner.zip", nested.getvalue()),
        ("large.bmp", bytes(21_000_000)),
        ("__MACOSX/._red.png", b"x"),
    ]
    out = tmp_path / "out"
    out.mkdir()
    found, wrong = unpack(zipped(entries, tmp_path), "mine.zip", out)
    assert list(found) == ["red.png", "sub/blue.png"] and found["red.png"].read_bytes() == png("red")
    said = dict(wrong)
    assert set(said) == {
        f"mine.zip: {name}"
        for name in ("../../out.png", "/abs.png", "C:/win.png", "link.png", "inner.zip", "large.bmp")
    }
    assert "leads out" in said["mine.zip: ../../out.png"] and "link" in said["mine.zip: link.png"]
    assert "Unpack it" in said["mine.zip: inner.zip"] and "20 MB" in said["mine.zip: large.bmp"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "a.zip", out] and len(list(out.iterdir())) == 2


def test_an_archive_of_too_many_files_is_refused_before_it_is_read(tmp_path, monkeypatch):
    many = zipped(((f"{n}.png", b"") for n in range(10_001)), tmp_path)
    with pytest.raises(LoupeError, match=r"a\.zip holds 10001 files.*python -m core index"):
        unpack(many, "a.zip", tmp_path)
    hundred = zipped(((f"a picture with a rather long name {n}.png", b"") for n in range(100_000)), tmp_path)
    monkeypatch.setattr(archive.zipfile, "ZipFile", None)
    with pytest.raises(LoupeError, match=r"a\.zip holds about \d+ files"):
        unpack(hundred, "a.zip", tmp_path)


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_UNPACKED", 30_000_000)
    bomb = zipped([(f"{n}.bmp", bytes(4_000_000)) for n in range(10)], tmp_path)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(LoupeError, match=r"bomb\.zip unpacks to 40 MB; at most 30 MB.*Split it"):
        unpack(bomb, "bomb.zip", tmp_path)


@pytest.mark.parametrize("cut", [0, 10, 60, 200])
def test_a_damaged_archive_is_said(tmp_path, cut):
    whole = zipped([("red.png", png("red")), ("blue.png", png("blue"))], tmp_path).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:cut])
    with pytest.raises(LoupeError, match=r"cut\.zip is not a ZIP archive, or is damaged.*Pack"):
        unpack(tmp_path / "cut.zip", "cut.zip", tmp_path)


def test_a_damaged_file_leaves_the_others(tmp_path):
    file = zipped([("red.png", bytes(range(256)) * 40), ("blue.png", png("blue"))], tmp_path)
    data = bytearray(file.read_bytes())
    data[60] ^= 0xFF
    file.write_bytes(data)
    found, wrong = unpack(file, "a.zip", tmp_path)
    assert list(found) == ["blue.png"] and wrong[0][0] == "a.zip: red.png" and "damaged" in wrong[0][1]


def test_names_in_gbk(tmp_path):
    info = zipfile.ZipInfo("x.png")
    file = zipped([(info, png("red"))], tmp_path)
    renamed = file.read_bytes().replace(b"x.png", "红".encode("gbk") + b"png"[:0] + b".pn")
    file.write_bytes(renamed)
    found, wrong = unpack(file, "a.zip", tmp_path)
    assert list(found) == ["红.pn"] and not wrong
