"""The free photographs that scikit-image and scikit-learn carry, with captions written for them."""

import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from zoo.drawing import Picture, square


def table() -> dict[str, dict]:
    """What is known of each photograph, by its name."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def open_photograph(row: dict) -> Image.Image:
    """The photograph of a row of the table, RGB, as its package has it."""
    package, _, place = row["file"].partition("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is needed for {row['file']}: install it first.")
    return Image.open(Path(spec.origin).parent / place).convert("RGB")


def photographs() -> Iterator[tuple[Picture, np.ndarray]]:
    """Each photograph with its words, and its pixels in the zoo's one size."""
    for name, row in table().items():
        names = {language: [caption] for language, caption in row["caption"].items()}
        picture = Picture(f"photo-{name}", "photo", row["group"], "", names, row["keywords"], row["credit"])
        yield picture, square(open_photograph(row), margin=0)


def photo_captions(language: str = "en") -> dict[str, list[str]]:
    """Two sentences for each photograph, by id, to judge a model with: no model is shown them in training."""
    return {f"photo-{name}": row["sentences"][language] for name, row in table().items()}
