"""CLIP's two towers, each in a folder of its own, as Kandinsky's prior has them (Razzhigaev et al. 2023, arXiv
2310.03502): vectors keep the lengths that the towers give them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL.Image import Image

from core.checkpoints import Checkpoint
from core.pixels import Pixels
from core.toward_vectors import Sentences
from core.weights import size_bytes
from core.word_reader import checked


class Projected:
    """See ``core.toward_vectors.VectorEncoder``."""

    def __init__(self, checkpoint: Checkpoint, prefix: str, device: str):
        """prefix: of the names of the folders. Raises LoupeError where they are damaged or do not fit their class."""
        from core.nets import pretrained

        self._title, self._device = checkpoint.title, device
        text, picture = (
            pretrained.network(checkpoint, (f"clip_{kind}_model",), f"CLIP{kind.title()}ModelWithProjection", part)
            for kind, part in (("text", f"{prefix}text_encoder"), ("vision", f"{prefix}image_encoder"))
        )
        self._text, self._picture = text.to(device), picture.to(device)
        self._tokenizer = pretrained.tokenizer(checkpoint, f"{prefix}tokenizer")
        self._pixels = Pixels(pretrained.image_processor(checkpoint, f"{prefix}image_processor"))
        self._window = min(self._tokenizer.model_max_length, self._text.config.max_position_embeddings)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take."""
        return size_bytes(self._text, self._picture)

    def sentences(self, texts: Sequence[str]) -> Sentences:
        """All padded to the window; the tower looks at the padding like at words, the prior does not."""
        import torch

        for text in texts:
            checked(text, self._tokenizer, self._window, self._title)
        given = self._tokenizer(list(texts), padding="max_length", max_length=self._window, return_tensors="pt")
        with torch.inference_mode():
            found = self._text(given["input_ids"].to(self._device))
        vectors, states = (part.float().cpu().numpy() for part in (found.text_embeds, found.last_hidden_state))
        return Sentences(vectors, states, given["attention_mask"].bool().numpy())

    def picture_vectors(self, images: list[Image]) -> np.ndarray:
        """[image dim]"""
        pixels = self._pixels(images).astype(np.float32) * self._pixels.scale + self._pixels.shift
        return self._embedded(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32))

    def blank(self) -> np.ndarray:
        """[dim]: of a picture that is 0 everywhere as the network takes it."""
        side = self._picture.config.image_size
        return self._embedded(np.zeros((1, 3, side, side), np.float32))[0]

    def _embedded(self, pixels: Any) -> np.ndarray:
        import torch

        with torch.inference_mode():
            return self._picture(torch.from_numpy(pixels).to(self._device)).image_embeds.float().cpu().numpy()
