"""A trigram with interpolated Kneser-Ney smoothing (Chen & Goodman 1999): the language models' baseline."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

DISCOUNT = 0.75


class Trigram:
    """Learnt from sequences of token numbers below ``size``."""

    def __init__(self, sequences: Iterable[list[int]], size: int):
        self.size = size
        self.unigram = np.zeros(size)
        third: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for sequence in sequences:
            for n, token in enumerate(sequence):
                self.unigram[token] += 1
                if n > 1:
                    third[sequence[n - 2], sequence[n - 1]][token] += 1
        second: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for (_, middle), following in third.items():
            for token in following:
                second[middle][token] += 1  # how many contexts, not how often
        first = np.zeros(size)
        for following in second.values():
            for token in following:
                first[token] += 1
        kinds = int((first > 0).sum())
        total = max(first.sum(), 1)
        self._first = np.maximum(first - DISCOUNT, 0) / total + DISCOUNT * max(kinds, 1) / total / size
        self._first /= self._first.sum()
        self._second, self._third = ({k: _arrays(v) for k, v in table.items()} for table in (second, third))

    def next(self, before: int, last: int) -> np.ndarray:
        """[label] probabilities of the token after these two."""
        chances = _discounted(self._first, self._second.get(last))
        return _discounted(chances, self._third.get((before, last)))


def _arrays(counts: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.fromiter(counts.keys(), int), np.fromiter(counts.values(), float)


def _discounted(lower: np.ndarray, seen: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    if seen is None:
        return lower
    tokens, counts = seen
    total = counts.sum()
    chances = lower * (DISCOUNT * len(tokens) / total)
    chances[tokens] += (counts - DISCOUNT) / total
    return chances
