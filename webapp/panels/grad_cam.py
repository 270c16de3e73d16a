"""Class activation maps over the picture."""

from core.lenses.grad_cam import ClassMaps, grad_cam
from webapp.class_heat import ClassHeat
from webapp.panel import Panel


def heatmap(result: ClassMaps) -> ClassHeat:
    """A map a stage, the last one first seen."""
    return ClassHeat(result, "stage")


PANEL = Panel("Where the class is seen", grad_cam, heatmap)
