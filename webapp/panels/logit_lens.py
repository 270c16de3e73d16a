"""Layers by tokens, each cell the word that the model would give there."""

from core.lenses.logit_lens import LogitLens, logit_lens
from webapp.panel import Panel
from webapp.words import Drawn, floats


def table(result: LogitLens) -> Drawn:
    """The last layer on top; the browser colours cells by probability or by rank."""
    return Drawn("lens", {
        "tokens": list(result.tokens),
        "words": [[list(cell) for cell in layer] for layer in result.words],
        "chances": floats(result.chances),
        "rank": result.rank.tolist(),
    })  # fmt: skip


PANEL = Panel("The answer, layer by layer", logit_lens, table, rank=3)
