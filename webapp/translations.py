"""The page's texts in other languages: the English text is the key, templates keep their places."""

import functools
import json
from pathlib import Path

STATIC = Path(__file__).parent / "static"
LANGUAGES = {"en": "English", "zh": "中文"}


@functools.cache
def table(language: str) -> dict[str, str]:
    """English text -> text, of the page's shell and of each part that brings a table of its own."""
    found: dict[str, str] = {}
    for file in sorted(STATIC.rglob(f"{language}.json")):
        found |= json.loads(file.read_text("utf-8"))
    return found


def t(template: str, language: str, **values: object) -> str:
    """The template in this language (English where it is not translated), with its values filled in."""
    if language != "en":
        template = table(language).get(template, template)
    return template.format(**values) if values else template
