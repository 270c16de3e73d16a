"""What enters the first layer, taken apart (Devlin et al. 2018, arXiv 1810.04805, figure 2)."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import InputEmbeddings
from core.params import Prompt


@dataclass(frozen=True)
class InputParts(Result):
    """length: of each part's vector; share: of it along the sum, ÷ the sum's length, so that they add up to 1."""

    tokens: tuple[str, ...]
    names: tuple[str, ...]
    length: Array[Floats, "group token"]
    share: Array[Floats, "group token"]


def input_embeddings(model: InputEmbeddings, prompt: Prompt) -> InputParts:
    """How much of each token's first vector is its word, its place and, in BERT, its segment.

    The parts of a bar add up to 1: each is the part's share along the sum that enters the first layer, below 0 where
    it points the other way. Point at one for the length of its vector. The norm that follows is not counted.
    """
    found = model.embedded(prompt)
    parts = found.parts.astype(np.float64)
    whole = parts.sum(axis=0)
    square = np.maximum((whole**2).sum(axis=-1), 1e-12)
    share = (parts * whole).sum(axis=-1) / square
    return InputParts(found.tokens, found.names, np.linalg.norm(parts, axis=-1), share)
