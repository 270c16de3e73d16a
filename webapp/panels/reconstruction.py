"""In, out, and the difference, with the numbers."""

from core.lenses.reconstruction import Reconstruction, reconstruction
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures


def pictures(result: Reconstruction) -> Pictures:
    """The picture, what came out, and where they differ."""
    kept = " × ".join(map(str, result.kept))
    return Pictures(
        (
            Picture("picture", result.picture[None], notes=("24 bits a pixel",)),
            Picture(
                "reconstruction",
                result.rebuilt[None],
                notes=(f"PSNR {result.psnr:.1f} dB · SSIM {result.ssim:.3f}\n{result.bits:.3g} bits a pixel",),
            ),
            Picture(
                "difference",
                maps=result.difference[None],
                low=0.0,
                notes=(f"kept: {kept} {'codes' if result.codes else 'numbers'}",),
            ),
        )
    )


PANEL = Panel("Through the bottleneck", reconstruction, pictures, rank=1)
