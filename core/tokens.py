"""What the vision transformers share: patches as tokens, a class token before them, attention among all."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from core.capabilities import Attention, Patches
from core.errors import LoupeError
from core.vision import Vision


class Tokens(Vision):
    """A vision transformer; a family says which of its modules is the body (``_body``)."""

    @property
    def _body(self) -> Any:
        """The network without its head."""
        return self._network

    def patch_attention(self, image: Image.Image) -> Attention:
        """Self-attention among the patches, the class token before them."""
        import torch

        pixels = self._pixel_values([image])
        with torch.inference_mode():
            outputs = self._body(pixel_values=pixels, output_attentions=True)
        return self._attention(torch.cat(self._layers(outputs)), pixels, image)

    def patch_embedding(self, image: Image.Image) -> Patches:
        """The picture cut into patches, and the filters that embed them."""
        import torch

        embeddings = self._body.embeddings
        with torch.inference_mode():
            pixels = self._pixel_values([image])
            filters = embeddings.patch_embeddings.projection
            vectors = filters(pixels)[0].permute(1, 2, 0).cpu().numpy()
            places = self._positions(pixels.shape[-2:]).view(vectors.shape).cpu().numpy()
        return Patches(cut(self._seen(pixels), *vectors.shape[:2]), bank(filters), self._numbers(vectors), places)

    def _positions(self, size: tuple[int, int]) -> Any:
        """What is added to the patches by place, [token dim], for a picture of this height and width."""
        return self._body.embeddings.position_embeddings[0, 1:]

    def _attention(self, weights: Any, pixels: Any, image: Image.Image) -> Attention:
        rows, columns = self._grid(pixels.shape[-2:])
        values = self._numbers(weights.float().cpu().numpy())
        return Attention(
            values, grid=(rows, columns), prefix=values.shape[-1] - rows * columns, box=self._box(image)
        )

    def _layers(self, outputs: Any) -> list[Any]:
        """Each layer's attention. Raises LoupeError where the library gives none."""
        layers = list(outputs.attentions or ())
        if not layers:
            raise LoupeError("{title} shows no attention. Choose another model.", title=self.checkpoint.title)
        return layers

    def _grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) of patches of a picture of this height and width."""
        patch = self._network.config.patch_size
        height, width = (patch, patch) if isinstance(patch, int) else patch
        return size[0] // height, size[1] // width

    def _seen(self, pixels: Any) -> np.ndarray:
        return seen(pixels, self._affine)


def seen(pixels: Any, affine: Sequence[Any]) -> np.ndarray:
    """The picture in 0..1 that became these pixel values, [height width rgb]."""
    scale, shift = affine
    picture = ((pixels - shift) / scale)[0].permute(1, 2, 0).cpu().numpy()
    return np.clip(picture / 255, 0, 1)


def cut(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """[row column height width rgb] from a picture [height width rgb]; what is left over is dropped."""
    height, width = picture.shape[0] // rows, picture.shape[1] // columns
    picture = picture[: rows * height, : columns * width]
    return picture.reshape(rows, height, columns, width, 3).swapaxes(1, 2)


def bank(projection: Any) -> np.ndarray:
    """[channel height width rgb] of a convolution that embeds patches."""
    return projection.weight.permute(0, 2, 3, 1).cpu().numpy()
