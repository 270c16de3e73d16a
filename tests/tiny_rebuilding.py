"""Tiny random models that rebuild pictures, written as save_pretrained writes them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
import transformers
from PIL.Image import Image

SIZES: dict[str, Any] = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4}
DOWN, UP = ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2


def mae(folder: Path) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    decoder = {"decoder_hidden_size": 24, "decoder_num_hidden_layers": 1, "decoder_num_attention_heads": 4}
    config = transformers.ViTMAEConfig(
        **sizes, **decoder, decoder_intermediate_size=48, image_size=32, patch_size=8
    )
    write(transformers.ViTMAEForPreTraining(config), folder)
    transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)


def autoencoder(folder: Path) -> None:
    widths = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
    network = diffusers.AutoencoderTiny(
        **widths, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1), latent_channels=3
    )
    write(network, folder)
    transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)


def vae(folder: Path) -> None:
    write(
        diffusers.AutoencoderKL(
            **SIZES, down_block_types=DOWN, up_block_types=UP, latent_channels=3, sample_size=32
        ),
        folder,
    )


def vq(folder: Path) -> None:
    write(
        diffusers.VQModel(
            **SIZES,
            down_block_types=DOWN,
            up_block_types=UP,
            latent_channels=3,
            sample_size=32,
            num_vq_embeddings=64,
            vq_embed_dim=3,
        ),
        folder,
    )


def write(model: Any, folder: Path) -> None:
    randomise(model).save_pretrained(folder)


def randomise(model: Any) -> Any:
    """Weights as large as trained ones, so that pictures give answers that differ."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                scale = 0.5 if "pos" in name else parameter[0].numel() ** -0.5
                parameter.normal_(0, scale, generator=chance)
    return model


KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "mae": ("mae", mae),
    "autoencoder": ("autoencoder", autoencoder),
    "vae": ("vae", vae),
    "vq": ("vq", vq),
}


class Sample:
    """A collection of these pictures (``core.params.Gallery``); what was kept is in ``shelf``."""

    def __init__(self, pictures: list[Image]):
        self.pictures = pictures
        self.shelf: dict[str, dict[str, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.pictures)

    def picture(self, row: int) -> Image:
        return self.pictures[row]

    def captions(self) -> list[str]:
        return [f"picture {n}" for n in range(len(self.pictures))]

    def vectors(self, encoder: Any) -> tuple[np.ndarray, np.ndarray]:
        return encoder.embed_images(self.pictures), encoder.embed_texts(self.captions())

    def kept(self, name: str, compute: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        if name not in self.shelf:
            self.shelf[name] = dict(compute())
        return self.shelf[name]
