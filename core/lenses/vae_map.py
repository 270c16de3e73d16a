"""A collection in the latent space of a variational autoencoder: who lies near whom, and which latents say nothing."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import VariationalAutoencoder
from core.lenses.codebook_usage import AT_ONCE, looked_at
from core.lenses.vae_latents import COLLAPSED, divergence
from core.lenses.vae_traversal import at
from core.params import Gallery, Picked, Progress
from core.projection import umap, unit

SIDE = 22  # cells of the map
TILE = 40  # pixels of a cell
NEAR = 5


@dataclass(frozen=True)
class VaeMap(Result):
    """atlas: the map, in each of its cells the picture nearest to the middle; a fourth colour says how opaque.

    own: the cell of the reader's picture. cell, chosen, rebuilt, between: the clicked cell, its picture, that decoded,
    and what lies half way to the reader's. kl: nats of each latent, mean over the collection; collapsed: in each
    channel, so many of its latents cost less than 0.01. pictures: so many were looked at.
    """

    atlas: Array[Floats, "height width rgb"]
    own: tuple[int, int]
    cell: tuple[int, int] | None
    chosen: tuple[Array[Floats, "height width rgb"], ...]
    kl: Array[Floats, "channel row column"]
    collapsed: Array[Ints, "channel"]
    pictures: int


def vae_map(
    model: VariationalAutoencoder,
    image: Image,
    gallery: Gallery,
    cell: Annotated[str, Picked()] = "",
    progress: Progress = lambda done, total: None,
) -> VaeMap:
    """The sample collection laid out by its latents, with your picture among them, and what each latent costs.

    The means of the posteriors, seen from their average, are laid out by UMAP of their directions and spread
    evenly, so that pictures near each other have like latents. What rules there is the ground and the layout of
    light and dark: this model keeps places, not things. Click a picture for what the decoder makes of it and of the
    point half way to yours, which stands framed. Below, the cost of every latent over the whole collection (KL
    against the prior, in nats): one that costs nearly nothing for all pictures has collapsed, which one picture
    alone cannot tell.
    """
    own = model.seen(image)
    found = gallery.kept("latent-map", lambda: laid_out(model, gallery, progress))
    means, places, rows = found["means"], found["places"], found["rows"]
    latent = model.posterior(own[None])[0][0]
    middle = means.mean(axis=0, dtype=np.float32)
    near = np.argsort(-unit(means.astype(np.float32) - middle) @ unit(latent.ravel() - middle))[:NEAR]
    here = cell_of(places[near].mean(axis=0, keepdims=True))[0]
    holders = nearest_in_cells(places)
    atlas = np.zeros((SIDE * TILE, SIDE * TILE, 4), np.float32)
    for (row, column), index in holders.items():
        put(atlas, row, column, model.seen(gallery.picture(int(rows[index]))))
    put(atlas, int(here[0]), int(here[1]), own, framed=True)
    place, chosen = at(cell, SIDE, SIDE), ()
    if place in holders:
        other = means[holders[place]].reshape(latent.shape).astype(np.float32)
        made = model.decode(np.stack([other, (other + latent) / 2]))
        chosen = (model.seen(gallery.picture(int(rows[holders[place]]))), made[0], made[1])
    collapsed = (found["kl"] < COLLAPSED).sum(axis=(1, 2))
    return VaeMap(atlas, (int(here[0]), int(here[1])), place, chosen, found["kl"], collapsed, len(rows))


def laid_out(
    model: VariationalAutoencoder, gallery: Gallery, progress: Progress = lambda done, total: None
) -> dict[str, np.ndarray]:
    """The collection's posterior means, their places in -1..1, and the nats of each latent."""
    rows = looked_at(gallery, len(model.seen(gallery.picture(0))))
    means, nats = [], np.zeros(1)
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        mean, spread = model.posterior(np.stack([model.seen(gallery.picture(int(row))) for row in part]))
        means.append(mean.reshape(len(part), -1).astype(np.float16))
        nats = nats + divergence(mean, spread).sum(axis=0, dtype=np.float64)
        progress(min(start + AT_ONCE, len(rows)), len(rows))
    means = np.concatenate(means)
    centred = means.astype(np.float32) - means.mean(axis=0, dtype=np.float32)
    return {
        "rows": rows,
        "means": means,
        "places": evened(umap(unit(centred))),
        "kl": (nats / len(rows)).astype(np.float32),
    }


def evened(places: np.ndarray) -> np.ndarray:
    """The order of the places along each axis, evenly spread over -1..1, so that outliers take no room."""
    ranks = places.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return (ranks / max(1, len(places) - 1) * 2 - 1).astype(np.float32)


def cell_of(places: np.ndarray) -> np.ndarray:
    """Places in -1..1 to (row, column) of the map, up being the second axis."""
    across, up = np.clip((places[:, 0] + 1) / 2, 0, 1), np.clip((places[:, 1] + 1) / 2, 0, 1)
    return np.minimum((np.stack([1 - up, across], axis=1) * SIDE).astype(int), SIDE - 1)


def nearest_in_cells(places: np.ndarray) -> dict[tuple[int, int], int]:
    """For each cell with pictures, the number of the one nearest to its middle."""
    cells = cell_of(places)
    middles = np.stack([(cells[:, 1] + 0.5) / SIDE * 2 - 1, 1 - (cells[:, 0] + 0.5) / SIDE * 2], axis=1)
    order = np.argsort(((places - middles) ** 2).sum(axis=1), kind="stable")
    found: dict[tuple[int, int], int] = {}
    for index in order:
        found.setdefault((int(cells[index, 0]), int(cells[index, 1])), int(index))
    return found


def put(atlas: np.ndarray, row: int, column: int, picture: np.ndarray, framed: bool = False) -> None:
    """The picture into a cell of the map, orange around it where framed."""
    at_ = np.arange(TILE) * len(picture) // TILE
    tile = np.concatenate([picture[at_][:, at_], np.ones((TILE, TILE, 1), np.float32)], axis=2)
    if framed:
        inner = tile[4:-4, 4:-4].copy()
        tile[:] = (0.84, 0.37, 0.0, 1.0)
        tile[4:-4, 4:-4] = inner
    else:
        tile[[0, -1]] = tile[:, [0, -1]] = 0
    atlas[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE] = tile
