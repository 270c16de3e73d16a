"""Diffusion in pixel space without words (Ho et al. 2020, arXiv 2006.11239): UNet2DModel of diffusers."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from PIL.Image import Image

from core.checkpoints import Checkpoint
from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.skipping import Skipping
from core.squares import Squares
from core.telling import Telling


class Ddpm(Skipping, Telling, Squares):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("UNet2DModel", "DDPMPipeline", "DDIMPipeline")
    TAB: ClassVar[str] = "Diffusion"

    def __init__(self, checkpoint: Checkpoint, network: Any, schedule: Schedule, device: str):
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._schedule = schedule
        self._side = network.config.sample_size

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import diffused

        network = diffused.unet(checkpoint, cls.MODEL_TYPES[0])
        if network.config.in_channels != 3 or not isinstance(network.config.sample_size, int):
            raise LoupeError(
                "{title} draws no squares of three colours. Choose another model.", title=checkpoint.title
            )
        return cls(checkpoint, network, diffused.schedule(checkpoint), device)

    def shape(self) -> tuple[int, int, int]:
        """(rgb, height, width): the latents are the pixels, in -1..1."""
        return 3, self._side, self._side

    def schedule(self) -> Schedule:
        """Of its training."""
        return self._schedule

    def words(self) -> bool:
        """It takes none."""
        return False

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[str]) -> Prediction:
        """Noise and clean pixels in [image rgb height width]. Raises LoupeError for a prompt that is not empty."""
        import torch

        if any(prompts):
            raise LoupeError("{title} takes no words. Leave the sentence out.", title=self.checkpoint.title)
        with torch.inference_mode():
            given = torch.from_numpy(latents.astype(np.float32)).to(self.device)
            when = torch.full((len(latents),), timestep, device=self.device)
            told = self._network(given, when).sample
        return self._schedule.prediction(self._numbers(told.cpu().numpy()), latents, timestep)

    def latents(self, images: list[Image]) -> np.ndarray:
        """The squares in the pictures' middles, in -1..1."""
        return self._pixels(np.stack([self.seen(image) for image in images])).cpu().numpy()

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        """The way back, what lies outside 0..1 cut off."""
        import torch

        return self._colours(torch.from_numpy(latents.astype(np.float32)))
