"""CLIP (Radford et al. 2021, arXiv 2103.00020) and the dual encoders built like it, from transformers.

CLIPModel, ChineseCLIPModel, SiglipModel (Zhai et al. 2023, arXiv 2303.15343), VisionTextDualEncoderModel
(Zhai et al. 2021, arXiv 2111.07991) with any two towers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from core.capabilities import Attention, PatchVectors
from core.denoising import WordStates
from core.errors import LoupeError
from core.toward_vectors import Sentences
from core.towers import Towers
from core.word_reader import WordReader


class Clip(Towers):
    MODEL_TYPES = ("clip", "chinese_clip", "siglip", "vision-text-dual-encoder")

    def patch_attention(self, image: Image.Image) -> Attention:
        """Self-attention among the patches; the class token, where there is one, stands before them."""
        import torch

        pixels = self._pixel_values([image])
        with torch.inference_mode():
            outputs = self._network.vision_model(pixel_values=pixels, output_attentions=True)
        weights = self._weights(outputs.attentions, "vision")
        rows, columns = self._grid(pixels.shape[-2:])
        prefix = weights.shape[-1] - rows * columns
        if prefix < 0:
            raise LoupeError(
                "{title} merges its patches on the way, so its attention has no place in the picture. Choose "
                "another model.",
                title=self.checkpoint.title,
            )
        return Attention(weights, grid=(rows, columns), prefix=prefix, box=self._pixels.box(image))

    def embed_patches(self, image: Image.Image) -> PatchVectors:
        """Each patch by itself in the joint space, by the value path of the last layer."""
        import torch

        from core.nets.patch_path import alone

        pixels = self._pixel_values([image])
        rows, columns = self._grid(pixels.shape[-2:])
        with torch.inference_mode():
            vectors = alone(self._network, pixels)[-rows * columns :]
            vectors = torch.nn.functional.normalize(vectors.float(), dim=-1)
        return PatchVectors(vectors.view(rows, columns, -1).cpu().numpy(), self._pixels.box(image))

    def patch_positions(self) -> np.ndarray:
        """[row column dim]: what the vision tower adds to a patch by its place; without the class token's own."""
        tower, side = self._network.vision_model, self._network.config.vision_config.image_size
        embeddings = getattr(tower, "embeddings", None)
        if (grid := getattr(tower, "positions", None)) is not None:  # [1 dim row column]
            return grid[0].permute(1, 2, 0).float().cpu().numpy()
        table = getattr(getattr(embeddings, "position_embedding", None), "weight", None)  # [token dim]
        if table is None and (stored := getattr(embeddings, "position_embeddings", None)) is not None:
            table = stored[0]
        if table is None:
            raise LoupeError(
                "{title} adds nothing to its patches by their place. Choose another model.",
                title=self.checkpoint.title,
            )
        rows, columns = self._grid((side, side) if isinstance(side, int) else tuple(side))
        return table[-rows * columns :].reshape(rows, columns, -1).float().cpu().numpy()

    def word_states(self, texts: Sequence[str]) -> WordStates:
        """What the text tower's last layer makes of each token; padding is not to be looked at, but SigLIP's is."""
        tower, whole = self._network.text_model, self._network.config.model_type == "siglip"
        reader = WordReader(tower, self._tokenizer, self._window, self.checkpoint.title, whole)
        return reader.word_states(texts)

    def sentences(self, texts: Sequence[str]) -> Sentences:
        """The same with each text's vector of unit length; both exact, since others are taught on them."""
        found = self.word_states(texts)
        return Sentences(self._text_vectors(self._network, list(texts)), found.states, found.read)

    def picture_vectors(self, images: list[Image.Image]) -> np.ndarray:
        """[image dim]: of unit length."""
        return self.embed_images(images)

    def _grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) of patches of a picture of this height and width."""
        patch = self._network.config.vision_config.patch_size
        height, width = (patch, patch) if isinstance(patch, int) else patch
        return size[0] // height, size[1] // width

    def _tokens(self, texts: list[str]) -> dict[str, Any]:
        """SigLIP was trained on texts padded to the full window, whose padding is read along and not masked."""
        if self._network.config.model_type != "siglip":
            return super()._tokens(texts)
        inputs = self._tokenizer(texts, padding="max_length", max_length=self._window, return_tensors="pt")
        return {"input_ids": inputs["input_ids"].to(self.device)}
