"""WindowMaps: windows drawn on a picture, block by block, with the attention inside the chosen one."""

import base64
import io
from dataclasses import dataclass

import numpy as np

from core.lenses.window_attention import Block, WindowView

LARGEST = 512


@dataclass(frozen=True)
class WindowMaps:
    view: WindowView

    def packed(self) -> dict:
        """For the browser: for each block its windows, and each head's weights as uint8 up to their maximum."""
        small = self.view.image.copy()
        small.thumbnail((LARGEST, LARGEST))
        stream = io.BytesIO()
        small.save(stream, "JPEG", quality=90)
        return {
            "kind": "windows",
            "picture": "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode(),
            "size": list(small.size),
            "point": list(self.view.point),
            "blocks": [block_packed(block) for block in self.view.blocks],
        }


def block_packed(block: Block) -> dict:
    heat = np.concatenate([block.heat.mean(axis=0, keepdims=True), block.heat])  # the mean of the heads first
    high = heat.max(axis=(1, 2))
    levels = np.round(heat / np.maximum(high, 1e-12)[:, None, None] * 255).astype(np.uint8)
    return {
        "stage": block.stage + 1,
        "shift": block.shift,
        "place": list(block.place),
        "shape": list(heat.shape),
        "windows": block.windows.ravel().tolist(),
        "open": block.open.ravel().tolist(),
        "levels": base64.b64encode(levels.tobytes()).decode(),
        "high": [float(value) for value in high],
    }
