"""Maps of a joint space: pictures and captions of a collection laid out in the plane, and how true the layout is.

Pictures and captions of a dual encoder lie in two cones (the modality gap, Liang et al. 2022, arXiv 2203.02053).
A joint map therefore has two layouts: of the vectors as they are, and of the vectors with the mean of their
modality taken out and scaled to length one again, started from the first so that every point can be followed.
Rows are pictures first, then captions in the same order: point i and point i + n are a pair.
"""

import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Floats, Result
from core.search import Index

NEIGHBOURS = 15
EPOCHS = 100
SEED = 7
AMOUNTS = np.linspace(0, 1, 11)
RANKS = (1, 5, 10)
SAMPLE = 1_000
_umap_lock = threading.Lock()


@dataclass(frozen=True)
class Faithfulness:
    """How true a layout is to the vectors, over each point's 15 neighbours.

    trustworthiness: 1 when no point is shown near that was far (Venna & Kaski 2001). recall: the share of true
    neighbours that are neighbours in the layout.
    """

    trustworthiness: float
    recall: float


@dataclass(frozen=True)
class Gap(Result):
    """The modality gap while the means are taken out by each amount (step) from 0 to 1.

    distance: between the mean picture and the mean caption. recall: of captions, the share whose own picture is
    among the nearest 1, 5, 10 (rank); a picture with the very same caption counts as its own.
    """

    amounts: Array[Floats, "step"]
    distance: Array[Floats, "step"]
    recall: Array[Floats, "step rank"]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each row scaled to length one; rows of zeros stay."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def without_mean(vectors: np.ndarray, amount: float = 1.0) -> np.ndarray:
    """Unit vectors [row dim] of one modality, with this share of their mean taken out."""
    return unit(vectors - amount * vectors.mean(axis=0))


def neighbour_graph(vectors: np.ndarray, k: int = NEIGHBOURS) -> tuple[np.ndarray, np.ndarray]:
    """(row numbers [row k], cosine distances [row k]) of the nearest of unit vectors, each row itself first."""
    rows, scores = Index(vectors).nearest(vectors, k)
    own = np.arange(len(vectors))
    # Where copies of a point come before it, it takes the first place and the first or last of them its own.
    position = np.where((rows == own[:, None]).any(1), (rows == own[:, None]).argmax(1), rows.shape[1] - 1)
    rows[own, position], scores[own, position] = rows[:, 0], scores[:, 0]
    rows[:, 0], scores[:, 0] = own, 1.0
    return rows, np.maximum(1.0 - scores, 0.0)


def principal_components(vectors: np.ndarray, count: int = 3) -> np.ndarray:
    """[row count]: projections on the directions of most variance, each with its largest weight positive."""
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    values, directions = np.linalg.eigh(centred.T @ centred)
    directions = directions[:, np.argsort(values)[::-1][:count]]
    directions = directions * np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    return (centred @ directions).astype(np.float32)


def umap(vectors: np.ndarray, start: np.ndarray | None = None, dims: int = 2, epochs: int = EPOCHS) -> np.ndarray:
    """UMAP (McInnes et al. 2018, arXiv 1802.03426) of unit vectors, [row dims] in -1...1.

    The neighbour graph comes from FAISS and the start, where none is given, from the principal components: 100
    epochs then reach what 200 to 500 do from scratch. One runs at a time, since UMAP is not safe among threads.
    Fewer than NEIGHBOURS + 2 rows have no graph to speak of: they are given their principal components.
    """
    if start is None:
        start = principal_components(vectors, dims)
    if len(vectors) < NEIGHBOURS + 2:
        return fitted(start)
    rows, distances = neighbour_graph(vectors)
    # A little apart, because UMAP divides by the start's extent, which copies of one picture do not have.
    jitter = np.random.default_rng(SEED).normal(scale=1e-4 * max(float(np.ptp(start)), 1.0), size=start.shape)
    start = (start + jitter).astype(np.float32)
    with _umap_lock, warnings.catch_warnings():
        from umap import UMAP

        warnings.simplefilter("ignore")  # on the fixed seed, and on the graph without a search index
        places = UMAP(
            n_components=dims,
            n_neighbors=rows.shape[1],
            n_epochs=epochs,
            init=start,  # pyright: ignore[reportArgumentType]
            precomputed_knn=(rows, distances, None),
            random_state=SEED,
        ).fit_transform(vectors)
    return fitted(np.asarray(places))


def tsne(vectors: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """t-SNE (van der Maaten & Hinton 2008) of unit vectors, [row 2] in -1...1, from 50 principal components.

    It starts from the first two of them, or from given places. Distances between groups say nothing in it.
    """
    from sklearn.manifold import TSNE

    parts = principal_components(vectors, min(50, *vectors.shape))
    start = fitted(parts[:, :2] if start is None else start)
    if len(vectors) < 8:
        return start
    jitter = np.random.default_rng(SEED).normal(scale=1e-6, size=start.shape)
    made = TSNE(
        init=(start * 1e-4 + jitter).astype(np.float32),  # pyright: ignore[reportArgumentType]
        perplexity=min(30.0, (len(vectors) - 1) / 3),
        max_iter=500,
        random_state=SEED,
        n_jobs=2,
    )
    return fitted(made.fit_transform(parts))


def fitted(places: np.ndarray) -> np.ndarray:
    """Places moved and scaled alike on all axes, so that the longest side fills -1...1."""
    low, high = places.min(axis=0), places.max(axis=0)
    return ((places - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-12)).astype(np.float32)


def place(query: np.ndarray, index: Index, places: np.ndarray, k: int = 8) -> np.ndarray:
    """Where a new unit vector [dim] belongs: the mean of its k nearest rows' places [row place], [place].

    Each weighs by how much nearer it is than the next after them. The index should hold the query's own modality,
    because across the gap all rows are about equally far.
    """
    rows, scores = index.nearest(query[None], k + 1)
    if len(rows[0]) <= k:
        return places[rows[0][0]]
    weights = scores[0][:k] - scores[0][k] + 1e-6
    return (weights / weights.sum()) @ places[rows[0][:k]]


def faithfulness(
    vectors: np.ndarray, places: np.ndarray, k: int = NEIGHBOURS, sample: int = SAMPLE
) -> Faithfulness:
    """Measured at ``sample`` points against all others; with all points in the sample this is sklearn's number."""
    count = len(vectors)
    if count <= 2 * k:
        k = max(count // 2 - 1, 1)
    if count < 4:
        return Faithfulness(1.0, 1.0)
    chosen = np.random.default_rng(SEED).permutation(count)[:sample]
    penalty, kept = 0.0, 0
    for block in np.array_split(chosen, -(-len(chosen) // 250)):
        true = _squared_distances(vectors, block)
        shown = _squared_distances(places, block)
        near = np.argpartition(shown, k, axis=1)[:, :k]
        distances = np.take_along_axis(true, near, axis=1)
        ranks = np.stack([(true < distances[:, j : j + 1]).sum(axis=1) for j in range(k)], axis=1) + 1
        penalty += float(np.maximum(ranks - k, 0).sum())
        kept += int((ranks <= k).sum())
    scale = 2.0 / (k * (2 * count - 3 * k - 1))
    return Faithfulness(1.0 - scale * penalty / len(chosen), kept / (k * len(chosen)))


def _squared_distances(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """[row, point], infinite from a point to itself."""
    points = points.astype(np.float32)
    squares = np.einsum("ij,ij->i", points, points)
    distances = squares[None] + squares[rows, None] - 2.0 * points[rows] @ points.T
    distances[np.arange(len(rows)), rows] = np.inf
    return distances


def modality_gap(images: np.ndarray, texts: np.ndarray, captions: Sequence[str], sample: int = 2_000) -> Gap:
    """The gap between unit vectors of pictures [image dim] and their captions [text dim], pair by pair.

    At most ``sample`` captions are asked for, each against all pictures.
    """
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(texts))[:sample])
    _, same = np.unique(np.asarray(captions), return_inverse=True)
    asked, mean_image, mean_text = texts[chosen], images.mean(axis=0), texts.mean(axis=0)
    products = asked @ images.T
    image_on_text, image_on_image, text_on_image = images @ mean_text, images @ mean_image, asked @ mean_image
    own = same[chosen, None] == same[None, :]
    distance, recall = [], []
    for amount in AMOUNTS:
        # (t - a m_t) (i - a m_i) written out, so that the large product is made once.
        scores = products - amount * (image_on_text[None] + text_on_image[:, None])
        scores += amount**2 * float(mean_text @ mean_image)
        lengths = 1 - 2 * amount * image_on_image + amount**2 * float(mean_image @ mean_image)
        scores /= np.sqrt(np.maximum(lengths, 1e-12))
        best = np.where(own, scores, -np.inf).max(axis=1, keepdims=True)
        rank = (scores > best).sum(axis=1) + 1
        recall.append([float((rank <= k).mean()) for k in RANKS])
        centres = [without_mean(vectors, amount).mean(axis=0) for vectors in (images, texts)]
        distance.append(float(np.linalg.norm(centres[0] - centres[1])))
    return Gap(AMOUNTS, np.array(distance), np.array(recall))
