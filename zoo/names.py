"""Names and keywords that mean the same in English, Chinese, German, French and Spanish: from CLDR, by symbol."""

import functools
import hashlib
import json
import random
import re

import pyarrow.parquet as parquet

from core.checkpoints import ASSETS
from zoo.drawing import clean
from zoo.emoji import annotations
from zoo.sources import fetch
from zoo.words import COLOURS, FRAMES, SIZES, composed

LANGUAGES = ("zh", "de", "fr", "es")
AND = {"zh": "{}和{}", "de": "{} und {}", "fr": "{} et {}", "es": "{} y {}"}
ONE_IN = 12
PEOPLE = re.compile(r"\b(man|woman|men|women|person|people|boy|girl|child|kissing|couple)\b")


def concept(name: str) -> str:
    """What two names share that one must not be learnt and the other judged: no flag, skin tone or gender."""
    bare = name.lower().removeprefix("flag: ").split(":")[0]
    return " ".join(sorted(PEOPLE.sub(" ", bare).split())) or bare


def held_out(name: str) -> bool:
    return int(hashlib.sha256(concept(name).encode()).hexdigest(), 16) % ONE_IN == 0


@functools.cache
def names() -> list[tuple[str, dict[str, str]]]:
    """(English name, the same by language) of symbols, countries, languages and scripts."""
    english, others = annotations("en"), {language: annotations(language) for language in LANGUAGES}
    found = []
    for symbol in sorted(english):
        if english[symbol].get("tts"):
            same = {code: clean(table[symbol]["tts"][0]) for code, table in others.items()
                    if table.get(symbol, {}).get("tts")}  # fmt: skip
            found.append((clean(english[symbol]["tts"][0]), same))
    folder = fetch("npm", "cldr-localenames-full", "48.2.0") / "package" / "main"
    for kind in ("territories", "languages", "scripts", "variants"):
        tables = {}
        for code in ("en", *LANGUAGES):
            whole = json.loads((folder / code / f"{kind}.json").read_text("utf-8"))
            tables[code] = whole["main"][code]["localeDisplayNames"][kind]
        for code, name in tables["en"].items():
            if "-alt-" not in code:
                found.append((clean(name), {x: clean(tables[x][code]) for x in LANGUAGES if code in tables[x]}))
    return list({english: (english, same) for english, same in found}.values())


@functools.cache
def keywords() -> list[tuple[str, dict[str, str]]]:
    """(English keywords, the same by language), joined by commas: two lists in no common order, of one symbol."""
    english, others = annotations("en"), {language: annotations(language) for language in LANGUAGES}
    found = []
    for symbol in sorted(english):
        entry = english[symbol]
        if not entry.get("default") or ":" in entry.get("tts", [":"])[0] or held_out(entry["tts"][0]):
            continue
        same = {x: ", ".join(others[x][symbol]["default"][:5]) for x in LANGUAGES
                if others[x].get(symbol, {}).get("default")}  # fmt: skip
        found.append((", ".join(entry["default"][:5]), same))
    return found


@functools.cache
def chinese_captions() -> list[tuple[str, str]]:
    """English and Chinese captions of the clip-art library, those of held-out names left out."""
    table = parquet.read_table(
        ASSETS / "libraries" / "clipart" / "pictures.parquet", columns=["caption_en", "caption_zh"]
    )
    rows = zip(table["caption_en"].to_pylist(), table["caption_zh"].to_pylist(), strict=True)
    return sorted({(en, zh) for en, zh in rows if en and zh and not held_out(en)})


@functools.cache
def things() -> list[tuple[str, dict[str, str]]]:
    """Short names that may be learnt, without a colon."""
    return [(en, same) for en, same in names() if ":" not in en and len(en.split()) < 4 and not held_out(en)]


@functools.cache
def chinese_things() -> list[tuple[str, str]]:
    return [(en, same["zh"]) for en, same in things() if "zh" in same]


def sampled(rng: random.Random) -> tuple[str, str, str]:
    """(English, language, the same): half of them plain names, the others keywords, captions, two names joined."""
    language, dice = rng.choice(LANGUAGES), rng.random()
    if dice < 0.5:
        english, same = rng.choice(learnt()[rng.random() < 0.12])
    elif dice < 0.62:
        english, same = rng.choice(keywords())
    elif dice < 0.78 or language != "zh":
        one, two = rng.choice(things()), rng.choice(things())
        english = f"{one[0]} and {two[0]}"
        same = {x: AND[x].format(one[1][x], two[1][x]) for x in LANGUAGES if x in one[1] and x in two[1]}
    elif dice < 0.88:
        english, chinese = composed(rng, rng.sample(chinese_things(), 2))
        same = {"zh": chinese}
    else:
        english, chinese = rng.choice(chinese_captions())
        same = {"zh": chinese}
    if language not in same:
        return sampled(rng)
    if dice < 0.5 and rng.random() < 0.25:
        english = rng.choice(("a ", "the ")) + english
    if rng.random() < 0.25:
        english = english[0].upper() + english[1:]
    return english, language, same[language]


@functools.cache
def learnt() -> tuple[list[tuple[str, dict[str, str]]], list[tuple[str, dict[str, str]]]]:
    """Names that may be learnt: plain ones, and those with a colon (skin tones, flags), which are many alike."""
    kept = [(en, same) for en, same in names() if same and not held_out(en)]
    return [pair for pair in kept if ":" not in pair[0]], [pair for pair in kept if ":" in pair[0]]


def judged() -> list[tuple[str, dict[str, str]]]:
    """Held-out names without a colon."""
    return [(en, same) for en, same in names() if held_out(en) and ":" not in en]


def every_text() -> list[str]:
    """All texts in all languages that may be learnt, for the tokenizer; colours and frames too."""
    pairs = [*learnt()[0] * 2, *learnt()[1], *keywords()]
    texts = [text for en, same in pairs for text in (en, *same.values())]
    texts += [text for pair in chinese_captions() for text in pair]
    return [*texts, *COLOURS, *COLOURS.values(), *SIZES.values(), *(text for pair in FRAMES for text in pair)]
