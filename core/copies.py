"""Near copies among pictures as they come in: the same picture saved anew, scaled or recoloured a little."""

import numpy as np
from PIL import Image

SIDE = 16
NEAR = 4.0
"""Root of the mean squared difference of two pictures shrunk to 16 x 16, in levels of 255, up to which they are one."""
MOST = 50_000


def signature(image: Image.Image) -> np.ndarray:
    """float32 [768]: the picture shrunk to 16 x 16 pixels in RGB."""
    small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(small, np.float32).ravel()


class Copies:
    """The pictures seen so far, at most 50,000 of them: what comes later is not compared."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.seen = np.empty((64, 3 * SIDE * SIDE), np.float32)
        self.means = np.empty(64, np.float32)

    def add(self, identity: str, small: np.ndarray) -> str:
        """The id of the first picture that this one is a near copy of, else ""."""
        count = len(self.ids)
        # Only those whose mean is as near can be near: most are ruled out by one number each.
        candidates = np.flatnonzero(np.abs(self.means[:count] - small.mean()) <= NEAR)
        if len(candidates):
            differences = ((self.seen[candidates] - small) ** 2).mean(axis=1)
            if differences.min() <= NEAR**2:
                return self.ids[int(candidates[differences.argmin()])]
        if count < MOST:
            if count == len(self.seen):
                self.seen = np.concatenate([self.seen, np.empty_like(self.seen)])
                self.means = np.concatenate([self.means, np.empty_like(self.means)])
            self.ids.append(identity)
            self.seen[count], self.means[count] = small, small.mean()
        return ""
