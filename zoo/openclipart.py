"""Open Clip Art: the drawings, their words tidied, and the part of them that is kept from training."""

import functools
import gzip
import hashlib
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from zoo.drawing import Picture, clean, on_white, square
from zoo.lexicon import chinese
from zoo.sources import fetch

GROUPS = {  # by the beginning of the path, the longest that fits
    "animals": "animals",
    "buildings": "buildings",
    "computer": "electronics",
    "computer-buttons": "symbols",
    "computer-icons": "symbols",
    "containers": "objects",
    "decorations": "decorations",
    "education": "education",
    "electronics": "electronics",
    "food": "food",
    "geography": "geography",
    "geography-astronomy": "science",
    "office": "office",
    "people": "people",
    "people-bodypart": "body",
    "people-clothing": "clothing",
    "people-smil": "faces",
    "plants": "plants",
    "recreation": "recreation",
    "recreation-music": "music",
    "science": "science",
    "special": "decorations",
    "tools": "tools",
    "transportation": "travel",
    "transportation-roadsigns": "symbols",
    "signs_and_symbols": "symbols",
    "signs_and_symbols-flags": "flags",
    "signs_and_symbols-money": "objects",
    "shapes": "symbols",
    "buttons": "symbols",
    "logos": "symbols",
    "unsorted": "objects",
}
TABLES = Path(__file__).parent
NOISE = re.compile(
    r"\b(clip ?art|clipart|remix|svg|png|vector|icon set|openclipart|simple|\d{2,}|v\d+|lumen design.*|by .*)\b",
    re.I,
)
JUNK = {
    "hash",
    "clip art",
    "clipart",
    "unsorted",
    "",
    "image",
    "externalsource",
    "media",
    "public domain",
    "vector",
}
VAGUE = {"special", "miscellany", "menu", "simple", "place", "musicstuff", "unsorted", "action", "misc"}
LARGEST = 40_000_000
SPOILT = ("-", "-")  # the caption of a drawing that shows nothing, or what must not be shown
NOT_A_WORD = re.compile(
    r"hash|0x|^\W*$|^\d+$|\bby\b|theme|appicon|mimeicon|weathersym|musicsym|mapsym|networksym|sym$|/"
)


def clipart() -> Iterator[tuple[Picture, np.ndarray]]:
    """Open Clip Art by the words of its SVG files and the pixels of its PNG files, each drawing once."""
    svgs = fetch("debian", "openclipart-svg") / "usr/share/openclipart/svg"
    pngs = fetch("debian", "openclipart-png") / "usr/share/openclipart/png"
    Image.MAX_IMAGE_PIXELS = LARGEST // 2
    found = [(file.relative_to(svgs), *metadata(file)) for file in sorted(svgs.rglob("*.svg*"))]
    titles = Counter(title for _, title, _, _ in found)
    seen: set[str] = set()
    for place, title, keywords, credit in found:
        drawing = pngs / place.parent / (stem(place) + ".png")
        if titles[title] > 5:  # the name of a series says nothing of the drawing
            title = "" if place.parts[:2] == ("computer", "icons") else from_file(place, credit)
        name = f"openclipart-{(place.parent / stem(place)).as_posix().replace('/', '-')}"
        if len(title) < 3 or place.parts[:2] == ("shapes", "stars") or not drawing.exists():
            continue
        try:
            with Image.open(drawing) as image:
                pixels = square(image)
        except (Image.DecompressionBombError, OSError) as error:
            print(f"left out {place}: {error}")
            continue
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        if captions().get(name) == SPOILT:
            continue
        folders = [part.replace("_", " ") for part in place.parts[:-1] if part != "unsorted"]
        words = [word for word in dict.fromkeys(keywords + folders[::-1]) if word != title]
        yield Picture(name, "openclipart", "", "", {"en": [title]}, {"en": words}, credit), pixels


def stem(place: Path) -> str:
    return place.name.removesuffix(".gz").removesuffix(".svg")


def from_file(place: Path, credit: str) -> str:
    """A title out of the file's name, without its author (often cut short) and its number."""
    author = {word[:3] for word in re.findall(r"[a-z]+", credit.lower()) if len(word) > 2}
    words = []
    for word in re.findall(r"[A-Za-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", stem(place))):
        if word[:3].lower() in author or word.lower() in ("bwh", "jvb"):
            break
        words.append(word)
    return tidy(" ".join(words)) if any(len(word) > 2 for word in words) else ""


def metadata(file: Path) -> tuple[str, list[str], str]:
    """Title, keywords and author, tidied, out of an SVG's RDF; the file's name where it has no title."""
    data = file.read_bytes()
    if file.suffix == ".gz":
        data = gzip.decompress(data)
    block = re.search(rb"<(\w+:)?Work\b.*?</(\w+:)?Work>", data, re.S)
    title, keywords, credit = "", [], ""
    if block:
        xml = re.sub(rb"&(?!(amp|lt|gt|quot|apos|#\d+);)", b"&amp;", block.group())
        xml = re.sub(rb"<(/?)([\w-]+:)?", rb"<\1", xml)
        xml = re.sub(rb"\s[\w:-]+=(\"[^\"]*\"|'[^']*')", b"", xml)
        try:
            work = ElementTree.fromstring(xml)
        except ElementTree.ParseError:
            work = ElementTree.Element("Work")
        title = work.findtext("title") or ""
        keywords = [(li.text or "") for li in work.iter("li")]
        credit = next((t.text or "" for agent in work.iter("creator") for t in agent.iter("title")), "")
    if len(tidy(title)) < 3:
        title = from_file(file, credit)
    keywords = [tidy(word) for word in keywords]
    return tidy(title), [w for w in dict.fromkeys(keywords) if w not in JUNK and len(w) < 30], clean(credit)


def tidy(text: str) -> str:
    """A title in lower case without its underscores, numbers and talk about the file."""
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    text = NOISE.sub(" ", text.replace("_", " ").replace("-", " "))
    return re.sub(r"^[^\w]+|[^\w)]+$", "", clean(text)).lower()


@functools.cache
def captions() -> dict[str, tuple[str, str]]:
    """English and Chinese captions written for the drawings, by id: many of their own titles say little."""
    lines = (TABLES / "openclipart.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {f"openclipart-{place}": (en, zh) for place, en, zh in rows}


def worded(picture: Picture) -> Picture:
    """The drawing with its group, its written captions where it has some, and keywords that are words."""
    folders = picture.id.removeprefix("openclipart-")
    picture.group = GROUPS[max((start for start in GROUPS if folders.startswith(start)), key=len)]
    english = picture.names["en"]
    if picture.id in captions():
        en, zh = captions()[picture.id]
        english = [en]
        picture.names["zh"] = [zh]
    words = [word for word in picture.keywords["en"] if word not in VAGUE and NOT_A_WORD.search(word) is None]
    words = [word for word in words if not (word.endswith("s") and word[:-1] in words)]
    picture.names["en"] = english
    picture.keywords["en"] = [word for word in words if word not in english]
    picture.keywords["zh"] = list(dict.fromkeys(zh for word in words if (zh := chinese(word))))
    return picture


@functools.cache
def held_out_ids() -> frozenset[str]:
    return frozenset((TABLES / "openclipart-held-out.txt").read_text("utf-8").split())


def held_out(pictures: list[Picture], pixels: np.ndarray | None = None) -> np.ndarray:
    """Which clip art is kept from training: bool [picture], as the list beside this file says."""
    return np.array([picture.id in held_out_ids() for picture in pictures])


def choose_held_out(pictures: list[Picture], pixels: np.ndarray, count: int = 500) -> list[str]:
    """Ids of drawings that have no twin in caption or in look: how the list was made.

    Only drawings with a caption of at most six words in both languages; "x, black and white" is a twin of "x".
    """
    plain = [picture.names["en"][0].removesuffix(", black and white").lower() for picture in pictures]
    english, chinese = Counter(plain), Counter("".join(picture.names.get("zh", "")) for picture in pictures)
    alone = [
        english[title] == 1 and "zh" in row.names and chinese[row.names["zh"][0]] == 1 and len(title.split()) <= 6
        for title, row in zip(plain, pictures, strict=True)
    ]
    small = on_white(pixels)[:, 8::16, 8::16].reshape(len(pixels), -1).astype(np.float32) / 255
    chosen: list[str] = []
    for index in np.random.default_rng(0).permutation(np.flatnonzero(alone)):
        distance = np.abs(small - small[index]).mean(axis=1)
        distance[index] = 1
        if distance.min() > 0.03:
            chosen.append(pictures[index].id)
        if len(chosen) == count:
            break
    return sorted(chosen)
