"""A small collection of colours, and a model that sees and reads nothing but colour."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core import library, places
from tests.odd_pictures import saved

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0)}
CHINESE = {"red": "红色", "green": "绿色", "blue": "蓝色", "yellow": "黄色"}


@dataclass
class ColourModel:
    """Embeds a picture as its mean colour and a text as the colours named in it."""

    version: str = "v1"
    seen: int = 0
    read: int = 0
    checkpoint: Any = field(init=False)

    def __post_init__(self):
        self.checkpoint = SimpleNamespace(version=self.version)

    def embed_images(self, images):
        self.seen += len(images)
        return self._unit([np.asarray(image, float).mean((0, 1)) for image in images])

    def embed_texts(self, texts):
        self.read += len(texts)
        named = [[c for n, c in COLOURS.items() if n in text or CHINESE[n] in text] for text in texts]
        return self._unit([np.sum(colours, 0) if colours else np.ones(3) for colours in named])

    def temperature(self):
        return 1.0

    @staticmethod
    def _unit(rows):
        return (np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def own_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No library but those that the test makes in this folder."""
    monkeypatch.setenv("LOUPE_HOME", str(folder / "home"))
    monkeypatch.setattr(places, "ASSETS", folder / "assets")
    monkeypatch.setattr(places, "_added", {})
    library._open.cache_clear()
    return folder


def png(name: str, side: int = 16) -> bytes:
    return saved(Image.new("RGB", (side, side), COLOURS[name]), "PNG")


def colours_file(path: Path, **changes) -> Path:
    names = list(COLOURS)
    table = {
        "image": [{"bytes": png(name), "path": None} for name in names],
        "id": [f"c-{name}" for name in names],
        "caption_en": [f"a {name} square" for name in names],
        "caption_zh": [f"{CHINESE[name]}的方块" for name in names],
        "keywords_en": [[name, "square"] for name in names],
        "keywords_zh": [[CHINESE[name]] for name in names],
        "group": ["warm", "cold", "cold", "warm"],
        "source": ["drawn"] * 4,
        "licence": ["CC0"] * 4,
        "credit": [""] * 4,
        "width": [16] * 4,
        "height": [16] * 4,
    } | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: column for name, column in table.items() if column}), path, row_group_size=3)
    return path
