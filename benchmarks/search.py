"""One query and a batch of 64 against bare FAISS, in one run: python -m benchmarks.search [--million]"""

import sys
import time
from collections.abc import Callable

import faiss
import numpy as np

from core.search import Index


def seconds(work: Callable[[], object], least: float = 0.5) -> float:
    """The median time of a call, over at least half a second."""
    work()
    times = []
    while sum(times) < least or len(times) < 5:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def unit_vectors(rows: int, dim: int) -> np.ndarray:
    """Clustered, as embeddings are: noise round 1,000 centres."""
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((1000, dim), np.float32)[chance.integers(0, 1000, rows)]
    vectors += chance.standard_normal((rows, dim), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def against_faiss(rows: int, dim: int, k: int = 20) -> None:
    vectors = unit_vectors(rows, dim)
    queries = vectors[:64] + np.float32(0.01)
    index, flat = Index(vectors), faiss.IndexFlatIP(dim)
    flat.add(vectors)  # pyright: ignore[reportCallIssue]
    for name, batch in (("1 query   ", queries[:1]), ("64 queries", queries)):
        ours = seconds(lambda batch=batch: index.nearest(batch, k))
        bare = seconds(lambda batch=batch: flat.search(batch, k))  # pyright: ignore[reportCallIssue]
        print(
            f"{rows:>9,} × {dim}  {name}  ours {ours * 1e3:8.3f} ms  FAISS flat {bare * 1e3:8.3f} ms  "
            f"ratio {ours / bare:.2f}  recall@10 {index.recall():.3f}"
        )


if __name__ == "__main__":
    against_faiss(5_000, 384)
    against_faiss(100_000, 512)
    if "--million" in sys.argv:
        against_faiss(1_000_000, 384)
