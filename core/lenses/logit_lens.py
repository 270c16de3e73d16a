"""The logit lens (nostalgebraist 2020): each layer's states read as if they were the last layer's."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import LayerStates
from core.params import Prompt
from core.sampling import softmax

SHOWN, MOST = 5, 48


@dataclass(frozen=True)
class LogitLens(Result):
    """words: the likeliest at each layer and token, with their chances; layer 0 is the embeddings.

    rank: the place (1 is the first) that the last layer's own choice has at each layer.
    """

    tokens: tuple[str, ...]
    words: tuple[tuple[tuple[str, ...], ...], ...]
    chances: Array[Floats, "layer token rank"]
    rank: Array[Ints, "layer token"]


def logit_lens(model: LayerStates, prompt: Prompt) -> LogitLens:
    """At which layer the model's answer takes shape, token by token.

    Each row is a layer, each column a token of the sentence; a cell is the word that the model would give if it
    stopped there, brighter the surer. A model that writes gives the token that comes next, one that fills gaps the
    token itself. Early layers were never trained to be read this way, so their words are hints rather than
    thoughts. The last 48 tokens of a long text are shown.
    """
    vocabulary, texts = model.vocabulary(), model.pieces(prompt).texts
    states = model.states(prompt)[:, -MOST:]
    choice = model.unembed(states[-1]).argmax(axis=-1)
    words, chances, ranks = [], [], []
    for layer in states:
        logits = model.unembed(layer)
        odds = softmax(logits)
        best = np.argsort(-odds, axis=-1, kind="stable")[:, :SHOWN]
        words.append(tuple(tuple(vocabulary[n] for n in row) for row in best))
        chances.append(np.take_along_axis(odds, best, axis=-1))
        own = np.take_along_axis(logits, choice[:, None], axis=-1)
        ranks.append(1 + (logits > own).sum(axis=-1))
    return LogitLens(texts[-MOST:], tuple(words), np.stack(chances), np.stack(ranks))
