"""English words in Chinese: from CLDR's parallel names of symbols and countries, and a table written by hand.

CLDR's keywords are two unordered lists a symbol. Pairing them by how often two words come together was tried: of
279 pairs with a Dice coefficient of 0.9 about one in four was wrong ("king" as "royal"), so only names are used.
"""

import functools
import json
from pathlib import Path

from zoo.drawing import clean
from zoo.emoji import annotations
from zoo.sources import fetch


@functools.cache
def by_hand() -> dict[str, str]:
    """Our own table: the frequent words of the drawings' keywords, and the names of the groups."""
    lines = Path(__file__).with_name("lexicon.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


@functools.cache
def named() -> dict[str, str]:
    """English names of emoji, symbols and countries with their Chinese names."""
    english, chinese = annotations("en"), annotations("zh")
    pairs = {}
    for symbol in sorted(english.keys() & chinese.keys()):
        if english[symbol].get("tts") and chinese[symbol].get("tts"):
            pairs.setdefault(clean(english[symbol]["tts"][0]).lower(), clean(chinese[symbol]["tts"][0]))
    en, zh = (territories(language) for language in ("en", "zh"))
    return {en[code].lower(): zh[code] for code in en.keys() & zh.keys() if "-" not in code} | pairs


def territories(language: str) -> dict[str, str]:
    """Names of countries and continents by CLDR's codes."""
    folder = fetch("npm", "cldr-localenames-full", "48.2.0") / "package" / "main" / language
    table = json.loads((folder / "territories.json").read_text("utf-8"))
    return table["main"][language]["localeDisplayNames"]["territories"]


def chinese(word: str) -> str | None:
    """The word in Chinese, from the surest table that has it; a plural is looked up as its singular too."""
    for form in dict.fromkeys((word, word.removesuffix("s"), word.removesuffix("es"))):
        for table in (by_hand(), named()):
            if form in table:
                return table[form]
    return None
