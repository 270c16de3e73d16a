"""What demo-ddpm learns: drawings of everyday things in one style as latents of demo-vae, and what they are called."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch.nn import functional
from transformers import AutoTokenizer, VisionTextDualEncoderModel

import core.nets.hybrid_vit  # noqa: F401  registers demo-clip's vision tower
from core.checkpoints import ASSETS
from zoo.clip_data import still
from zoo.drawing import Picture
from zoo.drawings import SIDE
from zoo.pictures import SIDE as LARGE
from zoo.pictures import load
from zoo.sources import CACHE

STYLE = "fluent-flat"
GROUPS = ("animals", "food", "plants", "travel", "recreation", "faces")
# Drawn too, though two words name them; so few beside the others that they are shown more often.
TWO_WORDS = {
    "red apple",
    "green apple",
    "red heart",
    "blue heart",
    "black cat",
    "polar bear",
    "teddy bear",
    "baby chick",
    "hot dog",
    "ice cream",
    "french fries",
    "birthday cake",
    "fire engine",
    "police car",
    "palm tree",
    "full moon",
}
OFTEN = 4
LONGEST = 12  # tokens
TEMPLATES = {"en": ("{}", "{}", "a picture of {}"), "zh": ("{}", "{}", "{}的图片")}


@dataclass
class Texts:
    """Each token's last hidden state, filled up with zeros: [text token dim], and which tokens are real."""

    states: torch.Tensor
    real: torch.Tensor

    def __getitem__(self, rows: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor]:
        return self.states[rows], self.real[rows]


class Words:
    """Both towers of demo-clip."""

    def __init__(self):
        folder = ASSETS / "checkpoints" / "demo-clip"
        self.clip = VisionTextDualEncoderModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> Texts:
        found = []
        for start in range(0, len(texts), 64):
            inputs = self.tokenizer(
                texts[start : start + 64],
                padding="max_length",
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            )
            states = self.clip.text_model(**inputs).last_hidden_state
            found.append((states * inputs["attention_mask"][..., None], inputs["attention_mask"].bool()))
        return Texts(torch.cat([states for states, _ in found]), torch.cat([real for _, real in found]))

    @torch.inference_mode()
    def seen(self, pictures: torch.Tensor) -> torch.Tensor:
        """Vectors of [image 3 height width] in -1..1, unit length."""
        large, found = functional.interpolate(pictures.clamp(-1, 1), size=(LARGE, LARGE), mode="bilinear"), []
        for part in large.split(48):
            with torch.autocast("cpu", torch.bfloat16):
                found.append(self.clip.get_image_features(part).pooler_output.float())
        return functional.normalize(torch.cat(found), dim=-1)


def chosen(rows: list[Picture]) -> list[int]:
    """Things that one English word names, and a few of two; of the clock faces none."""
    return [
        index
        for index, row in enumerate(rows)
        if row.group in GROUPS
        and row.names.get("zh")
        and (len((name := row.names["en"][0]).split()) == 1 or name in TWO_WORDS)
        and "-thirty" not in name
    ]


def captions(row: Picture) -> list[str]:
    """Three of four in English."""
    found = [f"a {row.names['en'][0]}"] + [form.format(row.names["en"][0]) for form in TEMPLATES["en"]]
    found += [form.format(row.names["zh"][0]) for form in TEMPLATES["zh"]]
    return found + [(row.names["en"][1:2] or row.names["en"][:1])[0]] + [row.names["en"][0]] * 4


def drawings(source: str = STYLE) -> tuple[list[Picture], torch.Tensor]:
    """The chosen ones and their pixels on white: [image 3 side side] in -1..1."""
    rows, pixels = load(source)
    kept = chosen(rows)
    shown = functional.interpolate(still(np.asarray(pixels[kept])), size=(SIDE, SIDE), mode="area")
    return [rows[index] for index in kept], shown


def autoencoder() -> AutoencoderKL:
    found = AutoencoderKL.from_pretrained(ASSETS / "checkpoints" / "demo-vae", torch_dtype=torch.float32)
    return found.eval().requires_grad_(False)


def spread(latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel, of [image channel row column]."""
    return latents.mean((0, 2, 3)), latents.std((0, 2, 3))


class Scaled:
    """Latents at mean 0 and variance 1 of each channel."""

    def __init__(self, latents: torch.Tensor):
        self.mean, self.std = spread(latents)
        self.latents = (latents - self.mean.view(-1, 1, 1)) / self.std.view(-1, 1, 1)

    def unscaled(self, latents: torch.Tensor) -> torch.Tensor:
        return latents * self.std.view(-1, 1, 1) + self.mean.view(-1, 1, 1)


class Drawn(Scaled):
    """Drawings, and what the text tower says of their captions."""

    def __init__(self, latents: torch.Tensor, texts: Texts, ways: torch.Tensor, names: list[list[str]]):
        """texts: the empty one first. ways: [image caption], which texts name it. names: in English and Chinese."""
        super().__init__(latents)
        self.texts, self.ways, self.names = texts, ways, names
        self.often = torch.tensor([OFTEN if english in TWO_WORDS else 1 for english, _ in names]).float()

    @classmethod
    def made(cls) -> Self:
        """Kept on disk once made."""
        file = CACHE / "diffusion" / "drawn.pt"
        if not file.exists():
            rows, pixels = drawings()
            vae, named = autoencoder(), [captions(row) for row in rows]
            texts = ["", *sorted({text for several in named for text in several})]
            numbers = {text: number for number, text in enumerate(texts)}
            with torch.no_grad():
                latents = torch.cat([vae.encode(part).latent_dist.mode() for part in pixels.split(64)])
            said = Words()(texts)
            ways = torch.tensor([[numbers[text] for text in several] for several in named])
            names = [[row.names["en"][0], row.names["zh"][0]] for row in rows]
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save((latents, said.states, said.real, ways, names), file)
        latents, states, real, ways, names = torch.load(file)
        return cls(latents, Texts(states, real), ways, names)

    def batch(self, count: int, wordless: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents, their words' states and which of these are real; a share of them without words."""
        rows = torch.multinomial(self.often, count, replacement=True)
        said = self.ways[rows, torch.randint(self.ways.shape[1], (count,))]
        states, real = self.texts[torch.where(torch.rand(count) < wordless, 0, said)]
        return self.latents[rows], states, real
