"""Emoji of many styles, by CLDR's names and keywords in English and Chinese."""

import functools
import io
import json
import re
import unicodedata
from collections.abc import Iterator

import numpy as np
import resvg_py
from PIL import Image

from zoo.drawing import Picture, clean, square
from zoo.sources import fetch

ICONIFY = {"noto": "1.2.9", "noto-v1": "1.2.5", "fxemoji": "1.2.2", "emojione": "1.2.3", "fluent-flat": "1.2.6"}
EMOJI_GROUPS = {
    "Smileys & Emotion": "faces",
    "People & Body": "people",
    "Animals & Nature": "animals",
    "Food & Drink": "food",
    "Travel & Places": "travel",
    "Activities": "recreation",
    "Objects": "objects",
    "Symbols": "symbols",
    "Flags": "flags",
    "Component": "people",
}
NATURE = {"plant-flower": "plants", "plant-other": "plants"}


def character(codes: str) -> str:
    return "".join(chr(int(code, 16)) for code in codes.split("-"))


def bare(codes: str) -> str:
    """Code points without the variation selector, in lower case: one key for every spelling."""
    return "-".join(code for code in codes.lower().split("-") if code != "fe0f")


@functools.cache
def emoji_table() -> list[dict]:
    folder = fetch("npm", "emoji-datasource-google", "16.0.0")
    return json.loads((folder / "package" / "emoji.json").read_text("utf-8"))


@functools.cache
def annotations(language: str) -> dict[str, dict]:
    """CLDR's name (tts) and keywords (default) of each character, in a language."""
    found: dict[str, dict] = {}
    for name, part in (
        ("cldr-annotations-full", "annotations"),
        ("cldr-annotations-derived-full", "annotationsDerived"),
    ):
        file = fetch("npm", name, "48.2.0") / "package" / part / language / "annotations.json"
        found |= json.loads(file.read_text("utf-8"))[part]["annotations"]
    return {key.replace("\ufe0f", ""): value for key, value in found.items()}


def words(row: dict) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Names and keywords of an emoji, in English and Chinese."""
    names: dict[str, list[str]] = {}
    keywords: dict[str, list[str]] = {}
    for language in ("en", "zh"):
        entry = annotations(language).get(character(bare(row["unified"])), {})
        names[language] = [clean(name) for name in entry.get("tts", [])]
        keywords[language] = [
            clean(word) for word in entry.get("default", []) if clean(word) not in names[language]
        ]
    for other in (row["name"] or "", *row["short_names"]):
        other = clean(other.lower().replace("_", " "))
        if len(other) > 2 and not re.search(r"\d{3}|flag-", other) and other not in names["en"]:
            names["en"].append(other)
    return names, keywords


def key(name: str) -> str:
    """A name's letters and digits alone, so that 'flag: Åland' meets 'flag-for-aland'."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\b(for|facing right)\b|[’'“”]", "", plain.replace("-", " ")))


def emoji(source: str) -> Iterator[tuple[Picture, np.ndarray]]:
    pixels = FILES[source]()
    for row in emoji_table():
        names, keywords = words(row)
        image = pixels(row, names["en"])
        if image is None or not names["en"]:
            continue
        group = NATURE.get(row["subcategory"], EMOJI_GROUPS[row["category"]])
        codes = bare(row["unified"])
        yield Picture(f"{source}-{codes}", source, group, codes, names, keywords, CREDIT[source]), square(image)


def png(name: str, version: str, folder: str):
    root = fetch("npm", name, version) / "package" / folder

    def find(row: dict, names: list[str]) -> Image.Image | None:
        file = root / row["image"]
        return Image.open(file) if file.exists() else None

    return find


def webp():
    root = fetch("npm", "@lobehub/fluent-emoji-3d", "1.1.0") / "package" / "assets"
    files = {bare(file.stem): file for file in root.glob("*.webp")}

    def find(row: dict, names: list[str]) -> Image.Image | None:
        file = files.get(bare(row["unified"]))
        return Image.open(file) if file else None

    return find


def iconify(source: str):
    folder = {"fluent-flat": "fluent-emoji-flat"}.get(source, source)
    table = json.loads(
        (fetch("npm", f"@iconify-json/{folder}", ICONIFY[source]) / "package" / "icons.json").read_text()
    )
    icons = {key(name): icon for name, icon in table["icons"].items()}
    for name, alias in table.get("aliases", {}).items():
        if set(alias) == {"parent"} and alias["parent"] in table["icons"]:
            icons.setdefault(key(name), table["icons"][alias["parent"]])

    def find(row: dict, names: list[str]) -> Image.Image | None:
        icon = next((icons[key(name)] for name in names if key(name) in icons), None)
        if icon is None:
            return None
        width, height = icon.get("width", table.get("width", 16)), icon.get("height", table.get("height", 16))
        box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">'
        drawn = resvg_py.svg_to_bytes(svg_string=f"{svg}{icon['body']}</svg>", width=256)
        return Image.open(io.BytesIO(bytes(drawn)))

    return find


FILES = {
    "twemoji": lambda: png("emoji-datasource-twitter", "16.0.0", "img/twitter/64"),
    "fluent-3d": webp,
    **{source: functools.partial(iconify, source) for source in ICONIFY},
}
CREDIT = {
    "twemoji": "Twitter, Inc and contributors",
    "noto": "Google",
    "noto-v1": "Google",
    "fxemoji": "Mozilla",
    "emojione": "EmojiOne and EmojiTwo contributors",
    "fluent-3d": "Microsoft",
    "fluent-flat": "Microsoft",
}
