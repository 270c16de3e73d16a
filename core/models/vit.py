"""ViT (Dosovitskiy et al. 2020, arXiv 2010.11929) and DeiT (Touvron et al. 2020, arXiv 2012.12877)."""

from typing import Any, ClassVar

import numpy as np
from PIL import Image

from core.capabilities import Attention
from core.classifier import Classifier, Point, watched
from core.tokens import Tokens


class Vit(Tokens, Classifier):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("vit",)
    TAB: ClassVar[str] = "ViT"

    @property
    def _body(self) -> Any:
        return self._network.vit

    def attention_gradients(self, image: Image.Image, label: int) -> tuple[Attention, np.ndarray]:
        """Self-attention among the patches, and this class's gradients with respect to its weights."""
        import torch

        self._check(label)
        with torch.enable_grad():
            pixels = self._pixel_values([image]).requires_grad_()
            outputs = self._network(pixel_values=pixels, output_attentions=True)
            layers = self._layers(outputs)
            slopes = torch.autograd.grad(outputs.logits[0, label], layers)
        weights, gradients = (torch.cat(list(parts)).detach() for parts in (layers, slopes))
        return self._attention(weights, pixels, image), gradients.float().cpu().numpy()

    def _stages(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], Any]:
        """What enters each layer's attention: the last layer's own patches no longer reach the class token."""
        modules = [(f"into layer {n + 1}", layer.layernorm_before) for n, layer in enumerate(network.vit.layers)]
        return watched(modules, lambda: network(pixel_values=pixels).logits)

    def _read(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], tuple[int, int]]:
        """Of the patches' tokens after each layer, by the norm that the class token goes through at the end."""
        states = network.vit(pixel_values=pixels, output_hidden_states=True).hidden_states
        rows, columns = self._grid(pixels.shape[-2:])
        names = ("embedded", *(f"after layer {n + 1}" for n in range(len(states) - 1)))
        tokens = [state[0, -rows * columns :] for state in states]
        return names, [network.classifier(network.vit.layernorm(one)) for one in tokens], (rows, columns)

    def _blocks(self, network: Any) -> list[tuple[str, Point, Point, int]]:
        blocks: list[tuple[str, Point, Point, int]] = []
        for n, layer in enumerate(network.vit.layers):
            middle: Point = (layer.layernorm_after, "input")
            blocks.append((f"layer {n + 1} · attention", (layer.layernorm_before, "input"), middle, n))
            blocks.append((f"layer {n + 1} · MLP", middle, (layer, "output"), n))
        return blocks

    def _map(self, index: int, tensor: Any) -> Any:
        side = self._network.vit.embeddings.image_size
        rows, columns = self._grid(side)
        return tensor[0, -rows * columns :].T.reshape(-1, rows, columns)
