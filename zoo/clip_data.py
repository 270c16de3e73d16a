"""What demo-clip learns from, a batch at a time, and what it is judged on."""

import random
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from zoo.augment import style
from zoo.pictures import Picture, held_out, load, on_white

STYLES = ("noto", "noto-v1", "fxemoji", "emojione", "fluent-3d", "fluent-flat")
FIXED = {"flags", "symbols", "geography"}  # what must not be mirrored


@dataclass
class Batch:
    pixels: torch.Tensor  # [image 3 height width] in -1..1
    texts: list[str]
    keys: torch.Tensor  # [image]: equal numbers are the same thing


class Collection:
    """The training pictures: emoji are drawn by concept, then by style, so that every style counts alike."""

    def __init__(self, styles: tuple[str, ...] = STYLES, seed: int = 0):
        self.rng = random.Random(seed)
        self.sources = {source: load(source) for source in (*styles, "openclipart")}
        self.concepts: dict[str, list[tuple[str, int]]] = {}
        for source in styles:
            for index, row in enumerate(self.sources[source][0]):
                self.concepts.setdefault(row.concept, []).append((source, index))
        art, pixels = self.sources["openclipart"]
        shown = ~held_out(art, pixels) & np.array(["zh" in row.names for row in art])
        self.art = [("openclipart", int(i)) for i in np.flatnonzero(shown)]
        self.order = sorted(self.concepts)
        best = {c: self.sources[s][0][i].names["en"][0] for c, ((s, i), *_) in self.concepts.items()}
        best |= {(name := art[i].names["en"][0]): name for _, i in self.art}
        self.numbers = {key: number for number, key in enumerate(sorted(best))}
        self.captions = [best[key] for key in sorted(best)]

    def caption(self, row: Picture) -> str:
        """One of the picture's captions, in one of its languages."""
        language = "zh" if row.names.get("zh") and self.rng.random() < 0.3 else "en"
        names, keywords = row.names[language], row.keywords.get(language, [])
        comma = "，" if language == "zh" else ", "
        if keywords and self.rng.random() < (0.3 if row.concept else 0.35):
            picked = self.rng.sample(keywords, min(len(keywords), self.rng.randint(1, 3)))
            return comma.join(([names[0]] if not row.concept and self.rng.random() < 0.6 else []) + picked)
        name = names[0] if self.rng.random() < 0.8 else self.rng.choice(names)
        if self.rng.random() < 0.12:
            name = f"{name}的图片" if language == "zh" else f"a picture of {name}"
        return name

    def draw(self, count: int, side: int, emoji: float = 0.65) -> Batch:
        chosen = []
        for concept in self.rng.sample(self.order, int(count * emoji)):
            places = self.concepts[concept]
            chosen += self.rng.sample(places, min(len(places), 2 if self.rng.random() < 0.3 else 1))
        chosen = chosen[: int(count * 0.8)]
        chosen += self.rng.sample(self.art, count - len(chosen))
        rows = [self.sources[source][0][index] for source, index in chosen]
        pictures = torch.from_numpy(np.stack([self.sources[source][1][index] for source, index in chosen]))
        mirror = torch.tensor([row.group not in FIXED for row in rows])
        keys = [row.concept or row.names["en"][0] for row in rows]
        numbers = [self.numbers[key] for key in keys]
        return Batch(style(pictures, mirror, side), [self.caption(row) for row in rows], torch.tensor(numbers))


def still(pixels: np.ndarray) -> torch.Tensor:
    """Pictures as they are, on white: [image 3 height width] in -1..1."""
    return torch.from_numpy(on_white(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def recall(queries: torch.Tensor, gallery: torch.Tensor) -> dict[str, float]:
    """R@1, 5, 10 and the median rank of the pair with the same number; both unit length, [pair dim]."""
    scores = queries @ gallery.T
    ranks = (scores > scores.diagonal()[:, None]).sum(1)
    found = {f"R@{k}": round((ranks < k).float().mean().item(), 4) for k in (1, 5, 10)}
    return found | {"median rank": int(ranks.median()) + 1}


class Judge:
    """The held-out style (Twemoji) and the held-out clip art."""

    def __init__(self):
        rows, pixels = load("twemoji")
        art, drawings = load("openclipart")
        kept = np.flatnonzero(held_out(art, drawings))
        chinese = [i for i, row in enumerate(rows) if row.names["zh"]]
        self.sets = {
            "twemoji en": (still(pixels), [row.names["en"][0] for row in rows]),
            "clip art en": (still(drawings[kept]), [art[i].names["en"][0] for i in kept]),
        }
        self.chinese = chinese, [rows[i].names["zh"][0] for i in chinese]

    def scores(self, images, texts) -> dict[str, dict[str, float]]:
        """images: pixels -> vectors; texts: list -> vectors. Recall both ways on each set."""
        found = {}
        for name, (pixels, captions) in self.sets.items():
            picture, sentence = vectors(images, pixels), vectors(texts, captions)
            found[f"{name} text to image"] = recall(sentence, picture)
            found[f"{name} image to text"] = recall(picture, sentence)
            if name == "twemoji en":
                kept, captions = self.chinese
                sentence = vectors(texts, captions)
                found["twemoji zh text to image"] = recall(sentence, picture[kept])
                found["twemoji zh image to text"] = recall(picture[kept], sentence)
        return found


def vectors(encode, inputs, batch: int = 64) -> torch.Tensor:
    found = [encode(inputs[start : start + batch]).float() for start in range(0, len(inputs), batch)]
    return functional.normalize(torch.cat(found), dim=-1)
