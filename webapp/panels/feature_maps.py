"""Channels of every stage as tiles."""

from core.lenses.feature_maps import Channels, feature_maps
from webapp.panel import Panel
from webapp.tiles import Section, Tiles


def tiles(result: Channels) -> Tiles:
    """A section a stage: its chosen channels, and one of them over the picture."""
    sections = []
    for name, maps, numbers, width, grid in zip(
        result.names, result.maps, result.channels, result.widths, result.grids, strict=True
    ):
        note = f"{len(maps)} / {width} · {grid[0]} × {grid[1]}"
        sections.append(Section(name, maps, None, tuple(str(number) for number in numbers), note=note))
    return Tiles(tuple(sections), "stage", result.image)


PANEL = Panel("Feature maps", feature_maps, tiles)
