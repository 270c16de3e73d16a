"""demo-unclip: pictures from sentences through demo-clip's space (Ramesh et al. 2022, arXiv 2204.06125), for two cores.

Two networks. The prior (PriorTransformer) is a diffusion model of picture vectors, told a sentence's vector and the
states of its tokens. The decoder is a diffusion transformer (Peebles & Xie 2022, arXiv 2212.09748) in the latents of
demo-vae, told a picture's vector. Each part is trained by itself, on a core of its own:

    python -m zoo.unclip decoder --minutes 80
    python -m zoo.unclip prior --minutes 15
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.transformers.prior_transformer import PriorTransformer
from diffusers.schedulers.scheduling_unclip import UnCLIPScheduler
from torch import nn
from torch.nn import functional

from core.checkpoints import ASSETS
from core.nets.vector_dit import VectorDiT
from zoo.denoising import Crew, Loss, put, sampled, save, schedule, sheet, teach, write, write_spread
from zoo.diffusion_data import LONGEST, autoencoder
from zoo.sources import CACHE
from zoo.unclip_data import Pairs, Things, conditions

TARGET = ASSETS / "checkpoints" / "demo-unclip"
FOLDER = CACHE / "unclip"
BATCH = {"decoder": 32, "prior": 128}
WITHOUT = 0.1  # of the batch is told nothing
BLUR = 0.5  # how far off the vectors that the decoder is told may be, as a share of their length
GUIDANCE = 2.0
SHOWN = 40
ENDS = {
    "decoder": ("pos_embed", "norm1", "proj_out"),
    "prior": ("time_embedding", "positional_embedding", "prd_embedding", "_proj", "proj_", "clip_"),
}


def decoder() -> VectorDiT:
    network = VectorDiT()
    for block in network.transformer_blocks:
        block.attn1.set_processor(AttnProcessor())  # the fused one is slow backwards
        nn.init.zeros_(block.norm1.linear.weight)  # as the paper has it: each block begins as the identity
        nn.init.zeros_(block.norm1.linear.bias)
    nn.init.zeros_(network.proj_out_2.weight)
    return network


def prior() -> PriorTransformer:
    network = PriorTransformer(
        num_attention_heads=4,
        attention_head_dim=48,
        num_layers=3,
        embedding_dim=384,
        num_embeddings=LONGEST,
        dropout=0.1,
    )
    for name in ("positional_embedding", "prd_embedding"):
        nn.init.normal_(getattr(network, name), std=0.02)
    network.set_attn_processor(AttnProcessor())
    return network


def prior_schedule() -> UnCLIPScheduler:
    return UnCLIPScheduler(prediction_type="sample", clip_sample_range=5.0)


class PriorLoss:
    """Of a batch: the squared error of the clean vector, at steps spread evenly over the schedule."""

    def __init__(self, network: nn.Module, alphas: torch.Tensor):
        self.network, self.alphas = network, alphas.float()

    def __call__(self, clean: torch.Tensor, *told: torch.Tensor) -> torch.Tensor:
        count = len(clean)
        steps = ((torch.arange(count) + torch.rand(count)) / count * len(self.alphas)).long()
        kept = self.alphas[steps][:, None]
        noisy = kept.sqrt() * clean + (1 - kept).sqrt() * torch.randn_like(clean)
        found = self.network(noisy, steps, *told).predicted_image_embedding.float()
        return ((found - clean) ** 2).mean()


@torch.no_grad()
def guessed(
    network: PriorTransformer,
    told: tuple[torch.Tensor, ...],
    empty: tuple[torch.Tensor, ...],
    steps: int = 20,
    guidance: float = GUIDANCE,
) -> torch.Tensor:
    """Picture vectors [text dim] for these texts, at mean 0 and variance 1, by the deterministic sampler (DDIM)."""
    alphas = prior_schedule().alphas_cumprod
    times = np.round(np.arange(len(alphas), 0, -len(alphas) / steps)).astype(int) - 1
    x = torch.randn(len(told[0]), told[0].shape[1], generator=torch.Generator().manual_seed(0))
    both = [torch.cat([one.expand_as(given), given]) for one, given in zip(empty, told, strict=True)]
    clean = x
    for time_, after in zip(times, [*times[1:], None], strict=True):
        found = network(torch.cat([x, x]), torch.full((2 * len(x),), int(time_)), *both).predicted_image_embedding
        without, given = found.float().chunk(2)
        clean = without + guidance * (given - without)
        kept, then = alphas[time_], torch.tensor(1.0) if after is None else alphas[after]
        noise = (x - kept.sqrt() * clean) / (1 - kept).sqrt()
        x = then.sqrt() * clean + (1 - then).sqrt() * noise
    return clean


def teach_decoder(minutes: float) -> None:
    things, vae, copy = Things.made(), autoencoder(), decoder()
    shown = torch.from_numpy(np.random.default_rng(1).permutation(len(things.latents))[:SHOWN])
    other = conditions(torch.stack([things.vectors[index][len(things.vectors[index]) // 2] for index in shown]))
    sheet(vae.decode(things.unscaled(things.latents[shown])).sample).save(FOLDER / "real.png")
    print(len(things.latents), "drawings,", len(things.looks), "vectors", flush=True)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        put(copy, weights)
        x = torch.randn(SHOWN, 4, 16, 16, generator=torch.Generator().manual_seed(0))
        made = sampled(copy.eval(), x, (other,), (torch.zeros(1, 384),), 20, GUIDANCE)
        sheet(vae.decode(things.unscaled(made)).sample).save(FOLDER / f"{int(time.time())}.png")
        return {
            "from its drawing": round((made - things.latents[shown]).square().mean((1, 2, 3)).median().item(), 3)
        }

    crew = Crew(decoder(), 1, ENDS["decoder"])
    loss = Loss(crew.network, schedule().alphas_cumprod)
    curve = teach(
        crew, 0, lambda: loss(*things.batch(BATCH["decoder"], WITHOUT, BLUR)), minutes, judge, made("decoder")
    )
    save(crew.network, TARGET / "transformer")
    schedule().save_pretrained(TARGET / "scheduler")
    write_spread(TARGET, things.mean, things.std)
    write(TARGET / "curve-decoder.json", curve)


def teach_prior(minutes: float) -> None:
    pairs, copy = Pairs.made(), prior()
    shown = torch.from_numpy(np.random.default_rng(1).permutation(len(pairs.looks))[:500])
    told, empty = pairs.told(pairs.ways[pairs.starts[shown]]), pairs.told(torch.zeros(1, dtype=torch.long))
    real = functional.normalize(pairs.looks[shown] * pairs.std + pairs.mean, dim=-1)
    print(len(pairs.looks), "pictures,", len(pairs.states), "texts", flush=True)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        put(copy, weights)
        found = functional.normalize(guessed(copy.eval(), told, empty) * pairs.std + pairs.mean, dim=-1)
        return {
            "cosine to its picture": round((found * real).sum(-1).mean().item(), 3),
            "of the sentence": round((told[0] * real).sum(-1).mean().item(), 3),
            "R@1": round((found @ real.T).argmax(-1).eq(torch.arange(len(real))).float().mean().item(), 3),
            "of the sentence, R@1": round(
                (told[0] @ real.T).argmax(-1).eq(torch.arange(len(real))).float().mean().item(), 3
            ),
        }

    network = prior()
    with torch.no_grad():
        network.clip_mean.copy_(pairs.mean)
        network.clip_std.copy_(pairs.std)
    for p in (network.clip_mean, network.clip_std):
        p.requires_grad_(False)
    copy.load_state_dict(network.state_dict())
    crew = Crew(network, 1, ENDS["prior"])
    loss = PriorLoss(network.train(), prior_schedule().alphas_cumprod)
    curve = teach(crew, 0, lambda: loss(*pairs.batch(BATCH["prior"], WITHOUT)), minutes, judge, made("prior"))
    save(network, TARGET / "prior")
    prior_schedule().save_pretrained(TARGET / "prior_scheduler")
    write(TARGET / "curve-prior.json", curve)


def made(part: str) -> Path:
    (FOLDER / part).mkdir(parents=True, exist_ok=True)
    return FOLDER / part


PARTS: dict[str, Callable[[float], None]] = {"decoder": teach_decoder, "prior": teach_prior}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--minutes", type=float, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(int(1000 * time.time()))  # what is resumed draws anew
    FOLDER.mkdir(parents=True, exist_ok=True)
    PARTS[options.part](options.minutes)


if __name__ == "__main__":
    main()
