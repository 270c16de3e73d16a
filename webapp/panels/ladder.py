"""A column a model: what came out above, the difference below."""

from core.lenses.ladder import Ladder, ladder
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures


def pictures(result: Ladder) -> Pictures:
    """The rungs in the tab's order, the differences on one scale."""
    high = max(float(rung.difference.max()) for rung in result.rungs)
    outs, differences = [], []
    for name, rung in zip(result.names, result.rungs, strict=True):
        note = f"PSNR {rung.psnr:.1f} dB\nSSIM {rung.ssim:.3f}\n{rung.bits:.3g} bits a pixel"
        outs.append(Picture(name, rung.rebuilt[None], notes=(note,)))
        note = f"mean {100 * float(rung.difference.mean()):.1f} % of a colour"
        differences.append(Picture("difference", maps=rung.difference[None], low=0.0, high=high, notes=(note,)))
    return Pictures((*outs, *differences), columns=len(outs))


PANEL = Panel("The ladder of autoencoders", ladder, pictures, rank=1)
