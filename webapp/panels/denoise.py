"""The spoilt pictures and what is made of them; the slider sets the strength."""

import numpy as np

from core.lenses.denoise import Denoised, denoise
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures


def pictures(result: Denoised) -> Pictures:
    """Clean, spoilt, rebuilt, what is still wrong, and what the other models make of the same."""
    wrong = np.abs(result.rebuilt - result.picture).mean(axis=-1)
    shown = [
        Picture("clean", result.picture[None]),
        Picture("spoilt", result.spoilt, notes=tuple(f"PSNR {value:.1f} dB" for value in result.given)),
        Picture("rebuilt", result.rebuilt, notes=notes(result, result.found)),
        Picture("still wrong", maps=wrong, low=0.0),
    ]
    for name, made, found in zip(result.names, result.others, result.others_found, strict=True):
        shown.append(Picture(f"by {name}", made, notes=notes(result, found)))
    return Pictures(
        tuple(shown),
        slider="strength",
        steps=tuple(f"{value:.2f}" for value in result.strengths),
        start=len(result.strengths) // 2,
        columns=4,
    )


def notes(result: Denoised, found: np.ndarray) -> tuple[str, ...]:
    """PSNR at each strength, and what was gained over the spoilt picture."""
    return tuple(
        f"PSNR {value:.1f} dB" + (f" ({value - given:+.1f})" if given < 100 else "")
        for value, given in zip(found, result.given, strict=True)
    )


PANEL = Panel("Spoil and mend", denoise, pictures, rank=2)
