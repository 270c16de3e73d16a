"""The posterior of a picture as maps, and samples around it."""

import numpy as np

from core.lenses.vae_latents import VaeLatents, vae_latents
from webapp.panel import Panel
from webapp.pictures import Picture, Pictures

MOST = 4  # channels shown, the costliest


def pictures(result: VaeLatents) -> Pictures:
    """The sample that the slider turns, what each place costs, and means and spreads of the costliest channels."""
    order = np.argsort(-result.channels)[:MOST]
    shown = [
        Picture("picture", result.picture[None]),
        Picture("mean + spreads × noise", result.samples, notes=tuple(f"{x:g} spreads" for x in result.spreads)),
        Picture("noise alone", result.prior[None], notes=("a draw of the prior",)),
        Picture("KL of each place", maps=result.kl[None], low=0.0, notes=(f"{result.kl.sum():.0f} nats in all",)),
    ]
    for channel in order:
        note = " · collapsed" if channel in result.collapsed else ""
        shown.append(
            Picture(
                f"mean of channel {channel}",
                maps=result.mean[None, channel],
                notes=(f"{result.channels[channel]:.2f} nats a place{note}",),
            )
        )
    shown += [
        Picture(f"spread of channel {channel}", maps=result.spread[None, channel], low=0.0) for channel in order
    ]
    return Pictures(
        tuple(shown),
        slider="spreads",
        steps=tuple(f"{x:g}" for x in result.spreads),
        start=2,
        columns=4,
    )


PANEL = Panel("Mean, spread and samples", vae_latents, pictures, rank=3)
