"""EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variant) with ImageNet's thousand classes."""

from typing import Any, ClassVar

from core.classifier import Classifier, Point


class EfficientNet(Classifier):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("loupe_efficientnet_lite",)
    TAB: ClassVar[str] = "CNN"

    def _stages(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], Any]:
        maps = network.maps(pixels)
        names = ("stem", *(f"stage {n + 1}" for n in range(len(maps) - 2)), "head")
        return names, maps, network.classifier(maps[-1].mean(dim=(2, 3)))

    def _read(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], tuple[int, int]]:
        """Of the head's places; their mean is what the picture's classes are read from."""
        last = network.maps(pixels)[-1][0]
        return ("head",), [network.classifier(last.flatten(1).T)], tuple(last.shape[1:])

    def _blocks(self, network: Any) -> list[tuple[str, Point, Point, int]]:
        """The blocks that have a skip: of each stage all but the first."""
        return [
            (f"stage {number + 1} block {n + 1}", (block, "input"), (block, "output"), number)
            for number, stage in enumerate(network.trunk.stages)
            for n, block in enumerate(stage)
            if block.skip
        ]
