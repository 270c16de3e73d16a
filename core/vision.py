"""What the vision backbones share: one network, its image processor, and pictures on their way in."""

from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.pixels import Pixels
from core.weights import numbers, size_bytes


class Vision:
    """A network of transformers that takes pictures alone, with its exact weights (float32)."""

    MODEL_TYPES: ClassVar[tuple[str, ...]] = ()
    TAB: ClassVar[str] = ""
    AUTO: ClassVar[str] = "AutoModel"

    def __init__(self, checkpoint: Checkpoint, network: Any, processor: Any, device: str):
        import torch

        self.checkpoint = checkpoint
        self.device = device
        # convolutions run twice as fast over channels that lie side by side
        self._network = network.to(device, memory_format=torch.channels_last)
        self._processor = processor
        self._pixels = Pixels(processor)
        affine = (self._pixels.scale, self._pixels.shift)
        self._affine = [torch.from_numpy(values).view(-1, 1, 1).to(device) for values in affine]

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import pretrained

        network = pretrained.network(checkpoint, cls.MODEL_TYPES, cls.AUTO)
        return cls(checkpoint, network, pretrained.image_processor(checkpoint), device)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take."""
        return size_bytes(self._network)

    def _pixel_values(self, images: list[Image.Image]) -> Any:
        """[image channel height width] float32 on the device."""
        import torch

        if wrong := next((image.mode for image in images if image.mode != "RGB"), None):
            raise LoupeError(
                "The picture's mode is {mode}, not RGB. Open pictures with core.images.open_image.", mode=wrong
            )
        scale, shift = self._affine
        pixels = torch.from_numpy(self._pixels(images)).permute(0, 3, 1, 2)  # [image channel height width]
        return pixels.to(self.device).float() * scale + shift

    def _box(self, image: Image.Image) -> tuple[float, float, float, float]:
        """The part of the picture that the network sees: left, top, right, bottom in its pixels."""
        return self._pixels.box(image)

    def _numbers(self, values: np.ndarray) -> np.ndarray:
        """The same; raises LoupeError where a value is no number."""
        return numbers(values, self.checkpoint.title)
