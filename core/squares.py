"""What the families that rebuild pictures share: pictures in as squares of a fixed side, pictures out as colours."""

from typing import Any

import numpy as np
from PIL import Image

from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.weights import numbers, size_bytes


class Squares:
    """One network that takes squares in -1..1 or in another linear scale, with its exact weights (float32)."""

    checkpoint: Checkpoint
    device: str
    _network: Any
    _side: int
    _mean: Any = 0.5
    _deviation: Any = 0.5

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take."""
        return size_bytes(self._network)

    def seen(self, image: Image.Image) -> np.ndarray:
        """[height width rgb] in 0..1: the square in the picture's middle, at the side that the model takes."""
        if image.mode != "RGB":
            raise LoupeError(
                "The picture's mode is {mode}, not RGB. Open pictures with core.images.open_image.", mode=image.mode
            )
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        square = image.crop((left, top, left + edge, top + edge))
        square = square.resize((self._side, self._side), Image.Resampling.BICUBIC, reducing_gap=4.0)
        return np.asarray(square, np.float32) / 255

    def _pixels(self, pictures: np.ndarray) -> Any:
        """[image height width rgb] in 0..1 -> [image channel height width] as the network takes it."""
        import torch

        scaled = (pictures.astype(np.float32) - self._mean) / self._deviation
        return torch.from_numpy(np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), np.float32)).to(self.device)

    def _colours(self, pixels: Any) -> np.ndarray:
        """The way back, what lies outside 0..1 cut off. Raises LoupeError where a value is no number."""
        values = pixels.float().cpu().numpy().transpose(0, 2, 3, 1) * self._deviation + self._mean
        return np.clip(self._numbers(values), 0, 1).astype(np.float32)

    def _numbers(self, values: np.ndarray) -> np.ndarray:
        """The same; raises LoupeError where a value is no number."""
        return numbers(values, self.checkpoint.title)
