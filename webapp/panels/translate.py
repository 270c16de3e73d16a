"""The translation as it is written, and which words of the sentence each token was taken from."""

from core.capabilities import Translation
from core.lenses.translate import translate
from webapp.panel import Panel
from webapp.words import Drawn, floats

MOST = 96  # words of a table


def alignment(result: Translation) -> Drawn:
    """Written tokens by the sentence's tokens, and by those written before, for every layer and head."""
    cross, own = (weights[:, :, :MOST, :MOST] for weights in (result.weights, result.own))
    if not result.done:  # a step a word: all heads come with the last
        cross, own = (weights.mean(axis=(0, 1), keepdims=True) for weights in (cross, own))
    return Drawn("aligned", {
        "source": list(result.source[:MOST]),
        "target": list(result.target[:MOST]),
        "text": result.text,
        "before": ["[start]", *result.target[:-1]][:MOST],
        "weights": floats(cross, "<f2"),
        "own": floats(own, "<f2"),
        "alternatives": [list(names) for names in result.alternatives[:MOST]],
        "chances": [[round(float(x), 6) for x in row] for row in result.chances[:MOST]],
        "done": result.done,
    })  # fmt: skip


PANEL = Panel("Translation and alignment", translate, alignment, rank=1)
