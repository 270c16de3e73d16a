"""What the families of diffusion transformers share: where patches look, and what steers each block."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.checkpoints import Checkpoint
from core.denoising import PatchLooks
from core.errors import LoupeError
from core.telling import Telling


class Looking(Telling):
    """A family has what ``Telling`` asks of it, the network a DiTTransformer2DModel or a class made from it.

    One that also loads U-Nets says so of them: each method raises LoupeError.
    """

    checkpoint: Checkpoint

    def patch_looks(self, latents: np.ndarray, timestep: float, prompt: Any) -> PatchLooks:
        """Each block's self-attention while it predicts for one picture's latents."""
        import torch

        from core.nets.dit_inside import self_attention

        network = self._transformer()
        patch = network.config.patch_size
        with torch.inference_mode(), self_attention(network) as blocks:
            self.predict(latents[None], timestep, [prompt])
            weights = torch.stack([block[0] for block in blocks]).float().cpu().numpy()
        return PatchLooks((latents.shape[-2] // patch, latents.shape[-1] // patch), weights)

    def modulation(self, timesteps: Sequence[float], prompt: Any) -> np.ndarray:
        """[step layer 6 dim]: shift, scale and gate of a block's attention, then of its MLP."""
        import torch

        from core.nets import dit_inside

        network = self._transformer()
        config = network.config
        nothing = np.zeros((1, config.in_channels, config.sample_size, config.sample_size), np.float32)
        with torch.inference_mode(), dit_inside.condition(network) as given:
            self.predict(nothing, 0, [prompt])
            times = torch.tensor(list(timesteps), dtype=torch.float32, device=self.device)
            return dit_inside.modulation(network, times, given[0]).float().cpu().numpy()

    def _transformer(self) -> Any:
        network = self._takes_noise_away()
        if not hasattr(network, "transformer_blocks"):
            raise LoupeError(
                "{title} draws with a U-Net, which has no patches. Choose a diffusion transformer.",
                title=self.checkpoint.title,
            )
        return network
