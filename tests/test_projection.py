import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from core.projection import (
    AMOUNTS,
    faithfulness,
    fitted,
    modality_gap,
    neighbour_graph,
    place,
    principal_components,
    umap,
    unit,
    without_mean,
)
from core.search import Index


def cloud(rows=300, dim=12, seed=0):
    return unit(np.random.default_rng(seed).normal(size=(rows, dim))).astype(np.float32)


def groups(seed=0):
    """Three tight groups of 60 unit vectors each."""
    centres = np.eye(3, 24, dtype=np.float32)
    noise = np.random.default_rng(seed).normal(scale=0.05, size=(180, 24))
    return unit(np.repeat(centres, 60, axis=0) + noise).astype(np.float32), np.repeat(np.arange(3), 60)


def test_each_row_is_its_own_first_neighbour_even_among_copies():
    vectors = cloud(40)
    vectors[:30] = vectors[0]
    rows, distances = neighbour_graph(vectors, 10)
    assert (rows[:, 0] == np.arange(40)).all()
    assert all(len(set(row)) == 10 for row in rows)
    assert distances[:, 0] == pytest.approx(0)
    assert (distances >= 0).all()
    assert distances[35, 1:] == pytest.approx(np.sort(1 - vectors @ vectors[35])[1:10], abs=1e-6)


def test_principal_components_are_those_of_the_singular_values():
    vectors = cloud(50, 6)
    found = principal_components(vectors, 2)
    left, values, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    assert np.abs(found) == pytest.approx(np.abs(left[:, :2] * values[:2]), abs=1e-5)


def test_the_direction_of_components_does_not_hang_on_chance():
    vectors = cloud(50, 6)
    assert principal_components(vectors[::-1], 3)[::-1] == pytest.approx(principal_components(vectors, 3), abs=1e-4)


def test_trustworthiness_is_sklearns_and_recall_is_the_share_of_neighbours():
    vectors, places = cloud(120, 5), np.random.default_rng(1).normal(size=(120, 2)).astype(np.float32)
    found = faithfulness(vectors, places, k=7)
    assert found.trustworthiness == pytest.approx(trustworthiness(vectors, places, n_neighbors=7), abs=1e-6)
    near = [set(np.argsort(((p - p[i]) ** 2).sum(1))[1:8]) for p in (vectors, places) for i in range(120)]
    shared = [len(a & b) / 7 for a, b in zip(near[:120], near[120:], strict=True)]
    assert found.recall == pytest.approx(np.mean(shared))


def test_a_layout_that_is_the_data_is_wholly_faithful():
    plane = cloud(100, 2)
    found = faithfulness(plane, plane)
    assert (found.trustworthiness, found.recall) == (1.0, 1.0)


def test_a_sample_estimates_the_whole():
    vectors, places = cloud(900, 5), principal_components(cloud(900, 5), 2)
    whole, part = (faithfulness(vectors, places, sample=n) for n in (900, 300))
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.02)
    assert part.recall == pytest.approx(whole.recall, abs=0.05)


def test_umap_keeps_groups_apart_and_repeats_itself():
    vectors, group = groups()
    places = umap(vectors)
    centres = np.stack([places[group == g].mean(axis=0) for g in range(3)])
    nearest = ((places[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    assert (nearest == group).all()
    assert np.abs(places).max() == pytest.approx(1)
    assert (umap(vectors) == places).all()


def test_a_layout_started_from_another_keeps_points_near_where_they_were():
    vectors, _ = groups()
    first = umap(vectors)
    again = umap(groups(seed=3)[0], start=first)
    moved = np.linalg.norm(again - first, axis=1).mean()
    other = np.linalg.norm(umap(groups(seed=3)[0], start=first[::-1].copy()) - first, axis=1).mean()
    assert moved < 0.5 * other


@pytest.mark.parametrize("rows", [1, 2, 5, 16])
def test_few_points_still_have_places(rows):
    places = umap(cloud(rows))
    assert places.shape == (rows, 2)
    assert np.isfinite(places).all()
    found = faithfulness(cloud(rows), places)
    assert 0 <= found.recall <= 1


def test_a_thousand_copies_of_one_picture_have_places():
    places = umap(np.repeat(cloud(1), 1000, axis=0))
    assert np.isfinite(places).all()


def test_fitted_keeps_proportions():
    found = fitted(np.array([[0.0, 0.0], [10.0, 5.0]]))
    assert found.tolist() == [[-1.0, -0.5], [1.0, 0.5]]


def test_a_query_that_is_a_row_lands_at_it_and_one_between_two_lands_between():
    vectors = np.concatenate([np.eye(12, dtype=np.float32)])
    places = np.stack([np.arange(12.0), np.zeros(12)], axis=1)
    index = Index(vectors)
    assert place(vectors[4], index, places) == pytest.approx([4, 0], abs=1e-3)
    assert place(unit(vectors[2] + vectors[6]), index, places) == pytest.approx([4, 0], abs=1e-3)


def test_place_in_a_tiny_collection_is_the_nearest():
    vectors = cloud(3)
    assert place(vectors[1], Index(vectors), np.arange(6.0).reshape(3, 2)).tolist() == [2.0, 3.0]


def test_taking_the_means_out_closes_the_gap():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(200, 16))
    offset = 3 * np.eye(16)[0]
    images, texts = (unit(shared + rng.normal(scale=0.6, size=shared.shape) + s * offset) for s in (1, -1))
    gap = modality_gap(images, texts, [str(i) for i in range(200)])
    assert gap.distance[0] == pytest.approx(np.linalg.norm(images.mean(0) - texts.mean(0)))
    assert gap.distance[-1] < 0.1 * gap.distance[0]
    assert (np.diff(gap.distance) < 0).all()
    for amount, recall in zip(AMOUNTS, gap.recall, strict=True):
        scores = without_mean(texts, amount) @ without_mean(images, amount).T
        ranks = (scores > np.diag(scores)[:, None]).sum(1) + 1
        assert recall == pytest.approx([(ranks <= k).mean() for k in (1, 5, 10)])


def test_any_picture_with_the_same_caption_is_its_own():
    images, texts = np.eye(4), np.eye(4)[[1, 0, 2, 3]]
    apart = modality_gap(images, texts, ["a", "b", "c", "d"])
    alike = modality_gap(images, texts, ["a", "a", "c", "d"])
    assert apart.recall[0, 0] == 0.5
    assert alike.recall[0, 0] == 1.0
