"""demo-ddpm: a latent diffusion model that draws small emoji from English and Chinese words, for two cores.

Denoising diffusion (Ho et al. 2020, arXiv 2006.11239) in the latents of demo-vae (Rombach et al. 2021, arXiv
2112.10752), with cross-attention to the tokens of demo-clip's text tower and room for classifier-free guidance (Ho &
Salimans 2022, arXiv 2207.12598). The network tells the velocity (Salimans & Ho 2022, arXiv 2202.00512), and its
squared error weighs less where little noise is left (Hang et al. 2023, arXiv 2303.09556).

    python -m zoo.diffusion --minutes 62
"""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from PIL import Image
from torch import nn
from torch.multiprocessing.spawn import start_processes

from core.checkpoints import ASSETS
from zoo.diffusion_data import Drawn, Texts, autoencoder
from zoo.muon import Muon
from zoo.sources import CACHE

TARGET = ASSETS / "checkpoints" / "demo-ddpm"
FOLDER = CACHE / "diffusion"
BATCH = 24  # a process
WORDLESS = 0.1  # of the pictures
MOST = 5.0  # of the signal-to-noise ratio: from there on an error of the drawing weighs the same
WARM_UP, COOL_DOWN = 0.02, 0.6  # shares of the time
RATES = {"muon": 0.02, "adamw": 1e-3}
SAVE_EVERY = 120.0  # seconds
GUIDANCE = 3.0


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


def schedule() -> DDPMScheduler:
    return DDPMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        timestep_spacing="trailing",  # a picture begins as noise alone
    )


class Loss:
    """Of a batch: the squared error of the velocity, at steps spread evenly over the schedule."""

    def __init__(self, network: nn.Module, alphas: torch.Tensor):
        self.network, self.alphas = network, alphas.float()

    def __call__(self, latents: torch.Tensor, states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        count = len(latents)
        steps = ((torch.arange(count) + torch.rand(count)) / count * len(self.alphas)).long()
        kept = self.alphas[steps][:, None, None, None]
        noise = torch.randn_like(latents)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        velocity = kept.sqrt() * noise - (1 - kept).sqrt() * latents
        told = self.network(noisy, steps, states, encoder_attention_mask=real).sample.float()
        weight = ((1 + MOST) * (1 - kept)).clamp(max=1)
        return (weight * (told - velocity) ** 2).mean()


class Optimizers:
    """Muon for every matrix and kernel, AdamW for the rest and for both ends."""

    def __init__(self, network: nn.Module, rank: int, processes: int):
        """Of the parameters only this process's share."""
        inner = {
            name: p
            for name, p in network.named_parameters()
            if p.ndim >= 2 and not name.startswith(("conv_in", "conv_out", "time_embedding"))
        }
        others = [p for name, p in network.named_parameters() if name not in inner]
        mine = sorted(inner.values(), key=nn.Parameter.numel)[rank::processes]
        self.kernels = [(p, nn.Parameter(p.detach().view(len(p), -1))) for p in mine]  # the same memory
        self.parts: list[torch.optim.Optimizer] = [
            Muon([flat for _, flat in self.kernels], lr=RATES["muon"], decay=0.01),
            torch.optim.AdamW(others[rank::processes], lr=RATES["adamw"], betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def step(self, share: float) -> None:
        for kernel, flat in self.kernels:
            flat.grad = None if kernel.grad is None else kernel.grad.view_as(flat)
        for optimizer, rate in zip(self.parts, RATES.values(), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
            optimizer.step()


class Crew:
    """Processes that share one network's memory: each has the gradient of a batch of its own and steps its part."""

    def __init__(self, network: nn.Module, processes: int):
        self.network, self.processes = network.share_memory(), processes
        self.parameters = list(network.parameters())
        self.sizes = [p.numel() for p in self.parameters]
        self.gradients = torch.zeros(processes, sum(self.sizes)).share_memory_()
        self.share = torch.zeros(1).share_memory_()  # of the time that is over, as the first process has it
        self.gate = torch.multiprocessing.get_context("fork").Barrier(processes)

    @torch.no_grad()
    def gather(self, rank: int) -> None:
        """Every process's gradients become the mean of all."""
        found = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        torch.cat([gradient.view(-1) for gradient in found], out=self.gradients[rank])
        self.gate.wait()
        parts = self.gradients.mean(0).split(self.sizes)
        for p, part in zip(self.parameters, parts, strict=True):
            p.grad = part.view_as(p)


def teach(
    crew: Crew,
    rank: int,
    loss: Callable[..., torch.Tensor],
    drawn: Drawn,
    minutes: float,
    judge: Callable[[], dict[str, float]],
) -> list[dict[str, float]]:
    """Train for so many minutes by the clock on the wall; a point of the curve every eighth of them.

    The network ends with an average of its weights that reaches back over about the last tenth of the steps.
    """
    torch.set_flush_denormal(True)
    network, parameters = crew.network, crew.parameters
    optimizers, average = Optimizers(network, rank, crew.processes), [p.detach().clone() for p in parameters]
    state, step, before, curve, losses = FOLDER / "state.pt", 0, 0.0, [], []
    if state.exists():  # the momentum is lost
        kept = torch.load(state, weights_only=True)
        network.load_state_dict(kept["network"])
        average, step, before, curve = kept["average"], kept["step"], kept["seconds"], kept["curve"]
    begin, saved = time.monotonic() - before, time.monotonic()
    crew.gate.wait()
    while True:
        if rank == 0:
            crew.share.fill_((time.monotonic() - begin) / (60 * minutes))
        with torch.autocast("cpu", torch.bfloat16):
            value = loss(*drawn.batch(BATCH, WORDLESS))
        network.zero_grad()
        value.backward()
        crew.gather(rank)
        if (share := crew.share.item()) >= 1:
            break
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizers.step(min(1, share / WARM_UP + 0.02) * min(1, (1 - share) / COOL_DOWN + 0.01))
        crew.gate.wait()
        step += 1
        losses.append(value.item())
        if rank:
            continue
        with torch.no_grad():
            for slow, fast in zip(average, parameters, strict=True):
                slow.lerp_(fast, min(1.0, 9 / (step + 8)))
        if share * 8 >= len(curve):
            curve.append(
                {"minutes": round(share * minutes, 2), "step": step, "loss": np.mean(losses[-100:]).item()}
            )
            curve[-1] |= judge(average)
            print(curve[-1], flush=True)
        if time.monotonic() - saved > SAVE_EVERY:
            saved = time.monotonic()
            print(f"{share:.3f} step {step} loss {np.mean(losses[-50:]):.4f}", flush=True)
            kept = {"network": network.state_dict(), "average": average, "step": step, "curve": curve}
            torch.save(kept | {"seconds": saved - begin}, FOLDER / "state.partial")
            (FOLDER / "state.partial").replace(state)
    if rank == 0:
        put(network, average)
        curve.append({"minutes": minutes, "step": step, "loss": np.mean(losses[-100:]).item()} | judge(average))
        print(curve[-1], flush=True)
    return curve


@torch.no_grad()
def put(network: nn.Module, weights: list[torch.Tensor]) -> None:
    for p, weight in zip(network.parameters(), weights, strict=True):
        p.copy_(weight)


@torch.no_grad()
def sampled(
    network: nn.Module,
    texts: Texts,
    empty: Texts,
    steps: int = 20,
    guidance: float = GUIDANCE,
    seed: int = 0,
) -> torch.Tensor:
    """A picture's latents for each text, at mean 0 and variance 1, by DDIM with classifier-free guidance."""
    scheduler = DDIMScheduler.from_config(schedule().config, set_alpha_to_one=True)
    scheduler.set_timesteps(steps)
    count = len(texts.real)
    x = torch.randn(count, 4, 16, 16, generator=torch.Generator().manual_seed(seed))
    states = torch.cat([empty.states.expand(count, -1, -1), texts.states])
    real = torch.cat([empty.real.expand(count, -1), texts.real])
    for step in scheduler.timesteps:
        with torch.autocast("cpu", torch.bfloat16):
            told = network(torch.cat([x, x]), step, states, encoder_attention_mask=real).sample.float()
        without, given = told.chunk(2)
        x = scheduler.step(without + guidance * (given - without), step, x).prev_sample
    return x


def sheet(pictures: torch.Tensor, columns: int = 8) -> Image.Image:
    """[image 3 height width] in -1..1, in rows, from left to right."""
    levels = ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(list(levels[at : at + columns]), 1) for at in range(0, len(levels), columns)]
    return Image.fromarray(np.concatenate(rows, 0))


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

    curve = teach(crew, rank, Loss(crew.network, schedule().alphas_cumprod), drawn, minutes, judge)
    if rank == 0:
        save(crew.network, drawn.mean, drawn.std, curve)


def save(network: nn.Module, mean: torch.Tensor, std: torch.Tensor, curve: list[dict[str, float]]) -> None:
    network.half().save_pretrained(TARGET / "unet")
    (TARGET / "unet" / "diffusion_pytorch_model.safetensors").chmod(0o644)
    schedule().save_pretrained(TARGET / "scheduler")
    latents = {"mean": [round(x, 5) for x in mean.tolist()], "std": [round(x, 5) for x in std.tolist()]}
    (TARGET / "latents.json").write_text(json.dumps(latents, indent=1) + "\n")
    (TARGET / "curve.json").write_text(json.dumps(curve, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=62)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    Drawn.made()
    torch.manual_seed(0)
    crew = Crew(build(), options.processes)
    start_processes(worker, (crew, options.minutes), options.processes, start_method="fork")


if __name__ == "__main__":
    main()
