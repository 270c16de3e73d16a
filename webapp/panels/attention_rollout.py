"""The rollout as a heat map over the picture."""

from core.lenses.attention_rollout import Rollout, attention_rollout
from webapp.heat import HeatMaps
from webapp.panel import Panel


def heatmap(result: Rollout) -> HeatMaps:
    """A map a layer, the last one first seen: which patches have reached the class token by then."""
    names = tuple(f"{layer + 1}" for layer in range(len(result.heat)))
    return HeatMaps(result.image, result.heat, names, "through layer", "share of attention")


PANEL = Panel("Attention rollout", attention_rollout, heatmap, rank=6)
