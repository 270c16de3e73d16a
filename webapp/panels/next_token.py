"""The next token's bars, cut and heated in the browser."""

import numpy as np

from core.lenses.next_token import NextToken, next_token
from webapp.panel import Panel
from webapp.words import Drawn, floats

NAMED = 200  # as far as top-k goes


def bars(result: NextToken) -> Drawn:
    """The logits from the highest to the lowest, so that the browser can redo the softmax; the first are named."""
    order = np.argsort(-result.logits, kind="stable")
    named = order[:NAMED]
    return Drawn("next", {
        "tokens": list(result.tokens),
        "expected": [round(float(x), 6) for x in result.expected],
        "grown": result.grown.tolist(),
        "names": [result.vocabulary[n] for n in named],
        "numbers": named.tolist(),
        "logits": floats(result.logits[order]),
    })  # fmt: skip


PANEL = Panel("The next token", next_token, bars, rank=1)
