"""Patches, filters and what places have in common, as tiles."""

from core.lenses.patch_embedding import Embedding, patch_embedding
from webapp.panel import Panel
from webapp.tiles import Section, Tiles


def tiles(result: Embedding) -> Tiles:
    """Sections: the picture cut, the filters in colour around grey, and a map for each place."""
    rows, columns, height, width = result.patches.shape[:4]
    places = tuple(f"{row + 1}, {column + 1}" for row in range(rows) for column in range(columns))
    patches = result.patches.reshape(-1, height, width, 3)
    note = f"{rows} × {columns} · {height} × {width} px"
    numbers = tuple(str(number + 1) for number in range(len(result.filters)))
    sections = [
        Section("patches", None, patches, places, columns, note),
        Section("filters", None, result.filters / 2 + 0.5, numbers, note=f"{height} × {width} px"),
        Section("strength", result.strength[None], None, ("",), note=f"{rows} × {columns}"),
    ]
    if result.likeness is not None:
        maps = result.likeness.reshape(-1, rows, columns)
        sections.append(Section("places", maps, None, places, columns, f"{rows} × {columns}"))
    return Tiles(tuple(sections), "seen")


PANEL = Panel("From picture to tokens", patch_embedding, tiles)
