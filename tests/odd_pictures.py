"""Odd pictures, each made here: what real files are like that are not a plain RGB JPEG.

The plain ones show a card of 32 × 16 pixels, blue with a red block (16 × 8) in the upper left corner, so that a
test can see whether a picture came out upright and in the right colours.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

RED, BLUE, WHITE, BLACK = (200, 30, 30), (30, 30, 200), (255, 255, 255), (0, 0, 0)
LEFT, RIGHT = (4, 4), (28, 12)
CARD = {LEFT: RED, RIGHT: BLUE}
GREY = {LEFT: (81, 81, 81), RIGHT: (49, 49, 49)}
"""The card's red and blue as grey (ITU-R 601)."""


@dataclass(frozen=True)
class Opens:
    """A picture that opens: its size in pixels and some colours, each channel within ``within``."""

    data: Callable[[], bytes]
    pixels: dict[tuple[int, int], tuple[int, int, int]] = field(default_factory=lambda: CARD)
    size: tuple[int, int] = (32, 16)
    within: int = 3


@dataclass(frozen=True)
class Refused:
    """What is refused: a word that the message must hold."""

    data: Callable[[], bytes]
    word: str


def card(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (32, 16), BLUE)
    image.paste(RED, (0, 0, 16, 8))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """The card stored as a camera held otherwise does, with the EXIF tag that says so."""
    back = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]
    image = card() if back is None else card().transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, kind, exif=exif, **({"quality": 95} if kind != "PNG" else {}))


def clear(mode: str = "RGBA") -> Image.Image:
    """The card with its blue transparent."""
    image = card("RGBA")
    image.putalpha(Image.fromarray(np.asarray(card())[..., 0] > 100).convert("L"))
    return image.convert(mode)


def half_red() -> Image.Image:
    return Image.new("RGBA", (32, 16), (255, 0, 0, 128))


def ramp(kind: type | str, low: float, high: float) -> np.ndarray:
    """From low at the left to high at the right, [16, 32]."""
    return np.tile(np.linspace(low, high, 32), (16, 1)).astype(kind)


RAMP = {(0, 8): BLACK, (31, 8): WHITE, (16, 8): (132, 132, 132)}


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes, interlace: int = 0) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body + chunk(b"IEND", b"")


def bomb() -> bytes:
    """17 KB that would decode to 138 million pixels."""
    return png(11750, 11750, 1, 0, bytes((11750 // 8 + 2) * 11750))


def interlaced() -> bytes:
    """One pixel, Adam7."""
    return png(1, 1, 8, 2, b"\0" + bytes(RED), interlace=1)


def with_size(data: bytes, marker: bytes, offset: int, size: bytes) -> bytes:
    """The same file with another size written in its header."""
    at = data.index(marker) + offset
    return data[:at] + size + data[at + len(size) :]


def many_scans() -> bytes:
    plain = saved(card(), "JPEG", progressive=True)
    scan = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + scan * 200 + plain[-2:]


def tiff(values: np.ndarray, **options) -> bytes:
    return saved(Image.fromarray(values), "TIFF", **options)


def tagged(image: Image.Image, **tags: int) -> bytes:
    numbers = {"orientation": 274, "photometric": 262}
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for name, value in tags.items():
        info[numbers[name]] = value
    return saved(image, "TIFF", tiffinfo=info)


def with_holes() -> np.ndarray:
    values = ramp(np.float32, -5, 1000)
    values[0, :2] = np.nan, np.inf
    return values


def swapped_channels() -> bytes:
    """An RGB profile whose red and blue primaries are exchanged: sRGB with two tags' names swapped."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    table, rest = profile[:512], profile[512:]
    table = table.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    return (table + rest).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))


def frames(kind: str, **options) -> bytes:
    return saved(card(), kind, save_all=True, append_images=[Image.new("RGB", (32, 16), "lime")], **options)


def palette() -> Image.Image:
    return card().quantize(4)


def clear_palette() -> Image.Image:
    image = palette()
    image.info["transparency"] = image.getpixel(RIGHT)
    return image


RAW = np.random.default_rng(0).bytes(3000)
OVER_WHITE = {LEFT: RED, RIGHT: WHITE}
HALF = {LEFT: (255, 127, 127)}

PICTURES: dict[str, Opens | Refused] = {
    # JPEG
    "jpeg": Opens(lambda: saved(card(), "JPEG", quality=95, subsampling=0), within=8),
    "jpeg with halved colours": Opens(lambda: saved(card(), "JPEG", quality=95), within=12),
    "jpeg progressive": Opens(lambda: saved(card(), "JPEG", quality=95, progressive=True), within=12),
    "jpeg grey": Opens(lambda: saved(card("L"), "JPEG", quality=95), GREY),
    "jpeg cmyk": Opens(lambda: saved(card("CMYK"), "JPEG", quality=95), within=12),
    **{f"jpeg turned {o}": Opens(lambda o=o: turned(o), within=20) for o in range(1, 9)},
    "jpeg with unknown orientation": Opens(
        lambda: turned(1).replace(b"\x12\x01\x03\0\x01\0\0\0\x01", b"\x12\x01\x03\0\x01\0\0\0\x63"), within=12
    ),
    "jpeg with damaged exif": Opens(
        lambda: saved(card(), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), within=12
    ),
    "jpeg of a phone, two pictures": Opens(lambda: frames("MPO", quality=95), within=12),
    "jpeg with another profile": Opens(
        lambda: saved(card(), "JPEG", quality=95, subsampling=0, icc_profile=swapped_channels()),
        {LEFT: BLUE, RIGHT: RED},
        within=12,
    ),
    "jpeg with a damaged profile": Opens(lambda: saved(card(), "JPEG", quality=95, icc_profile=RAW), within=12),
    "jpeg with a profile cut short": Opens(
        lambda: saved(card(), "JPEG", quality=95, icc_profile=swapped_channels()[:300]), within=12
    ),
    "jpeg with junk after it": Opens(lambda: saved(card(), "JPEG", quality=95) + RAW, within=12),
    "jpeg of one pixel": Opens(lambda: saved(Image.new("RGB", (1, 1), RED), "JPEG"), {(0, 0): RED}, (1, 1), 8),
    "jpeg cut short": Refused(lambda: saved(Image.effect_noise((64, 64), 90), "JPEG")[:1500], "cut short"),
    "jpeg of a header alone": Refused(lambda: saved(card(), "JPEG")[:20], "not a picture"),
    "jpeg that claims a giant size": Refused(
        lambda: with_size(saved(card(), "JPEG"), b"\xff\xc0", 5, b"\xff\xdc\xff\xdc"), "million"
    ),
    "jpeg of 200 scans": Refused(many_scans, "scans"),
    # PNG
    "png": Opens(lambda: saved(card(), "PNG")),
    "png palette": Opens(lambda: saved(palette(), "PNG")),
    "png palette, one colour clear": Opens(lambda: saved(clear_palette(), "PNG"), OVER_WHITE),
    "png alpha": Opens(lambda: saved(clear(), "PNG"), OVER_WHITE),
    "png half transparent": Opens(lambda: saved(half_red(), "PNG"), HALF),
    "png grey and alpha": Opens(lambda: saved(clear("LA"), "PNG"), {LEFT: (81, 81, 81), RIGHT: WHITE}),
    "png one clear colour": Opens(lambda: saved(card(), "PNG", transparency=BLUE), OVER_WHITE),
    "png one clear grey": Opens(
        lambda: saved(card("L"), "PNG", transparency=card("L").getpixel(RIGHT)), {RIGHT: WHITE}
    ),
    "png 1 bit": Opens(
        lambda: saved(Image.fromarray(ramp(float, 0, 1) > 0.5), "PNG"), {(0, 8): BLACK, (31, 8): WHITE}
    ),
    "png 2 bits": Opens(lambda: png(4, 1, 2, 0, b"\0\x1b"), {(1, 0): (85, 85, 85), (3, 0): WHITE}, (4, 1)),
    "png 16-bit grey": Opens(lambda: saved(Image.fromarray(ramp(np.uint16, 0, 65535)), "PNG"), RAMP),
    "png 12-bit grey in 16": Opens(lambda: saved(Image.fromarray(ramp(np.uint16, 0, 4095)), "PNG"), RAMP),
    "png 16-bit colour": Opens(
        lambda: png(1, 1, 16, 2, b"\0" + struct.pack(">HHH", 200 * 257, 0, 65535)), {(0, 0): (200, 0, 255)}, (1, 1)
    ),
    "png 16-bit colour and alpha": Opens(
        lambda: png(1, 1, 16, 6, b"\0" + struct.pack(">HHHH", 65535, 0, 0, 32896)),
        {(0, 0): (255, 127, 127)},
        (1, 1),
    ),
    "png interlaced": Opens(interlaced, {(0, 0): RED}, (1, 1)),
    "png animated": Opens(lambda: frames("PNG")),
    "png turned": Opens(lambda: turned(6, "PNG")),
    "png without end": Opens(lambda: saved(card(), "PNG")[:-12]),
    "png cut short": Refused(lambda: saved(card(), "PNG")[:60], "cut short"),
    "png with a wrong checksum": Refused(
        lambda: saved(card(), "PNG")[:29] + b"\0\0\0\0" + saved(card(), "PNG")[33:], "picture"
    ),
    "png bomb": Refused(bomb, "million"),
    "png that claims a giant size": Refused(lambda: png(60000, 60000, 8, 2, b""), "million"),
    "png without pixels": Refused(lambda: png(0, 5, 8, 2, b""), "picture"),
    "png thread": Refused(lambda: png(20000, 1, 8, 0, bytes(20001)), "strip"),
    "png text bomb": Refused(
        lambda: png(1, 1, 8, 0, b"\0\0", *[chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1000000)))] * 80),
        "picture",
    ),
    # WebP
    "webp": Opens(lambda: saved(card(), "WEBP", quality=95), within=20),
    "webp alpha": Opens(lambda: saved(clear(), "WEBP", lossless=True), OVER_WHITE),
    "webp animated": Opens(lambda: frames("WEBP", lossless=True)),
    "webp turned": Opens(lambda: turned(8, "WEBP"), within=20),
    "webp cut short": Refused(lambda: saved(card(), "WEBP", lossless=True)[:40], "picture"),
    "webp that claims a giant size": Refused(
        lambda: with_size(saved(clear(), "WEBP", lossless=True), b"VP8L", 9, b"\xff\xff\xff\x0f"), "picture"
    ),
    # GIF
    "gif": Opens(lambda: saved(palette(), "GIF")),
    "gif with a clear colour": Opens(lambda: saved(clear_palette(), "GIF"), OVER_WHITE),
    "gif animated": Opens(lambda: frames("GIF")),
    "gif cut short": Refused(lambda: saved(Image.effect_noise((64, 64), 90), "GIF")[:1200], "cut short"),
    "gif of a header alone": Refused(lambda: b"GIF89a\x01\0\x01\0\0\0\0", "picture"),
    # BMP
    "bmp": Opens(lambda: saved(card(), "BMP")),
    "bmp palette": Opens(lambda: saved(palette(), "BMP")),
    "bmp 1 bit": Opens(lambda: saved(Image.new("1", (32, 16), 1), "BMP"), {LEFT: WHITE}),
    "bmp that claims a giant size": Refused(
        lambda: with_size(saved(card(), "BMP"), b"BM", 18, b"\xff\xff\0\0\xff\xff\0\0"), "million"
    ),
    "bmp cut short": Refused(lambda: saved(card(), "BMP")[:200], "cut short"),
    # TIFF
    "tiff": Opens(lambda: saved(card(), "TIFF")),
    "tiff lzw": Opens(lambda: saved(card(), "TIFF", compression="tiff_lzw")),
    "tiff jpeg": Opens(lambda: saved(card(), "TIFF", compression="jpeg", quality=95), within=12),
    "tiff fax": Opens(lambda: saved(Image.new("1", (32, 16), 1), "TIFF", compression="group4"), {LEFT: WHITE}),
    "tiff cmyk": Opens(lambda: saved(card("CMYK"), "TIFF")),
    "tiff lab": Opens(lambda: saved(Image.new("LAB", (32, 16), (255, 128, 128)), "TIFF"), {LEFT: WHITE}),
    "tiff alpha": Opens(lambda: saved(clear(), "TIFF"), OVER_WHITE),
    "tiff of two pages": Opens(lambda: frames("TIFF")),
    "tiff turned": Opens(lambda: tagged(card().transpose(Image.Transpose.ROTATE_90), orientation=6)),
    "tiff 16-bit grey": Opens(lambda: tiff(ramp(np.uint16, 0, 65535)), RAMP),
    "tiff 16-bit grey, big end first": Opens(lambda: tiff(ramp(">u2", 0, 65535)), RAMP),
    "tiff 32-bit grey": Opens(lambda: tiff(ramp(np.int32, -70000, 70000)), RAMP),
    "tiff floats to 1": Opens(lambda: tiff(ramp(np.float32, 0, 1)), RAMP),
    "tiff floats to 255": Opens(lambda: tiff(ramp(np.float32, 0, 255)), RAMP),
    "tiff floats with holes": Opens(lambda: tiff(with_holes()), RAMP | {(0, 0): BLACK, (1, 0): WHITE}),
    "tiff floats without a number": Refused(lambda: tiff(np.full((4, 4), np.nan, np.float32)), "number"),
    "tiff cut short": Refused(lambda: saved(Image.effect_noise((64, 64), 90), "TIFF")[:1000], "picture"),
    "tiff that points to itself": Refused(lambda: b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "picture"),
    # other files
    "nothing": Refused(lambda: b"", "empty"),
    "text": Refused(lambda: "héllo, 你好\n".encode() * 20, "not a picture"),
    "noise": Refused(lambda: RAW, "not a picture"),
    "svg": Refused(lambda: b'\xef\xbb\xbf<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "svg after a prologue": Refused(lambda: b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="9"/>', "SVG"),
    "web page": Refused(lambda: b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
    "pdf": Refused(lambda: b"%PDF-1.7\n", "PDF"),
    "heic": Refused(lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + RAW, "HEIC"),
    "avif": Refused(lambda: saved(card(), "AVIF"), "AVIF"),
    "jpeg xl": Refused(lambda: b"\xff\x0a" + RAW, "JPEG XL"),
    "jpeg 2000": Refused(lambda: saved(card(), "JPEG2000"), "JPEG 2000"),
    "ico": Refused(lambda: saved(card().resize((32, 32)), "ICO"), "ICO"),
    "ppm": Refused(lambda: saved(card(), "PPM"), "not a picture"),
    "photoshop": Refused(lambda: b"8BPS\0\x01" + bytes(20), "PSD"),
    "zip": Refused(lambda: b"PK\x03\x04" + RAW, "ZIP"),
    "video": Refused(lambda: b"\0\0\0\x20ftypisom" + RAW, "video"),
    "webm": Refused(lambda: b"\x1aE\xdf\xa3" + RAW, "video"),
    "20 MB of zeros and more": Refused(lambda: bytes(20_000_001), "20 MB"),
}
