"""What the classifiers of pictures share: classes, the maps of their stages, and gradients of one class."""

import copy
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image

from core.capabilities import Branches, PatchLogits, Stages
from core.errors import LoupeError
from core.vision import Vision

BATCH = 16
SEED = 0

Point = tuple[Any, Literal["input", "output"]]
"""A module of the network, and whether what it is given or what it gives is meant."""


class Classifier(Vision):
    """A network that names pictures; a family says what its stages are (``_stages``)."""

    AUTO: ClassVar[str] = "AutoModelForImageClassification"

    def classify(self, images: list[Image.Image]) -> np.ndarray:
        """Logits [image label]."""
        import torch

        found = [np.zeros((0, len(self.labels())), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                pixels = self._pixel_values(images[start : start + BATCH])
                found.append(self._network(pixel_values=pixels).logits.cpu().numpy())
        return self._numbers(np.concatenate(found))

    def features(self, images: list[Image.Image]) -> np.ndarray:
        """[image dim], unit length: what the last layer reads the classes from."""
        import torch

        found: list[np.ndarray] = []
        module = self._network.classifier
        handle = module.register_forward_pre_hook(lambda _, given: found.append(given[0].flatten(1).cpu().numpy()))
        try:
            with torch.inference_mode():
                for start in range(0, len(images), BATCH):
                    self._network(pixel_values=self._pixel_values(images[start : start + BATCH]))
        finally:
            handle.remove()
        values = self._numbers(np.concatenate(found))
        return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)

    def patch_logits(self, image: Image.Image) -> PatchLogits:
        """The classes read from each place by itself."""
        import torch

        with torch.inference_mode():
            names, tokens, (rows, columns) = self._read(self._network, self._pixel_values([image]))
            logits = torch.stack(tokens).reshape(len(names), rows, columns, -1).cpu().numpy()
        return PatchLogits(names, self._numbers(logits), self._box(image))

    def residuals(self, image: Image.Image) -> Branches:
        """Every residual block's skip and branch."""
        import torch

        blocks = self._blocks(self._network)
        with torch.inference_mode():
            run = lambda: self._network(pixel_values=self._pixel_values([image]))  # noqa: E731
            points = recorded([point for _, skip, total, _ in blocks for point in (skip, total)], run)
            pairs = zip(points[::2], points[1::2], strict=True)
            parts = [
                (self._map(stage, skip), self._map(stage, total) - self._map(stage, skip))
                for (*_, stage), (skip, total) in zip(blocks, pairs, strict=True)
            ]
            skips, branches = ([self._numbers(x.cpu().numpy()) for x in part] for part in zip(*parts, strict=True))
        return Branches(tuple(name for name, *_ in blocks), skips, branches, self._box(image))

    def labels(self) -> tuple[str, ...]:
        """The class names, in the order of the logits."""
        names = self._network.config.id2label
        return tuple(str(names[number]) for number in range(self._network.config.num_labels))

    def feature_maps(self, image: Image.Image) -> Stages:
        """The maps of every stage."""
        import torch

        with torch.inference_mode():
            names, raw, _ = self._stages(self._network, self._pixel_values([image]))
            maps = [self._map(index, tensor).cpu().numpy() for index, tensor in enumerate(raw)]
        return Stages(names, [self._numbers(values) for values in maps], box=self._box(image))

    def class_gradients(self, image: Image.Image, label: int, shuffled: bool = False) -> Stages:
        """The maps of every stage, and the gradients of this class's logit with respect to them."""
        import torch

        self._check(label)
        network = self._shuffled() if shuffled else self._network
        with torch.enable_grad():
            pixels = self._pixel_values([image]).requires_grad_()
            names, raw, logits = self._stages(network, pixels)
            slopes = torch.autograd.grad(logits[0, label], raw)
        with torch.no_grad():
            maps, gradients = (
                [self._map(index, tensor.detach()).cpu().numpy() for index, tensor in enumerate(tensors)]
                for tensors in (raw, slopes)
            )
        return Stages(names, [self._numbers(values) for values in maps], gradients, self._box(image))

    def _stages(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], Any]:
        """(names, tensors of one picture after each stage, logits); logits follow from each of the tensors."""
        raise NotImplementedError

    def _read(self, network: Any, pixels: Any) -> tuple[tuple[str, ...], list[Any], tuple[int, int]]:
        """(names, logits [token label] of one picture's places after each layer, rows and columns)."""
        raise NotImplementedError

    def _blocks(self, network: Any) -> list[tuple[str, "Point", "Point", int]]:
        """(name, where its skip and the sum of skip and branch are found, number of its stage) of each block."""
        raise NotImplementedError

    def _map(self, index: int, tensor: Any) -> Any:
        """[channel row column] of what stage number ``index`` gives for one picture."""
        return tensor[0]

    def _check(self, label: int) -> None:
        if not 0 <= label < len(self.labels()):
            raise LoupeError(
                "{title} has no class number {label}: it has {count}, from 0 on.",
                title=self.checkpoint.title,
                label=label,
                count=len(self.labels()),
            )

    def _shuffled(self) -> Any:
        """The network with the numbers of each weight tensor in another order, the same one each time."""
        import torch

        network = copy.deepcopy(self._network)
        chance = torch.Generator().manual_seed(SEED)
        with torch.no_grad():
            for weight in network.parameters():
                order = torch.randperm(weight.numel(), generator=chance).to(weight.device)
                weight.copy_(weight.flatten()[order].view_as(weight))
        return network


def watched(modules: list[tuple[str, Any]], run: Any) -> tuple[tuple[str, ...], list[Any], Any]:
    """(names, what each module gave while ``run()`` ran, what run returned); of several outputs the first."""
    found: dict[str, Any] = {}

    def keep(name: str) -> Any:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            found[name] = output[0] if isinstance(output, tuple) else output

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in modules]
    try:
        answer = run()
    finally:
        for handle in handles:
            handle.remove()
    return tuple(found), list(found.values()), answer


def recorded(points: list[Point], run: Any) -> list[Any]:
    """What was at each of the points while ``run()`` ran, copied before anything writes over it."""
    found: dict[int, Any] = {}

    def keep(number: int) -> Any:
        def hook(module: Any, given: Any, output: Any = None) -> None:
            value = given if output is None else output
            found[number] = (value[0] if isinstance(value, tuple) else value).clone()

        return hook

    handles = [
        module.register_forward_pre_hook(keep(number))
        if side == "input"
        else module.register_forward_hook(keep(number))
        for number, (module, side) in enumerate(points)
    ]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return [found[number] for number in range(len(points))]
