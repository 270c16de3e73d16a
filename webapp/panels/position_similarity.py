"""A tile a place, laid out as the places are in the picture."""

from core.lenses.position_similarity import PositionSimilarity, position_similarity
from webapp.panel import Panel
from webapp.tiles import Section, Tiles


def places(result: PositionSimilarity) -> Tiles:
    """Each place's likeness to all others; below, what near and far places have in common on average."""
    rows, columns = result.likeness.shape[:2]
    names = tuple(f"{row + 1}, {column + 1}" for row in range(rows) for column in range(columns))
    means = (("side by side", result.near), ("same row or column", result.line), ("elsewhere", result.rest))
    note = " · ".join(f"{name} · {value:.2f}" for name, value in means if value is not None)
    maps = result.likeness.reshape(-1, rows, columns)
    return Tiles((Section("places", maps, None, names, columns, note),), "seen")


PANEL = Panel("Similarity of positions", position_similarity, places, rank=8)
