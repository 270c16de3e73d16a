"""UMAP from the FAISS graph and PCA against umap.UMAP().fit, and how long a new point takes. Ratios of one run.

python -m benchmarks.projection --points 10000
"""

import argparse
import time

import numpy as np

from core.projection import faithfulness, place, umap, unit
from core.search import Index


def vectors(points: int, dim: int) -> np.ndarray:
    """Unit vectors in groups, as captioned pictures lie: 50 centres, each with directions of its own."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(50, dim))
    own = rng.normal(size=(50, 8, dim))
    group = rng.integers(0, 50, points)
    spread = np.einsum("pk,pkd->pd", rng.normal(size=(points, 8)), own[group])
    return unit(centres[group] + 0.35 * spread + 0.25 * rng.normal(size=(points, dim))).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--dim", type=int, default=384)
    chosen = parser.parse_args()
    rows = vectors(chosen.points, chosen.dim)
    start = time.perf_counter()
    usual = usual_way(rows)
    slow = time.perf_counter() - start
    start = time.perf_counter()
    ours = umap(rows)
    quick = time.perf_counter() - start
    for name, places, seconds in (("umap.UMAP().fit", usual, slow), ("core.projection.umap", ours, quick)):
        true = faithfulness(rows, places)
        print(
            f"{name:22} {seconds:6.1f} s  trustworthiness {true.trustworthiness:.3f}  neighbours {true.recall:.3f}"
        )
    print(f"{slow / quick:.1f} times as quick")
    index = Index(rows)
    times = []
    for query in unit(rows[:200] + 0.05):
        start = time.perf_counter()
        place(query.astype(np.float32), index, ours)
        times.append(1e3 * (time.perf_counter() - start))
    print(f"a new point: median {np.median(times):.2f} ms, 95th percentile {np.percentile(times, 95):.2f} ms")


def usual_way(rows: np.ndarray) -> np.ndarray:
    """The call that most code makes; the compiling that it starts is part of what a user waits for."""
    from umap import UMAP

    return np.asarray(UMAP(metric="cosine").fit(rows).embedding_)


if __name__ == "__main__":
    main()
