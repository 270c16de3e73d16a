"""What every family says of its weights: how many bytes they take, and whether their answers are numbers."""

from typing import Any

import numpy as np

from core.errors import LoupeError


def size_bytes(*networks: Any) -> int:
    return sum(p.numel() * p.element_size() for network in networks for p in network.parameters())


def numbers(values: np.ndarray, title: str) -> np.ndarray:
    """The same values. Raises LoupeError where the checkpoint of this title answers with none that are numbers."""
    if not np.isfinite(values).all():
        raise LoupeError(
            "{title} gives values that are no numbers: its weights are damaged. Fetch it anew.", title=title
        )
    return values
