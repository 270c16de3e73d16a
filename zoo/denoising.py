"""What the recipes of the diffusion models share: the schedule, the loss, the training, sampling, a sheet of pictures.

Denoising diffusion (Ho et al. 2020, arXiv 2006.11239) whose network tells the velocity (Salimans & Ho 2022, arXiv
2202.00512); its squared error weighs less where little noise is left (Hang et al. 2023, arXiv 2303.09556).
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from PIL import Image
from torch import nn

from zoo.muon import Muon

MOST = 5.0  # of the signal-to-noise ratio: from there on an error of the drawing weighs the same
WARM_UP, COOL_DOWN = 0.02, 0.6  # shares of the time
RATES = {"muon": 0.02, "adamw": 1e-3}
SAVE_EVERY = 120.0  # seconds


def schedule() -> DDPMScheduler:
    return DDPMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        timestep_spacing="trailing",  # a picture begins as noise alone
    )


class Loss:
    """Of a batch: the squared error of the velocity, at steps spread evenly over the schedule."""

    def __init__(self, network: Callable[..., Any], alphas: torch.Tensor):
        """network: noisy latents, steps and what is told with them -> an object whose sample is the velocity."""
        self.network, self.alphas = network, alphas.float()

    def __call__(self, latents: torch.Tensor, *told: torch.Tensor) -> torch.Tensor:
        count = len(latents)
        steps = ((torch.arange(count) + torch.rand(count)) / count * len(self.alphas)).long()
        kept = self.alphas[steps].view(-1, *[1] * (latents.ndim - 1))
        noise = torch.randn_like(latents)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        velocity = kept.sqrt() * noise - (1 - kept).sqrt() * latents
        found = self.network(noisy, steps, *told).sample.float()
        weight = ((1 + MOST) * (1 - kept)).clamp(max=1)
        return (weight * (found - velocity) ** 2).mean()


class Optimizers:
    """Muon for every matrix and kernel, AdamW for the rest and for both ends."""

    def __init__(self, network: nn.Module, rank: int, processes: int, ends: tuple[str, ...]):
        """Of the parameters only this process's share. ends: parts of names, of what AdamW is to step."""
        inner = {
            name: p
            for name, p in network.named_parameters()
            if p.ndim >= 2 and not any(end in name for end in ends)
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

    def __init__(self, network: nn.Module, processes: int, ends: tuple[str, ...]):
        """ends: see ``Optimizers``."""
        self.network, self.processes, self.ends = network.share_memory(), processes, ends
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
    loss: Callable[[], torch.Tensor],
    minutes: float,
    judge: Callable[[list[torch.Tensor]], dict[str, float]],
    folder: Path,
) -> list[dict[str, float]]:
    """Train for so many minutes by the clock on the wall; a point of the curve every eighth of them.

    loss: of a new batch each time. The network ends with an average of its weights that reaches back over about the
    last tenth of the steps. folder: where the state is kept, from which another call goes on.
    """
    torch.set_flush_denormal(True)
    network, parameters = crew.network, crew.parameters
    optimizers, average = (
        Optimizers(network, rank, crew.processes, crew.ends),
        [p.detach().clone() for p in parameters],
    )
    state, step, before, curve, losses = folder / "state.pt", 0, 0.0, [], []
    if state.exists():  # the momentum is lost
        kept = torch.load(state, weights_only=True)
        network.load_state_dict(kept["network"])
        average, step, before, curve = kept["average"], kept["step"], kept["seconds"], kept["curve"]
        losses = [curve[-1]["loss"]]  # what is taken up at its end has no other
    begin, saved = time.monotonic() - before, time.monotonic()
    crew.gate.wait()
    while True:
        if rank == 0:
            crew.share.fill_((time.monotonic() - begin) / (60 * minutes))
        with torch.autocast("cpu", torch.bfloat16):
            value = loss()
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
            torch.save(kept | {"seconds": saved - begin}, folder / "state.partial")
            (folder / "state.partial").replace(state)
    if rank == 0:
        put(network, average)
        curve.append({"minutes": minutes, "step": step, "loss": np.mean(losses[-100:]).item()} | judge(average))
        print(curve[-1], flush=True)
    return curve


def save(network: Any, folder: Path) -> None:
    network.half().save_pretrained(folder)
    (folder / "diffusion_pytorch_model.safetensors").chmod(0o644)


def write(file: Path, told: Any) -> None:
    file.write_text(json.dumps(told, indent=1) + "\n")


def write_spread(folder: Path, mean: torch.Tensor, std: torch.Tensor) -> None:
    """How far the latents of the autoencoder are moved and scaled: a number for each channel."""
    spread = {"mean": mean, "std": std}
    write(folder / "latents.json", {name: [round(x, 5) for x in each.tolist()] for name, each in spread.items()})


@torch.no_grad()
def put(network: nn.Module, weights: list[torch.Tensor]) -> None:
    for p, weight in zip(network.parameters(), weights, strict=True):
        p.copy_(weight)


@torch.no_grad()
def sampled(
    network: Callable[..., Any],
    x: torch.Tensor,
    told: tuple[torch.Tensor, ...],
    empty: tuple[torch.Tensor, ...],
    steps: int,
    guidance: float,
) -> torch.Tensor:
    """From noise x to clean latents by DDIM with classifier-free guidance (Ho & Salimans 2022, arXiv 2207.12598).

    network: see ``Loss``. told: with what each is drawn; empty: the same of one that is told nothing.
    """
    scheduler = DDIMScheduler.from_config(schedule().config, set_alpha_to_one=True)
    scheduler.set_timesteps(steps)
    both = [torch.cat([one.expand_as(given), given]) for one, given in zip(empty, told, strict=True)]
    for step in scheduler.timesteps:
        with torch.autocast("cpu", torch.bfloat16):
            found = network(torch.cat([x, x]), step.expand(2 * len(x)), *both).sample.float()
        without, given = found.chunk(2)
        x = scheduler.step(without + guidance * (given - without), step, x).prev_sample
    return x


def sheet(pictures: torch.Tensor, columns: int = 8) -> Image.Image:
    """[image 3 height width] in -1..1, in rows, from left to right."""
    levels = ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(list(levels[at : at + columns]), 1) for at in range(0, len(levels), columns)]
    return Image.fromarray(np.concatenate(rows, 0))
