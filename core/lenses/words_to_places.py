"""Where a drawn picture took each word from (DAAM: Tang et al. 2022, arXiv 2210.04885)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL import Image

from core.arrays import Array, Floats, Ints, Result
from core.denoising import WordMaps, WordPlaces
from core.errors import LoupeError
from core.lenses.trajectory import small
from core.params import Progress, Prompt, Range
from core.samplers import noise_like, sample

SIDE = 32  # of the maps, once layers of different grids are brought together
MOST = 24
TOLD = 5  # steps from answer to answer
CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class WordsToPlaces(Result):
    """maps: how much of the attention went to each word, and last to everything else, which together make 1.

    The mean over the heads and layers of each grid, by step. grids: (rows, columns), the finest first; layers: how
    many have each. pictures: the clean estimate of each step so far, the last one being the drawn picture.
    """

    words: tuple[str, ...]
    grids: tuple[tuple[int, int], ...]
    layers: Array[Ints, "stage"]
    timesteps: Array[Floats, "step"]
    pictures: Array[Floats, "step height width rgb"]
    maps: Array[Floats, "step stage token row column"]


def words_to_places(
    model: WordPlaces,
    prompt: Prompt,
    steps: Annotated[int, Range(4, 50, 1)] = 20,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> Iterator[WordsToPlaces]:
    """Where the model looked for each word while it drew the picture.

    Hover or click a word: at each place of the picture, the share of the network's cross-attention that went to it,
    the mean over heads, layers and steps; a word of several tokens adds them up. Each map has its own scale, see
    the bar, and is smoothed from a grid far coarser than the picture. The sliders show one step, over the picture
    as the network guessed it then, or one grid alone: coarse grids and early steps settle what stands where. The
    last chip is what went to no word: with many models most goes to the tokens before and after the sentence. The
    maps say where a word was read, not that it is drawn there: a word that the model does not know lights up
    somewhere too.
    """
    if not prompt.strip():
        raise LoupeError("The sentence is empty. Type a few words above.")
    pictures, timesteps, maps = [], [], []
    path = sample(model, noise_like(model.shape(), seed), [prompt], "DDIM", steps, guidance, seed)
    for number, step in enumerate(path, start=1):
        found = model.word_maps(step.before[0], step.timestep, prompt)
        words, tokens = words_of(found.tokens, found.added, prompt)
        if not words:
            raise LoupeError(
                "The sentence {text!r} has no words to look for. Type a few words above.", text=prompt[:60]
            )
        grids, layers, shares = by_grid(found, tokens)
        pictures.append(small(model.pictures(step.clean))[0])
        timesteps.append(step.timestep)
        maps.append(shares)
        progress(number, steps)
        if number % TOLD == 0 or number == steps:
            yield WordsToPlaces(words, grids, layers, np.array(timesteps), np.stack(pictures), np.stack(maps))


def words_of(tokens: Sequence[str], added: np.ndarray, prompt: str) -> tuple[tuple[str, ...], np.ndarray]:
    """The prompt's words, and [word token] with a 1 for each of a word's tokens.

    Tokens that stand in the prompt without a gap are one word; Chinese ones stand alone.
    """
    words: list[str] = []
    own: list[list[int]] = []
    lower, end = "".join(letter.lower()[0] for letter in prompt), 0
    for number, token in enumerate(tokens):
        piece = token.strip().removeprefix("##").lower()
        start = lower.find(piece, end)
        if added[number] or start < 0 or all(unicodedata.category(letter)[0] in "PZC" for letter in piece):
            continue
        joined = words and start == end and not CHINESE.match(piece) and not CHINESE.match(prompt[end - 1])
        end = start + len(piece)
        if joined:
            words[-1] += prompt[start:end]
            own[-1].append(number)
        elif len(words) < MOST:
            words.append(prompt[start:end])
            own.append([number])
    belongs = np.zeros((len(words), len(tokens)))
    for row, numbers in zip(belongs, own, strict=True):
        row[numbers] = 1
    return tuple(words), belongs


def by_grid(found: WordMaps, tokens: np.ndarray) -> tuple[tuple[tuple[int, int], ...], np.ndarray, np.ndarray]:
    """The grids with the finest first, how many layers have each, and [stage token row column] of their mean shares.

    tokens: [word token] as ``words_of`` gives them; after the words comes everything else.
    """
    means = [np.einsum("htrc,wt->wrc", one, tokens) / len(one) for one in found.maps]
    grids = sorted({one.shape[1:] for one in means}, reverse=True)
    together = [[one for one in means if one.shape[1:] == grid] for grid in grids]
    shares = np.stack([[enlarged(word) for word in np.mean(ones, axis=0)] for ones in together])
    rest = np.maximum(1 - shares.sum(axis=1, keepdims=True), 0)
    return tuple(grids), np.array([len(ones) for ones in together]), np.concatenate([shares, rest], axis=1)


def enlarged(share: np.ndarray) -> np.ndarray:
    """[row column] at SIDE x SIDE, mixed linearly between its places, so that shares stay shares."""
    return np.asarray(Image.fromarray(share.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
