"""DINOv2 (Oquab et al. 2023, arXiv 2304.07193): a vision transformer taught without labels, so it names nothing."""

from typing import Any, ClassVar

from PIL import Image

from core.capabilities import Stages
from core.classifier import watched
from core.tokens import Tokens


class Dinov2(Tokens):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("dinov2",)
    TAB: ClassVar[str] = "ViT"

    def feature_maps(self, image: Image.Image) -> Stages:
        """What enters each layer's attention, patches alone."""
        import torch

        pixels = self._pixel_values([image])
        rows, columns = self._grid(pixels.shape[-2:])
        modules = [(f"into layer {n + 1}", layer.norm1) for n, layer in enumerate(self._network.encoder.layer)]
        with torch.inference_mode():
            names, raw, _ = watched(modules, lambda: self._network(pixel_values=pixels))
            maps = [tensor[0, 1:].T.reshape(-1, rows, columns).cpu().numpy() for tensor in raw]
        return Stages(names, [self._numbers(values) for values in maps], box=self._box(image))

    def _positions(self, size: tuple[int, int]) -> Any:
        import torch

        embeddings = self._network.embeddings
        rows, columns = self._grid(size)
        tokens = torch.zeros(1, 1 + rows * columns, self._network.config.hidden_size, device=self.device)
        return embeddings.interpolate_pos_encoding(tokens, *size)[0, 1:]
