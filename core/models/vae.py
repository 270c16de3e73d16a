"""Variational autoencoders (Kingma & Welling 2013, arXiv 1312.6114): AutoencoderKL of diffusers."""

from typing import ClassVar, Self

from core.checkpoints import Checkpoint
from core.kl import Variational


class Vae(Variational):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("AutoencoderKL",)
    TAB: ClassVar[str] = "Autoencoders"

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import diffused

        network = diffused.network(checkpoint, cls.MODEL_TYPES[0])
        return cls(checkpoint, network, diffused.side(checkpoint, network.config), device)
