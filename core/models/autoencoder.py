"""Plain and denoising autoencoders: AutoencoderTiny of diffusers (TAESD is one)."""

from typing import Any, ClassVar, Self

import numpy as np

from core.checkpoints import Checkpoint
from core.squares import Squares


class PlainAutoencoder(Squares):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("AutoencoderTiny",)
    TAB: ClassVar[str] = "Autoencoders"

    def __init__(self, checkpoint: Checkpoint, network: Any, side: int, device: str):
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._side = side

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import diffused

        network = diffused.network(checkpoint, cls.MODEL_TYPES[0])
        return cls(checkpoint, network, diffused.side(checkpoint, network.config), device)

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """[image height width rgb] -> [image channel row column]."""
        import torch

        with torch.inference_mode():
            return self._numbers(self._network.encode(self._pixels(pictures)).latents.cpu().numpy())

    def decode(self, kept: np.ndarray) -> np.ndarray:
        """[image channel row column] -> [image height width rgb]."""
        import torch

        with torch.inference_mode():
            latents = torch.from_numpy(kept.astype(np.float32)).to(self.device)
            return self._colours(self._network.decode(latents).sample)
