"""The picture at each timestep, what the network makes of it, and the schedule as curves."""

import numpy as np

from core.lenses.noising import Noised, noising
from webapp.panel import Panel
from webapp.pictures import Curves, Picture, Pictures, channels

TOLD = {"epsilon": "the noise", "v_prediction": "the velocity", "sample": "the clean picture"}
POINTS = 101


def pictures(result: Noised) -> Pictures:
    """Noised, estimated, the noise that was added and told; below them signal and noise, their ratio, the errors."""
    steps = len(result.timesteps)
    last = len(result.alphas) - 1
    kept = result.alphas[np.linspace(0, last, POINTS).round().astype(int)]
    places = result.timesteps / last
    ratio = np.log(np.clip(kept, 1e-10, 1 - 1e-10) / (1 - np.clip(kept, 1e-10, 1 - 1e-10)))
    lossy = max(result.picture.shape[:2]) > 64
    return Pictures(
        (
            Picture("with noise", result.noisy, lossy=lossy),
            Picture(
                "seen by the network",
                result.clean,
                notes=tuple(f"PSNR {value:.1f} dB" for value in result.quality),
                lossy=lossy,
            ),
            Picture("noise added", channels(result.added[None])),
            Picture("noise seen", channels(result.told)),
        ),
        slider="timestep",
        steps=tuple(str(timestep) for timestep in result.timesteps),
        start=steps // 2,
        columns=4,
        note=f"the network itself tells · {TOLD[result.target]}",
        curves=(
            Curves("share of each", ("signal", "noise"), np.sqrt([kept, 1 - kept]), places, 0.0, 1.0),
            Curves("logarithm of signal to noise", ("log SNR",), ratio[None], places),
            Curves(
                "error, as a share of the variance",
                ("of the picture", "of the noise"),
                np.stack([result.clean_error, result.added_error]),
                places,
                0.0,
                float(np.clip(max(result.clean_error.max(), result.added_error.max()), 1, 2)),
            ),
        ),
    )


PANEL = Panel("Into the noise", noising, pictures, rank=2)
