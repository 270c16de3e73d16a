"""The vectors of a collection: shipped with it, so that a first start computes nothing, else made in shards."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from core.params import Progress
from core.store import stored, write

log = logging.getLogger(__name__)

SHARD = 1024
"""Rows embedded before they are put on the disk: what a crash costs."""
BATCH = 64


def embedded(
    key: str, rows: int, embed: Callable[[range], np.ndarray], progress: Progress | None = None
) -> np.ndarray:
    """Vectors [row dim] in float16, made in batches by ``embed`` and read through the store in shards.

    After a crash or a cancel (``progress`` raises) the whole shards are there, and the next call goes on from them.
    """

    def shard(start: int, stop: int) -> np.ndarray:
        def compute() -> dict[str, np.ndarray]:
            batches = []
            for first in range(start, stop, BATCH):
                batch = range(first, min(first + BATCH, stop))
                batches.append(embed(batch))
                if progress:
                    progress(batch.stop, rows)
            return {"vectors": np.concatenate(batches).astype(np.float16)}

        return stored(f"{key}, {start} to {stop}", compute)["vectors"]

    return np.concatenate([shard(start, min(start + SHARD, rows)) for start in range(0, rows, SHARD)])


def ship(folder: Path, content: str, version: str, vectors: Mapping[str, np.ndarray]) -> Path:
    """Writes named vectors [row dim] as float16 beside a library's pictures, with a manifest of checksums.

    content: the hash of the pictures' file; version: the checkpoint's. Returns the file of the vectors.
    """
    file = folder / f"vectors-{version}.safetensors"
    payload = save({name: np.asarray(array, np.float16, order="C") for name, array in vectors.items()})
    manifest = {"sha256": hashlib.sha256(payload).hexdigest(), "pictures": content, "checkpoint": version}
    write(file, payload)
    write(file.with_suffix(".json"), json.dumps(manifest, indent=1).encode())
    return file


def shipped(folder: Path, content: str, version: str) -> dict[str, np.ndarray]:
    """The vectors shipped for these pictures and this checkpoint; none where there are none or they do not fit."""
    file = folder / f"vectors-{version}.safetensors"
    try:
        manifest = json.loads(file.with_suffix(".json").read_bytes())
        payload = file.read_bytes()
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    if manifest["pictures"] != content or manifest["sha256"] != hashlib.sha256(payload).hexdigest():
        log.warning("%s is damaged or of other pictures; the vectors are computed anew.", file)
        return {}
    return load(payload)
