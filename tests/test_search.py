"""Nearest neighbours and ranks, against plain sorting."""

import faiss
import numpy as np
import pytest

from core.search import Index, recall_at, retrieval_ranks


def unit(chance: np.random.Generator, rows: int, dim: int) -> np.ndarray:
    vectors = chance.standard_normal((rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def one_thread():
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # for so few vectors threads wait for each other most of the time
    yield
    faiss.omp_set_num_threads(threads)


@pytest.fixture
def chance():
    return np.random.default_rng(3)


@pytest.mark.parametrize("threaded", [0, 10**6])
@pytest.mark.parametrize("k", [1, 7, 300])
def test_nearest_is_plain_sorting(chance, k, threaded, monkeypatch):
    monkeypatch.setattr("core.search.THREADED", threaded)
    vectors, queries = unit(chance, 300, 16), unit(chance, 5, 16)
    expected = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :k]
    rows, scores = Index(vectors).nearest(queries, k)
    assert (rows == expected).all() and rows.shape == scores.shape == (5, k)
    assert np.allclose(scores, np.take_along_axis(queries @ vectors.T, expected, 1), atol=1e-6)
    for query, row in zip(queries, expected, strict=True):
        assert (Index(vectors).nearest(query[None], k)[0][0] == row).all()


def test_the_axes_find_themselves():
    rows, scores = Index(np.eye(4)).nearest(np.eye(4), 1)
    assert (rows[:, 0] == range(4)).all() and (scores == 1).all()


@pytest.mark.parametrize("threaded", [0, 10**6])
@pytest.mark.parametrize("exact", [1000, 10])
def test_equal_scores_keep_the_order_of_rows(exact, threaded, monkeypatch):
    monkeypatch.setattr("core.search.THREADED", threaded)
    vectors = np.zeros((60, 8), np.float32)
    vectors[10:50, 0] = 1
    vectors[40, 0] = 2
    for queries in (np.eye(8, dtype=np.float32)[:1], np.eye(8, dtype=np.float32)[[0, 0, 0]]):
        rows, scores = Index(vectors, exact).nearest(queries, 5)
        assert (rows == [40, 10, 11, 12, 13]).all()
        assert (scores == [2, 1, 1, 1, 1]).all()
        assert (np.diff(rows[:, 1:]) > 0).all()


def test_k_is_clipped(chance):
    index, query = Index(unit(chance, 3, 4)), unit(chance, 1, 4)
    assert [index.nearest(query, k)[0].shape for k in (-1, 0, 3, 99)] == [(1, 0), (1, 0), (1, 3), (1, 3)]
    assert index.nearest(query[:0], 2)[0].shape == (0, 2)
    assert Index(np.zeros((0, 4))).nearest(query, 2)[0].shape == (1, 0)
    assert Index(query).nearest(np.concatenate([query, query]), 2)[0].tolist() == [[0], [0]]


def test_wrong_arrays_are_refused(chance):
    with pytest.raises(ValueError, match="finite"):
        Index(np.array([[np.nan, 1.0]]))
    with pytest.raises(ValueError, match=r"\[row dim\]"):
        Index(np.zeros(4))
    with pytest.raises(ValueError, match="query 4"):
        Index(np.eye(4)).nearest(np.eye(3), 1)


def test_quantised_search_finds_nearly_all_and_scores_exactly(chance):
    centres = unit(chance, 50, 32)
    vectors = centres[chance.integers(0, 50, 4000)] + 0.1 * chance.standard_normal((4000, 32)).astype(np.float32)
    index, exact = Index(vectors, exact=1000), Index(vectors)
    assert exact.recall() == 1.0
    assert 0.9 < index.recall(10) <= 1.0
    rows, scores = index.nearest(vectors[:20], 10)
    assert np.allclose(scores, np.einsum("qrd,qd->qr", vectors[rows], vectors[:20]), atol=1e-4)
    assert (np.diff(scores) <= 0).all()
    assert Index(unit(chance, 60, 7), exact=10).recall(5) > 0.9  # a width without a divisor


def test_recall_counts_what_is_missed(chance):
    index = Index(unit(chance, 50, 8))
    index.nearest = lambda queries, k: (np.tile(np.arange(k), (len(queries), 1)), np.zeros((len(queries), k)))
    true = [set(Index(index.vectors).nearest(index.vectors[[row]], 4)[0][0]) for row in range(50)]
    assert index.recall(4, sample=50) == pytest.approx(np.mean([len(rows & {0, 1, 2, 3}) / 4 for rows in true]))


def test_ranks_of_matching_pairs_are_first():
    images, texts = retrieval_ranks(np.eye(5), np.eye(5))
    assert (images == 1).all() and (texts == 1).all()
    assert recall_at(images, 1) == 1.0


def test_ranks_by_hand():
    images = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    texts = np.array([[0.0, 1.0], [0.1, 0.9], [0.6, 0.8]])
    # scores image x text: [0 .1 .6], [1 .9 .8], [.8 .78 1]
    of_images, of_texts = retrieval_ranks(images, texts)
    assert of_images.tolist() == [3, 2, 1]
    assert of_texts.tolist() == [3, 1, 1]
    assert [recall_at(of_images, k) for k in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])


def test_vectors_all_alike_rank_at_chance():
    of_images, of_texts = retrieval_ranks(np.ones((1200, 3)), np.ones((1200, 3)))
    assert (of_images == np.arange(1, 1201)).all() and (of_texts == of_images).all()


def test_pairs_must_match():
    with pytest.raises(ValueError, match="pairs"):
        retrieval_ranks(np.eye(3), np.eye(4))
