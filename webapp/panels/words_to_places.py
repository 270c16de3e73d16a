"""Words as chips over the drawn picture, with a slider for the step and a choice of the grid."""

import numpy as np
from PIL import Image

from core.lenses.patch_text import IDLE
from core.lenses.words_to_places import WordsToPlaces, words_to_places
from webapp.heat import HeatMaps
from webapp.panel import Panel
from webapp.pictures import png
from webapp.words import Drawn


def places(result: WordsToPlaces) -> Drawn:
    """A page of heat maps for all steps and for each step, of all grids and of each, with the step's picture."""
    layers = result.layers / result.layers.sum()
    together = np.einsum("nstrc,s->ntrc", result.maps, layers)[:, None]
    pages = np.concatenate([together, result.maps], axis=1)  # step, all grids and each
    pages = np.concatenate([pages.mean(axis=0, keepdims=True), pages])  # all steps and each
    image = Image.fromarray(np.round(result.pictures[-1] * 255).astype(np.uint8))
    names = (*result.words, "everything else")
    first = next((n for n, word in enumerate(result.words) if word.lower() not in IDLE), 0)
    packed = [[HeatMaps(image, maps.astype(np.float32), names, "word", "share of the attention", chips=True).packed()
               for maps in step] for step in pages]  # fmt: skip
    content = {name: value for name, value in packed[0][0].items() if name not in ("kind", "picture", *PAGE)}
    content |= {
        "pages": [[{name: page[name] for name in PAGE} for page in step] for step in packed],
        "pictures": [png(result.pictures[-1]), *map(png, result.pictures)],
        "timesteps": [float(timestep) for timestep in result.timesteps],
        "grids": [f"{rows} × {columns}" for rows, columns in result.grids],
        "first": first,
    }
    return Drawn("word_places", content)


PAGE = ("levels", "low", "high")
PANEL = Panel("Words to places", words_to_places, places, rank=3)
