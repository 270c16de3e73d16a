"""Swin (Liu et al. 2021, arXiv 2103.14030): attention within windows that shift from block to block."""

from typing import Any, ClassVar

import numpy as np
from PIL import Image

from core.capabilities import Patches, Windows
from core.classifier import Classifier, Point, watched
from core.tokens import bank, cut, seen


class Swin(Classifier):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("swin",)
    TAB: ClassVar[str] = "Swin"

    def window_attention(self, image: Image.Image) -> list[Windows]:
        """Every block's attention within its windows, in order."""
        import torch

        kept: list[tuple[int, Any, Any]] = []

        def keep(stage: int) -> Any:
            return lambda block, inputs, output: kept.append((stage, block, output[1]))

        handles = [
            block.register_forward_hook(keep(number))
            for number, stage in enumerate(self._network.swin.encoder.layers)
            for block in stage.blocks
        ]
        try:
            with torch.inference_mode():
                self._network(pixel_values=self._pixel_values([image]))
        finally:
            for handle in handles:
                handle.remove()
        return [self._windows(stage, block, weights) for stage, block, weights in kept]

    def patch_embedding(self, image: Image.Image) -> Patches:
        """The picture cut into patches, and the filters that embed them; places are told within windows."""
        import torch

        with torch.inference_mode():
            pixels = self._pixel_values([image])
            projection = self._network.swin.embeddings.patch_embeddings.projection
            vectors = projection(pixels)[0].permute(1, 2, 0).cpu().numpy()
        picture = cut(seen(pixels, self._affine), *vectors.shape[:2])
        return Patches(picture, bank(projection), self._numbers(vectors))

    def _windows(self, stage: int, block: Any, weights: Any) -> Windows:
        """Where the tokens of each window stand on the grid, as the block's own cutting and shifting puts them."""
        rows, columns = self._grid(stage)
        side, shift = int(block.window_size), int(block.shift_size)
        high, wide = -(-rows // side) * side, -(-columns // side) * side  # padded to whole windows
        row, column = ((np.arange(length) - shift) % length for length in (high, wide))
        windows = (row // side)[:, None] * (wide // side) + column // side
        places = (row % side)[:, None] * side + column % side
        parts = [part(line, length, side, shift) for line, length in ((row, high), (column, wide))]
        regions = parts[0][:, None] * 3 + parts[1]
        numbers = self._numbers(weights.float().cpu().numpy())
        here = np.s_[:rows, :columns]
        return Windows(numbers, windows[here], places[here], regions[here], stage, shift)

    def _grid(self, stage: int) -> tuple[int, int]:
        """(rows, columns) of tokens in this stage: each one halves, and rounds up."""
        rows, columns = self._network.swin.embeddings.patch_grid
        for _ in range(stage):
            rows, columns = (rows + 1) // 2, (columns + 1) // 2
        return rows, columns

    def _stages(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], Any]:
        layers = network.swin.encoder.layers
        modules = [(f"stage {n + 1}", layer.blocks[-1]) for n, layer in enumerate(layers)]
        return watched(modules, lambda: network(pixel_values=pixels).logits)

    def _read(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], tuple[int, int]]:
        """Of the last stage's tokens; their mean is what the picture's classes are read from."""
        tokens = network.swin(pixel_values=pixels).last_hidden_state[0]
        last = len(network.swin.encoder.layers) - 1
        return (f"stage {last + 1}",), [network.classifier(tokens)], self._grid(last)

    def _blocks(self, network: Any) -> list[tuple[str, Point, Point, int]]:
        blocks: list[tuple[str, Point, Point, int]] = []
        for number, stage in enumerate(network.swin.encoder.layers):
            for n, block in enumerate(stage.blocks):
                name = f"stage {number + 1} block {n + 1}"
                middle: Point = (block.layernorm_after, "input")
                blocks.append((f"{name} · attention", (block.layernorm_before, "input"), middle, number))
                blocks.append((f"{name} · MLP", middle, (block, "output"), number))
        return blocks

    def _map(self, index: int, tensor: Any) -> Any:
        return tensor[0].T.reshape(-1, *self._grid(index))


def part(shifted: np.ndarray, length: int, side: int, shift: int) -> np.ndarray:
    """Which of three parts of the shifted line each place falls in; 0 everywhere where nothing is shifted."""
    if not shift:
        return np.zeros(length, np.int64)
    return (shifted >= length - side).astype(np.int64) + (shifted >= length - shift)
