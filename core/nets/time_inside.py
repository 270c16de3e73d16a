"""The timestep in the networks of diffusers that take noise away: how it is embedded, and telling a wrong one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from core.nets.hooks import hooked


def embedding(network: Any, timesteps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sines and cosines [step channel], and what the network makes of them [layer step dim].

    A U-Net embeds the timestep once, a diffusion transformer anew in each block.
    """
    blocks = getattr(network, "transformer_blocks", None)
    if blocks is None:
        parts = [(network.time_proj, network.time_embedding)]
    else:
        parts = [(block.norm1.emb.time_proj, block.norm1.emb.timestep_embedder) for block in blocks]
    waves = [wave(timesteps) for wave, _ in parts]
    return waves[0], torch.stack([learned(given) for given, (_, learned) in zip(waves, parts, strict=True)])


@contextmanager
def told(network: nn.Module, timesteps: torch.Tensor) -> Iterator[None]:
    """While it lasts, the network reads these timesteps, one an image, whatever it is given."""

    def tell(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        if "timestep" in kwargs:
            return args, kwargs | {"timestep": timesteps}
        return (args[0], timesteps, *args[2:]), kwargs

    with hooked([(network, tell)]):
        yield
