"""Sentences in English and Chinese that say the same, and English ones to keep what the text tower knows."""

import json
import random
import re
from pathlib import Path

from zoo.pictures import Picture, annotations, clean, emoji_table, held_out, load, words
from zoo.sources import fetch

COLOURS = {
    "red": "红色",
    "green": "绿色",
    "blue": "蓝色",
    "yellow": "黄色",
    "orange": "橙色",
    "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色",
    "black": "黑色",
    "white": "白色",
    "grey": "灰色",
    "golden": "金色",
}
SIZES = {
    "big": "大",
    "small": "小",
    "old": "旧",
    "new": "新",
    "happy": "快乐的",
    "sad": "悲伤的",
    "beautiful": "美丽的",
}
FRAMES = (
    ("{}", "{}"),
    ("a picture of {}", "{}的图片"),
    ("a drawing of {}", "{}的图画"),
    ("a photo of {}", "{}的照片"),
    ("an icon of {}", "{}图标"),
    ("this is {}", "这是{}"),
    ("there is {}", "有{}"),
    ("two {}", "两个{}"),
    ("{} on a white background", "白色背景上的{}"),
)


def annotated_pairs() -> list[tuple[str, str]]:
    """English and Chinese names, and joined keywords, of every character that CLDR describes."""
    english, chinese = annotations("en"), annotations("zh")
    pairs = []
    for symbol in english.keys() & chinese.keys():
        en, zh = english[symbol], chinese[symbol]
        if en.get("tts") and zh.get("tts"):
            pairs.append((clean(en["tts"][0]), clean(zh["tts"][0])))
        if en.get("default") and zh.get("default"):
            pairs.append((", ".join(en["default"][:6]), "，".join(zh["default"][:6])))
    return sorted(pairs)


def locale_pairs() -> list[tuple[str, str]]:
    """Names of countries, languages and scripts."""
    folder = fetch("npm", "cldr-localenames-full", "48.2.0") / "package" / "main"
    pairs = []
    for kind in ("territories", "languages", "scripts"):
        tables = [
            json.loads((folder / language / f"{kind}.json").read_text("utf-8"))["main"][language][
                "localeDisplayNames"
            ][kind]
            for language in ("en", "zh")
        ]
        pairs += [(tables[0][code], tables[1][code]) for code in tables[0] if code in tables[1] and "-" not in code]
    return sorted(set(pairs))


def clipart() -> list[Picture]:
    rows, pixels = load("openclipart")
    return [row for row, kept in zip(rows, held_out(rows, pixels), strict=True) if not kept]


def clipart_pairs() -> list[tuple[str, str]]:
    """The captions of the clip art that is not held out."""
    return [(row.names["en"][0], row.names["zh"][0]) for row in clipart() if row.names.get("zh")]


def nouns() -> list[tuple[str, str]]:
    """Short names of things, to be put into sentences."""
    found = []
    for row in emoji_table():
        if row["category"] in ("Flags", "Symbols", "Component"):
            continue
        names, _ = words(row)
        en, zh = names["en"][:1], names["zh"][:1]
        if en and zh and len(en[0].split()) <= 3 and ":" not in en[0]:
            found.append((en[0], zh[0]))
    return found


def composed(rng: random.Random, things: list[tuple[str, str]]) -> tuple[str, str]:
    """A small sentence in both languages: a frame, perhaps a colour or a quality, one or two things."""
    en, zh = rng.choice(things)
    kind = rng.random()
    if kind < 0.4:
        colour = rng.choice(list(COLOURS))
        bare = re.sub(rf"\b({'|'.join(COLOURS)})\b ?", "", en).strip() or en
        plain = re.sub(rf"^({'|'.join(COLOURS.values())})的?|^[红绿蓝黄橙紫黑白青]", "", zh).strip() or zh
        en, zh = (
            f"{colour} {bare}",
            f"{COLOURS[colour]}的{plain}" if rng.random() < 0.7 else COLOURS[colour] + plain,
        )
    elif kind < 0.55:
        size = rng.choice(list(SIZES))
        en, zh = f"{size} {en}", SIZES[size] + zh
    elif kind < 0.7:
        other = rng.choice(things)
        en, zh = f"{en} and {other[0]}", f"{zh}和{other[1]}"
    frame = rng.choice(FRAMES)
    if rng.random() < 0.5 and " and " not in en:
        en = ("an " if en[0] in "aeiou" else "a ") + en
        zh = ("一个" if rng.random() < 0.6 else "") + zh
    return frame[0].format(en), frame[1].format(zh)


def glosses() -> list[str]:
    """WordNet's definitions, and its words, as short English texts."""
    folder = fetch("debian", "wordnet-base") / "usr/share/wordnet"
    texts = []
    for part in ("noun", "verb", "adj"):
        for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
            if not line.startswith("  ") and " | " in line:
                fields, gloss = line.split(" | ", 1)
                texts.append(fields.split()[4].replace("_", " "))
                texts.append(gloss.split(";")[0].strip()[:120])
    return texts


def english() -> list[str]:
    """English texts: titles and keywords of the clip art, labels of ImageNet, glosses."""
    art = clipart()
    titles = [row.names["en"][0] for row in art]
    keywords = [", ".join(row.keywords["en"][:5]) for row in art if row.keywords["en"]]
    return titles + keywords + imagenet_labels() * 3 + glosses()


def imagenet_labels() -> list[str]:
    """The thousand class names of ImageNet in the order of the classifier's rows."""
    import gradio

    table = Path(gradio.__path__[0]) / "media_assets" / "data" / "imagenet_labels.json"
    return json.loads(table.read_text("utf-8"))
