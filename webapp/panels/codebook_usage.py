"""The codebook as palette, map or bars, and the patches of the chosen code."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.lenses.codebook_usage import AROUND, CodebookUsage, codebook_usage
from webapp.panel import Panel
from webapp.pictures import png


@dataclass(frozen=True)
class Codebook:
    """Drawn by static/kinds/codebook.js."""

    result: CodebookUsage

    def packed(self) -> dict[str, Any]:
        found = self.result
        colours = np.full((len(found.counts), 3), 128, np.uint8)
        colours[found.palette] = np.round(np.clip(found.swatches, 0, 1) * 255)
        low, high = found.places.min(axis=0), found.places.max(axis=0)
        places = (found.places - low) / np.maximum(high - low, 1e-9)
        return {
            "kind": "codebook",
            "counts": found.counts.tolist(),
            "own": found.own.tolist(),
            "colours": base64.b64encode(colours.tobytes()).decode(),
            "palette": found.palette.tolist(),
            "places": np.round(places, 4).tolist(),
            "used": found.used,
            "perplexity": round(found.perplexity, 1),
            "ownPerplexity": round(found.own_perplexity, 1),
            "pictures": found.pictures,
            "code": found.code,
            "holders": found.holders,
            "cells": found.cells.tolist(),
            "patches": [png(patch) for patch in found.patches],
            "around": AROUND,
        }


def codebook(result: CodebookUsage) -> Codebook:
    """Every code with its colour, its uses and its place; the chosen one's patches."""
    return Codebook(result)


PANEL = Panel("The codebook", codebook_usage, codebook, rank=4)
