"""The variational autoencoder of diffusers, as a family of its own and inside a latent diffusion model."""

from typing import Any

import numpy as np

from core.checkpoints import Checkpoint
from core.squares import Squares


class Variational(Squares):
    def __init__(self, checkpoint: Checkpoint, network: Any, side: int, device: str):
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._side = side

    def posterior(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each latent, both [image channel row column]."""
        import torch

        with torch.inference_mode():
            found = self._network.encode(self._pixels(pictures)).latent_dist
            mean, spread = (self._numbers(part.float().cpu().numpy()) for part in (found.mean, found.std))
            return mean, spread

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """[image height width rgb] -> the likeliest latents [image channel row column]."""
        return self.posterior(pictures)[0]

    def decode(self, kept: np.ndarray) -> np.ndarray:
        """[image channel row column] -> [image height width rgb]."""
        import torch

        with torch.inference_mode():
            latents = torch.from_numpy(kept.astype(np.float32)).to(self.device)
            return self._colours(self._network.decode(latents).sample)
