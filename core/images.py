"""The one door for images: whatever bytes come in, an upright RGB picture or a LoupeError goes out."""

import logging
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from core.errors import LoupeError

log = logging.getLogger(__name__)

# MPO, the two-picture JPEG of phones, comes in through JPEG and gives its first picture.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
MOST_SIDE = 30_000
# Models scale the shorter side to a fixed length, so that a long thread would become gigabytes there.
MOST_RATIO = 100
# Each scan of a progressive JPEG costs a pass over all pixels; cameras and encoders write about ten.
MOST_SCANS = 100

# What Pillow's decoders raise on damaged files, found by mutating files of every kind.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
ISO_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF", b"avis": "AVIF"}
SIGNATURES = {
    b"%PDF": "PDF",
    b"8BPS": "PSD",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\1\0": "ICO",
    b"%!PS": "PostScript",
    b"PK\x03\x04": "ZIP",
    b"\x1aE\xdf\xa3": "WebM video",
}
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_image(source: bytes | str | Path, longest: int | None = None) -> Image.Image:
    """The picture in these bytes or this file: RGB, upright, first frame, transparency over white, sRGB.

    longest: shrink so that neither side is longer (in pixels); a JPEG is then decoded at a fraction of its size.
    Grey of 16 bits and numbers (TIFF) are scaled to 0…255: see ``_grey``.
    Raises LoupeError, and nothing else, for what is no picture, damaged, too large or not there.
    """
    try:
        image = _lazy(read(source))
        try:
            return _decode(image, longest)
        except DAMAGE as error:
            raise LoupeError(
                "This {format} picture is damaged or cut short ({reason}). Fetch the file once more, or open it in "
                "an image program and save it anew.",
                format=image.format,
                reason=str(error) or type(error).__name__,
            ) from error
    except LoupeError as error:
        if isinstance(source, bytes):
            raise
        raise LoupeError("{file}: " + error.template, file=Path(source).name, **error.values) from error


def picture_format(data: bytes) -> tuple[str, tuple[int, int]]:
    """(format, (width, height) as stored) from the header alone. Raises LoupeError like ``open_image``."""
    image = _lazy(data)
    return str(image.format), image.size


def read(source: bytes | str | Path) -> bytes:
    """The bytes of a file, of a too large one the start. Raises LoupeError when it cannot be read."""
    if isinstance(source, bytes):
        return source
    path = Path(source)
    try:
        if path.is_dir():
            raise LoupeError("This is a folder. Name one picture in it.")
        if not path.is_file():
            raise LoupeError("There is no such file. Check the name and the folder {folder}.", folder=path.parent)
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise LoupeError("The file cannot be read ({reason}).", reason=error) from error


def cropped(image: Image.Image, box: tuple[float, float, float, float] | None) -> Image.Image:
    """The part of the picture in this box (left, top, right, bottom, in pixels); all of it where there is none."""
    if box is None:
        return image
    left, top, right, bottom = (round(edge) for edge in box)
    return image.crop((left, top, right, bottom))


def _lazy(data: bytes) -> Image.Image:
    """The picture with its header read and its size checked, no pixel decoded."""
    if not data:
        raise LoupeError("The file is empty. Fetch it once more.")
    if len(data) > MOST_BYTES:
        raise LoupeError(
            "The file is larger than {most} MB. Save it smaller or as JPEG.", most=MOST_BYTES // 1_000_000
        )
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise LoupeError(
            "The picture has more than {most} million pixels. Scale it down first.", most=MOST_PIXELS // 1_000_000
        ) from error
    except DAMAGE as error:
        raise _no_picture(data) from error
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise LoupeError(
            "The picture has {width} × {height} pixels; at most {most} million and {side} a side can be opened. "
            "Scale it down first.",
            width=width,
            height=height,
            most=MOST_PIXELS // 1_000_000,
            side=MOST_SIDE,
        )
    if min(width, height) < 1:
        raise LoupeError("The picture has no pixels ({width} × {height}).", width=width, height=height)
    if max(width, height) > MOST_RATIO * min(width, height):
        raise LoupeError(
            "The picture is a thin strip ({width} × {height} pixels; one side may be {ratio} times the other). "
            "Crop it first.",
            width=width,
            height=height,
            ratio=MOST_RATIO,
        )
    if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > MOST_SCANS:
        raise LoupeError("This JPEG has more than {most} scans. Save it anew as an ordinary JPEG.", most=MOST_SCANS)
    return image


def _no_picture(data: bytes) -> LoupeError:
    """What these bytes are instead, and what to do."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return LoupeError("This is an SVG drawing. Save it as PNG and choose that.")
    if start.startswith((b"<!doctype html", b"<html")):
        return LoupeError("This is a web page, not a picture. Save the picture itself and choose that.")
    kind = next((kind for signature, kind in SIGNATURES.items() if data.startswith(signature)), None)
    if data[4:8] == b"ftyp":
        kind = ISO_BRANDS.get(data[8:12], "MP4 video")
    if kind == "ZIP":
        return LoupeError("This is a ZIP archive or an office document. Unpack it and choose a picture in it.")
    if kind and kind.endswith("video"):
        return LoupeError("This is a video ({kind}). Save one frame of it as PNG or JPEG.", kind=kind)
    if kind:
        return LoupeError("This is a {kind} file, which is not opened here. Save it as PNG or JPEG.", kind=kind)
    return LoupeError(
        "This is not a picture that can be opened, or its start is damaged. Choose one of: {formats}.",
        formats=", ".join(FORMATS),
    )


def _decode(image: Image.Image, longest: int | None) -> Image.Image:
    if longest is not None and image.format in ("JPEG", "MPO"):
        scale = longest / max(image.size)
        image.draft(None, (round(image.width * scale), round(image.height * scale)))
    image.load()
    profile = image.info.get("icc_profile")
    orientation = _orientation(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _grey(image)
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        opaque = Image.new("RGB", image.size, "white")
        opaque.paste(image, mask=image)
        image = opaque
    image = _srgb(image if image.mode in ("RGB", "CMYK", "LAB") else image.convert("RGB"), profile)
    if longest is not None and max(image.size) > longest:
        image.thumbnail((longest, longest))
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    image.info.clear()  # the colour profile in it no longer applies, and would be saved with the picture
    return image


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 where there is none; damaged metadata do not make a picture unreadable."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except DAMAGE as error:
        log.info("Orientation left out, the EXIF data are damaged: %s", error)
        return 1


def _grey(image: Image.Image) -> Image.Image:
    """8 bits from grey of 16 or 32 bits or from floats, as mode L.

    White is the least of 8, 10, 12, 14 or 16 bits that holds the largest value; floats within 0…1 or 0…255 are
    taken as such; anything else is stretched from its smallest to its largest value. Not-a-number becomes black.
    """
    numbers = (part[np.isfinite(part)] for part in _strips(image))
    extremes = [(float(part.min()), float(part.max())) for part in numbers if part.size]
    if not extremes:
        raise ValueError("none of its values is a number")
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    whites = [1, 255] if image.mode == "F" else [2**bits - 1 for bits in (8, 10, 12, 14, 16)]
    if low >= 0 and high <= whites[-1]:
        low, high = 0.0, float(next(white for white in whites if high <= white))
    scaled = []
    for part in _strips(image):
        part = np.nan_to_num((part.astype(np.float64) - low) / ((high - low) or 1.0), nan=0.0, posinf=1.0)
        scaled.append(np.rint(np.clip(part, 0, 1) * 255).astype(np.uint8))
    return Image.fromarray(np.concatenate(scaled))


def _strips(image: Image.Image) -> Iterator[np.ndarray]:
    """The pixels, 256 rows at a time: arrays of a whole large picture would take many times its memory."""
    for top in range(0, image.height, 256):
        yield np.asarray(image.crop((0, top, image.width, min(top + 256, image.height))))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, CMYK or LAB to sRGB by the embedded colour profile; without a usable one by Pillow's formula."""
    transform = None
    try:
        if image.mode == "LAB":
            transform = _transform(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB")
        elif profile and profile[16:20].strip() == image.mode.encode():  # the profile's own colour space
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                transform = _transform(source, image.mode)
    except (ImageCms.PyCMSError, *DAMAGE) as error:
        log.info("Colour profile left out, it is damaged: %s", error)
    if transform:
        return transform.apply(image)
    return image if type(image) is Image.Image and image.mode == "RGB" else image.convert("RGB")


def _transform(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.ImageCmsTransform(source, srgb, mode, "RGB")
