"""Every attention head of a text's layers by itself (Vaswani et al. 2017, arXiv 1706.03762; Vig 2019, 1906.05714)."""

from dataclasses import dataclass
from typing import Annotated

from core.arrays import Array, Floats, Result
from core.capabilities import TokenAttention
from core.errors import LoupeError
from core.params import Picked, Prompt


@dataclass(frozen=True)
class TokenHeads(Result):
    """weights: how much each token (second-last axis) takes from each other. chosen: (layer, head) shown large."""

    tokens: tuple[str, ...]
    weights: Array[Floats, "layer head token token"]
    chosen: tuple[int, int]


def token_heads(model: TokenAttention, prompt: Prompt, head: Annotated[str, Picked(12)] = "") -> TokenHeads:
    """Which words look at which, in every head of every layer.

    Each small square is one head: a row a token, bright where it looks. Click one to enlarge it; point at a token
    to see its row alone, in every head at once. The tokenizer's own tokens (start, end, class) are shown too, and
    heads with nothing to say rest on them: a bright column there is no finding. Each head has its own scale. What is
    looked at is not yet what is used.
    """
    if not prompt.strip():
        raise LoupeError("The sentence is empty. Type a few words above.")
    attention = model.token_attention(prompt)
    layers, heads = attention.weights.shape[:2]
    return TokenHeads(attention.tokens, attention.weights, place(head, layers, heads) or (layers - 1, 0))


def place(head: str, layers: int, heads: int) -> tuple[int, int] | None:
    """The "layer,head" of a click; None where nothing was clicked, or this model has no such head."""
    parts = head.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        return None
    layer, number = (int(part) for part in parts)
    return (layer, number) if layer < layers and number < heads else None
