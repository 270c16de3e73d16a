"""Own collections: uploads in pieces, whose they are, captions in odd tables, near copies, tags, deleting."""

import io
import json
import struct
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from core import own, upload
from core.captions import read_captions
from core.errors import LoupeError
from core.library import Library
from core.store import home
from tests.colours import COLOURS, colours_file, own_folders, png
from tests.odd_pictures import saved
from webapp import routes


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "_open", {})
    return own_folders(tmp_path, monkeypatch)


def visitor(public=True):
    app = FastAPI()
    app.state.public = public
    app.include_router(routes.router)
    browser = TestClient(app)
    browser.get("/loupe/own/collections")
    return browser


def framed(pieces):
    told = json.dumps([{"number": n, "name": name, "at": at, "bytes": len(data)} for n, name, at, data in pieces])
    packed = told.encode()
    return struct.pack("<L", len(packed)) + packed + b"".join(data for *_, data in pieces)


def uploaded(browser, files, title="Mine", lang="en"):
    name = browser.post("/loupe/own/begin").json()["upload"]
    for number, (file, data) in enumerate(files):
        half = len(data) // 2
        for at, piece in ((0, data[:half]), (half, data[half:])):
            assert (
                browser.post(f"/loupe/own/pieces/{name}", content=framed([(number, file, at, piece)])).json() == {}
            )
    for _ in range(100):
        told = browser.post(f"/loupe/own/collect/{name}?title={title}&lang={lang}").json()
        if "working" not in told:
            return told
        time.sleep(0.05)
    raise AssertionError("It never ended.")


def archive(entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, data in entries:
            made.writestr(name, data)
    return stream.getvalue()


def test_files_and_archives_become_a_collection_and_bad_ones_are_told(folders):
    again = saved(Image.radial_gradient("L").convert("RGB"), "PNG")
    smaller = saved(Image.open(io.BytesIO(again)).resize((100, 100)), "JPEG", quality=95)
    inside = [
        ("deep/blue.png", png("blue")),
        ("deep/again.jpg", smaller),
        ("deep/captions.csv", "file,caption,mood\nblue.png,the sea,calm\ngone.png,x,y\n"),
        ("../out.png", png("red")),
        ("deep/notes.txt", "x"),
    ]
    files = [
        ("red.png", png("red")),
        ("noise.png", again),
        ("cut.jpg", b"\xff\xd8\xff"),
        ("mine.zip", archive(inside)),
        ("broken.zip", b"PK\x03\x04nothing"),
    ]
    told = uploaded(visitor(), files)
    library = Library.open(told["library"])
    assert set(library.captions()) == {"red", "noise", "again", "the sea"}
    assert told["copies"] == 1 and set(library.column("copy_of")) == {
        "",
        library.ids[library.captions().index("noise")],
    }
    assert library.column("mood")[library.captions().index("the sea")] == "calm"
    reasons = {bad["file"]: bad["reason"] for bad in told["rejected"]}
    assert set(reasons) == {
        *("cut.jpg", "broken.zip", "mine.zip: ../out.png", "mine.zip: deep/notes.txt", "mine.zip: deep/gone.png")
    }
    assert "Pack the pictures once more" in reasons["broken.zip"]
    assert not list((home() / "incoming").iterdir())


def test_a_collection_is_its_visitors_own(folders):
    one, other = visitor(), visitor()
    name = uploaded(one, [("red.png", png("red"))], title="红色")["library"]
    listed = {shown["name"]: shown for shown in one.get("/loupe/own/collections").json()["collections"]}
    assert listed[name] == {"name": name, "title": "红色", "count": 1, "own": True}
    assert other.get("/loupe/own/collections").json()["collections"] == []
    assert name not in str(other.post("/loupe/own/tag/none", json={"tag": "x", "ids": []}).json())
    for answer in (other.post(f"/loupe/own/rename/{name}?title=x"), other.post(f"/loupe/own/delete/{name}")):
        assert "not yours" in answer.json()["error"]
    assert other.post("/loupe/own/delete-all").json() == {"count": 0} and name in Library.names()
    assert one.post(f"/loupe/own/rename/{name}?title=warm").json() == {} and own.title(name) == "warm"
    assert [shown.own for shown in own.visible(None)] == [True]  # the machine's own user sees all
    assert one.post("/loupe/own/delete-all").json() == {"count": 1} and Library.names() == []
    assert not list((home() / "libraries").iterdir())


def test_what_was_shipped_is_nobodys_to_delete(folders):
    colours_file(folders / "assets/libraries/colours/pictures.parquet")
    browser = visitor(public=False)
    assert "not yours" in browser.post("/loupe/own/delete/colours").json()["error"]
    assert "not yours" in browser.post("/loupe/own/delete/..").json().get("error", "not yours")
    assert Library.names() == ["colours"]


def test_tags_and_views_are_kept_for_who_made_them(folders):
    colours_file(folders / "assets/libraries/colours/pictures.parquet")
    one, other = visitor(), visitor()
    kept = one.post("/loupe/own/tag/colours", json={"tag": " warm  ones", "ids": ["c-red", "c-yellow"]}).json()
    assert kept["tags"] == {"warm ones": ["c-red", "c-yellow"]}
    kept = one.post("/loupe/own/tag/colours", json={"tag": "warm ones", "ids": ["c-red"], "add": False}).json()
    assert kept["tags"] == {"warm ones": ["c-yellow"]}
    kept = one.post("/loupe/own/view/colours", json={"title": "near", "settings": {"layout": "pca"}}).json()
    assert one.get("/loupe/own/marks/colours").json() == kept and kept["views"] == {"near": {"layout": "pca"}}
    assert other.get("/loupe/own/marks/colours").json() == {"tags": {}, "views": {}}
    assert one.post("/loupe/own/view/colours", json={"title": "near"}).json()["views"] == {}
    for asked in ({"tag": "", "ids": []}, {"tag": "x" * 65, "ids": []}, {"tag": "x", "ids": ["c-pink"]}):
        assert one.post("/loupe/own/tag/colours", json=asked).json()["error"]
    file = next((home() / "marks").rglob("*.json"))
    file.write_bytes(b"{")
    assert one.get("/loupe/own/marks/colours").json() == {"tags": {}, "views": {}}


def test_exports_hold_pictures_captions_and_tags(folders):
    colours_file(folders / "assets/libraries/colours/pictures.parquet")
    browser = visitor(public=False)
    browser.post("/loupe/own/tag/colours", json={"tag": "warm</script>", "ids": ["c-red"]})
    asked = {"rows": [0, 2, 99, "x"], "checkpoint": "demo-clip"}
    table = browser.post("/loupe/own/export/colours", json=asked | {"kind": "parquet"}).content
    read = pq.read_table(io.BytesIO(table)).to_pylist()
    assert [row["id"] for row in read] == ["c-red", "c-blue"] and read[0]["tags"] == ["warm</script>"]
    assert read[0]["image"]["bytes"] == png("red")
    page = browser.post("/loupe/own/export/colours?lang=zh", json=asked | {"kind": "html"}).text
    assert "红色的方块" in page and "warm\\u003c/script>" in page and "warm</script>" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("data:image/png;base64,") == 2


def test_limits_and_pieces_out_of_order(folders, monkeypatch):
    browser = visitor()
    name = browser.post("/loupe/own/begin").json()["upload"]

    def send(*piece):
        return browser.post(f"/loupe/own/pieces/{name}", content=framed([piece])).json()

    assert "missing" in send(0, "a.png", 5, b"x")["error"]
    assert send(0, "a.png", 0, png("red")) == {} and send(0, "a.png", 0, png("red")) == {}
    assert upload.find(name, upload.owner_of(browser.cookies["loupe-own"])).sizes[0] == len(png("red"))
    monkeypatch.setattr(upload, "MOST_ARCHIVE", 10)
    assert "a.zip is too much" in send(1, "../a.zip", 0, bytes(11))["error"]
    assert "At most" in send(10_000, "b.png", 0, b"x")["error"]
    for broken in (b"", b"\xff\xff\xff\xff", struct.pack("<L", 2) + b"[{"):
        assert "damaged" in browser.post(f"/loupe/own/pieces/{name}", content=broken).json()["error"]
    assert "no longer there" in visitor().post(f"/loupe/own/pieces/{name}", content=framed([])).json()["error"]
    assert browser.post(f"/loupe/own/stop/{name}").json() == {} and not list((home() / "incoming").iterdir())
    assert "no picture" in uploaded(browser, [("notes.txt", b"x")])["error"]
    assert not list((home() / "libraries").glob("*"))


def test_without_a_cookie_nothing_is_taken(folders):
    app = FastAPI()
    app.state.public = True
    app.include_router(routes.router)
    assert "cookies" in TestClient(app).post("/loupe/own/begin").json()["error"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("utf8.csv", "file,caption\r\na.png,红苹果\r\n".encode("utf-8-sig")),
        ("gbk.csv", "file,caption\na.png,红苹果\n".encode("gbk")),
        ("utf16.csv", "file\tcaption\na.png\t红苹果\n".encode("utf-16")),
        ("semicolons.csv", "caption;FILE;file\n红苹果;x;a.png\n".encode()),
    ],
)
def test_captions_in_odd_tables(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert read_captions(tmp_path / name).captions == {"a.png": "红苹果"}


def test_ragged_and_repeated_lines_are_told(tmp_path):
    (tmp_path / "captions.csv").write_text(
        "file,caption\na.png,red, ripe\nb.png\n\n./a.png,twice\nsub\\c.png,=1+1\n"
    )
    found = read_captions(tmp_path / "captions.csv")
    assert found.captions == {"a.png": "red, ripe", "sub/c.png": "=1+1"}
    assert [place for place, _ in found.wrong] == ["captions.csv, line 3", "captions.csv, line 5"]


def test_captions_in_parquet(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in COLOURS:
        (folder / f"{name}.png").write_bytes(png(name))
    table = pa.table(
        {"file": ["red.png", "blue.png", "gone.png"], "caption": ["warm", None, "x"], "heat": [9.5, 1.0, 0.0]}
    )
    pq.write_table(table, folder / "captions.parquet")
    library = Library.at(folder, name="named")
    assert library.name == "named" and library.captions() == ["blue", "green", "warm", "yellow"]
    assert library.column("heat") == [1.0, None, 9.5, None]
    assert [name for name, _ in library.rejected] == ["gone.png"]
    (folder / "captions.parquet").write_bytes(b"PAR1")
    with pytest.raises(LoupeError, match=r"captions\.parquet is not a Parquet file"):
        Library.at(folder, name="named")


def test_a_thousand_copies_of_one_picture(folders):
    told = uploaded(visitor(), [(f"{n}.png", png("red")) for n in range(100)])
    assert told["count"] == 100 and told["copies"] == 99


def test_a_caption_is_changed_and_the_pictures_stay(monkeypatch):
    browser = visitor(public=False)
    name = uploaded(browser, [(f"{colour}.png", png(colour)) for colour in ("red", "blue")])["library"]
    library = Library.open(name)
    row, before = library.captions().index("red"), library.version
    told = browser.post(f"/loupe/own/caption/{name}", json={"id": library.ids[row], "caption": "  a  warm field "})
    assert told.json() == {}
    changed = Library.open(name)
    assert changed.captions()[row] == "a warm field" and changed.version != before
    assert changed.pictures_version == before and changed.rejected == library.rejected
    assert [changed.data(n) for n in range(2)] == [library.data(n) for n in range(2)]
    for wrong in ({"id": "none", "caption": "x"}, {"id": library.ids[0], "caption": " "}):
        assert "error" in browser.post(f"/loupe/own/caption/{name}", json=wrong).json()
    assert (
        "not yours" in browser.post("/loupe/own/caption/clipart", json={"id": "1", "caption": "x"}).json()["error"]
    )
