"""Three maps a block: skip, branch and sum."""

from core.lenses.residual_branches import ResidualBranches, residual_branches
from webapp.heat import HeatMaps
from webapp.panel import Panel

PARTS = ("skip", "branch", "sum")


def maps(result: ResidualBranches) -> HeatMaps:
    """Two blocks a row; the branches' names say how much they add, and in which direction."""
    names = tuple(
        f"{name} · {part}" + (f" × {share:.2f} · cos {cosine:.2f}" if part == "branch" else "")
        for name, share, cosine in zip(result.names, result.share, result.cosine, strict=True)
        for part in PARTS
    )
    heat = result.heat.reshape(-1, *result.heat.shape[2:])
    return HeatMaps(result.image, heat, names, "block", "activation", columns=2 * len(PARTS))


PANEL = Panel("What each branch adds", residual_branches, maps)
