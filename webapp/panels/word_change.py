"""Layers by tokens and layers by heads, bright where the exchanged word made a difference."""

from core.lenses.word_change import WordChange, word_change
from webapp.panel import Panel
from webapp.words import Drawn


def tables(result: WordChange) -> Drawn:
    """The last layer on top; answers before and after for the token that is pointed at."""
    tokens = list(result.tokens)
    if result.at >= 0:
        tokens[result.at : result.at + 1] = [f"{result.words[result.chosen]} → {result.other}"]
    return Drawn("change", {
        "words": list(result.words),
        "chosen": result.chosen,
        "tokens": tokens,
        "states": [[round(float(x), 5) for x in row] for row in result.states],
        "heads": [[round(float(x), 5) for x in row] for row in result.heads],
        "answers": [round(float(x), 5) for x in result.answers],
        "before": [list(names) for names in result.before],
        "after": [list(names) for names in result.after],
        "before_chances": [[round(float(x), 6) for x in row] for row in result.before_chances],
        "after_chances": [[round(float(x), 6) for x in row] for row in result.after_chances],
    })  # fmt: skip


PANEL = Panel("One word exchanged", word_change, tables, rank=6)
