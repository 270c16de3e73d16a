"""How near one picture is to another: PSNR and SSIM of colours in 0..1."""

import numpy as np

# Wang et al. 2004: a Gaussian window of 11 x 11 pixels; the constants keep the quotient finite in flat places.
SPREAD, RADIUS = 1.5, 5
LIGHT, CONTRAST = 0.01**2, 0.03**2


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB; 100 where the pictures are equal, which would be infinite."""
    error = float(np.mean((first.astype(np.float64) - second) ** 2))
    return min(100.0, -10 * np.log10(error)) if error > 0 else 100.0


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004) of [height width channel], mean over pixels and channels; at most 1."""
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y = smooth(x), smooth(y)
    spread_x, spread_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    both = smooth(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + LIGHT) / (mean_x**2 + mean_y**2 + LIGHT)
    return float(np.mean(light * (2 * both + CONTRAST) / (spread_x + spread_y + CONTRAST)))


def smooth(x: np.ndarray) -> np.ndarray:
    """[height width channel] under the window, only where it lies whole within the picture."""
    radius = min(RADIUS, (min(x.shape[:2]) - 1) // 2)
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-(places**2) / (2 * SPREAD**2))
    weights /= weights.sum()
    for axis in (0, 1):
        x = np.lib.stride_tricks.sliding_window_view(x, len(weights), axis=axis) @ weights
    return x
