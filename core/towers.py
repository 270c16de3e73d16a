"""What the families of dual encoders share: two towers, one for pictures and one for sentences, and one space."""

import copy
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from core.capabilities import Attention
from core.checkpoints import Checkpoint
from core.device import fast_precision
from core.errors import LoupeError
from core.pixels import Pixels
from core.weights import numbers, size_bytes
from core.word_reader import names

# Small batches stay in the cache of a processor; a graphics card wants more at once.
BATCH = {"cpu": 16}
LARGE_BATCH = 64
# In its fast precision a network is used only if its vectors point this nearly where the exact ones do.
FAITHFUL = 0.98


class Towers:
    """A dual encoder of transformers: exact weights (float32) for what is looked into, fast ones for vectors."""

    MODEL_TYPES: ClassVar[tuple[str, ...]] = ()
    TAB: ClassVar[str] = "CLIP"

    def __init__(self, checkpoint: Checkpoint, network: Any, tokenizer: Any, processor: Any, device: str):
        import torch

        self.checkpoint = checkpoint
        self.device = device
        self._network = self._fast = network.to(device)
        self._tokenizer = tokenizer
        self._pixels = Pixels(processor)
        affine = (self._pixels.scale, self._pixels.shift)
        self._affine = [torch.from_numpy(values).view(-1, 1, 1).to(device) for values in affine]
        positions = getattr(network.config.text_config, "max_position_embeddings", tokenizer.model_max_length)
        self._window = min(int(tokenizer.model_max_length), positions)
        precision = fast_precision(device)
        if precision != "float32":
            fast = copy.deepcopy(self._network).to(getattr(torch, precision), memory_format=torch.channels_last)
            self._fast = fast if self._agrees(fast) else network

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import pretrained

        network = pretrained.network(checkpoint, cls.MODEL_TYPES)
        tokenizer, processor = pretrained.tokenizer(checkpoint), pretrained.image_processor(checkpoint)
        return cls(checkpoint, network, tokenizer, processor, device)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take."""
        networks = {id(network): network for network in (self._network, self._fast)}.values()
        return size_bytes(*networks)

    def embed_images(self, images: list[Image.Image]) -> np.ndarray:
        """[image dim], unit length."""
        size = BATCH.get(self.device, LARGE_BATCH)
        batches = [images[start : start + size] for start in range(0, len(images), size)]
        return self._stack([self._image_vectors(self._fast, batch) for batch in batches])

    def embed_texts(self, texts: list[str]) -> np.ndarray:
        """[text dim], unit length, same space. Raises LoupeError for an empty or too long text."""
        ids = self._read(texts)
        order = sorted(range(len(texts)), key=lambda index: len(ids[index]))
        batches = [order[start : start + LARGE_BATCH] for start in range(0, len(order), LARGE_BATCH)]
        sorted_vectors = [self._text_vectors(self._fast, [texts[index] for index in batch]) for batch in batches]
        vectors = self._stack(sorted_vectors)
        return vectors[np.argsort(order)] if texts else vectors

    def temperature(self) -> float:
        """The logits are cosine similarity divided by this.

        A sigmoid loss (SigLIP) also adds a bias; it is the same for all texts, so it does not change their order.
        """
        return float((-self._network.logit_scale).exp())

    def token_attention(self, text: str) -> Attention:
        """Self-attention among the tokens of the text, the added ones (start, end, padding) included."""
        import torch

        self._read([text])
        inputs = self._tokens([text])
        with torch.inference_mode():
            outputs = self._network.text_model(**inputs, output_attentions=True)
        weights = self._weights(outputs.attentions, "text")
        return Attention(weights, tokens=names(self._tokenizer, text, inputs["input_ids"][0]))

    def _stack(self, batches: list[np.ndarray]) -> np.ndarray:
        if not batches:
            return self._text_vectors(self._fast, ["a"])[:0]
        vectors = np.concatenate(batches)
        return numbers(vectors, self.checkpoint.title)

    def _image_vectors(self, network: Any, images: list[Image.Image]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            found = network.get_image_features(pixel_values=self._pixel_values(images).to(network.dtype))
            return torch.nn.functional.normalize(found.pooler_output.float(), dim=-1).cpu().numpy()

    def _text_vectors(self, network: Any, texts: list[str]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            found = network.get_text_features(**self._tokens(texts))
            return torch.nn.functional.normalize(found.pooler_output.float(), dim=-1).cpu().numpy()

    def _agrees(self, fast: Any) -> bool:
        """Whether the fast network puts a picture and a sentence where the exact one does."""
        ramp = Image.linear_gradient("L")
        image = Image.merge("RGB", (ramp, Image.radial_gradient("L"), ramp.transpose(Image.Transpose.ROTATE_90)))
        pictures = [self._image_vectors(network, [image]) for network in (self._network, fast)]
        sentences = [self._text_vectors(network, ["a photo of a cat"]) for network in (self._network, fast)]
        return all((exact * quick).sum() >= FAITHFUL for exact, quick in (pictures, sentences))

    def _pixel_values(self, images: list[Image.Image]) -> Any:
        """[image channel height width] float32 on the device."""
        import torch

        if wrong := next((image.mode for image in images if image.mode != "RGB"), None):
            raise LoupeError(
                "The picture's mode is {mode}, not RGB. Open pictures with core.images.open_image.", mode=wrong
            )
        scale, shift = self._affine
        pixels = torch.from_numpy(self._pixels(images)).permute(0, 3, 1, 2)  # [image channel height width]
        return pixels.to(self.device).float() * scale + shift

    def _read(self, texts: list[str]) -> list[list[int]]:
        """The tokens' numbers of each text, whole. Raises LoupeError for an empty or too long one."""
        if any(not text.strip() for text in texts):
            raise LoupeError("A sentence is empty. Type at least one word.")
        ids = self._tokenizer(texts, verbose=False)["input_ids"] if texts else []
        for text, tokens in zip(texts, ids, strict=True):
            if len(tokens) > self._window:
                raise LoupeError(
                    "The sentence {text!r} has {count} tokens; {title} reads at most {window}. Shorten it.",
                    text=text if len(text) <= 60 else text[:57] + "...",
                    count=len(tokens),
                    title=self.checkpoint.title,
                    window=self._window,
                )
        return ids

    def _tokens(self, texts: list[str]) -> dict[str, Any]:
        """What the text tower takes, padded to the longest text."""
        inputs = self._tokenizer(texts, padding=True, return_tensors="pt")
        return {name: tensor.to(self.device) for name, tensor in inputs.items()}

    def _weights(self, attentions: Any, side: str) -> np.ndarray:
        """[layer head token token] of one input. Raises LoupeError where the tower shows no such attention."""
        import torch

        layers = [layer for layer in attentions or () if layer is not None]
        if not layers or len({tuple(layer.shape) for layer in layers}) > 1 or len(layers[0]) != 1:
            raise LoupeError(
                "The {side} tower of {title} has no attention from each token to each other. Choose another model.",
                side=side,
                title=self.checkpoint.title,
            )
        return torch.cat(layers).float().cpu().numpy()
