"""What the browser needs to draw a collection: one binary file of places and codes, one of rows as JSON."""

import json

import numpy as np

from core.joint_map import METHODS
from webapp.explore.collection import Collection

SCALE = 32767
NUMBERS = 64
MOST_CATEGORIES = 1_000
APART = {"copy_of", "id", "caption_en", "caption_zh", "keywords_en", "keywords_zh", "image", "credit"}


def pack(collection: Collection) -> tuple[dict, bytes, bytes]:
    """(description {count, total, layouts, columns}, file of places and codes, file of rows)."""
    library, joint = collection.library, collection.map
    parts: list[np.ndarray] = []
    layouts = {}
    for method, ends in ((name, joint.layouts[name]) for name in METHODS):
        layouts[method] = {"dims": ends[0].shape[1], "at": [_append(parts, quantised(end)) for end in ends]}
    columns = {}
    for name in ["cluster", *(c for c in library.columns if c not in APART and not c.endswith("_zh"))]:
        values = joint.clusters if name == "cluster" else library.column(name)
        if coded := _coded(values):
            codes, description = coded
            if f"{name}_zh" in library.columns:
                chinese = dict(zip(map(str, values), library.column(f"{name}_zh"), strict=True))
                description["names"] = [{"en": word, "zh": chinese[word]} for word in description["names"]]
            columns[name] = {"at": _append(parts, codes), **description}
    if "copy_of" in library.columns and any(library.column("copy_of")):
        codes = np.array([bool(first) for first in library.column("copy_of")], "<i2")
        columns["near copies"] = {"at": _append(parts, codes), "names": ["first of its kind", "near copy"]}
    columns["cluster"]["names"] = cluster_names(collection)
    rows = {
        "id": list(library.ids),
        **{n: list(library.column(n)) for n in ("caption_en", "caption_zh", "credit") if n in library.columns},
    }
    total = len(joint.clusters) * 2
    description = {"count": len(library), "total": total, "layouts": layouts, "columns": columns}
    points = b"".join(part.tobytes() for part in parts)
    return description, points, json.dumps(rows, ensure_ascii=False).encode()


def cluster_names(collection: Collection) -> list[dict[str, str]]:
    """For each cluster the caption, in each language, that lies nearest to the middle of its pictures."""
    library, clusters = collection.library, collection.map.clusters
    texts = collection.texts.vectors
    centred = texts - texts.mean(axis=0)
    pictures = collection.images.vectors - collection.images.vectors.mean(axis=0)
    names = []
    for cluster in range(int(clusters.max()) + 1):
        rows = np.flatnonzero(clusters == cluster)
        best = rows[int((centred[rows] @ pictures[rows].mean(axis=0)).argmax())]
        names.append(
            {
                language: str(library.column(f"caption_{language}")[best])
                for language in ("en", "zh")
                if f"caption_{language}" in library.columns
            }
        )
    return names


def _append(parts: list[np.ndarray], array: np.ndarray) -> int:
    """Adds an array of 16-bit numbers; where it begins, in numbers."""
    at = sum(part.size for part in parts)
    parts.append(np.ascontiguousarray(array))
    return at


def quantised(places: np.ndarray) -> np.ndarray:
    """Places in -1...1 as 16-bit numbers."""
    return np.round(np.clip(places, -1, 1) * SCALE).astype("<i2")


def _coded(values: object) -> tuple[np.ndarray, dict] | None:
    """Codes (as int16) of a column with their names by falling count, or of numbers in 64 steps; None for texts."""
    array = np.asarray(values)
    if array.dtype.kind in "iuf" and len(np.unique(array)) > 40:
        low, high = float(np.nanmin(array)), float(np.nanmax(array))
        codes = np.nan_to_num((array - low) / max(high - low, 1e-12)) * (NUMBERS - 1)
        return codes.round().astype("<i2"), {"low": low, "high": high}
    if array.dtype.kind not in "iubUO" or not all(isinstance(v, str | int | np.generic) for v in array.tolist()):
        return None
    names, codes, counts = np.unique(array.astype(str), return_inverse=True, return_counts=True)
    if len(names) > MOST_CATEGORIES:
        return None
    order = np.lexsort((names, -counts)) if array.dtype.kind in "UO" else np.argsort(names.astype(float))
    return np.argsort(order)[codes].astype("<i2"), {"names": names[order].tolist()}
