"""What the families of U-Nets and diffusion transformers share: the timestep, and predictions told a wrong one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.denoising import Prediction, TimeEmbedding


class Telling:
    """A family has the network, the device it is on, and ``predict``."""

    device: str
    _network: Any

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[str]) -> Prediction:
        """See ``core.denoising.Denoiser``."""
        raise NotImplementedError

    def predict_told(
        self, latents: np.ndarray, timestep: float, told: Sequence[float], prompts: Sequence[str]
    ) -> Prediction:
        """The same as ``predict`` for noise of this timestep, while the network is told another one for each image."""
        import torch

        from core.nets import time_inside

        with time_inside.told(self._network, torch.tensor(list(told), dtype=torch.float32, device=self.device)):
            return self.predict(latents, timestep, prompts)

    def time_embedding(self, timesteps: Sequence[float]) -> TimeEmbedding:
        """Of each timestep, see ``core.nets.time_inside``."""
        import torch

        from core.nets import time_inside

        with torch.inference_mode():
            times = torch.tensor(list(timesteps), dtype=torch.float32, device=self.device)
            waves, learned = time_inside.embedding(self._network, times)
            return TimeEmbedding(waves.float().cpu().numpy(), learned.float().cpu().numpy())
