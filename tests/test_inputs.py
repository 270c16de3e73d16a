"""The strip's references: examples, pictures of a collection, uploads."""

import io

import pytest
from PIL import Image

from core.errors import LoupeError
from core.library import Library
from webapp import inputs


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LOUPE_HOME", str(tmp_path))


def test_the_apple_is_the_first_example_and_every_example_opens():
    assert next(iter(inputs.examples())) == "apple"
    for name in inputs.examples():
        assert inputs.picture(f"example:{name}").mode == "RGB"


def test_a_picture_of_the_collection_opens_by_its_id():
    library = Library.open("clipart")
    assert inputs.picture(f"library:clipart/{library.ids[7]}").size == library.picture(7).size


def test_an_upload_comes_back_as_it_was_seen():
    stream = io.BytesIO()
    Image.new("RGB", (9, 5), (200, 10, 20)).save(stream, "PNG")
    reference = inputs.keep(stream.getvalue())
    assert reference.startswith("upload:")
    assert inputs.picture(reference).getpixel((3, 3)) == (200, 10, 20)


def test_what_is_no_picture_is_not_kept():
    with pytest.raises(LoupeError):
        inputs.keep(b"<svg onload=alert(1)>")


@pytest.mark.parametrize(
    "reference",
    ["", "cat", "example:../../etc/passwd", "example:none", "library:clipart", "library:clipart/none",
     "library:../x/y", "upload:" + "0" * 64, "upload:../secret", "file:/etc/passwd", "\0",
     "example:" + "x" * 10_000],
)  # fmt: skip
def test_hostile_references_end_in_a_message(reference):
    with pytest.raises(LoupeError):
        inputs.picture(reference)
