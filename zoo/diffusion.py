"""demo-ddpm: a latent diffusion model that draws small emoji from English and Chinese words, for two cores.

Denoising diffusion (Ho et al. 2020, arXiv 2006.11239) in the latents of demo-vae (Rombach et al. 2021, arXiv
2112.10752), with cross-attention to the tokens of demo-clip's text tower and room for classifier-free guidance (Ho &
Salimans 2022, arXiv 2207.12598). The network tells the velocity (Salimans & Ho 2022, arXiv 2202.00512), and its
squared error weighs less where little noise is left (Hang et al. 2023, arXiv 2303.09556).

    python -m zoo.diffusion --minutes 62
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn
from torch.multiprocessing.spawn import start_processes

from core.checkpoints import ASSETS
from zoo import denoising
from zoo.denoising import Crew, Loss, put, save, schedule, sheet, teach, write, write_spread
from zoo.diffusion_data import Drawn, Texts, autoencoder
from zoo.sources import CACHE

TARGET = ASSETS / "checkpoints" / "demo-ddpm"
FOLDER = CACHE / "diffusion"
BATCH = 24  # a process
WORDLESS = 0.1  # of the pictures
GUIDANCE = 3.0
ENDS = ("conv_in", "conv_out", "time_embedding")


def build() -> UNet2DConditionModel:
    network = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 128, 192),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=384,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    network.set_attn_processor(AttnProcessor())  # the fused one is slow backwards
    return network


def reading(network: Callable[..., Any], noisy: torch.Tensor, steps: torch.Tensor, *words: torch.Tensor) -> Any:
    """The network's answer to latents and words: states of tokens and which of them are real."""
    states, real = words
    return network(noisy, steps, states, encoder_attention_mask=real)


def sampled(
    network: nn.Module,
    texts: Texts,
    empty: Texts,
    steps: int = 20,
    guidance: float = GUIDANCE,
    seed: int = 0,
) -> torch.Tensor:
    """A picture's latents for each text, at mean 0 and variance 1."""
    x = torch.randn(len(texts.real), 4, 16, 16, generator=torch.Generator().manual_seed(seed))
    said, none = (texts.states, texts.real), (empty.states, empty.real)
    return denoising.sampled(partial(reading, network), x, said, none, steps, guidance)


def worker(rank: int, crew: Crew, minutes: float) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(rank + int(1000 * time.time()))  # what is resumed draws anew
    drawn = Drawn.made()
    shown = torch.from_numpy(np.random.default_rng(1).permutation(len(drawn.latents))[:40])
    empty, said = Texts(*drawn.texts[:1]), Texts(*drawn.texts[drawn.ways[shown, (torch.arange(40) % 3 == 0) * 3]])
    if rank == 0:
        vae, copy = autoencoder(), build()  # the other process goes on with the network
        sheet(vae.decode(drawn.unscaled(drawn.latents[shown])).sample).save(FOLDER / "real.png")
        print(len(drawn.latents), "drawings", drawn.mean, drawn.std, [drawn.names[i] for i in shown], flush=True)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        begin = time.process_time()
        put(copy, weights)
        made = sampled(copy.eval(), said, empty)
        sheet(vae.decode(drawn.unscaled(made)).sample).save(FOLDER / f"{int(time.time())}.png")
        away = (made - drawn.latents[shown]).square().mean((1, 2, 3)).median().item()
        return {"from its drawing": round(away, 3), "seconds": round(time.process_time() - begin, 1)}

    loss = Loss(partial(reading, crew.network), schedule().alphas_cumprod)
    curve = teach(crew, rank, lambda: loss(*drawn.batch(BATCH, WORDLESS)), minutes, judge, FOLDER)
    if rank == 0:
        save(crew.network, TARGET / "unet")
        schedule().save_pretrained(TARGET / "scheduler")
        write_spread(TARGET, drawn.mean, drawn.std)
        write(TARGET / "curve.json", curve)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=62)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    Drawn.made()
    torch.manual_seed(0)
    crew = Crew(build(), options.processes, ENDS)
    start_processes(worker, (crew, options.minutes), options.processes, start_method="fork")


if __name__ == "__main__":
    main()
