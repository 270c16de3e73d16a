"""A picture with its words, and its pixels in one size."""

import re
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

SIDE = 128


@dataclass
class Picture:
    """A picture's words: names are whole captions (the first is the best), keywords single words, by language."""

    id: str
    source: str
    group: str
    concept: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)
    keywords: dict[str, list[str]] = field(default_factory=dict)
    credit: str = ""


def square(image: Image.Image, margin: int = 4) -> np.ndarray:
    """The picture centred in SIDE x SIDE, its sides in proportion, its empty border cut away."""
    image = image.convert("RGBA")
    if image.width * image.height > 4_000_000:
        image = image.reduce(4)
    image = image.crop(image.getchannel("A").point([255 * (level > 8) for level in range(256)]).getbbox())
    scale = (SIDE - 2 * margin) / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    ground = Image.new("RGBA", (SIDE, SIDE))
    ground.paste(small, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return np.asarray(ground)


def on_white(pixels: np.ndarray) -> np.ndarray:
    """RGB uint8 on a white ground."""
    alpha = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8)


def clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
