"""How the codes of a codebook (van den Oord et al. 2017, arXiv 1711.00937) are used over a whole collection."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import ImageTokenizer
from core.errors import LoupeError
from core.lenses.code_grid import colours
from core.params import Gallery, Picked, Progress
from core.projection import principal_components

PIXELS = 4_000 * 64 * 64  # looked at: 4,000 pictures of 64 x 64, fewer of larger ones
FEWEST = 200
AT_ONCE = 32
MOST = 48  # patches shown of a code
AROUND = 2  # cells shown on each side of a patch


@dataclass(frozen=True)
class CodebookUsage(Result):
    """counts: cells of the collection that have each code; own: cells of the reader's picture.

    perplexity: 2 to the power of the entropy, so many codes used alike would be as varied. places: the codes' vectors
    on their two directions of most variance. palette, swatches: see ``CodeGrid``. code: the chosen one, None before
    that; cells: where it stands, rows of (picture, row, column); patches: those cells with what is around them.
    """

    counts: Array[Ints, "code"]
    own: Array[Ints, "code"]
    perplexity: float
    own_perplexity: float
    used: int
    pictures: int
    places: Array[Floats, "code dim"]
    palette: Array[Ints, "rank"]
    swatches: Array[Floats, "rank rgb"]
    code: int | None
    holders: int
    cells: Array[Ints, "token stage"]
    patches: Array[Floats, "token height width rgb"]


def codebook_usage(
    model: ImageTokenizer,
    image: Image,
    gallery: Gallery,
    code: Annotated[str, Picked()] = "",
    progress: Progress = lambda done, total: None,
) -> CodebookUsage:
    """The codes as the sample collection uses them; click one for every patch that is written with it.

    Perplexity is how many codes, used equally often, would be as varied: far below the size of the codebook means that
    it was paid for in vain. A code without any use is dead, for these pictures at least. In the map two codes lie near
    each other where their vectors are alike, as far as two directions can show it; the palette orders them by the
    colour that a field of one code decodes to. A patch is shown with its surroundings, because the decoder reads
    neighbours together and one code may stand for different things in different places.
    """
    book = model.codebook()
    chosen = number(code, len(book))
    found = gallery.kept("codes", lambda: counted(model, gallery, progress))
    codes, rows = found["codes"].astype(np.int64), found["rows"]
    counts = np.bincount(codes.ravel(), minlength=len(book))
    own = np.bincount(model.encode(model.seen(image)[None]).ravel(), minlength=len(book))
    cells, patches, holders = examples(model, gallery, codes, rows, chosen)
    return CodebookUsage(
        counts,
        own,
        perplexity(counts),
        perplexity(own),
        int((counts > 0).sum()),
        len(rows),
        principal_components(np.pad(book, ((0, 0), (0, max(0, 2 - book.shape[1])))), 2),
        found["palette"],
        found["swatches"],
        chosen,
        holders,
        cells,
        patches,
    )


def looked_at(gallery: Gallery, side: int) -> np.ndarray:
    """The rows of the collection that are looked at: evenly over it, fewer where pictures are large."""
    count = min(len(gallery), max(FEWEST, PIXELS // side**2))
    return np.unique(np.linspace(0, len(gallery) - 1, count).astype(np.int64))


def counted(model: ImageTokenizer, gallery: Gallery, progress: Progress) -> dict[str, np.ndarray]:
    """The collection's pictures as codes, and the palette."""
    rows = looked_at(gallery, len(model.seen(gallery.picture(0))))
    found = []
    for start in range(0, len(rows), AT_ONCE):
        pictures = np.stack([model.seen(gallery.picture(int(row))) for row in rows[start : start + AT_ONCE]])
        found.append(model.encode(pictures).astype(np.int32))
        progress(min(start + AT_ONCE, len(rows)), len(rows))
    palette, swatches = colours(model)
    return {"codes": np.concatenate(found), "rows": rows, "palette": palette, "swatches": swatches}


def number(code: str, count: int) -> int | None:
    """The chosen code. Raises LoupeError for one that there is not."""
    if not code:
        return None
    if not code.isdecimal() or int(code) >= count:
        raise LoupeError(
            "There is no code {code!r}: the codebook has {count}, counted from 0.", code=code[:20], count=count
        )
    return int(code)


def examples(
    model: ImageTokenizer, gallery: Gallery, codes: np.ndarray, rows: np.ndarray, code: int | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Cells with the code, evenly over the collection; their patches; and how many pictures have it."""
    where = np.argwhere(codes == code) if code is not None else np.zeros((0, 3), np.int64)
    if not len(where):
        return where, np.zeros((0, 1, 1, 3), np.float32), 0
    picked = where[np.unique(np.linspace(0, len(where) - 1, MOST).astype(int))]
    patches = []
    for index, row, column in picked:
        picture = model.seen(gallery.picture(int(rows[index])))
        size = picture.shape[0] // codes.shape[1]
        edge = AROUND * size
        wide = np.pad(picture, ((edge, edge), (edge, edge), (0, 0)), mode="edge")
        patches.append(wide[row * size :, column * size :][: 2 * edge + size, : 2 * edge + size])
    cells = np.column_stack([rows[picked[:, 0]], picked[:, 1:]])
    return cells, np.stack(patches).astype(np.float32), len(np.unique(where[:, 0]))


def perplexity(counts: np.ndarray) -> float:
    """2 to the power of the entropy of these counts; 0 where nothing was counted."""
    if not counts.sum():
        return 0.0
    share = counts[counts > 0] / counts.sum()
    return float(2 ** -(share * np.log2(share)).sum())
