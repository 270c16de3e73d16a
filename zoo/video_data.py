"""What demo-vdt learns: emoji that move, turn and grow, as latents of demo-vae, with their sentences."""

import itertools
import math
from typing import Self

import numpy as np
import torch
from torch.nn import functional

from zoo.augment import clear
from zoo.diffusion_data import STYLE, Texts, Words, autoencoder
from zoo.drawings import SIDE
from zoo.pictures import load
from zoo.sources import CACHE

FRAMES = 8
TAKES = 6  # of each thing and motion, at other places and speeds
THINGS = {
    "red apple": "红苹果", "cat": "猫", "dog": "狗", "fish": "鱼", "butterfly": "蝴蝶", "frog": "青蛙",
    "strawberry": "草莓", "pizza": "披萨", "sunflower": "向日葵", "cactus": "仙人掌", "rocket": "火箭",
    "automobile": "汽车", "airplane": "飞机", "balloon": "气球", "star": "星星", "sun": "太阳",
}  # fmt: skip
SPOKEN = {"automobile": "car"}
# Where the middle goes from first to last frame (in half sides), turns in full circles, and the size at both ends.
MOTIONS = {
    "moves right": ("向右移动", (1, 0), 0, (1, 1)),
    "moves left": ("向左移动", (-1, 0), 0, (1, 1)),
    "moves up": ("向上移动", (0, -1), 0, (1, 1)),
    "moves down": ("向下移动", (0, 1), 0, (1, 1)),
    "turns": ("旋转", (0, 0), 1, (1, 1)),
    "grows": ("变大", (0, 0), 0, (0.5, 1.35)),
    "stands still": ("不动", (0, 0), 0, (1, 1)),
}
TEMPLATES = ("a {} {}", "a {} {}", "the {} {}")


def sentences(thing: str, motion: str) -> list[str]:
    """Most in English; one names the thing alone, however it moves."""
    name = SPOKEN.get(thing, thing)
    found = [form.format(name, motion) for form in TEMPLATES] * 2
    return [*found, f"a {name}", *[f"{THINGS[thing]}{MOTIONS[motion][0]}"] * 2]


def clip(picture: torch.Tensor, motion: str, rng: np.random.Generator) -> torch.Tensor:
    """[RGBA height width], colours times alpha -> frames on white: [frame 3 SIDE SIDE] in -1..1."""
    _, way, turns, (first, last) = MOTIONS[motion]
    size, far = rng.uniform(0.5, 0.62), rng.uniform(0.3, 0.38)
    across, down = rng.uniform(-0.1, 0.1, 2)
    moves = []
    for share in np.linspace(-1, 1, FRAMES):
        scale = size * (first + (last - first) * (share + 1) / 2)
        place = (across + way[0] * far * share, down + way[1] * far * share)
        angle = 2 * math.pi * turns * (share + 1) / 2 * FRAMES / (FRAMES + 1)
        moves.append(looked_at(place, scale, angle))
    grid = functional.affine_grid(
        torch.tensor(np.stack(moves)).float(), [FRAMES, 4, 2 * SIDE, 2 * SIDE], align_corners=False
    )
    x = functional.grid_sample(picture.expand(FRAMES, -1, -1, -1), grid, align_corners=False)
    x = functional.interpolate(x, size=(SIDE, SIDE), mode="area")
    return (x[:, :3] + 1 - x[:, 3:]) * 2 - 1


def looked_at(place: tuple[float, float], scale: float, angle: float) -> np.ndarray:
    """[2 3]: where each place of a frame lies in the picture that stands there so large, turned clockwise."""
    turned = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) / scale
    return np.concatenate([turned, -(turned @ np.array(place))[:, None]], axis=1)


class Clips:
    """Latents at mean 0 and variance 1 of each channel, and what the text tower says of their sentences."""

    def __init__(
        self,
        latents: torch.Tensor,
        texts: Texts,
        ways: torch.Tensor,
        names: list[str],
        mean: torch.Tensor,
        std: torch.Tensor,
    ):
        """latents: [video channel frame row column]. texts: the empty one first. names: the first sentence of each."""
        self.mean, self.std, self.latents = mean, std, latents
        self.texts, self.ways, self.names = texts, ways, names

    @classmethod
    def made(cls) -> Self:
        """Kept on disk once made."""
        file = CACHE / "video" / "clips.pt"
        if not file.exists():
            rows, pixels = load(STYLE)
            places = {row.names["en"][0]: index for index, row in reversed(list(enumerate(rows)))}
            vae, rng = autoencoder(), np.random.default_rng(0)
            kinds, latents = list(itertools.product(THINGS, MOTIONS)), []
            for thing, motion in kinds:
                picture = clear(torch.from_numpy(np.asarray(pixels[[places[thing]]])))
                with torch.no_grad():
                    made = [vae.encode(clip(picture, motion, rng)).latent_dist.mode() for _ in range(TAKES)]
                latents += [one.transpose(0, 1) for one in made]
            found = torch.stack(latents)
            mean, std = found.mean((0, 2, 3, 4)), found.std((0, 2, 3, 4))
            found = (found - mean.view(-1, 1, 1, 1)) / std.view(-1, 1, 1, 1)
            named = [sentences(*kind) for kind in kinds]
            texts = ["", *sorted({text for several in named for text in several})]
            numbers = {text: number for number, text in enumerate(texts)}
            said = Words()(texts)
            ways = torch.tensor([[numbers[text] for text in several] for several in named]).repeat_interleave(
                TAKES, 0
            )
            names = [several[0] for several in named for _ in range(TAKES)]
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save((found.half(), said.states, said.real, ways, names, mean, std), file)
        latents, states, real, ways, names, mean, std = torch.load(file)
        return cls(latents, Texts(states, real), ways, names, mean, std)

    def batch(self, count: int, wordless: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents and their words' states, zeros where there is no word; a share of them without words."""
        rows = torch.randint(len(self.latents), (count,))
        said = self.ways[rows, torch.randint(self.ways.shape[1], (count,))]
        return self.latents[rows].float(), self.texts.states[torch.where(torch.rand(count) < wordless, 0, said)]

    def frames(self, latents: torch.Tensor) -> torch.Tensor:
        """[video channel frame row column] as the autoencoder takes it: [frame channel row column]."""
        unscaled = latents * self.std.view(-1, 1, 1, 1) + self.mean.view(-1, 1, 1, 1)
        return unscaled.transpose(1, 2).flatten(0, 1)
