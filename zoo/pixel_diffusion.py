"""demo-pixels: a small diffusion model without words or autoencoder that draws faces, for a core of its own.

Denoising diffusion as it was introduced (Ho et al. 2020, arXiv 2006.11239): a U-Net that tells the noise in pixels,
a linear schedule of 1,000 steps. It learns smileys of six styles at 32 pixels.

    python -m zoo.pixel_diffusion --minutes 20
"""

import argparse
import json
import time
from typing import Any

import numpy as np
import torch
from diffusers.models.unets.unet_2d import UNet2DModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from torch import nn
from torch.nn import functional

from core.checkpoints import ASSETS
from zoo.clip_data import STYLES, still
from zoo.denoising import Crew, put, sheet, teach
from zoo.drawing import Picture
from zoo.pictures import load
from zoo.sources import CACHE

TARGET = ASSETS / "checkpoints" / "demo-pixels"
FOLDER = CACHE / "pixels"
SIDE = 32
BATCH = 64
ENDS = ("conv_in", "conv_out", "time_embedding")


def build() -> UNet2DModel:
    return UNet2DModel(
        sample_size=SIDE,
        block_out_channels=(24, 32, 48),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        attention_head_dim=12,
        norm_num_groups=8,
    )


def schedule() -> DDPMScheduler:
    return DDPMScheduler()


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


class NoiseLoss:
    """Of a batch: the squared error of the noise, at steps spread evenly over the schedule; some faces mirrored."""

    def __init__(self, network: nn.Module, pictures: torch.Tensor):
        self.network, self.pictures, self.alphas = network, pictures, schedule().alphas_cumprod

    def __call__(self) -> torch.Tensor:
        clean = self.pictures[torch.randint(len(self.pictures), (BATCH,))]
        clean = torch.where((torch.rand(BATCH) < 0.5)[:, None, None, None], clean.flip(3), clean)
        steps = ((torch.arange(BATCH) + torch.rand(BATCH)) / BATCH * len(self.alphas)).long()
        kept = self.alphas[steps][:, None, None, None]
        noise = torch.randn_like(clean)
        with torch.autocast("cpu", enabled=False):  # so few channels are faster in single precision
            told = self.network(kept.sqrt() * clean + (1 - kept).sqrt() * noise, steps).sample
        return ((told - noise) ** 2).mean()


@torch.no_grad()
def drawn(network: nn.Module, count: int, steps: int = 50, seed: int = 0) -> torch.Tensor:
    """Faces from noise by DDIM: [image 3 SIDE SIDE] in -1..1."""
    scheduler = DDIMScheduler.from_config(schedule().config)
    scheduler.set_timesteps(steps)
    x = torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    for step in scheduler.timesteps:
        x = scheduler.step(network(x, step).sample, step, x).prev_sample
    return x


def nearest(made: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """How far each picture is from the most similar of the others, mirrored or not: mean squared difference."""
    flat, others = made.flatten(1), torch.cat([pictures, pictures.flip(3)]).flatten(1)
    return torch.cdist(flat, others).amin(1) ** 2 / flat.shape[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(int(1000 * time.time()))  # what is resumed draws anew
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures, copy = faces(), build()
    sheet(pictures[torch.randperm(len(pictures))[:40]]).save(FOLDER / "real.png")
    print(len(pictures), "faces", flush=True)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        put(copy, weights)
        made = drawn(copy.eval(), 40)
        sheet(made).save(FOLDER / f"{int(time.time())}.png")
        return {"from the nearest face": round(nearest(made, pictures).median().item(), 4)}

    crew = Crew(build(), 1, ENDS)
    curve = teach(crew, 0, NoiseLoss(crew.network, pictures), options.minutes, judge, FOLDER)
    network: Any = crew.network
    network.half().save_pretrained(TARGET)
    (TARGET / "diffusion_pytorch_model.safetensors").chmod(0o644)
    schedule().save_pretrained(TARGET)
    (TARGET / "curve.json").write_text(json.dumps(curve, indent=1) + "\n")


if __name__ == "__main__":
    main()
