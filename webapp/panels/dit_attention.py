"""The picture being drawn, a map a block for the clicked patch, and how far attention reaches."""

import numpy as np

from core.lenses.dit_attention import PatchesLook, dit_attention
from webapp.paged import Paged
from webapp.panel import Panel
from webapp.pictures import Curves, Grid, Picture, Pictures
from webapp.style import OKABE_ITO

LINES = 6
FEW, NARROW, WIDE = 8, 3, 6  # blocks that need few columns


def looks(result: PatchesLook) -> Paged:
    """A page for the mean of all heads and one for each head."""
    heads = result.maps.shape[2]
    names = ("all heads", *(f"head · {head + 1}" for head in range(heads)))
    pages = [page(result, result.maps.mean(axis=2), result.distance.mean(axis=2))]
    pages += [page(result, result.maps[:, :, head], result.distance[:, :, head]) for head in range(heads)]
    return Paged("head", names, tuple(pages), shared=1)


def page(result: PatchesLook, maps: np.ndarray, distance: np.ndarray) -> Pictures:
    """maps [step layer row column] and distance [step layer] of a head, or the mean of all."""
    steps, layers, rows, columns = maps.shape
    row, column = result.patch
    asks = f"asking patch {row + 1}, {column + 1}"
    picture = Picture("drawn so far", result.pictures, lossy=max(result.pictures.shape[1:3]) > 64, notes=(asks,))
    blocks = [Picture(f"DiT block · {n + 1}", maps=maps[:, n].astype(np.float32), low=0.0) for n in range(layers)]
    hint = "Click a patch to ask from there; click it again to let go"
    return Pictures(
        (picture, *blocks),
        slider="timestep",
        steps=tuple(f"{time:.0f}" for time in result.timesteps) if steps > 1 else (),
        start=steps - 1,
        columns=NARROW if layers <= FEW else WIDE,
        firm=layers <= FEW,
        grids=(Grid(0, rows, columns, "cell", "patch", f"{row},{column}", hint=hint),),
        curves=(reach(result, distance),),
    )


def reach(result: PatchesLook, distance: np.ndarray) -> Curves:
    """A line for at most so many blocks from first to last, and one for looking everywhere alike."""
    steps, layers = distance.shape
    chosen = np.unique(np.linspace(0, layers - 1, min(layers, LINES)).round().astype(int))
    lines = np.concatenate([distance.T[chosen], np.full((1, steps), result.uniform)])
    names = (*(f"DiT block · {n + 1}" for n in chosen), "everywhere alike")
    places = np.arange(steps) / max(steps - 1, 1)
    colours = (*OKABE_ITO[: len(chosen)], OKABE_ITO[7])
    return Curves("mean distance of attention, in patches", names, lines, places, 0.0, colours=colours)


PANEL = Panel("Patches that look at patches", dit_attention, looks, rank=3)
