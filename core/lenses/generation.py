"""Text written token by token, each drawn from the model's chances (Holtzman et al. 2019, arXiv 1904.09751)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import CausalLanguageModel
from core.params import Prompt, Range
from core.sampling import chances, softmax

SHOWN = 8


@dataclass(frozen=True)
class Generated(Result):
    """prompt: the sentence; written: the tokens added so far.

    chance: of each written token, before and after the cut; others: the likeliest at its place, with their chances
    before the cut; entropy: how open each choice was, in bits.
    """

    prompt: str
    written: tuple[str, ...]
    raw: Array[Floats, "step"]
    drawn: Array[Floats, "step"]
    entropy: Array[Floats, "step"]
    others: tuple[tuple[str, ...], ...]
    odds: Array[Floats, "step rank"]


def generation(
    model: CausalLanguageModel,
    prompt: Prompt,
    temperature: Annotated[float, Range(0.1, 2.0, 0.1)] = 0.7,
    top_k: Annotated[int, Range(0, 200, 5)] = 40,
    top_p: Annotated[float, Range(0.1, 1.0, 0.05)] = 0.9,
    length: Annotated[int, Range(1, 60, 1, "tokens")] = 24,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
) -> Iterator[Generated]:
    """The model goes on with the sentence, token by token, each drawn from its own chances.

    The fainter a word, the less likely it was: point at one for what else could have stood there and how open the
    choice was. The same seed draws the same numbers; top-k 0 and top-p 1 cut nothing. It stops at the token that
    ends a text. A small model writes what sounds like its reading; nothing checks whether it is so.
    """
    rng = np.random.default_rng(seed)
    vocabulary, pieces = model.vocabulary(), model.pieces(prompt)
    grown: list[int] = []
    raw, drawn, entropy, others, odds = [], [], [], [], []
    room = model.window() - len(pieces.ids)
    for _ in range(max(1, min(length, room))):
        logits = model.next_token(prompt, grown)[-1]
        before, after = softmax(logits), chances(logits, temperature, top_k, top_p)
        number = int(rng.choice(len(after), p=after))
        best = np.argsort(-before, kind="stable")[:SHOWN]
        raw.append(before[number])
        drawn.append(after[number])
        entropy.append(-(before * np.log2(np.maximum(before, 1e-12))).sum())
        others.append(tuple(vocabulary[n] for n in best))
        odds.append(before[best])
        grown.append(number)
        yield Generated(
            prompt, tuple(vocabulary[n] for n in grown), np.array(raw), np.array(drawn), np.array(entropy),
            tuple(others), np.stack(odds),
        )  # fmt: skip
        if number == model.end():
            return
