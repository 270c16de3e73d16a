"""The pictures side by side, each with how much it changed."""

from core.lenses.skip_connections import WithoutSkips, skip_connections
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures


def pictures(result: WithoutSkips) -> Pictures:
    """The whole network's picture first, then those without a skip connection, coarse ones before fine ones."""
    notes = ["", *(f"changes {100 * change:.1f} % of a colour" for change in result.change[1:])]
    shown = zip(result.names, result.pictures, notes, strict=True)
    return Pictures(
        tuple(Picture(name, picture[None], notes=(note,)) for name, picture, note in shown),
        columns=5,
        note=f"step {result.step} of {result.steps}",
    )


PANEL = Panel("What skip connections carry", skip_connections, pictures, rank=5)
