"""The picture and its drawings at each strength, as a slider and as a row; below, what they come near to."""

import numpy as np

from core.lenses.text_difference import TextDifference, text_difference
from webapp.panel import Panel
from webapp.panels.vector_interpolation import flat
from webapp.pictures import Curves, Picture, Pictures

LONGEST = 32
SHOWN = (0, 2, 3, 4, 5, 6)  # of the strengths in the row


def pictures(result: TextDifference) -> Pictures:
    """Your picture, the drawing at one strength, then a row of them."""
    steps = tuple(f"{strength:.3g}" for strength in result.strengths)
    names = ("your picture", *(text[:LONGEST] for text in result.sentences))
    return Pictures(
        (
            flat("your picture", result.original),
            Picture("turned and drawn", result.drawn),
            *(Picture(steps[n], result.drawn[n : n + 1]) for n in SHOWN),
        ),
        slider=f"strength: {result.sentences[0][:LONGEST]} → {result.sentences[1][:LONGEST]}",
        steps=steps,
        start=int(np.searchsorted(result.strengths, 0.5)),
        columns=4,
        curves=(Curves("cosine of the drawing's vector", names, result.cosine, result.strengths),),
    )


PANEL = Panel("Changed by words", text_difference, pictures, rank=3)
