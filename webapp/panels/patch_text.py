"""Words as chips, the map of the one under the pointer over the picture."""

from core.lenses.patch_text import PatchText, patch_text
from webapp.heat import HeatMaps
from webapp.panel import Panel


def words(result: PatchText) -> HeatMaps:
    """A chip for the sentence and one for each word; below the picture the scores of late interaction."""
    note = f"best patch of each word · {result.late[0]:.3f} · best word of each patch · {result.late[1]:.3f}"
    return HeatMaps(result.image, result.cosine, result.texts, "word", "cosine", chips=True, note=note)


PANEL = Panel("Words in the picture", patch_text, words, rank=2)
