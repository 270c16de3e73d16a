"""Tiny random vision backbones, written as save_pretrained writes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers

from core.nets import efficientnet_classifier

LABELS = ("apple", "cat", "house", "rocket", "red apple")
NAMES: dict[str, Any] = {
    "id2label": dict(enumerate(LABELS)),
    "label2id": {name: n for n, name in enumerate(LABELS)},
}
WIDTH: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
}


def write(model: Any, folder: Path, processor: Any) -> None:
    """Weights as large as trained ones, so that pictures give answers that differ."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, (2 / parameter[0].numel()) ** 0.5, generator=chance)
            else:
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=chance))
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def square(side: int) -> Any:
    return transformers.ViTImageProcessorPil(size={"height": side, "width": side})


def vit(folder: Path) -> None:
    config = transformers.ViTConfig(**WIDTH, **NAMES, image_size=32, patch_size=8)
    write(transformers.ViTForImageClassification(config), folder, square(32))


def deit(folder: Path) -> None:
    """A ViT whose processor cuts the middle out."""
    config = transformers.ViTConfig(**WIDTH, **NAMES, image_size=32, patch_size=8)
    processor = transformers.DeiTImageProcessorPil(
        size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32}, do_center_crop=True
    )
    write(transformers.ViTForImageClassification(config), folder, processor)


def dinov2(folder: Path) -> None:
    """Positions for a larger picture than it is shown, as in the released ones."""
    config = transformers.Dinov2Config(**WIDTH, image_size=56, patch_size=8)
    processor = transformers.BitImageProcessorPil(
        size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32}, do_center_crop=True
    )
    write(transformers.Dinov2Model(config), folder, processor)


def swin(folder: Path) -> None:
    """Windows that do not divide the first grid, so that it is padded, and shifted ones."""
    config = transformers.SwinConfig(
        **NAMES, image_size=40, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 2], window_size=4
    )
    write(transformers.SwinForImageClassification(config), folder, square(40))


def resnet(folder: Path) -> None:
    config = transformers.ResNetConfig(
        **NAMES, embedding_size=8, hidden_sizes=[8, 16], depths=[2, 1], layer_type="basic"
    )
    processor = transformers.ConvNextImageProcessorPil(size={"shortest_edge": 32}, crop_pct=0.875)
    write(transformers.ResNetForImageClassification(config), folder, processor)


def bottleneck(folder: Path) -> None:
    config = transformers.ResNetConfig(
        **NAMES, embedding_size=8, hidden_sizes=[16, 32], depths=[1, 2], layer_type="bottleneck"
    )
    write(transformers.ResNetForImageClassification(config), folder, square(32))


def efficientnet(folder: Path) -> None:
    config = efficientnet_classifier.EfficientNetLiteConfig(**NAMES)
    write(efficientnet_classifier.EfficientNetLiteForImageClassification(config), folder, square(64))


KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "vit": ("vit", vit),
    "deit": ("vit", deit),
    "dinov2": ("dinov2", dinov2),
    "swin_classifier": ("swin", swin),
    "resnet": ("resnet", resnet),
    "bottleneck": ("resnet", bottleneck),
    "efficientnet": ("efficientnet", efficientnet),
}
