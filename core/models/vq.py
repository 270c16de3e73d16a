"""VQ-VAE (van den Oord et al. 2017, arXiv 1711.00937) and VQGAN (Esser et al. 2020, arXiv 2012.09841): VQModel."""

from typing import Any, ClassVar, Self

import numpy as np

from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.squares import Squares


class Vq(Squares):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("VQModel",)
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

    def codebook(self) -> np.ndarray:
        """[code dim]"""
        return self._network.quantize.embedding.weight.float().cpu().numpy()

    def latents(self, pictures: np.ndarray) -> np.ndarray:
        """[image height width rgb] -> [image row column dim], before rounding to codes."""
        import torch

        with torch.inference_mode():
            found = self._network.encode(self._pixels(pictures)).latents
            return self._numbers(found.permute(0, 2, 3, 1).float().cpu().numpy())

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """[image height width rgb] -> codes [image row column]."""
        import torch

        with torch.inference_mode():
            found = self._network.encode(self._pixels(pictures)).latents
            codes = self._network.quantize(found)[2][2]
            return codes.view(len(found), *found.shape[-2:]).cpu().numpy()

    def decode(self, kept: np.ndarray) -> np.ndarray:
        """Codes [image row column] -> [image height width rgb]. Raises LoupeError for a code that there is not."""
        count = len(self._network.quantize.embedding.weight)
        if kept.size and not 0 <= kept.min() <= kept.max() < count:
            raise LoupeError(
                "There is no code {wrong}: the codebook of {title} has {count}, counted from 0.",
                wrong=int(kept.min() if kept.min() < 0 else kept.max()),
                title=self.checkpoint.title,
                count=count,
            )
        return self.decode_vectors(self.codebook()[kept])

    def decode_vectors(self, vectors: np.ndarray) -> np.ndarray:
        """[image row column dim] -> [image height width rgb], nothing rounded."""
        import torch

        with torch.inference_mode():
            given = torch.from_numpy(np.ascontiguousarray(vectors.transpose(0, 3, 1, 2), np.float32)).to(
                self.device
            )
            return self._colours(self._network.decode(given, force_not_quantize=True).sample)
