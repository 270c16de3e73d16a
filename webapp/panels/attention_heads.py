"""All heads as small maps, one of them over the picture."""

from core.lenses.attention_heads import AttentionHeads, attention_heads
from webapp.heat import HeatMaps
from webapp.panel import Panel


def heads(result: AttentionHeads) -> HeatMaps:
    """A map a head, layers downwards; a click on a patch of the large one asks from there."""
    layers, count = result.heat.shape[:2]
    names = tuple(f"layer {layer + 1} · head {head + 1}" for layer in range(layers) for head in range(count))
    maps = result.heat.reshape(-1, *result.heat.shape[2:])
    return HeatMaps(
        result.image, maps, names, "head", "attention", columns=count, picks="patch", picked=result.patch
    )


PANEL = Panel("Attention heads", attention_heads, heads, rank=7)
