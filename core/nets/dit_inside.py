"""Inside the diffusion transformers of diffusers: where self-attention looks, and what steers each block.

Peebles & Xie 2022, arXiv 2212.09748: timestep and condition set shift, scale and gate of each block's two branches.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from core.nets.hooks import hooked
from core.nets.unet_inside import weights_of

PARTS = 6  # shift, scale and gate of the attention, then of the MLP


@contextmanager
def self_attention(network: Any) -> Iterator[list[torch.Tensor]]:
    """A list that holds each block's [image head token token], once the network was asked within."""
    kept: list[torch.Tensor] = []

    def looking(attention: nn.Module) -> Callable[..., None]:
        def look(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
            hidden = args[0] if args else kwargs["hidden_states"]
            kept.append(weights_of(attention, hidden, hidden, None))

        return look

    with hooked([(block.attn1, looking(block.attn1)) for block in network.transformer_blocks]):
        yield kept


@contextmanager
def condition(network: Any) -> Iterator[list[torch.Tensor]]:
    """A list that holds what the first block was given beside the timestep: labels or vectors, one an image."""
    kept: list[torch.Tensor] = []

    def look(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        kept.append(kwargs["class_labels"])

    with hooked([(network.transformer_blocks[0], look)]):
        yield kept


def modulation(network: Any, timesteps: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    """[step layer 6 dim] at each timestep, for the condition [1 ...] as ``condition`` keeps it."""
    given = given.expand(len(timesteps), *given.shape[1:])
    found = []
    for block in network.transformer_blocks:
        norm = block.norm1
        steered = norm.linear(norm.silu(norm.emb(timesteps, given, hidden_dtype=torch.float32)))
        found.append(steered.unflatten(1, (PARTS, -1)))
    return torch.stack(found, dim=1)
