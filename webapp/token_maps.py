"""TokenMaps: what a view returns to show who looks at whom in a text, head by head; the browser turns to any head."""

import base64
from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result

MOST_BYTES = 1_500_000
"""Of all heads together; where it would be more, all but one are packed coarser."""
COARSE = 32


@dataclass(frozen=True)
class TokenMaps(Result):
    """weights: rows are the tokens that look. chosen: (layer, head) that is shown large first."""

    tokens: tuple[str, ...]
    weights: Array[Floats, "layer head token token"]
    chosen: tuple[int, int]

    def packed(self) -> dict:
        """For the browser: each head as uint8 between 0 and its own highest weight."""
        if not np.isfinite(self.weights).all():
            raise ValueError("An attention map has values that are no numbers.")
        layers, heads, length, _ = self.weights.shape
        whole = layers * heads * length**2 <= MOST_BYTES
        high = self.weights.max(axis=(2, 3), keepdims=True)
        small = self.weights if whole else coarser(self.weights, COARSE)
        large = self.weights[self.chosen]
        return {
            "kind": "tokens",
            "tokens": list(self.tokens),
            "shape": list(small.shape),
            "levels": levels(small, high),
            "high": [[float(x) for x in row] for row in high[..., 0, 0]],
            "chosen": list(self.chosen),
            "large": None if whole else levels(large, high[self.chosen]),
        }


def levels(weights: np.ndarray, high: np.ndarray) -> str:
    """Base64 of a byte a weight; 255 is ``high``."""
    scaled = weights / np.where(high > 0, high, 1) * 255
    return base64.b64encode(np.round(scaled).astype(np.uint8).tobytes()).decode()


def coarser(weights: np.ndarray, most: int) -> np.ndarray:
    """[... token token] with at most so many rows and columns: of each block its highest weight, so nothing is lost
    from sight."""
    length = weights.shape[-1]
    count = min(most, length)
    starts = -(-np.arange(count) * length // count)  # token t is in block t * count // length
    return np.maximum.reduceat(np.maximum.reduceat(weights, starts, axis=-2), starts, axis=-1)
