"""The words of the sentence, orange where they speak for the answer and blue where they speak against it."""

from core.capabilities import Attribution
from core.lenses.word_attribution import word_attribution
from webapp.panel import Panel
from webapp.words import Drawn


def credit(result: Attribution) -> Drawn:
    """Both methods; the browser turns from one to the other."""
    return Drawn("credit", {
        "tokens": list(result.tokens),
        "added": result.added.tolist(),
        "places": list(result.places),
        "open": result.open.tolist(),
        "place": result.place,
        "answers": list(result.answers),
        "chances": [round(float(x), 6) for x in result.chances],
        "integrated": [round(float(x), 4) for x in result.integrated],
        "gradient": [round(float(x), 4) for x in result.gradient],
        "whole": round(result.whole, 4),
        "bare": round(result.bare, 4),
    })  # fmt: skip


PANEL = Panel("Which words it is owed to", word_attribution, credit, rank=4)
