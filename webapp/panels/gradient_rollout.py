"""The gradient rollout over the picture."""

from core.lenses.grad_cam import ClassMaps
from core.lenses.gradient_rollout import gradient_rollout
from webapp.class_heat import ClassHeat
from webapp.panel import Panel


def heatmap(result: ClassMaps) -> ClassHeat:
    """A map a layer, the last one first seen."""
    return ClassHeat(result, "through layer")


PANEL = Panel("Gradient rollout", gradient_rollout, heatmap)
