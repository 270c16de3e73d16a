"""Inside the video transformers of diffusers: where one place looks, within its frame and through time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from core.nets.hooks import hooked
from core.nets.unet_inside import weights_of


@contextmanager
def looks(network: Any, place: int) -> Iterator[tuple[list[torch.Tensor], list[torch.Tensor]]]:
    """Two lists of a tensor a layer, once the network was asked within for one film.

    [frame head place]: from this place to the places of its frame; [head frame frame]: at this place.
    """
    within: list[torch.Tensor] = []
    through: list[torch.Tensor] = []

    def spatial(attention: Any) -> Callable[..., None]:
        def look(_: Any, args: tuple, kwargs: dict[str, Any]) -> None:
            hidden = args[0] if args else kwargs["hidden_states"]
            within.append(weights_of(attention, hidden[:, place : place + 1], hidden, None)[:, :, 0])

        return look

    def temporal(attention: Any) -> Callable[..., None]:
        def look(_: Any, args: tuple, kwargs: dict[str, Any]) -> None:
            hidden = (args[0] if args else kwargs["hidden_states"])[place : place + 1]
            through.append(weights_of(attention, hidden, hidden, None)[0])

        return look

    hooks = [(block.attn1, spatial(block.attn1)) for block in network.transformer_blocks]
    hooks += [(block.attn1, temporal(block.attn1)) for block in network.temporal_transformer_blocks]
    with hooked(hooks):
        yield within, through
