"""Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762), one operation after the other."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import HeadProjections
from core.params import Prompt

MOST = 24


@dataclass(frozen=True)
class Steps(Result):
    """Every head's queries, keys and values; scores = queries · keys, before anything is done to them.

    weights: the attention as the model has it. outputs: what each layer's attention gives once its heads are put
    together and projected. Tokens after the 24th are left out; the rows of weights then sum to less than 1 where
    the model looks at tokens that are not shown.
    """

    tokens: tuple[str, ...]
    queries: Array[Floats, "layer head token dim"]
    keys: Array[Floats, "layer head token dim"]
    values: Array[Floats, "layer head token dim"]
    weights: Array[Floats, "layer head token token"]
    outputs: Array[Floats, "layer token channel"]
    divisor: float
    causal: bool
    bias: Array[Floats, "layer head token token"] | None = None


def attention_steps(model: HeadProjections, prompt: Prompt) -> Steps:
    """One attention head, step by step with its numbers: Q, K, their products, scaling, mask, softmax, times V.

    Choose layer and head, and a step; each table is computed from the ones before it, and a cell tells its value.
    Switch the scaling or the causal mask off and on to see what they are for: without scaling the softmax takes
    almost one token alone, with the mask no token sees a later one. With a switch changed it is no longer what the
    model computes; the last line says how far the weights are from the model's own. At most 24 tokens are shown.
    """
    found = model.projections(prompt)
    weights = attend(found.queries, found.keys, found.divisor, found.causal, found.bias)
    kept = min(len(found.tokens), MOST)
    return Steps(
        tokens=found.tokens[:kept],
        queries=found.queries[:, :, :kept],
        keys=found.keys[:, :, :kept],
        values=found.values[:, :, :kept],
        weights=weights[:, :, :kept, :kept],
        outputs=found.outputs[:, :kept],
        divisor=found.divisor,
        causal=found.causal,
        bias=None if found.bias is None else found.bias[:, :, :kept, :kept],
    )


def attend(
    queries: np.ndarray,
    keys: np.ndarray,
    divisor: float,
    causal: bool,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """[... token token], rows sum to 1: softmax(QKᵀ ÷ divisor + bias), nothing taken from later tokens if causal."""
    scores = queries.astype(np.float64) @ keys.swapaxes(-1, -2) / divisor
    if bias is not None:
        scores = scores + bias
    if causal:
        scores = np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf)
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (odds / odds.sum(axis=-1, keepdims=True)).astype(np.float32)
