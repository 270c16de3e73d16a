"""Every picture that the zoo learns from or is judged on, with its words, as one array a source.

Sources: six openly licensed styles of emoji and Open Clip Art to learn from; Twemoji and a few free photographs
to be judged on.
"""

import json
from dataclasses import asdict

import numpy as np

from zoo.drawing import SIDE, Picture, clean, on_white
from zoo.emoji import FILES, annotations, emoji, emoji_table, words
from zoo.openclipart import clipart, held_out, worded
from zoo.photographs import photo_captions, photographs
from zoo.sources import CACHE

__all__ = [
    "LICENCES",
    "SIDE",
    "Picture",
    "annotations",
    "clean",
    "emoji_table",
    "held_out",
    "load",
    "on_white",
    "photo_captions",
    "words",
]
LICENCES = {
    "openclipart": "public domain",
    "noto": "Apache-2.0",
    "noto-v1": "Apache-2.0",
    "fxemoji": "CC BY 4.0",
    "emojione": "CC BY 4.0",
    "fluent-3d": "MIT",
    "fluent-flat": "MIT",
    "twemoji": "CC BY 4.0",
}
OTHERS = {"openclipart": clipart, "photo": photographs}
TWIN = 0.015  # mean difference at 32 x 32 on white, of 1


def load(source: str) -> tuple[list[Picture], np.ndarray]:
    """The pictures of a source and their pixels, uint8 [picture, SIDE, SIDE, RGBA], straight alpha.

    An emoji that is drawn as Twemoji draws it is left out of the other styles: Twemoji judges what was learnt.
    """
    rows, pixels = CACHE / f"{source}.json", CACHE / f"{source}.npy"
    if not rows.exists():
        found = list(emoji(source) if source in FILES else OTHERS[source]())
        array = np.stack([picture for _, picture in found])
        if source in FILES and source != "twemoji":
            alone = np.flatnonzero(nearest(array, load("twemoji")[1]) >= TWIN)
            print(f"{source}: {len(array)} pictures, {len(array) - len(alone)} left out as twins of Twemoji's")
            found, array = [found[i] for i in alone], array[alone]
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(pixels, array)
        rows.write_text(json.dumps([asdict(row) for row, _ in found], ensure_ascii=False), encoding="utf-8")
    pictures = [Picture(**row) for row in json.loads(rows.read_text("utf-8"))]
    if source == "openclipart":
        pictures = [worded(picture) for picture in pictures]
    return pictures, np.load(pixels, mmap_mode="r")


def nearest(pixels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far each picture is from the most similar of the others, in 0...1: float [picture]."""
    here, there = (
        on_white(array)
        .reshape(-1, 32, SIDE // 32, 32, SIDE // 32, 3)
        .mean((2, 4), dtype=np.float32)
        .reshape(len(array), -1)
        for array in (pixels, others)
    )
    return np.array([np.abs(there - picture).mean(axis=1).min() for picture in here]) / 255
