"""demo-mae: a masked autoencoder (He et al. 2021, arXiv 2111.06377) of 64 x 64 pixels in patches of 4.

python -m zoo.mae --minutes 14
"""

import argparse
import json

import torch
from torch import nn
from torch.nn import functional
from transformers import ViTImageProcessorPil, ViTMAEConfig, ViTMAEForPreTraining
from transformers.models.vit_mae.modeling_vit_mae import build_2d_sinusoidal_position_embedding

from core.checkpoints import ASSETS
from zoo.backbones import start_near
from zoo.drawings import SIDE, Drawings, unseen
from zoo.sources import CACHE
from zoo.training import train

PATCH, SHARE, BATCH = 4, 0.75, 16


def build() -> ViTMAEForPreTraining:
    config = ViTMAEConfig(
        hidden_size=128,
        num_hidden_layers=5,
        num_attention_heads=4,
        intermediate_size=512,
        image_size=SIDE,
        patch_size=PATCH,
        mask_ratio=SHARE,
        decoder_hidden_size=96,
        decoder_num_hidden_layers=2,
        decoder_num_attention_heads=4,
        decoder_intermediate_size=384,
    )
    network = ViTMAEForPreTraining(config)
    # made from a configuration alone, the library's class is left with tables of zeros
    for table in (network.vit.embeddings.position_embeddings, network.decoder.decoder_pos_embed):
        table.data.copy_(places(table.shape[-1]))
    for layer in network.vit.layers:
        start_near(layer.attention)
    start_beside(network.decoder)
    return network


def places(dim: int) -> torch.Tensor:
    """Sines and cosines of column and row, the class token's first: [1 token dim]."""
    side = SIDE // PATCH
    found = build_2d_sinusoidal_position_embedding(height=side, width=side, embed_dim=dim, cls_token=True)
    return torch.cat([found[..., dim // 2 :], found[..., : dim // 2]], -1)[None].float()


@torch.no_grad()
def start_beside(decoder: nn.Module) -> None:
    """The decoder begins by looking at visible patches near by: finding that out takes it very long.

    Positions are sines and cosines, so a product of their quick waves is greatest where two patches are the same
    and falls with their distance; each head begins with another width. The slowest sine is next to 0 everywhere and
    is free to say that a token is a mask: masks are looked at less.
    """
    dim = decoder.decoder_embed.out_features
    quarter, quick = dim // 4, 6
    waves = [block * quarter + wave for block in range(4) for wave in range(quick)]
    free = quarter - 1
    decoder.mask_token[..., free] = 3.0
    decoder.decoder_embed.weight[free] = 0.0
    for layer in decoder.decoder_layers:
        attention = layer.attention
        width = attention.head_dim
        for projection in (attention.q_proj, attention.k_proj):
            projection.weight.mul_(0.1)
        for head, strength in enumerate((1.5, 3.0, 6.0, 12.0)):
            for row, wave in enumerate(waves[: width - 1]):
                attention.q_proj.weight[head * width + row, wave] = strength**0.5
                attention.k_proj.weight[head * width + row, wave] = strength**0.5
            attention.q_proj.weight[head * width + width - 1, free] = 2.0
            attention.k_proj.weight[head * width + width - 1, free] = -2.0
        attention.v_proj.weight.copy_(torch.eye(dim))
        attention.o_proj.weight.copy_(torch.eye(dim))


@torch.inference_mode()
def error(network: nn.Module, pictures: torch.Tensor) -> dict[str, float]:
    """Squared error on the hidden patches, of the model and of two ways to fill them in without one.

    All relative to filling them with the mean of the visible patches; blurred: the visible pixels under a Gaussian
    of 2.5 pixels, the best width.
    """
    found = torch.zeros(3)
    generator = torch.Generator().manual_seed(0)
    for x in pictures.split(64):
        noise = torch.rand(len(x), (SIDE // PATCH) ** 2, generator=generator)
        answer = network(x, noise=noise)
        hidden = answer.mask.view(-1, 1, SIDE // PATCH, SIDE // PATCH)
        hidden = functional.interpolate(hidden, scale_factor=PATCH)
        seen = 1 - hidden
        mean = (x * seen).sum((2, 3), keepdim=True) / seen.sum((2, 3), keepdim=True)
        near = (spread(x * seen) + 1e-6 * mean) / (spread(seen) + 1e-6)
        for index, guess in enumerate((network.unpatchify(answer.logits), near, mean)):
            found[index] += ((guess - x) ** 2 * hidden).sum()
    return {"model": round(float(found[0] / found[2]), 4), "blurred": round(float(found[1] / found[2]), 4)}


def spread(x: torch.Tensor, width: float = 2.5) -> torch.Tensor:
    places = torch.arange(-7, 8)
    line = torch.exp(-(places**2) / (2 * width**2))
    kernel = (line[:, None] * line)[None, None]
    return functional.conv2d(x.reshape(-1, 1, SIDE, SIDE), kernel, padding=7).view(x.shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=14)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    network, few = build(), unseen(every=8)
    curve = train(
        network,
        Drawings().batches(BATCH),
        lambda pixels: network(pixels).loss,
        CACHE / "mae",
        options.minutes,
        1e-3,
        lambda: error(network, few),
    )
    target = ASSETS / "checkpoints" / "demo-mae"
    scores = error(network.eval(), unseen(every=2))
    network.half().save_pretrained(target)
    half = {"mean": [0.5] * 3, "std": [0.5] * 3}
    ViTImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, image_mean=half["mean"], image_std=half["std"]
    ).save_pretrained(target)
    (target / "scores.json").write_text(json.dumps({"scores": scores, "curve": curve}, indent=1) + "\n")
    print(scores, flush=True)


if __name__ == "__main__":
    main()
