"""A training of so many minutes: warm-up and cool-down by the processor's clock, resumable, its curve kept."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zoo.muon import Muon

WARM_UP, COOL_DOWN = 0.03, 0.6  # shares of the time
MUON_RATE = 0.02
NORM = re.compile(r"norm|ln_", re.IGNORECASE)
INSIDE = re.compile(
    r"\.(h|(decoder_)?layers?)\.\d+\."
)  # the matrices of the layers; tables and heads stay with AdamW
SAVE_EVERY = 90.0  # seconds


def train(
    model: torch.nn.Module,
    batches: Iterator[Any],
    loss_of: Callable[[Any], torch.Tensor],
    folder: Path,
    minutes: float,
    rate: float,
    judge: Callable[[], dict[str, float]],
    muon: float = MUON_RATE,
) -> list[dict[str, float]]:
    """Train until the minutes are used up, earlier runs counted; the curve, a point every eighth of the time.

    Minutes are those that the process had of each core it may use, so that a busy machine changes nothing.

    The weights that the model has at the end are the average of the last twentieth's.
    """
    torch.set_flush_denormal(True)  # numbers next to zero make square roots on a processor ten times slower
    optimizers = made_for(model, rate, muon)
    groups = [(group, group["lr"]) for optimizer in optimizers for group in optimizer.param_groups]
    folder.mkdir(parents=True, exist_ok=True)
    state, step, spent, curve, losses = folder / "state.pt", 0, 0.0, [], []
    if state.exists():
        kept = torch.load(state, weights_only=True)
        model.load_state_dict(kept["model"])
        for optimizer, state_dict in zip(optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(state_dict)
        step, spent, curve = kept["step"], kept["spent"], kept["curve"]
    average: list[torch.Tensor] | None = None
    averaged, begin, saved = 0, clock() - spent, clock()
    while (done := (clock() - begin) / (60 * minutes)) < 1:
        for group, peak in groups:
            group["lr"] = peak * min(1, done / WARM_UP + 0.02) * min(1, (1 - done) / COOL_DOWN + 0.02)
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(next(batches))
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        losses.append(float(loss.detach()))
        if done > 0.95:
            averaged += 1
            with torch.no_grad():
                if average is None:
                    average = [p.clone() for p in model.parameters()]
                for slow, fast in zip(average, model.parameters(), strict=True):
                    slow.lerp_(fast, 1 / averaged)
        if done * 8 >= len(curve):
            paused = clock()
            point = {"minutes": round(done * minutes, 2), "step": step, "loss": float(np.mean(losses[-200:]))}
            curve.append(point | judge())
            print(curve[-1], f"judged in {clock() - paused:.0f} s", flush=True)
        if clock() - saved > SAVE_EVERY:
            saved = clock()
            kept = {"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": step}
            torch.save(kept | {"spent": clock() - begin, "curve": curve}, folder / "state.partial")
            (folder / "state.partial").replace(state)
    if average is not None:
        with torch.no_grad():
            for fast, slow in zip(model.parameters(), average, strict=True):
                fast.copy_(slow)
    curve.append({"minutes": minutes, "step": step, "loss": float(np.mean(losses[-200:]))} | judge())
    print(curve[-1], flush=True)
    return curve


def clock() -> float:
    """Seconds of processor time, of one core."""
    return time.process_time() / torch.get_num_threads()


def made_for(model: torch.nn.Module, rate: float, muon: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW at its rate for all else; the layers' biases are left alone."""
    for name, parameter in model.named_parameters():
        if INSIDE.search(name) and name.endswith(".bias") and not NORM.search(name):
            parameter.requires_grad_(False)  # their gradients took a seventh of the time
    matrices = {name: p for name, p in model.named_parameters() if p.ndim == 2 and INSIDE.search(name)}
    inside = {name: p for name, p in matrices.items() if not name.endswith("_table")}
    others = [p for name, p in model.named_parameters() if name not in inside and p.requires_grad]
    optimizers: list[torch.optim.Optimizer] = [Muon(inside.values(), lr=muon)] if inside else []
    optimizers.append(torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0))
    return optimizers
