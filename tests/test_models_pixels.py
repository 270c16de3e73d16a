"""Preparing pictures on bytes against the processors of transformers."""

import numpy as np
import pytest
import transformers
from PIL import Image

from core.pixels import Pixels

SQUARE = {"height": 48, "width": 40}
PROCESSORS = {
    "clip": transformers.CLIPImageProcessorPil(size={"shortest_edge": 48}, crop_size={"height": 48, "width": 48}),
    "crop beyond": transformers.CLIPImageProcessorPil(
        size={"shortest_edge": 40}, crop_size={"height": 47, "width": 44}
    ),
    "siglip": transformers.SiglipImageProcessorPil(size=SQUARE),
    "vit": transformers.ViTImageProcessorPil(size=SQUARE, image_mean=[0.4, 0.5, 0.6], image_std=[0.2, 0.25, 0.3]),
    "bytes": transformers.ViTImageProcessorPil(size=SQUARE, do_rescale=False, do_normalize=False),
    "align": transformers.EfficientNetImageProcessorPil(
        size=SQUARE, crop_size={"height": 40, "width": 36}, do_center_crop=True, rescale_factor=1 / 127.5,
        rescale_offset=True, include_top=False,
    ),
    "efficientnet": transformers.EfficientNetImageProcessorPil(size=SQUARE, do_center_crop=False, include_top=True),
    "no resize": transformers.BitImageProcessorPil(do_resize=False, crop_size=SQUARE),
}  # fmt: skip
FOREIGN = {
    "longest edge": transformers.ViTImageProcessorPil(size={"shortest_edge": 40, "longest_edge": 44}),
    "of its own": transformers.ConvNextImageProcessorPil(size={"shortest_edge": 48}),
}


def photograph(width, height):
    """Smooth as a photograph is, with edges in it."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    colours = [rows, (columns * 7 % 1), ((rows - 0.5) ** 2 + (columns - 0.5) ** 2 < 0.1)]
    return Image.fromarray((np.stack(colours, axis=-1) * 255).astype(np.uint8))


def both(processor, image):
    pixels = Pixels(processor)
    ours = pixels([image]) * pixels.scale + pixels.shift
    theirs = processor(images=[image], return_tensors="np")["pixel_values"].transpose(0, 2, 3, 1)
    return ours, theirs


@pytest.mark.parametrize("size", [(200, 150), (64, 90), (30, 20), (48, 48)], ids=str)
@pytest.mark.parametrize("name", PROCESSORS)
def test_the_numbers_are_those_of_the_processor(name, size):
    ours, theirs = both(PROCESSORS[name], photograph(*size))
    assert Pixels(PROCESSORS[name])([photograph(*size)]).dtype == np.uint8
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("name", ["clip", "siglip", "vit"])
def test_a_large_picture_is_nearly_the_same(name):
    ours, theirs = both(PROCESSORS[name], photograph(1200, 900))
    assert np.abs(ours - theirs).mean() < 0.01 * theirs.std()


@pytest.mark.parametrize("name", FOREIGN)
def test_another_processor_is_asked_itself(name):
    image = photograph(44, 40)
    ours, theirs = both(FOREIGN[name], image)
    assert Pixels(FOREIGN[name])([image]).dtype == np.float32
    np.testing.assert_array_equal(ours, theirs)


def test_the_box_is_what_the_network_sees():
    assert Pixels(PROCESSORS["siglip"]).box(photograph(80, 50)) == (0, 0, 80, 50)
    assert Pixels(PROCESSORS["clip"]).box(photograph(96, 48)) == (24, 0, 72, 48)
    assert Pixels(PROCESSORS["clip"]).box(photograph(48, 192)) == (0, 72, 48, 120)
