"""Class activation maps against their formulas written anew, and against closed forms."""

import numpy as np
import pytest

from core.cam import METHODS, cam, spread

CHANCE = np.random.default_rng(0)
MAPS, SLOPES = CHANCE.normal(size=(2, 5, 3, 4))


def written_anew(method: str) -> np.ndarray:
    channels, rows, columns = MAPS.shape
    places = [(row, column) for row in range(rows) for column in range(columns)]
    heat = np.zeros((rows, columns))
    for k in range(channels):
        if method == "Grad-CAM":
            weight = sum(SLOPES[k, r, c] for r, c in places) / (rows * columns)
        elif method == "Grad-CAM++":
            weight, total = 0.0, sum(MAPS[k, r, c] for r, c in places)
            for r, c in places:
                slope = SLOPES[k, r, c]
                weight += slope**2 / (2 * slope**2 + total * slope**3) * max(slope, 0)
        for r, c in places:
            heat[r, c] += (SLOPES[k, r, c] if method == "HiResCAM" else weight) * MAPS[k, r, c]
    return np.where(heat > 0, heat, 0)


@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_formula(method):
    np.testing.assert_allclose(cam(MAPS, SLOPES, method), written_anew(method), atol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_where_nothing_depends_on_the_maps_nothing_is_lit(method):
    assert not cam(MAPS, np.zeros_like(SLOPES), method).any()


def test_with_one_slope_for_each_channel_two_methods_agree():
    slopes = np.broadcast_to(CHANCE.normal(size=(5, 1, 1)), MAPS.shape)
    np.testing.assert_allclose(cam(MAPS, slopes, "Grad-CAM"), cam(MAPS, slopes, "HiResCAM"), atol=1e-12)


def test_a_finer_grid_repeats_the_cells():
    np.testing.assert_array_equal(
        spread(np.array([[1, 2], [3, 4]]), 4, 4), np.kron([[1, 2], [3, 4]], np.ones((2, 2)))
    )
    np.testing.assert_array_equal(spread(np.array([[1, 2]]), 1, 3), [[1, 2, 2]])
