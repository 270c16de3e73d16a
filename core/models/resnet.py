"""ResNet (He et al. 2015, arXiv 1512.03385): stages of residual blocks, each at half the side of the one before."""

from typing import Any, ClassVar

from PIL import Image

from core.classifier import Classifier, Point, watched

WARPED = 384  # from this side on the library's processor does not crop


class ResNet(Classifier):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("resnet",)
    TAB: ClassVar[str] = "CNN"

    def _stages(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], Any]:
        body = network.resnet
        modules = [("stem", body.embedder)]
        modules += [(f"stage {n + 1}", stage) for n, stage in enumerate(body.encoder.stages)]
        return watched(modules, lambda: network(pixel_values=pixels).logits)

    def _read(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], tuple[int, int]]:
        """Of the last stage's places; their mean is what the picture's classes are read from."""
        last = network.resnet(pixel_values=pixels).last_hidden_state[0]
        name = f"stage {len(network.resnet.encoder.stages)}"
        return (name,), [network.classifier[-1](last.flatten(1).T)], tuple(last.shape[1:])

    def _blocks(self, network: Any) -> list[tuple[str, Point, Point, int]]:
        return [
            (
                f"stage {number + 1} block {n + 1}",
                (block.shortcut, "output"),
                (block.activation, "input"),
                number,
            )
            for number, stage in enumerate(network.resnet.encoder.stages)
            for n, block in enumerate(stage.layers)
        ]

    def _box(self, image: Image.Image) -> tuple[float, float, float, float]:
        """ConvNeXT's processor, which ResNet's checkpoints name, cuts the middle out of a larger picture."""
        share, edge = self._processor.__dict__.get("crop_pct"), self._processor.size.get("shortest_edge")
        if not share or not edge or edge >= WARPED:
            return super()._box(image)
        side = min(image.size) * edge / int(edge / share)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        return left, top, left + side, top + side
