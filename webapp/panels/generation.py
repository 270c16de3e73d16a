"""The written text, each token as plain as it was likely."""

from core.lenses.generation import Generated, generation
from webapp.panel import Panel
from webapp.words import Drawn


def text(result: Generated) -> Drawn:
    """The tokens in order with their chances, and what else could have stood at each place."""
    return Drawn("written", {
        "prompt": result.prompt,
        "written": list(result.written),
        "raw": [round(float(x), 6) for x in result.raw],
        "drawn": [round(float(x), 6) for x in result.drawn],
        "entropy": [round(float(x), 3) for x in result.entropy],
        "others": [list(names) for names in result.others],
        "odds": [[round(float(x), 6) for x in row] for row in result.odds],
    })  # fmt: skip


PANEL = Panel("Written token by token", generation, text, rank=2)
