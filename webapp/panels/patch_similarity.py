"""Maps of likeness over the picture; a click asks from another place."""

from core.lenses.patch_similarity import PatchSimilarity, patch_similarity
from webapp.heat import HeatMaps
from webapp.panel import Panel


def maps(result: PatchSimilarity) -> HeatMaps:
    """A map a stage, the last one first seen, the asking place framed."""
    return HeatMaps(
        result.image, result.cosine, result.names, "stage", "cosine", picks="patch", picked=result.patch
    )


PANEL = Panel("What looks the same", patch_similarity, maps)
