"""What the families of U-Nets share: skip connections can be switched off."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.denoising import Prediction


class Skipping:
    """A family has the network, the device it is on, and ``predict``."""

    device: str
    _network: Any

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[str]) -> Prediction:
        """See ``core.denoising.Denoiser``."""
        raise NotImplementedError

    def skips(self) -> tuple[str, ...]:
        """The grid of each skip connection and its number there, the coarsest first."""
        from core.nets import unet_inside

        return unet_inside.skips(self._network)

    def predict_without(
        self, latents: np.ndarray, timestep: float, prompts: Sequence[str], off: np.ndarray
    ) -> Prediction:
        """The same as ``predict``, with zeros in the skip connections that are off: bool [image skip]."""
        import torch

        from core.nets.unet_inside import without_skips

        with without_skips(self._network, torch.from_numpy(off).to(self.device)):
            return self.predict(latents, timestep, prompts)
