"""A cell's chances, its draw, and the mixture that stands in for it at every temperature."""

from core.lenses.gumbel_softmax import GumbelSoftmax, gumbel_softmax
from webapp.panel import Panel
from webapp.pictures import Bars, Grid, Picture, Pictures


def pictures(result: GumbelSoftmax) -> Pictures:
    """The picture to choose a cell in, what the draws and what the mixtures decode to, and the cell's weights."""
    steps = tuple(f"{temperature:g}" for temperature in result.temperatures)
    names = tuple(f"code {code}" for code in result.codes)
    told = {result.nearest: "nearest"}
    told[result.drawn] = "drawn · nearest" if result.drawn == result.nearest else "drawn"
    gaps = zip(result.gap, result.confidence, strict=True)
    return Pictures(
        (
            Picture("picture", result.picture[None]),
            Picture("codes drawn by chance", result.hard[None], notes=("straight-through, forwards",)),
            Picture(
                "mixtures of codes",
                result.soft,
                notes=tuple(f"{gap:.1f} dB from the draw\nlargest weight {100 * most:.0f} %" for gap, most in gaps),
            ),
        ),
        slider="temperature",
        steps=steps,
        start=3,
        columns=3,
        grids=(
            Grid(
                0,
                *result.grid,
                "cell",
                "cell",
                f"{result.cell[0]},{result.cell[1]}",
                hint="click a place to see its choice",
            ),
        ),
        bars=(
            Bars(
                "weights in the mixture of this place",
                names,
                result.weights,
                notes=tuple(
                    f"chance {100 * chance:.1f} %" + (f" · {told[code]}" if code in told else "")
                    for code, chance in zip(map(int, result.codes), result.chances, strict=True)
                ),
            ),
        ),
    )


PANEL = Panel("Gumbel-softmax", gumbel_softmax, pictures, rank=6)
