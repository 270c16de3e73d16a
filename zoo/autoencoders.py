"""demo-ae, demo-dae, demo-vae, demo-vqvae and demo-vqgan: five ways to write 64 x 64 pixels down on a grid of 16 x 16.

Classes of diffusers: AutoencoderTiny for the plain (Hinton & Salakhutdinov 2006) and the denoising one (Vincent et al.
2008), AutoencoderKL (Kingma & Welling 2013, arXiv 1312.6114), VQModel (van den Oord et al. 2017, arXiv 1711.00937;
Esser et al. 2020, arXiv 2012.09841). The denoising one goes on from the plain one, the VQ-VAE from the VAE, and the
VQGAN from the VQ-VAE: what is called first must be there.

    python -m zoo.autoencoders vae --minutes 8
"""

import argparse
import json
from collections.abc import Callable, Iterator

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.autoencoders.vq_model import VQModel
from torch import nn
from torch.nn import functional
from transformers import ViTImageProcessorPil

from core.checkpoints import ASSETS
from core.spoil import NOISES, spoiled
from zoo.adversary import Adversary, feature_distance
from zoo.drawings import SIDE, Drawings, quality, unseen
from zoo.sources import CACHE
from zoo.training import train

KINDS = ("ae", "dae", "vae", "vqvae", "vqgan")
AFTER = {"dae": "ae", "vqvae": "vae", "vqgan": "vqvae"}
BATCH, CODES, LATENTS = 8, 1024, 4  # whole pictures: their norms and noises are not those of a part
# Twice the variance of the Gaussian that the VAE's decoder stands for: it fits to 0.03 of a colour in -1..1.
DIVERGENCE = 0.002
COMMITMENT = 0.025
FORGETTING = 0.01  # a step, of what the codes stand for
STEPS_BETWEEN_RESTARTS = 100
UNUSED = 0.03  # of the use of a code if all were used alike


def build(kind: str) -> nn.Module:
    if kind in ("ae", "dae"):
        return AutoencoderTiny(
            encoder_block_out_channels=(32, 32, 32),
            decoder_block_out_channels=(32, 32, 32),
            num_encoder_blocks=(0, 2, 2),
            num_decoder_blocks=(2, 2, 0),
            latent_channels=LATENTS,
        )
    sizes = {
        "block_out_channels": (16, 32, 64),
        "layers_per_block": 1,
        "norm_num_groups": 8,
        "latent_channels": LATENTS,
        "sample_size": SIDE,
        "mid_block_add_attention": False,
    }
    down, up = ("DownEncoderBlock2D",) * 3, ("UpDecoderBlock2D",) * 3
    if kind == "vae":
        return AutoencoderKL(down_block_types=down, up_block_types=up, **sizes)
    return VQModel(down_block_types=down, up_block_types=up, num_vq_embeddings=CODES, vq_embed_dim=LATENTS, **sizes)


def loaded(kind: str) -> nn.Module:
    """The trained one, in float32."""
    folder = ASSETS / "checkpoints" / f"demo-{kind}"
    return type(build(kind)).from_pretrained(folder, torch_dtype=torch.float32)


@torch.no_grad()
def start(kind: str, pictures: Iterator[torch.Tensor], onwards: bool = False) -> nn.Module:
    """A network that begins where the one before it ended; a codebook begins as clusters of what is encoded."""
    if onwards:
        return loaded(kind)
    if kind not in AFTER:
        return build(kind)
    before = loaded(AFTER[kind])
    if kind != "vqvae":
        return before
    network = build(kind)
    known = before.state_dict()
    quant, shift = known.pop("quant_conv.weight")[:LATENTS, :, 0, 0], known.pop("quant_conv.bias")[:LATENTS]
    last, bias = known.pop("encoder.conv_out.weight"), known.pop("encoder.conv_out.bias")
    known["encoder.conv_out.weight"] = torch.einsum("ab,bijk->aijk", quant, last)
    known["encoder.conv_out.bias"] = quant @ bias + shift
    known["quant_conv.weight"], known["quant_conv.bias"] = (
        torch.eye(LATENTS)[:, :, None, None],
        torch.zeros(LATENTS),
    )
    strangers = network.load_state_dict(known, strict=False)
    assert not strangers.unexpected_keys and strangers.missing_keys == ["quantize.embedding.weight"]
    found = torch.cat([network.encode(next(pictures)).latents for _ in range(96)])
    network.quantize.embedding.weight.copy_(clusters(found.permute(0, 2, 3, 1).reshape(-1, LATENTS)))
    return network


def clusters(points: torch.Tensor, rounds: int = 12) -> torch.Tensor:
    """CODES centres by k-means, begun at random points."""
    points = points[torch.randperm(len(points))[: 40 * CODES]]
    centres = points[:CODES].clone()
    for _ in range(rounds):
        nearest = torch.cat([torch.cdist(part, centres).argmin(1) for part in points.split(4096)])
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        counts = torch.bincount(nearest, minlength=CODES)[:, None]
        lost = torch.randint(len(points), (CODES,))
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), points[lost])
    return centres


def rebuild(network: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """The usual way through: the VAE's most likely latents, the nearest codes."""
    if isinstance(network, AutoencoderKL):
        return network.decode(network.encode(pixels).latent_dist.mode()).sample
    return network.decode(network.encode(pixels).latents).sample


def distance(rebuilt: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Squares for the level, absolute values for the edges."""
    return functional.mse_loss(rebuilt, pixels) + 0.1 * functional.l1_loss(rebuilt, pixels)


class Losses:
    """What each kind is trained with: pixels to one number."""

    def __init__(self, kind: str, network: nn.Module):
        self.kind, self.network = kind, network
        self.chance = np.random.default_rng(0)
        self.steps = 0
        self.adversary = Adversary() if kind == "vqgan" else None
        if isinstance(network, VQModel):
            self.codes = network.quantize.embedding.weight.requires_grad_(False)
            self.use, self.sums = torch.ones(CODES), self.codes.clone()

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        if self.kind in ("ae", "dae"):
            given = pixels if self.kind == "ae" else self.noisy(pixels)
            return distance(rebuild(self.network, given).float(), pixels)
        if self.kind == "vae":
            posterior = self.network.encode(pixels).latent_dist
            rebuilt = self.network.decode(posterior.sample()).sample.float()
            divergence = posterior.kl().float().mean() / pixels[0].numel()
            return functional.mse_loss(rebuilt, pixels) + DIVERGENCE * divergence
        return self.quantized(pixels)

    def noisy(self, pixels: torch.Tensor) -> torch.Tensor:
        """Each picture spoilt in a way and a strength of its own, one in ten left as it is."""
        found = []
        for picture in ((pixels + 1) / 2).permute(0, 2, 3, 1).numpy():
            strength = float(self.chance.uniform(0.05, 1)) if self.chance.random() > 0.1 else 0.0
            found.append(spoiled(picture, str(self.chance.choice(NOISES)), strength, self.chance))
        spoilt = torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2)
        return (spoilt * 2 - 1).contiguous()

    def quantized(self, pixels: torch.Tensor) -> torch.Tensor:
        """Straight through the nearest codes, which follow the mean of what is rounded to them."""
        latents = self.network.encode(pixels).latents
        with torch.autocast("cpu", enabled=False):
            codes, _, (_, _, chosen) = self.network.quantize(latents.float())
            flat = latents.float().permute(0, 2, 3, 1).reshape(-1, LATENTS)
            commitment = functional.mse_loss(flat, self.codes[chosen.view(-1)])
        rebuilt = self.network.decode(codes, force_not_quantize=True).sample.float()
        self.follow(flat.detach(), chosen.view(-1))
        loss = distance(rebuilt, pixels) + COMMITMENT * commitment
        return loss if self.adversary is None else loss + self.adversary(pixels, rebuilt)

    @torch.no_grad()
    def follow(self, points: torch.Tensor, chosen: torch.Tensor) -> None:
        """Moving averages (van den Oord et al. 2017, appendix A.1); codes hardly used start anew at a latent."""
        found = torch.zeros_like(self.codes).index_add_(0, chosen, points)
        share = CODES / len(points)
        self.use.lerp_(torch.bincount(chosen, minlength=CODES) * share, FORGETTING)
        self.sums.lerp_(found * share, FORGETTING)
        self.steps += 1
        if self.steps % STEPS_BETWEEN_RESTARTS == 0:
            unused = (self.use < UNUSED).nonzero().view(-1)
            self.sums[unused] = points[torch.randint(len(points), (len(unused),))]
            self.use[unused] = 1.0
        self.codes.copy_(self.sums / self.use[:, None])


@torch.inference_mode()
def judge(network: nn.Module, pictures: torch.Tensor) -> dict[str, float]:
    parts = pictures.split(64)
    found = quality(pictures, torch.cat([rebuild(network, part).clamp(-1, 1) for part in parts]))
    if isinstance(network, VQModel):
        latents = torch.cat([network.encode(part).latents for part in parts])
        chosen = network.quantize(latents)[2][2].view(-1)
        share = torch.bincount(chosen, minlength=CODES) / len(chosen)
        found["codes used"] = int((share > 0).sum())
        found["perplexity"] = round(float(torch.exp(-(share * share.clamp(min=1e-12).log()).sum())), 1)
    if isinstance(network, AutoencoderKL):
        found["KL nats"] = round(float(torch.cat([network.encode(p).latent_dist.kl() for p in parts]).mean()), 1)
    return found


@torch.inference_mode()
def denoising(network: nn.Module, pictures: torch.Tensor) -> dict[str, float]:
    """PSNR of what is made of pictures spoilt at half strength, and of the spoilt ones themselves."""
    chance, found = np.random.default_rng(0), {}
    clean = ((pictures + 1) / 2).permute(0, 2, 3, 1).numpy()
    for noise in NOISES:
        spoilt = torch.from_numpy(np.stack([spoiled(picture, noise, 0.5, chance) for picture in clean]))
        spoilt = spoilt.permute(0, 3, 1, 2) * 2 - 1
        made = torch.cat([rebuild(network, part).clamp(-1, 1) for part in spoilt.split(64)])
        found[f"{noise} PSNR"] = quality(pictures, made)["PSNR"]
        found[f"{noise} untouched"] = quality(pictures, spoilt)["PSNR"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--onwards", action="store_true", help="from the trained one, not from the one before it")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    pictures, few = Drawings().batches(BATCH), unseen(every=100)
    network = start(options.kind, pictures, options.onwards).train()
    if options.kind in ("ae", "dae"):  # the others are slower that way
        network = network.to(memory_format=torch.channels_last)
    rate = 3e-4 if options.kind == "vqgan" else 1e-3
    loss: Callable[[torch.Tensor], torch.Tensor] = Losses(options.kind, network)
    folder = CACHE / "autoencoders" / options.kind
    curve = train(network, pictures, loss, folder, options.minutes, rate, lambda: judge(network, few))
    network.eval()
    every = unseen(every=8)
    scores: dict[str, float] = judge(network, every)
    if options.kind in ("ae", "dae"):
        scores |= denoising(network, every[::3])
    with torch.inference_mode():
        made = torch.cat([rebuild(network, part).clamp(-1, 1) for part in every.split(64)])
        scores["feature distance"] = round(feature_distance(every, made), 4)
    target = ASSETS / "checkpoints" / f"demo-{options.kind}"
    network.half().save_pretrained(target)
    config = json.loads((target / "config.json").read_text())
    config.pop("_name_or_path", None)  # a folder of this machine
    (target / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (target / "diffusion_pytorch_model.safetensors").chmod(0o644)
    ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(target)
    (target / "scores.json").write_text(json.dumps({"scores": scores, "curve": curve}, indent=1) + "\n")
    print(scores, flush=True)


if __name__ == "__main__":
    main()
