"""What views of films share: frames side by side, and the path of what moves."""

import numpy as np
from PIL import Image, ImageDraw

from webapp.style import OKABE_ITO

SIDE = 256  # of the picture with the path
PALE = 0.3  # how much of the frames is left under the path


def names(frames: int) -> tuple[str, ...]:
    """What the frames are called on the slider."""
    return tuple(f"{frame + 1} / {frames}" for frame in range(frames))


def montage(frames: np.ndarray, across: int) -> np.ndarray:
    """[frame height width rgb] as one picture [height width channel], so many in a line; what is left is seen through.

    Each frame's last row and column too: a line between it and the next.
    """
    count, height, width, _ = frames.shape
    lines = -(-count // across)
    cells = np.zeros((lines * across, height, width, 4), frames.dtype)
    cells[:count, :-1, :-1] = np.concatenate([frames, np.ones_like(frames[..., :1])], axis=-1)[:, :-1, :-1]
    return cells.reshape(lines, across, height, width, 4).swapaxes(1, 2).reshape(lines * height, across * width, 4)


def trail(frames: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """[frame height width rgb]: all frames over each other, faint, under the path of their middles (down, across).

    The dot of the frame itself is the large one.
    """
    faint = 1 - PALE * (1 - frames.mean(axis=0))
    ground = Image.fromarray(np.round(np.clip(faint, 0, 1) * 255).astype(np.uint8)).resize((SIDE, SIDE))
    points = [(float(across) * SIDE, float(down) * SIDE) for down, across in middle]
    pages = []
    for x, y in points:
        page = ground.copy()
        pen = ImageDraw.Draw(page)
        pen.line(points, fill=OKABE_ITO[0], width=4, joint="curve")
        for left, top in points:
            pen.circle((left, top), 5, fill=OKABE_ITO[0])
        pen.circle((x, y), 11, fill=OKABE_ITO[5], outline="white", width=3)
        pages.append(np.asarray(page, np.float32) / 255)
    return np.stack(pages)
