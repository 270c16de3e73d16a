"""Ways to spoil a picture that a denoising autoencoder is asked to undo: colours in 0..1."""

from typing import Literal, get_args

import numpy as np

Noise = Literal["Gaussian", "salt and pepper", "blur", "cut-out"]
NOISES: tuple[str, ...] = get_args(Noise)


def spoiled(picture: np.ndarray, noise: str, strength: float, chance: np.random.Generator) -> np.ndarray:
    """[height width rgb], float32, the same shape; strength from 0 (nothing happens) to 1.

    Gaussian: a deviation of half the strength on each colour. Salt and pepper: half the strength of the pixels
    turn black or white. Blur: a Gaussian as wide as a sixteenth of the side at full strength. Cut-out: grey squares
    of a quarter of the side, six at full strength.
    """
    height, width, _ = picture.shape
    side = min(height, width)
    if strength <= 0:
        return picture.astype(np.float32)
    if noise == "Gaussian":
        found = picture + chance.normal(0, 0.5 * strength, picture.shape)
    elif noise == "salt and pepper":
        hit = chance.random((height, width, 1)) < 0.5 * strength
        found = np.where(hit, chance.random((height, width, 1)) < 0.5, picture)
    elif noise == "blur":
        found = blurred(picture, strength * side / 16)
    else:
        found = picture.copy()
        for _ in range(max(1, round(6 * strength))):
            top, left = (int(chance.integers(0, length - side // 4 + 1)) for length in (height, width))
            found[top : top + side // 4, left : left + side // 4] = 0.5
    return np.clip(found, 0, 1).astype(np.float32)


def blurred(picture: np.ndarray, spread: float) -> np.ndarray:
    """Under a Gaussian of this deviation in pixels; the edge is repeated outwards."""
    radius = max(1, round(2.5 * spread))
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-(places**2) / (2 * spread**2))
    weights /= weights.sum()
    for axis in (0, 1):
        pads = [(radius, radius) if axis == other else (0, 0) for other in range(3)]
        padded = np.pad(picture, pads, mode="edge")
        picture = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis=axis) @ weights
    return picture
