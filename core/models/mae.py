"""MAE (He et al. 2021, arXiv 2111.06377): a vision transformer that fills in what was hidden, from transformers."""

from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.squares import Squares


class Mae(Squares):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("vit_mae",)
    TAB: ClassVar[str] = "MAE"

    def __init__(self, checkpoint: Checkpoint, network: Any, processor: Any, device: str):
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._side = network.config.image_size
        self._mean = np.asarray(processor.image_mean, np.float32)
        self._deviation = np.asarray(processor.image_std, np.float32)

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import pretrained

        network = pretrained.network(checkpoint, cls.MODEL_TYPES, "AutoModelForPreTraining")
        return cls(checkpoint, network, pretrained.image_processor(checkpoint), device)

    def grid(self) -> tuple[int, int]:
        """(rows, columns) of patches."""
        side = self._side // self._network.config.patch_size
        return side, side

    def reconstruct(self, image: Image.Image, mask: np.ndarray) -> np.ndarray:
        """The picture with the hidden patches guessed from the visible ones."""
        return self.reconstructions(image, mask[None])[0]

    def reconstructions(self, image: Image.Image, masks: np.ndarray) -> np.ndarray:
        """The same for masks [image row column] that hide equally many patches, in one pass."""
        import torch

        if masks.shape[1:] != self.grid():
            raise LoupeError(
                "The mask has {found} patches, {title} has {wanted}. Paint it anew.",
                found=" × ".join(map(str, masks.shape[1:])),
                title=self.checkpoint.title,
                wanted=" × ".join(map(str, self.grid())),
            )
        picture, count = self.seen(image), int(masks[0].sum())
        if (masks.sum(axis=(1, 2)) != count).any():
            raise ValueError("Masks of one pass hide equally many patches.")
        if not count:
            return np.repeat(picture[None], len(masks), axis=0)
        pixels = self._pixels(np.repeat(picture[None], len(masks), axis=0))
        # the library keeps the patches of the smallest noise, so many that the ratio leaves: visible ones come first
        hidden = masks.reshape(len(masks), -1).astype(np.float32)
        noise = torch.from_numpy(hidden + np.linspace(0, 0.1, hidden.shape[1], dtype=np.float32))
        keep = hidden.shape[1] - count
        self._network.vit.embeddings.config.mask_ratio = 1 - (keep + 0.5) / hidden.shape[1]
        with torch.inference_mode():
            guess = self._network(pixels, noise=noise.to(self.device)).logits
            if self._network.config.norm_pix_loss:
                patches = self._network.patchify(pixels)
                spread = (patches.var(dim=-1, keepdim=True) + 1e-6) ** 0.5
                guess = guess * spread + patches.mean(dim=-1, keepdim=True)
            made = self._colours(self._network.unpatchify(guess))
        patch = self._network.config.patch_size
        over = np.kron(masks, np.ones((patch, patch), bool))[..., None]
        return np.where(over, made, picture)
