"""Every odd picture opens as RGB or is refused with a LoupeError that says what it is."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import images
from core.errors import LoupeError
from tests.odd_pictures import BLUE, LEFT, PICTURES, RED, RIGHT, Opens, bomb, card, saved, turned

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")
OPENING = {name: odd for name, odd in PICTURES.items() if isinstance(odd, Opens)}


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int], within: int) -> bool:
    return all(abs(a - b) <= within for a, b in zip(image.getpixel(at), colour, strict=True))  # pyright: ignore


@pytest.mark.parametrize("name", PICTURES)
def test_odd_picture(name):
    odd = PICTURES[name]
    if isinstance(odd, Opens):
        image = images.open_image(odd.data())
        assert (type(image), image.mode, image.size, image.info) == (Image.Image, "RGB", odd.size, {})
        for at, colour in odd.pixels.items():
            assert near(image, at, colour, odd.within), f"{at}: {image.getpixel(at)}, not {colour}"
    else:
        with pytest.raises(LoupeError, match=odd.word):
            images.open_image(odd.data())


def test_there_are_many_kinds():
    assert len(PICTURES) >= 60


def test_a_thousand_mutations_open_or_are_refused():
    chance = random.Random(1)
    sources = [odd.data() for name, odd in OPENING.items()]
    opened = 0
    for _ in range(1000):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.choice((1, 1, 2, 8, 40))):
            at = chance.randrange(len(data))
            kind = chance.randrange(4)
            if kind == 0:
                data[at] ^= 1 << chance.randrange(8)
            elif kind == 1:
                data[at] = chance.choice((0, 1, 127, 128, 255))
            elif kind == 2:
                data[at : at + 4] = chance.randbytes(4)
            elif chance.random() < 0.2:
                del data[max(at, 1) :]
        try:
            image = images.open_image(bytes(data), longest=chance.choice((None, 16)))
        except LoupeError:
            continue
        assert image.mode == "RGB" and min(image.size) >= 1
        opened += 1
    assert 200 < opened < 950  # the mutations neither spare nor kill everything


def test_a_bomb_costs_no_memory():
    assert len(bomb()) < 20_000
    script = """if True:
        import resource
        from core.errors import LoupeError
        from core.images import open_image
        from tests.odd_pictures import bomb, card, saved
        data = bomb()
        open_image(saved(card(), "PNG"))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            open_image(data)
        except LoupeError:
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000  # kB


def test_longest_shrinks_and_never_enlarges():
    photo = Image.effect_noise((400, 100), 30).convert("RGB")
    for kind in ("JPEG", "PNG"):
        assert images.open_image(saved(photo, kind), longest=60).size == (60, 15)
        assert images.open_image(saved(photo, kind), longest=1000).size == (400, 100)
    assert images.open_image(turned(6), longest=16).size == (16, 8)


def test_shrinking_keeps_the_picture():
    smooth = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    data = saved(smooth, "JPEG", quality=95)
    whole, shrunk = images.open_image(data).resize((160, 120)), images.open_image(data, longest=160)
    assert np.abs(np.asarray(whole, float) - np.asarray(shrunk, float)).max() < 6


def test_files_are_named_in_the_message(tmp_path):
    (tmp_path / "drawing.png").write_bytes(b"<svg/>")
    with pytest.raises(LoupeError, match=r"drawing\.png: This is an SVG"):
        images.open_image(tmp_path / "drawing.png")
    with pytest.raises(LoupeError, match="no such file"):
        images.open_image(str(tmp_path / "gone.png"))
    with pytest.raises(LoupeError, match="folder"):
        images.open_image(tmp_path)
    for name in ("a\0b", "x" * 5000, "https://example.org/a.png", "/dev/zero"):
        with pytest.raises(LoupeError):
            images.open_image(name)
    (tmp_path / "good.png").write_bytes(saved(card(), "PNG"))
    image = images.open_image(str(tmp_path / "good.png"))
    assert near(image, LEFT, RED, 0) and near(image, RIGHT, BLUE, 0)


def test_the_format_is_read_from_the_header():
    assert images.picture_format(saved(card(), "WEBP")) == ("WEBP", (32, 16))
    with pytest.raises(LoupeError):
        images.picture_format(b"")


def test_threads_open_pictures_at_once():
    data = [odd.data() for odd in OPENING.values()]
    failures = []

    def work():
        for item in data:
            try:
                images.open_image(item)
            except LoupeError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
