"""demo-pixels: a small diffusion model without words or autoencoder that draws faces, for a core of its own.

Denoising diffusion in bare pixels, as it was introduced (Ho et al. 2020, arXiv 2006.11239), with the cosine schedule
of Nichol & Dhariwal 2021 (arXiv 2102.09672). It learns smileys of six styles at 32 pixels.

    python -m zoo.pixel_diffusion --minutes 60
"""

import argparse
import time
from typing import Any

import numpy as np
import torch
from diffusers.models.unets.unet_2d import UNet2DModel
from torch import nn
from torch.nn import functional

from core.checkpoints import ASSETS
from zoo.clip_data import STYLES, still
from zoo.denoising import Crew, Loss, put, sampled, save, schedule, sheet, teach, write
from zoo.drawing import Picture
from zoo.pictures import load
from zoo.sources import CACHE

TARGET = ASSETS / "checkpoints" / "demo-pixels"
FOLDER = CACHE / "pixels"
SIDE = 32
BATCH = 32
SHOWN = 40
ENDS = ("conv_in", "conv_out", "time_embedding")


def build() -> UNet2DModel:
    return UNet2DModel(
        sample_size=SIDE,
        block_out_channels=(16, 32, 48),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        attention_head_dim=12,
        norm_num_groups=8,
    )


def chosen(rows: list[Picture]) -> list[int]:
    """Smileys: faces by group and by name."""
    return [index for index, row in enumerate(rows) if row.group == "faces" and "face" in row.names["en"][0]]


def faces() -> torch.Tensor:
    """Of every style on white: [image 3 SIDE SIDE] in -1..1."""
    found = []
    for style in STYLES:
        rows, pixels = load(style)
        found.append(
            functional.interpolate(still(np.asarray(pixels[chosen(rows)])), size=(SIDE, SIDE), mode="area")
        )
    return torch.cat(found)


def batch(pictures: torch.Tensor) -> torch.Tensor:
    """Faces by chance, half of them mirrored."""
    clean = pictures[torch.randint(len(pictures), (BATCH,))]
    return torch.where((torch.rand(BATCH) < 0.5)[:, None, None, None], clean.flip(3), clean)


def reading(network: nn.Module) -> Any:
    """The network as the loss and the sampler ask it, in single precision: so few channels are faster so."""

    def read(noisy: torch.Tensor, steps: torch.Tensor) -> Any:
        with torch.autocast("cpu", enabled=False):
            return network(noisy, steps)

    return read


def nearest(made: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """How far each picture is from the most similar of the others, mirrored or not: mean squared difference."""
    flat, others = made.flatten(1), torch.cat([pictures, pictures.flip(3)]).flatten(1)
    return torch.cdist(flat, others).amin(1) ** 2 / flat.shape[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(int(1000 * time.time()))  # what is resumed draws anew
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures, copy = faces(), build()
    sheet(pictures[torch.randperm(len(pictures))[:SHOWN]]).save(FOLDER / "real.png")
    print(len(pictures), "faces", flush=True)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        put(copy, weights)
        x = torch.randn(SHOWN, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
        made = sampled(reading(copy.eval()), x, (), (), 50, 1.0)
        sheet(made).save(FOLDER / f"{int(time.time())}.png")
        return {"from the nearest face": round(nearest(made, pictures).median().item(), 4)}

    crew = Crew(build(), 1, ENDS)
    loss = Loss(reading(crew.network), schedule().alphas_cumprod)
    curve = teach(crew, 0, lambda: loss(batch(pictures)), options.minutes, judge, FOLDER)
    save(crew.network, TARGET)
    schedule().save_pretrained(TARGET)
    write(TARGET / "curve.json", curve)


if __name__ == "__main__":
    main()
