"""demo-vdt: a small video diffusion transformer that moves emoji as a sentence says, for a core of its own.

A latent diffusion transformer with attention within each frame and through time (Latte, Ma et al. 2024, arXiv
2401.03048) in the latents of demo-vae, told the token states of demo-clip's text tower.

    python -m zoo.video --minutes 60
"""

import argparse
import time
from typing import Any

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.transformers.latte_transformer_3d import LatteTransformer3DModel
from torch import nn

from core.checkpoints import ASSETS
from zoo.denoising import Crew, Loss, put, sampled, save, schedule, sheet, teach, write, write_spread
from zoo.diffusion_data import autoencoder
from zoo.sources import CACHE
from zoo.video_data import FRAMES, Clips

TARGET = ASSETS / "checkpoints" / "demo-vdt"
FOLDER = CACHE / "video"
BATCH = 8
WITHOUT = 0.1  # of the clips have no words
GUIDANCE = 3.0
SHOWN = 10
ENDS = ("pos_embed", "proj_out", "adaln_single", "caption_projection", "scale_shift_table")


def build() -> LatteTransformer3DModel:
    network = LatteTransformer3DModel(
        num_attention_heads=4,
        attention_head_dim=32,
        in_channels=4,
        num_layers=4,
        cross_attention_dim=128,
        attention_bias=True,
        sample_size=16,
        patch_size=2,
        activation_fn="gelu-approximate",
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        caption_channels=384,
        video_length=FRAMES,
    )
    nn.init.zeros_(network.proj_out.weight)
    for block in (*network.transformer_blocks, *network.temporal_transformer_blocks):
        for attention in (block.attn1, block.attn2):
            if attention is not None:
                attention.set_processor(AttnProcessor())  # the fused one is slow backwards
    return network


def reading(network: nn.Module) -> Any:
    """The network as the loss and the sampler ask it: latents, steps and words' states."""
    return lambda noisy, steps, states: network(noisy, steps, states)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(int(1000 * time.time()))  # what is resumed draws anew
    FOLDER.mkdir(parents=True, exist_ok=True)
    clips, vae, copy = Clips.made(), autoencoder(), build()
    shown = torch.from_numpy(np.random.default_rng(1).permutation(len(clips.latents))[:SHOWN])
    said, empty = clips.texts.states[clips.ways[shown, 0]], clips.texts.states[:1]
    with torch.no_grad():
        sheet(vae.decode(clips.frames(clips.latents[shown].float())).sample, FRAMES).save(FOLDER / "real.png")
    print(len(clips.latents), "clips", [clips.names[index] for index in shown], flush=True)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        put(copy, weights)
        x = torch.randn(SHOWN, *clips.latents.shape[1:], generator=torch.Generator().manual_seed(0))
        made = sampled(reading(copy.eval()), x, (said,), (empty,), 20, GUIDANCE)
        with torch.no_grad():
            sheet(vae.decode(clips.frames(made)).sample, FRAMES).save(FOLDER / f"{int(time.time())}.png")
        return {}

    crew = Crew(build(), 1, ENDS)
    loss = Loss(reading(crew.network), schedule().alphas_cumprod)
    curve = teach(crew, 0, lambda: loss(*clips.batch(BATCH, WITHOUT)), options.minutes, judge, FOLDER)
    save(crew.network, TARGET / "transformer")
    schedule().save_pretrained(TARGET / "scheduler")
    write_spread(TARGET, clips.mean, clips.std)
    write(TARGET / "curve.json", curve)


if __name__ == "__main__":
    main()
