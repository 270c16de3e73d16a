"""Two ways through the latent space beside a plain fade."""

from core.lenses.vae_interpolation import VaeInterpolation, vae_interpolation
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures


def pictures(result: VaeInterpolation) -> Pictures:
    """All three at the same share."""
    return Pictures(
        (
            Picture("linear", result.linear),
            Picture("spherical", result.spherical),
            Picture("pixels faded", result.faded),
        ),
        slider=f"→ {result.name}",
        steps=tuple(f"{100 * share:.0f} %" for share in result.shares),
        start=len(result.shares) // 2,
    )


PANEL = Panel("From one picture to another", vae_interpolation, pictures, rank=5)
