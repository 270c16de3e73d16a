"""The joint map of a collection under a dual encoder: layouts, faithfulness, gap and clusters, kept on the disk."""

import hashlib
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.library import Encoder, Library
from core.projection import (
    Faithfulness,
    Gap,
    faithfulness,
    fitted,
    modality_gap,
    principal_components,
    tsne,
    umap,
    without_mean,
)
from core.store import CHECKSUM, stored, write

log = logging.getLogger(__name__)

VERSION = 1
"""Raised when the way maps are computed changes: maps kept before are then computed anew."""
METHODS = ("umap", "pca")
ENDS = ("as they are", "means taken out")


@dataclass(frozen=True)
class JointMap:
    """Where pictures (first) and captions (after them, in the same order) stand.

    layouts: method -> the two ends of the gap's slider, each [point 2 or 3] in -1...1; faithfulness alike.
    clusters: of each picture, numbered by falling size.
    """

    layouts: dict[str, tuple[np.ndarray, np.ndarray]]
    faithfulness: dict[str, tuple[Faithfulness, Faithfulness]]
    gap: Gap
    clusters: np.ndarray


def open_map(library: Library, model: Encoder) -> JointMap:
    """The library's map under this model: shipped with it, kept from before, or computed now."""
    version = model.checkpoint.version
    arrays = _shipped(library, version)
    if arrays is None:
        captions = library.captions()
        key = f"map {VERSION} of {library.version} by {version}"
        arrays = stored(key, lambda: compute(library.vectors(model), library.caption_vectors(model), captions))
    return from_arrays(arrays)


def add_tsne(library: Library, model: Encoder, joint: JointMap) -> None:
    """Adds the layouts of t-SNE, shipped, kept from before or computed now: minutes for ten thousand points."""
    version = model.checkpoint.version
    arrays = _shipped(library, version) or {}
    if "tsne_0" not in arrays:
        arrays = stored(f"tsne {VERSION} of {library.version} by {version}", lambda: _tsne(library, model))
    joint.faithfulness["tsne"] = (
        Faithfulness(*map(float, arrays["tsne_0_faithfulness"])),
        Faithfulness(*map(float, arrays["tsne_1_faithfulness"])),
    )
    joint.layouts["tsne"] = (arrays["tsne_0"], arrays["tsne_1"])


def _tsne(library: Library, model: Encoder) -> dict[str, np.ndarray]:
    images, texts = library.vectors(model), library.caption_vectors(model)
    ends = [np.concatenate([images, texts]), np.concatenate([without_mean(images), without_mean(texts)])]
    first = tsne(ends[0])
    arrays = {}
    for end, places in enumerate((first, tsne(ends[1], start=first))):
        true = faithfulness(ends[end], places)
        arrays[f"tsne_{end}"] = places.astype(np.float32)
        arrays[f"tsne_{end}_faithfulness"] = np.array([true.trustworthiness, true.recall])
    return arrays


def ship(library: Library, model: Encoder) -> Path:
    """Writes the map beside the library's pictures, so that a first start has nothing to compute; its file."""
    arrays = compute(library.vectors(model), library.caption_vectors(model), library.captions())
    arrays |= _tsne(library, model)
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, made_for=_made_for(library), **arrays)
    payload = stream.getvalue()
    file = _file(library, model.checkpoint.version)
    write(file, hashlib.sha256(payload).digest() + payload)
    return file


def _shipped(library: Library, version: str) -> dict[str, np.ndarray] | None:
    file = _file(library, version)
    if not file.exists():
        return None
    data = file.read_bytes()
    digest, payload = data[:CHECKSUM], data[CHECKSUM:]
    if hashlib.sha256(payload).digest() != digest:
        log.warning("%s is damaged; the map is computed anew.", file)
        return None
    with np.load(io.BytesIO(payload), allow_pickle=False) as loaded:
        arrays = dict(loaded)
    return arrays if str(arrays.pop("made_for", "")) == _made_for(library) else None


def _file(library: Library, version: str) -> Path:
    return library.path.parent / f"map-{version}.bin"


def _made_for(library: Library) -> str:
    return f"{VERSION} {library.version}"


def compute(images: np.ndarray, texts: np.ndarray, captions: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays of a map, from unit vectors [row dim] of pictures and their captions."""
    ends = [np.concatenate([images, texts]), np.concatenate([without_mean(images), without_mean(texts)])]
    first = fitted(principal_components(umap(ends[0]), 2))  # its longer side lies level
    layouts = {"umap": (first, umap(ends[1], start=first)), "pca": tuple(map(_principal, ends))}
    gap = modality_gap(images, texts, captions)
    arrays = {"clusters": clusters(without_mean(images)), "gap_distance": gap.distance, "gap_recall": gap.recall}
    for method, places in layouts.items():
        for end in (0, 1):
            true = faithfulness(ends[end], places[end][:, :2])
            arrays[f"{method}_{end}"] = places[end].astype(np.float32)
            arrays[f"{method}_{end}_faithfulness"] = np.array([true.trustworthiness, true.recall])
    return arrays


def from_arrays(arrays: Mapping[str, np.ndarray]) -> JointMap:
    """The map that ``compute`` made."""

    def both(pattern: str, make: type | None = None) -> tuple:
        pair = [arrays[pattern.format(end)] for end in (0, 1)]
        return tuple(make(*map(float, values)) if make else values for values in pair)

    gap = Gap(np.linspace(0, 1, len(arrays["gap_distance"])), arrays["gap_distance"], arrays["gap_recall"])
    return JointMap(
        {method: both(f"{method}_{{}}") for method in METHODS},
        {method: both(f"{method}_{{}}_faithfulness", Faithfulness) for method in METHODS},
        gap,
        arrays["clusters"],
    )


def clusters(vectors: np.ndarray) -> np.ndarray:
    """int32 [row]: spherical k-means of unit vectors into about sqrt(rows / 20) clusters, the largest first."""
    import faiss

    count = int(np.clip(round((len(vectors) / 20) ** 0.5), 1, 40))
    kmeans = faiss.Kmeans(vectors.shape[1], count, niter=25, seed=7, spherical=True, min_points_per_centroid=1)
    kmeans.train(np.ascontiguousarray(vectors, np.float32))
    _, labels = kmeans.index.search(np.ascontiguousarray(vectors, np.float32), 1)  # pyright: ignore
    order = np.argsort(-np.bincount(labels[:, 0], minlength=count), kind="stable")
    return np.argsort(order)[labels[:, 0]].astype(np.int32)


def _principal(vectors: np.ndarray) -> np.ndarray:
    places = principal_components(vectors, min(3, vectors.shape[1]))
    return fitted(places)
