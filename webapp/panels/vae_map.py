"""The map of the collection to click in, the clicked picture, and what each latent costs."""

from core.lenses.vae_map import SIDE, VaeMap, vae_map
from webapp.panel import Panel
from webapp.pictures import Grid, Picture, Pictures

MOST = 8  # channels shown, the costliest


def pictures(result: VaeMap) -> Pictures:
    """A wide map, then the chosen picture's three, then a map of nats a channel."""
    shown = [Picture("the collection by its latents", result.atlas[None], notes=("yours in orange",), wide=True)]
    names = ("picture", "decoded from its mean", "half way to yours")
    shown += [Picture(name, made[None]) for name, made in zip(names, result.chosen, strict=False)]
    means = result.kl.mean(axis=(1, 2))
    high = float(result.kl.max())
    for channel in means.argsort()[::-1][:MOST]:
        places = result.kl[channel].size
        note = f"{means[channel]:.2f} nats a place\n{result.collapsed[channel]} of {places} collapsed"
        shown.append(
            Picture(f"KL of channel {channel}", maps=result.kl[None, channel], low=0.0, high=high, notes=(note,))
        )
    cell = f"{result.cell[0]},{result.cell[1]}" if result.cell else ""
    return Pictures(
        tuple(shown),
        columns=4,
        grids=(Grid(0, SIDE, SIDE, "cell", "cell", cell, hint="click a picture"),),
        note=f"{result.pictures} pictures of the sample collection",
    )


PANEL = Panel("The collection's latents", vae_map, pictures, rank=6)
