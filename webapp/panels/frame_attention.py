"""The frames to click into, and beside them where the patch looks: within each frame, and through time."""

import numpy as np

from core.lenses.frame_attention import ACROSS, FrameLooks, frame_attention
from webapp.films import montage
from webapp.panel import Panel
from webapp.pictures import Bars, Curves, Grid, Picture, Pictures
from webapp.style import OKABE_ITO


def looks(result: FrameLooks) -> Pictures:
    """A step of the slider is a layer's mean over its heads, or one of them."""
    within, through = (with_mean(weights) for weights in (result.within, result.through))
    layers, heads = result.within.shape[:2]
    count, rows, columns = result.within.shape[2:]
    frame, row, column = result.patch
    across = min(ACROSS, count)
    lines = -(-count // across)
    laid = np.zeros((len(within), lines * across, rows, columns), np.float32)
    laid[:, :count] = within / within.max(axis=(1, 2, 3), keepdims=True)
    laid = laid.reshape(-1, lines, across, rows, columns).swapaxes(2, 3)
    mark = f"{frame // across * rows + row},{frame % across * columns + column}"
    grids = (
        Grid(over, lines * rows, across * columns, "cell", "patch", result.picked, hint=hint, mark=mark)
        for over, hint in enumerate(("Click a patch.", ""))
    )
    heights = tuple(f"largest {weight:.2f}" for weight in within.max(axis=(1, 2, 3)))
    maps = laid.reshape(len(within), lines * rows, across * columns)
    numbers = tuple(f"{n + 1}" for n in range(count))
    shown = montage(result.frames, across)[None]
    return Pictures(
        (
            Picture("guess of the film", shown, notes=(f"t = {result.timestep:.0f}",)),
            Picture("within each frame", maps=maps, notes=heights, low=0.0, high=1.0),
            Picture("through time", maps=through, low=0.0),
        ),
        slider="layer and head",
        steps=tuple(f"{layer + 1} · {head or 'mean'}" for layer in range(layers) for head in range(heads + 1)),
        columns=3,
        grids=tuple(grids),
        bars=(Bars(f"frame {frame + 1} looks at", numbers, through[:, frame], (OKABE_ITO[0],) * count),),
        curves=(kept(through),),
    )


def with_mean(weights: np.ndarray) -> np.ndarray:
    """[layer head ...] as [step ...]: of each layer the mean over its heads, then each head."""
    whole = np.concatenate([weights.mean(axis=1, keepdims=True), weights], axis=1)
    return whole.reshape(-1, *weights.shape[2:]).astype(np.float32)


def kept(through: np.ndarray) -> Curves:
    """How far frames look, over the layers and heads."""
    far = np.abs(np.subtract.outer(np.arange(through.shape[1]), np.arange(through.shape[1])))
    shares = [(through * near).sum(axis=2).mean(axis=1) for near in (far == 0, far == 1, far > 1)]
    names = ("its own frame", "the frames beside it", "farther ones")
    return Curves(
        "where a frame looks, on average", names, np.stack(shares), np.linspace(0, 1, len(through)), 0.0, 1.0
    )


PANEL = Panel("Within a frame and through time", frame_attention, looks, rank=2)
