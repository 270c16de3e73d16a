"""What the models that rebuild pictures learn from and are judged on: drawings at 64 pixels, three colours."""

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn import functional

from core.quality import psnr, ssim
from zoo.augment import some, uniform
from zoo.clip_data import STYLES, still
from zoo.pictures import held_out, load
from zoo.sources import CACHE

SIDE = 64


class Drawings:
    """Every training picture at 64 pixels, RGBA with its colours weighted by its alpha; kept on disk once made."""

    def __init__(self):
        file = CACHE / "drawings-64.npy"
        if not file.exists():
            apart = held_out(*load("openclipart"))
            arrays = [load(source)[1] for source in STYLES] + [np.asarray(load("openclipart")[1])[~apart]]
            made = CACHE / "drawings-64.partial.npy"
            np.save(made, np.concatenate([small(np.asarray(array)) for array in arrays]))
            made.rename(file)
        self.pixels = np.load(file, mmap_mode="r")

    def batches(self, count: int, side: int = SIDE) -> Iterator[torch.Tensor]:
        """[image 3 side side] in -1..1 without end: moved or cut out, mirrored, other colours, other grounds."""
        while True:
            rows = np.sort(np.random.choice(len(self.pixels), count, replace=False))
            space = 12 if side == SIDE else SIDE - side
            places = (np.random.rand(2, 2, count).mean(0) * (space + 1)).astype(int)
            margin = [(space // 2,) * 2] * 2 if side == SIDE else [(0, 0)] * 2
            found = np.stack([
                np.pad(picture, [*margin, (0, 0)])[top : top + side, left : left + side]
                for picture, top, left in zip(self.pixels[rows], *places, strict=True)
            ])  # fmt: skip
            x = torch.from_numpy(found).permute(0, 3, 1, 2).float() / 255
            ground = torch.where(some(count, 0.35), torch.rand(count, 3, 1, 1), torch.ones(count, 3, 1, 1))
            x = x[:, :3] + ground * (1 - x[:, 3:])
            x = torch.where(some(count, 0.3), x[:, torch.randperm(3)], x)
            x = torch.where(some(count, 0.5), x.flip(3), x)
            x = (x - 0.5) * uniform(count, 0.7, 1.1) + 0.5 + uniform(count, -0.1, 0.1)
            yield (x.clamp(0, 1) * 2 - 1).contiguous()


def small(pixels: np.ndarray) -> np.ndarray:
    """uint8 [image 128 128 RGBA], straight alpha -> [image 64 64 RGBA], colours times alpha."""
    found = []
    for part in np.array_split(pixels, max(1, len(pixels) // 64)):
        x = torch.from_numpy(part).permute(0, 3, 1, 2).float()
        x = torch.cat([x[:, :3] * x[:, 3:] / 255, x[:, 3:]], 1)
        x = functional.interpolate(x, size=(SIDE, SIDE), mode="area")
        found.append(x.round().to(torch.uint8).permute(0, 2, 3, 1).numpy())
    return np.concatenate(found)


def unseen(every: int = 1, side: int = SIDE) -> torch.Tensor:
    """The held-out style (Twemoji) on white, each so many-th picture: [image 3 side side] in -1..1."""
    return functional.interpolate(still(np.asarray(load("twemoji")[1][::every])), size=(side, side), mode="area")


def quality(pictures: torch.Tensor, rebuilt: torch.Tensor) -> dict[str, float]:
    """Mean PSNR and SSIM over the pictures, both [image 3 height width] in -1..1."""
    pairs = [
        tuple(((x.permute(1, 2, 0) + 1) / 2).clamp(0, 1).numpy() for x in pair)
        for pair in zip(pictures.float(), rebuilt.float(), strict=True)
    ]
    return {
        "PSNR": round(float(np.mean([psnr(*pair) for pair in pairs])), 2),
        "SSIM": round(float(np.mean([ssim(*pair) for pair in pairs])), 4),
    }
