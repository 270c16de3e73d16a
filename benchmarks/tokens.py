"""Attention between words against bertviz, in one run: python -m benchmarks.tokens [--layers 12 --heads 12]

Both sides get the same attention and make what their page needs to show every head; they take turns. bertviz
(Vig 2019, arXiv 1906.05714) writes all numbers into its page; ours sends a byte a number, and of a long text every
head coarser and one whole; another head is asked for when it is clicked. Given: megabytes, and the median of the
seconds that it took to make them.
"""

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from bertviz import head_view, model_view

from core.lenses.token_heads import TokenHeads
from core.sampling import softmax
from webapp.panels.token_heads import squares

LENGTHS = (64, 256, 512)
Attention = tuple[tuple[str, ...], np.ndarray]


def attention(length: int, layers: int, heads: int) -> Attention:
    """Tokens, and weights [layer head token token] whose rows sum to 1: of each token a few others count."""
    scores = np.random.default_rng(0).normal(0, 2, (layers, heads, length, length))
    return tuple(f"word{n}" for n in range(length)), softmax(scores).astype(np.float32)


def ours(given: Attention) -> int:
    """Bytes that the page gets."""
    tokens, weights = given
    return len(json.dumps(squares(TokenHeads(tokens, weights, (0, 0))).packed()))


def theirs(view: Callable[..., object], given: Attention) -> int:
    tokens, weights = given
    layers = tuple(torch.from_numpy(layer)[None] for layer in weights)
    page = view(layers, list(tokens), html_action="return")
    return len(str(getattr(page, "data", page)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--times", type=int, default=3)
    settings = parser.parse_args()
    warnings.simplefilter("ignore")
    sides: dict[str, Callable[[Attention], int]] = {
        "ours": ours,
        "bertviz head view": lambda given: theirs(head_view, given),
        "bertviz model view": lambda given: theirs(model_view, given),
    }
    print(f"{settings.layers} layers of {settings.heads} heads, median of {settings.times}")
    for length in LENGTHS:
        given = attention(length, settings.layers, settings.heads)
        sizes, seconds = {}, {name: [] for name in sides}
        for _ in range(settings.times):
            for name, make in sides.items():
                begun = time.perf_counter()
                sizes[name] = make(given) / 1e6
                seconds[name].append(time.perf_counter() - begun)
        spent = {name: statistics.median(times) for name, times in seconds.items()}
        for name in sides:
            bytes_, time_ = (measured[name] / measured["ours"] for measured in (sizes, spent))
            print(
                f"{length:4d} tokens  {name:18s} {sizes[name]:8.2f} MB {spent[name]:8.3f} s"
                f"  ({bytes_:6.1f} times the bytes, {time_:6.1f} times the time)",
                flush=True,
            )


if __name__ == "__main__":
    main()
