"""Short English texts: WordNet's definitions with their examples, and the captions of the clip art.

A gloss in a hundred is held out: by its offset in WordNet, which stays the same in each run.
"""

import functools
import re
from dataclasses import dataclass

import pyarrow.parquet as parquet

from core.checkpoints import ASSETS
from zoo.sources import fetch

ONE_IN = 50


@dataclass(frozen=True)
class Gloss:
    """The words of one meaning, its definitions (one or more), sentences that show it in use."""

    words: tuple[str, ...]
    definitions: tuple[str, ...]
    examples: tuple[str, ...]
    held_out: bool


@functools.cache
def glosses() -> list[Gloss]:
    """Every gloss of WordNet in its own order, where neighbours are often of one subject."""
    folder = fetch("debian", "wordnet-base") / "usr/share/wordnet"
    found = []
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
            if line.startswith("  ") or " | " not in line:
                continue
            left, gloss = line.split(" | ", 1)
            fields = left.split()
            words = tuple(
                re.sub(r"\(\w+\)$", "", fields[4 + 2 * n]).replace("_", " ") for n in range(int(fields[3], 16))
            )
            examples = tuple(e.strip() for e in re.findall(r'"([^"]+)"', gloss) if " " in e.strip())
            plain = re.sub(r'"[^"]*"', "", gloss)
            definitions = tuple(d.strip(" ,:-") for d in plain.split(";") if len(d.strip(" ,:-")) > 3)
            if definitions:
                found.append(Gloss(words, definitions, examples, int(fields[0]) % ONE_IN == 0))
    return found


@functools.cache
def captions() -> tuple[list[str], list[str]]:
    """(learnt, held out) captions of the drawings in the clip-art library, each once."""
    table = parquet.read_table(ASSETS / "libraries" / "clipart" / "pictures.parquet", columns=["caption_en"])
    every = sorted({text for text in table["caption_en"].to_pylist() if text})
    return [c for n, c in enumerate(every) if n % ONE_IN], every[::ONE_IN]
