"""Inside the U-Nets of diffusers: where cross-attention looks, and the pass without chosen skip connections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from core.nets.hooks import hooked


@dataclass(frozen=True)
class Layer:
    """weights [image head row column token] of one layer's cross-attention; over the tokens they sum to 1."""

    name: str
    weights: torch.Tensor


@contextmanager
def cross_attention(network: nn.Module) -> Iterator[list[Layer]]:
    """A list that holds each layer's cross-attention, in the network's order, once the network was asked within."""
    kept: list[Layer] = []
    grids: dict[nn.Module, tuple[int, int]] = {}

    def entered(transformer: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        grids[transformer] = (args[0] if args else kwargs["hidden_states"]).shape[-2:]

    def looked(transformer: nn.Module, attention: nn.Module, name: str) -> Callable[..., None]:
        def look(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
            hidden, words = args[0] if args else kwargs["hidden_states"], kwargs.get("encoder_hidden_states")
            if words is not None:
                weights = weights_of(attention, hidden, words, kwargs.get("attention_mask"))
                kept.append(Layer(name, weights.unflatten(2, grids[transformer])))

        return look

    hooks: list[tuple[nn.Module, Callable[..., Any]]] = []
    for path, module in network.named_modules():
        blocks: Any = getattr(module, "transformer_blocks", ())
        for number, block in enumerate(blocks):
            hooks.append((block.attn2, looked(module, block.attn2, f"{path}.{number}")))
        if blocks:
            hooks.append((module, entered))
    with hooked(hooks):
        yield kept


def weights_of(
    attention: Any, hidden: torch.Tensor, words: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """[image head place token] as an ``Attention`` of diffusers weighs the words [image token dim] for each place."""
    query, key = (attention.head_to_batch_dim(part) for part in (attention.to_q(hidden), attention.to_k(words)))
    mask = attention.prepare_attention_mask(mask, words.shape[1], len(hidden))
    return attention.get_attention_scores(query, key, mask).unflatten(0, (-1, attention.heads))


def skips(network: Any) -> tuple[str, ...]:
    """The grid of each skip connection and its number there, in the order in which the way up takes them in."""
    side = network.config.sample_size
    rows, columns = (side, side) if isinstance(side, int) else side
    grids = [(rows, columns)]
    for block in network.down_blocks:
        grids += [(rows, columns)] * len(block.resnets)
        if block.downsamplers is not None:
            rows, columns = (rows + 1) // 2, (columns + 1) // 2
            grids.append((rows, columns))
    grids.reverse()
    return tuple(f"{r} × {c} · {grids[: n + 1].count((r, c))}" for n, (r, c) in enumerate(grids))


@contextmanager
def without_skips(network: Any, off: torch.Tensor) -> Iterator[None]:
    """While it lasts, the skip connections that are off, bool [image skip] as ``skips`` counts them, carry zeros."""
    counts = [len(block.resnets) for block in network.up_blocks]
    if off.shape[1] != sum(counts):
        raise ValueError(f"The network has {sum(counts)} skip connections, not {off.shape[1]}.")
    parts = zip(network.up_blocks, off.split(counts, dim=1), strict=True)
    with hooked([(block, _silenced(part)) for block, part in parts if part.any()]):
        yield


def _silenced(off: torch.Tensor) -> Callable[..., tuple[tuple, dict[str, Any]]]:
    """A hook before a block of the way up, which takes what was skipped by name or as its second argument."""

    def silence(block: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        name = "res_hidden_states_tuple"
        given = kwargs[name] if name in kwargs else args[1]
        taken = reversed(off.unbind(1))  # the block takes the last one first
        left = tuple(one.masked_fill(mine[:, None, None, None], 0) for one, mine in zip(given, taken, strict=True))
        return (args, kwargs | {name: left}) if name in kwargs else ((args[0], left, *args[2:]), kwargs)

    return silence
