"""The strongest channels, each turned from -3 to 3."""

from core.lenses.vae_traversal import VaeTraversal, vae_traversal
from webapp.panel import Panel
from webapp.pictures import Grid, Picture, Pictures


def pictures(result: VaeTraversal) -> Pictures:
    """The picture to click in, and what becomes of it with each channel."""
    shown = [Picture("picture", result.picture[None])]
    for channel, nats, made in zip(result.channels, result.nats, result.made, strict=True):
        shown.append(Picture(f"channel {channel}", made, notes=(f"{nats:.2f} nats a place",)))
    cell = f"{result.cell[0]},{result.cell[1]}" if result.cell else ""
    rows, columns = result.grid
    return Pictures(
        tuple(shown),
        slider="added",
        steps=tuple(f"{shift:+.1f}" for shift in result.shifts),
        start=len(result.shifts) - 2,
        grids=(Grid(0, rows, columns, "cell", "cell", cell, hint="click a place to change it alone"),),
    )


PANEL = Panel("Turn a latent", vae_traversal, pictures, rank=4)
