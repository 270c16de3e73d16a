"""What families of U-Nets and diffusion transformers share: prompts, the timestep, a wrong one that is told."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.denoising import Prediction, TimeEmbedding


class Telling:
    """A family has the network, the device it is on, and ``predict``."""

    device: str
    _network: Any

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[Any]) -> Prediction:
        """See ``core.denoising.Predictor``."""
        raise NotImplementedError

    def read(self, prompts: Sequence[str], seed: int) -> Sequence[Any]:
        """The prompts as they are, where reading them takes no time beside the network."""
        return prompts

    def _takes_noise_away(self) -> Any:
        """The network that does, where a family has others beside it."""
        return self._network

    def predict_told(
        self, latents: np.ndarray, timestep: float, told: Sequence[float], prompts: Sequence[Any]
    ) -> Prediction:
        """The same as ``predict`` for noise of this timestep, while the network is told another one for each image."""
        import torch

        from core.nets import time_inside

        times = torch.tensor(list(told), dtype=torch.float32, device=self.device)
        with time_inside.told(self._takes_noise_away(), times):
            return self.predict(latents, timestep, prompts)

    def time_embedding(self, timesteps: Sequence[float]) -> TimeEmbedding:
        """Of each timestep, see ``core.nets.time_inside``."""
        import torch

        from core.nets import time_inside

        with torch.inference_mode():
            times = torch.tensor(list(timesteps), dtype=torch.float32, device=self.device)
            waves, learned = time_inside.embedding(self._takes_noise_away(), times)
            return TimeEmbedding(waves.float().cpu().numpy(), learned.float().cpu().numpy())
