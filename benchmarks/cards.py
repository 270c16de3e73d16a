"""Milliseconds of each card's first and next answer, the model loaded: python -m benchmarks.cards [TAB ...]

Every checkpoint that comes with Loupe answers every card that it can, through the page's own handler, on the cat of
the examples. What a card keeps for the next question (vectors of the sample collection, say) is kept between the two.
"""

import os
import sys
import tempfile
import time

from core import models
from core.checkpoints import rows
from webapp import controls
from webapp.panel import Panel, panels
from webapp.ui import NOTHING, run

MOST = 1000.0
SENTENCE = "a cat with green eyes"


def asked(panel: Panel, checkpoint: str) -> tuple[float, str]:
    """(milliseconds until the last drawing is there, what went wrong)."""
    own = [p for p in list(panel.parameters.values())[1:] if controls.is_control(p)]
    values = [controls.control(parameter).value for parameter in own]
    begun = time.perf_counter()
    *_, told = run(panel.key, checkpoint, NOTHING, "example:cat", SENTENCE, "en", *values)
    return 1e3 * (time.perf_counter() - begun), told.get("error", "")


def main() -> None:
    wanted, slow = sys.argv[1:], 0
    embedded = [row for row in rows().values() if row.folder and (not wanted or row.tab in wanted)]
    with tempfile.TemporaryDirectory() as home:
        os.environ["LOUPE_HOME"] = home
        for row in embedded:
            models.load(row.key)
            for panel in panels().values():
                if models.serves(row.family, panel.capability):
                    (first, wrong), (again, _) = asked(panel, row.key), asked(panel, row.key)
                    slow += first > MOST
                    print(f"{row.tab:12} {row.key:18} {panel.key:22} {first:7.0f} {again:7.0f}  {wrong[:60]}")
    print(f"{slow} first answers took longer than {MOST:.0f} ms")


if __name__ == "__main__":
    main()
