"""From pictures to what a network takes: the steps of a checkpoint's image processor, on bytes.

The usual processors turn each picture into an array, back into a picture to resize it, and then into floats.
Here it stays bytes until the whole batch is one array, and rescaling and normalising become one multiplication.
"""

from typing import Any

import numpy as np
from PIL import Image

# The processors that do no more than resize, crop, rescale and normalise, in this order.
PLAIN = ("CLIP", "Siglip", "ViT", "DeiT", "Bit", "ChineseCLIP", "EfficientNet")
# A side more than eight times too long is first averaged in whole blocks, down to four times the wanted length.
REDUCING_GAP = 4.0


class Pixels:
    """Calls like an image processor, and gives bytes: value · scale + shift is what the network takes.

    scale, shift: [channel] float32.
    """

    def __init__(self, processor: Any):
        self._processor = processor
        name = type(processor).__name__.removesuffix("Pil").removesuffix("ImageProcessor")
        self._plain = name in PLAIN and not getattr(processor, "do_pad", False) and self._size_known()
        self.scale, self.shift = np.ones(3, np.float32), np.zeros(3, np.float32)
        if self._plain:
            self.scale, self.shift = self._affine()

    def __call__(self, images: list[Image.Image]) -> np.ndarray:
        """[image height width channel], uint8; float32 from a processor of another kind than PLAIN."""
        if self._plain:
            return np.stack([np.asarray(self._squeeze(image)) for image in images])
        pixels = self._processor(images=images, return_tensors="np")["pixel_values"]
        return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1), dtype=np.float32)

    def box(self, image: Image.Image) -> tuple[float, float, float, float]:
        """The part of the picture that the network sees: left, top, right, bottom in pixels of the picture."""
        if not (self._plain and self._processor.do_center_crop):
            return 0.0, 0.0, float(image.width), float(image.height)
        (width, height), (left, top, right, bottom) = self._resized(image), self._crop(self._resized(image))
        across, down = image.width / width, image.height / height
        return left * across, top * down, right * across, bottom * down

    def _size_known(self) -> bool:
        size = self._processor.size
        given = {name for name in ("shortest_edge", "longest_edge", "height", "width") if size.get(name)}
        return not self._processor.do_resize or given in ({"height", "width"}, {"shortest_edge"})

    def _affine(self) -> tuple[np.ndarray, np.ndarray]:
        processor = self._processor
        scale, shift = np.ones(3), np.zeros(3)
        if processor.do_rescale:
            scale *= processor.rescale_factor
            shift -= 1.0 if getattr(processor, "rescale_offset", False) else 0.0
        deviation = np.broadcast_to(np.asarray(processor.image_std, float), 3)
        if processor.do_normalize:
            scale, shift = scale / deviation, (shift - np.asarray(processor.image_mean, float)) / deviation
        if getattr(processor, "include_top", False):
            scale, shift = scale / deviation, shift / deviation
        return scale.astype(np.float32), shift.astype(np.float32)

    def _resized(self, image: Image.Image) -> tuple[int, int]:
        """(width, height) after resizing."""
        size = self._processor.size
        if not self._processor.do_resize:
            return image.size
        if size.get("height"):
            return size["width"], size["height"]
        short, (width, height) = size["shortest_edge"], image.size
        return (short, int(short * height / width)) if width <= height else (int(short * width / height), short)

    def _crop(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        wanted = self._processor.crop_size
        left, top = (size[0] - wanted["width"]) // 2, (size[1] - wanted["height"]) // 2
        return left, top, left + wanted["width"], top + wanted["height"]

    def _squeeze(self, image: Image.Image) -> Image.Image:
        size = self._resized(image)
        if size != image.size:
            image = image.resize(size, self._processor.resample, reducing_gap=REDUCING_GAP)
        return image.crop(self._crop(size)) if self._processor.do_center_crop else image
