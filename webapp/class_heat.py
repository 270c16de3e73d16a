"""ClassHeat: heat maps of one class, with the classes that the reader may choose from."""

from dataclasses import dataclass

from core.lenses.grad_cam import ClassMaps
from webapp.heat import HeatMaps


@dataclass(frozen=True)
class ClassHeat:
    """slider: what the maps are counted by, "stage" or "through layer"."""

    result: ClassMaps
    slider: str

    def packed(self) -> dict:
        """Heat maps, and the likeliest classes as chips; the chosen one is named beside the scale."""
        found = self.result
        unit = f"{found.label} · {found.probability:.1%}"
        offered = [[name, float(share)] for name, share in zip(found.offered, found.shares, strict=True)]
        maps = HeatMaps(found.image, found.heat, found.names, self.slider, unit)
        return maps.packed() | {"kind": "class_heat", "offered": offered, "chosen": found.label}
