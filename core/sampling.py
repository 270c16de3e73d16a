"""From logits to chances: temperature, top-k, top-p (Holtzman et al. 2019, arXiv 1904.09751)."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Along the last axis, in float64."""
    odds = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def chances(logits: np.ndarray, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> np.ndarray:
    """[label] probabilities: divided by the temperature, then the likeliest top_k, of those the fewest that hold top_p.

    top_k 0 keeps all. What is cut has probability 0, the rest sums to 1.
    """
    found = softmax(logits / temperature)
    order = np.argsort(-found, kind="stable")
    kept = order[: top_k or None]
    before = np.cumsum(found[kept]) - found[kept]  # a token stays while those before it hold less than top_p
    kept = kept[before < top_p * found[kept].sum()]
    cut = np.zeros_like(found)
    cut[kept] = found[kept]
    return cut / cut.sum()
