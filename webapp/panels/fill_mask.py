"""Tokens to be hidden by a click, and what the model puts there."""

from core.lenses.fill_mask import Filled, fill_mask
from webapp.panel import Panel
from webapp.words import Drawn


def chips(result: Filled) -> Drawn:
    """A list of bars for each hidden token."""
    return Drawn("fill", {
        "tokens": list(result.tokens),
        "added": result.added.tolist(),
        "masked": result.masked.tolist(),
        "words": [list(names) for names in result.words],
        "chances": [[round(float(x), 6) for x in row] for row in result.chances],
        "actual": [float(f"{x:.4g}") for x in result.actual],
        "place": result.place.tolist(),
    })  # fmt: skip


PANEL = Panel("Fill the gap", fill_mask, chips, rank=1)
