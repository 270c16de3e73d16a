"""What the families of diffusion transformers share: where patches look, and what steers each block."""

from collections.abc import Sequence

import numpy as np

from core.denoising import PatchLooks
from core.telling import Telling


class Looking(Telling):
    """A family has what ``Telling`` asks of it, the network a DiTTransformer2DModel or a class made from it."""

    def patch_looks(self, latents: np.ndarray, timestep: float, prompt: str) -> PatchLooks:
        """Each block's self-attention while it predicts for one picture's latents."""
        import torch

        from core.nets.dit_inside import self_attention

        patch = self._network.config.patch_size
        with torch.inference_mode(), self_attention(self._network) as blocks:
            self.predict(latents[None], timestep, [prompt])
            weights = torch.stack([block[0] for block in blocks]).float().cpu().numpy()
        return PatchLooks((latents.shape[-2] // patch, latents.shape[-1] // patch), weights)

    def modulation(self, timesteps: Sequence[float], prompt: str) -> np.ndarray:
        """[step layer 6 dim]: shift, scale and gate of a block's attention, then of its MLP."""
        import torch

        from core.nets import dit_inside

        config = self._network.config
        nothing = np.zeros((1, config.in_channels, config.sample_size, config.sample_size), np.float32)
        with torch.inference_mode(), dit_inside.condition(self._network) as given:
            self.predict(nothing, 0, [prompt])
            times = torch.tensor(list(timesteps), dtype=torch.float32, device=self.device)
            return dit_inside.modulation(self._network, times, given[0]).float().cpu().numpy()
