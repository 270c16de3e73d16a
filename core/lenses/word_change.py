"""One word of a sentence exchanged: what the layers, the heads and the answers make of it (as LIT compares examples).

Tenney et al. 2020, arXiv 2008.05122.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.arrays import Array, Floats, Result
from core.capabilities import Pieces, StatesAndAttention
from core.errors import LoupeError
from core.lenses.word_swap import WORD
from core.params import Lines, Picked, Prompt
from core.sampling import softmax

MOST, SHOWN = 48, 5
LONGEST = 80  # letters of a word


@dataclass(frozen=True)
class WordChange(Result):
    """words: of the sentence, chosen: the one that is exchanged. tokens: those of both sentences, the exchanged word
    as one, at this place.

    states: how far each token turned in each layer, 1 - cosine; layer 0 is the embeddings. heads: how much of what
    each head takes went elsewhere, from 0 to 1, mean over the tokens. answers: how much of the answers' probability
    went elsewhere; before, after: the likeliest answers, with their chances.
    """

    words: tuple[str, ...]
    chosen: int
    other: str
    tokens: tuple[str, ...]
    at: int
    states: Array[Floats, "layer token"]
    heads: Array[Floats, "group head"]
    answers: Array[Floats, "token"]
    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]
    before_chances: Array[Floats, "token rank"]
    after_chances: Array[Floats, "token rank"]


def word_change(
    model: StatesAndAttention,
    prompt: Prompt,
    instead: Annotated[Sequence[str], Lines(1)] = ("dog",),
    word: Annotated[str, Picked(8)] = "",
) -> WordChange:
    """The sentence beside the same with one word exchanged: what changes where.

    Click the word to exchange. In the upper table a row is a layer and a column a token: the brighter, the further
    the token's vector turned (1 − cosine). A token that the exchanged word cannot reach stays dark: in a model that
    writes, all before it. The lower table has a square a head: how much of its attention went elsewhere. Point at a
    token for the answers before and after. Colours are scaled to the largest change, small as it may be. At most 48
    tokens are shown.
    """
    words = [(match.group()[:LONGEST], *match.span()) for match in WORD.finditer(prompt)][:MOST]
    if not words:
        raise LoupeError("The sentence is empty. Type a few words above.")
    if not instead:
        raise LoupeError("No word to put in its place. Type one.")
    chosen = int(word) if word.isdecimal() and int(word) < len(words) else min(1, len(words) - 1)
    _, start, end = words[chosen]
    texts = (str(prompt), prompt[:start] + instead[0] + prompt[end:])
    one, two = (model.pieces(text) for text in texts)
    left = model.pieces(prompt[:start].rstrip()) if prompt[:start].strip() else None
    before = int((~one.added).argmax()) + (int((~left.added).sum()) if left else 0)
    first, last = shared(one, two, before)
    spans = [(first, len(pieces.ids) - last) for pieces in (one, two)]
    vectors = [joined(model.states(text), span, 1) for text, span in zip(texts, spans, strict=True)]
    weights = [looks(model.token_attention(text).weights, span) for text, span in zip(texts, spans, strict=True)]
    odds = [softmax(model.unembed(states[-1].astype(np.float32))) for states in vectors]
    best = [np.argsort(-rows, axis=-1, kind="stable")[:, :SHOWN] for rows in odds]
    vocabulary = model.vocabulary()
    named = [tuple(tuple(vocabulary[n] for n in row) for row in rows[:MOST]) for rows in best]
    chances = [np.take_along_axis(rows, at, axis=-1)[:MOST] for rows, at in zip(odds, best, strict=True)]
    there = [""] if spans[0][1] > first or spans[1][1] > first else []
    tokens = (*one.texts[:first], *there, *one.texts[len(one.texts) - last :])
    return WordChange(
        words=tuple(text for text, _, _ in words),
        chosen=chosen,
        other=instead[0],
        tokens=tokens[:MOST],
        at=first if there else -1,
        states=turned(*vectors)[:, :MOST],
        heads=(np.abs(weights[0] - weights[1]).sum(axis=-1) / 2).mean(axis=-1),
        answers=np.abs(odds[0] - odds[1]).sum(axis=-1)[:MOST] / 2,
        before=named[0],
        after=named[1],
        before_chances=chances[0],
        after_chances=chances[1],
    )


def shared(one: Pieces, two: Pieces, most: int) -> tuple[int, int]:
    """How many tokens both begin and end with, so that something is left in each, or nothing in both.

    most: the tokens before the exchanged word; those of a word put twice would be taken for it otherwise.
    """
    least = min(len(one.ids), len(two.ids))
    if np.array_equal(one.ids, two.ids):
        return least, 0
    alike = one.ids[:least] == two.ids[:least]
    first = min(most, least - 1 if alike.all() else int(alike.argmin()))
    room = least - first - 1  # both keep at least one token of their own
    alike = one.ids[::-1][:room] == two.ids[::-1][:room]
    return first, room if alike.all() else int(alike.argmin())


def joined(values: np.ndarray, span: tuple[int, int], axis: int, total: bool = False) -> np.ndarray:
    """The entries of the span along this axis made one: their mean, or their sum."""
    start, stop = span
    if start == stop:
        return values
    inside = np.take(values, range(start, stop), axis)
    inside = inside.sum(axis, keepdims=True) if total else inside.mean(axis, keepdims=True)
    before, after = np.take(values, range(start), axis), np.take(values, range(stop, values.shape[axis]), axis)
    return np.concatenate([before, inside, after], axis)


def looks(weights: np.ndarray, span: tuple[int, int]) -> np.ndarray:
    """[layer head token token] with the exchanged word as one token; what went to its parts is added up."""
    return joined(joined(weights, span, 2), span, 3, total=True)


def turned(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """1 - cosine along the last axis."""
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1)
    return 1 - np.minimum((one * two).sum(axis=-1) / np.maximum(lengths, 1e-12), 1)
