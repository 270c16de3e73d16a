"""chrF (Popović 2015): F-score of character n-grams, summed over a corpus as sacrebleu does it."""

from collections import Counter

LONGEST, BETA = 6, 2.0


def grams(text: str, length: int) -> Counter[str]:
    plain = "".join(text.split())
    return Counter(plain[n : n + length] for n in range(len(plain) - length + 1))


def chrf(said: list[str], meant: list[str]) -> float:
    """0...100 of these texts against one reference each; spaces do not count."""
    both, ours, theirs = ([0] * LONGEST for _ in range(3))
    for guess, reference in zip(said, meant, strict=True):
        for n in range(LONGEST):
            one, other = grams(guess, n + 1), grams(reference, n + 1)
            both[n] += (one & other).total()
            ours[n] += one.total()
            theirs[n] += other.total()
    scores = []
    for n in range(LONGEST):
        if ours[n] and theirs[n]:
            precision, recall = both[n] / ours[n], both[n] / theirs[n]
            bottom = BETA**2 * precision + recall
            scores.append((1 + BETA**2) * precision * recall / bottom if bottom else 0.0)
    return 100 * sum(scores) / len(scores) if scores else 0.0
