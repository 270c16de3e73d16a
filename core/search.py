"""Nearest neighbours by inner product: exact up to 200,000 vectors, then quantised and refined.

Johnson, Douze & Jégou 2017, "Billion-scale similarity search with GPUs"; André et al. 2017, "Accelerated nearest
neighbor search with Quick ADC" (4-bit codes).
"""

import faiss
import numpy as np

EXACT = 200_000
"""Up to so many vectors every one is compared: 20 ms a query at 512 dimensions on two cores."""
CANDIDATES = 20
"""How many candidates the codes propose for each neighbour asked for; exact scores choose among them."""
TRAINING = 65_536
"""How many vectors the codes are learnt from."""
THREADED = 4_000_000
"""From so many numbers one query is a product of numpy's, on all threads and twice as quick as faiss on one; below,
waiting for the threads of a busy machine takes longer than the search (measured: 12 ms for 0.1 ms)."""


class Index:
    """Vectors [row dim] to be searched, kept as float32.

    For unit vectors the score is the cosine. Of equal scores the lower row comes first. Above ``exact`` vectors a
    query is compared with 4-bit codes of four dimensions each, and exactly with the best of them only: ``recall``
    says how many of the true neighbours that finds.
    """

    def __init__(self, vectors: np.ndarray, exact: int = EXACT):
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        if self.vectors.ndim != 2 or not np.isfinite(self.vectors).all():
            raise ValueError(f"an index takes finite vectors [row dim], not {vectors.shape} {vectors.dtype}")
        self.codes = self._quantised() if len(self.vectors) > exact else None

    def nearest(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best rows for each query [query dim], best first: rows int64 [query rank], scores [query rank]."""
        queries = np.ascontiguousarray(queries, np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.vectors.shape[1] or not np.isfinite(queries).all():
            raise ValueError(f"queries must be finite [query {self.vectors.shape[1]}], not {queries.shape}")
        k = max(0, min(k, len(self.vectors)))
        if k == 0 or len(queries) == 0:
            return np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
        if self.codes is not None:
            _, candidates = self.codes.search(queries, min(CANDIDATES * k, len(self.vectors)))  # pyright: ignore
            return _stack([self._among(rows, query, k) for rows, query in zip(candidates, queries, strict=True)])
        if len(queries) == 1 and self.vectors.size > THREADED:
            return _stack([_best(self.vectors @ queries[0], k)])
        return self._batch(queries, k)

    def recall(self, k: int = 10, sample: int = 100) -> float:
        """The share of the true k nearest of ``sample`` of its own vectors that ``nearest`` finds."""
        queries = self.vectors[np.linspace(0, len(self.vectors) - 1, min(sample, len(self.vectors))).astype(int)]
        found, true = self.nearest(queries, k)[0], self._batch(queries, min(k, len(self.vectors)))[0]
        return float(np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, true, strict=True)]))

    def _batch(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        # One neighbour more than asked for shows where equal scores straddle the end of the list.
        more = min(k + 1, len(self.vectors))
        scores, rows = faiss.knn(queries, self.vectors, more, metric=faiss.METRIC_INNER_PRODUCT)
        order = np.lexsort((rows, -scores))[:, :k]
        rows, best = np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1)
        for query in np.flatnonzero(scores[:, k - 1] == scores[:, -1]) if more > k else ():
            rows[query], best[query] = _best(self.vectors @ queries[query], k)
        return rows, best

    def _among(self, candidates: np.ndarray, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        rows = np.sort(candidates[candidates >= 0])
        best, scores = _best(self.vectors[rows] @ query, k)
        return rows[best], scores

    def _quantised(self) -> faiss.Index:
        dim = self.vectors.shape[1]
        parts = max(part for part in range(1, max(dim // 4, 1) + 1) if dim % part == 0)
        codes = faiss.IndexPQFastScan(dim, parts, 4, faiss.METRIC_INNER_PRODUCT)
        chosen = np.random.default_rng(0).permutation(len(self.vectors))[:TRAINING]
        codes.train(self.vectors[np.sort(chosen)])  # pyright: ignore[reportCallIssue]
        codes.add(self.vectors)  # pyright: ignore[reportCallIssue]
        return codes


def retrieval_ranks(images: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rank (1 = first) of the true partner, row i of the one belonging to row i of the other.

    images, texts: [row dim]. Returns int64 [row] of each image's text among all texts, and of each text's image
    among all images. Of equal scores the lower row comes first, so that vectors all alike rank at chance.
    """
    return _partner_ranks(images, texts), _partner_ranks(texts, images)


def recall_at(ranks: np.ndarray, k: int) -> float:
    """The share of ranks up to k: recall@k where each query has one true answer."""
    return float(np.mean(ranks <= k))


def _partner_ranks(queries: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if queries.shape != targets.shape:
        raise ValueError(f"pairs need two arrays alike, not {queries.shape} and {targets.shape}")
    ranks = np.empty(len(queries), np.int64)
    columns = np.arange(len(targets))
    for start in range(0, len(queries), 512):
        rows = columns[start : start + 512]
        scores = queries[rows] @ targets.T
        own = scores[np.arange(len(rows)), rows][:, None]
        ahead = (scores > own) | ((scores == own) & (columns < rows[:, None]))
        ranks[rows] = 1 + ahead.sum(1)
    return ranks


def _best(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and scores of the k largest, ties in row order. scores: [row]."""
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    rows = np.flatnonzero(scores >= least)
    rows = rows[np.argsort(-scores[rows], kind="stable")[:k]]
    return rows, scores[rows]


def _stack(answers: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    rows, scores = zip(*answers, strict=True)
    return np.stack(rows), np.stack(scores)
