"""A row a stage: its numbers, the drawn picture where there is one, and the collection's pictures nearest to it."""

import numpy as np

from core.lenses.unclip_stages import Stage, UnclipStages, unclip_stages
from webapp.heat import jpeg
from webapp.panel import Panel
from webapp.pictures import png
from webapp.words import Drawn

SMALL = 96
NAMES = {
    "sentence": "the sentence's vector",
    "prior": "the prior's vector",
    "picture": "the drawn picture's vector",
}


def stages(result: UnclipStages) -> Drawn:
    """The sentence first; then, draw by draw of the prior, what it made of the sentence and what was drawn of that."""
    pairs = zip(result.stages, result.cosine, strict=True)
    order = sorted(pairs, key=lambda pair: (pair[0].kind != "sentence", pair[0].draw, pair[0].kind == "picture"))
    several = sum(one.kind == "prior" for one in result.stages) > 1
    waiting = result.draws and not any(one.kind == "picture" for one in result.stages)
    return Drawn(
        "stages",
        {"rows": [row(*one, several) for one in order], "compared": result.compared, "waiting": waiting},
    )


def row(stage: Stage, cosines: np.ndarray, several: bool) -> dict:
    """Numbers by name, each a cosine, and the nearest pictures."""
    numbers = [] if stage.kind == "sentence" else [["to the sentence", stage.sentence]]
    if stage.drawn is not None:
        numbers.append(["to the prior's vector", stage.before])
    numbers += [["nearest pictures", float(cosines.mean())], ["average picture", stage.usual]]
    return {
        "name": NAMES[stage.kind],
        "draw": stage.draw + 1 if several and stage.kind != "sentence" else 0,
        "kind": stage.kind,
        "picture": "" if stage.drawn is None else png(stage.drawn),
        "numbers": numbers,
        "near": [
            {"picture": jpeg(image, SMALL)[0], "cosine": float(cosine), "caption": caption}
            for image, cosine, caption in zip(stage.near, cosines, stage.captions, strict=True)
        ],
    }


PANEL = Panel("From sentence to picture", unclip_stages, stages, rank=1)
