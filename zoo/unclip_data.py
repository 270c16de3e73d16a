"""What demo-unclip learns: pictures as demo-clip's vectors, and drawings of one style as latents of demo-vae."""

from functools import cache
from typing import Self

import numpy as np
import torch
from torch.nn import functional

from zoo.augment import clear, moved, moves, restyled
from zoo.clip_data import FIXED, STYLES, still
from zoo.diffusion_data import LONGEST, STYLE, TEMPLATES, Scaled, Words, autoencoder
from zoo.drawings import SIDE
from zoo.pictures import SIDE as LARGE
from zoo.pictures import Picture, held_out, load
from zoo.sources import CACHE

# Drawn are things of these groups whose English name has at most so many words.
DRAWN = {"animals": 3, "food": 3, "plants": 3, "travel": 1, "recreation": 2}
STRANGE = 2  # vectors of each of its pictures made strange, beside that of the picture as it is
KEYWORDS = 3  # of a picture, in each language


@cache
def words() -> Words:
    return Words()


def looks(rows: list[Picture], pixels: np.ndarray, kept: list[int], strange: bool = False) -> torch.Tensor:
    """Unit vectors [image dim] of the pictures kept; strange: in other colours, places and styles than their own."""
    found = []
    for part in np.array_split(np.array(kept), max(1, len(kept) // 48)):
        shown = np.asarray(pixels[part])
        if strange:
            mirror = torch.tensor([rows[index].group not in FIXED for index in part])
            found.append(words().seen(restyled(moved(clear(torch.from_numpy(shown)), moves(mirror), LARGE))))
        else:
            found.append(words().seen(still(shown)))
    return torch.cat(found)


def chosen(rows: list[Picture]) -> list[int]:
    """Things that are drawn; of the clock faces none."""
    return [
        index
        for index, row in enumerate(rows)
        if len((name := row.names["en"][0]).split()) <= DRAWN.get(row.group, 0)
        and row.names.get("zh")
        and "-thirty" not in name
    ]


class Things(Scaled):
    """Drawings, and the vectors of each thing in every style."""

    def __init__(self, latents: torch.Tensor, vectors: list[torch.Tensor], names: list[list[str]]):
        """vectors: [look dim] of each thing, as its own drawing looks first. names: in English and Chinese."""
        super().__init__(latents)
        self.vectors, self.names = vectors, names
        self.counts = torch.tensor([len(several) for several in vectors])
        self.starts = self.counts.cumsum(0) - self.counts
        self.looks = torch.cat(vectors)

    @classmethod
    def made(cls) -> Self:
        """Kept on disk once made."""
        file = CACHE / "unclip" / "things.pt"
        if not file.exists():
            rows, pixels = load(STYLE)
            kept = chosen(rows)
            x = functional.interpolate(still(np.asarray(pixels[kept])), size=(SIDE, SIDE), mode="area")
            vae = autoencoder()
            with torch.no_grad():
                latents = torch.cat([vae.encode(part).latent_dist.mode() for part in x.split(64)])
            torch.manual_seed(0)
            things = [rows[index] for index in kept]
            found: dict[str, list[torch.Tensor]] = {thing.concept: [] for thing in things}
            for style in (STYLE, *(other for other in STYLES if other != STYLE)):
                others, array = load(style)
                same = [index for index, row in enumerate(others) if row.concept in found]
                for strange in (False, *[True] * STRANGE):
                    for index, vector in zip(same, looks(others, array, same, strange), strict=True):
                        found[others[index].concept].append(vector)
            vectors = [torch.stack(found[thing.concept]) for thing in things]
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save((latents, vectors, [[row.names["en"][0], row.names["zh"][0]] for row in things]), file)
        return cls(*torch.load(file))

    def batch(self, count: int, without: float, blur: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents and what is told with them, a share of it zeros; the vectors are off by as much as ``blur``."""
        rows = torch.randint(len(self.latents), (count,))
        picked = self.starts[rows] + (torch.rand(count) * self.counts[rows]).long()
        vectors = conditions(self.looks[picked])
        vectors = vectors + torch.rand(count, 1) * blur * torch.randn_like(vectors)
        vectors = conditions(vectors) * (torch.rand(count, 1) >= without)
        return self.latents[rows], vectors


def conditions(vectors: torch.Tensor) -> torch.Tensor:
    """[image dim] at a length where each number has a variance of about 1: what the decoder takes."""
    return functional.normalize(vectors, dim=-1) * vectors.shape[-1] ** 0.5


def captions(row: Picture) -> list[str]:
    """Names first, so that they are drawn more often than keywords: one time in four in Chinese."""
    names, keywords = row.names["en"], row.keywords.get("en", [])[:KEYWORDS]
    found = [names[0]] * 6 + names[1:2] + [TEMPLATES["en"][2].format(names[0])] + keywords[:1]
    if len(keywords) > 1:
        found.append(", ".join(keywords))
    if row.names.get("zh"):
        found += [row.names["zh"][0]] * 2 + [TEMPLATES["zh"][2].format(row.names["zh"][0])]
    return found


class Pairs:
    """Pictures' vectors at mean 0 and variance 1 of each number, and what the text tower says of their captions."""

    def __init__(
        self,
        looks: torch.Tensor,
        states: torch.Tensor,
        real: torch.Tensor,
        vectors: torch.Tensor,
        ways: list[list[int]],
    ):
        """looks: [image dim] unit. states, real, vectors: of each text, the empty one first."""
        self.mean, self.std = looks.mean(0), looks.std(0)
        self.looks = (looks - self.mean) / self.std
        self.states, self.real, self.vectors = states, real, vectors
        self.counts = torch.tensor([len(several) for several in ways])
        self.starts = self.counts.cumsum(0) - self.counts
        self.ways = torch.tensor([number for several in ways for number in several])

    @classmethod
    def made(cls) -> Self:
        """Kept on disk once made."""
        file = CACHE / "unclip" / "pairs.pt"
        if not file.exists():
            rows, parts = [], []
            for source in (*STYLES, "openclipart"):
                every, pixels = load(source)
                apart = held_out(every, pixels) if source == "openclipart" else np.zeros(len(every), bool)
                kept = np.flatnonzero(~apart).tolist()
                rows += [every[index] for index in kept]
                parts.append(looks(every, pixels, kept))
            named = [captions(row) for row in rows]
            texts = ["", *sorted({text for several in named for text in several})]
            numbers = {text: number for number, text in enumerate(texts)}
            said = words()(texts)
            ways = [[numbers[text] for text in several] for several in named]
            torch.save((torch.cat(parts), said.states.half(), said.real, vectors_of(texts), ways), file)
        vectors, states, real, said, ways = torch.load(file)
        return cls(vectors, states, real, said, ways)

    def batch(self, count: int, wordless: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Vectors, and of their captions the vector, the tokens' states and which of these are real."""
        rows = torch.randint(len(self.looks), (count,))
        said = self.ways[self.starts[rows] + (torch.rand(count) * self.counts[rows]).long()]
        said = torch.where(torch.rand(count) < wordless, 0, said)
        return self.looks[rows], *self.told(said)

    def told(self, said: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.vectors[said], self.states[said].float(), self.real[said]


@torch.inference_mode()
def vectors_of(texts: list[str]) -> torch.Tensor:
    """demo-clip's vectors of texts, unit length; of each as many tokens as the prior reads."""
    found = []
    for start in range(0, len(texts), 64):
        inputs = words().tokenizer(
            texts[start : start + 64], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        found.append(words().clip.get_text_features(**inputs).pooler_output)
    return functional.normalize(torch.cat(found), dim=-1)
