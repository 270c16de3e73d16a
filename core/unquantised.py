"""VQModel of diffusers as an autoencoder of numbers: nothing is rounded to codes, as Kandinsky draws."""

from typing import Any

import numpy as np

from core.checkpoints import Checkpoint
from core.squares import Squares


class Unquantised(Squares):
    def __init__(self, checkpoint: Checkpoint, network: Any, side: int, device: str):
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._side = side

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """[image height width rgb] -> latents [image channel row column]."""
        import torch

        with torch.inference_mode():
            return self._numbers(self._network.encode(self._pixels(pictures)).latents.float().cpu().numpy())

    def decode(self, kept: np.ndarray) -> np.ndarray:
        """The way back."""
        import torch

        with torch.inference_mode():
            latents = torch.from_numpy(kept.astype(np.float32)).to(self.device)
            return self._colours(self._network.decode(latents, force_not_quantize=True).sample)
