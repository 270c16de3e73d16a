"""Every head of a text's layers as a small square, one of them large."""

from core.lenses.token_heads import TokenHeads, token_heads
from webapp.panel import Panel
from webapp.token_maps import TokenMaps


def squares(result: TokenHeads) -> TokenMaps:
    """A square a head, layers from top to bottom; tokens as chips that show their row."""
    return TokenMaps(result.tokens, result.weights, result.chosen)


PANEL = Panel("Attention between words", token_heads, squares)
