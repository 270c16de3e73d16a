"""Results check their arrays when they are made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from core.arrays import Array, Floats, Ints, Result


@dataclass(frozen=True)
class Square(Result):
    weights: Array[Floats, "layer token token"]
    ids: Array[Ints, "token"] | None = None
    stages: Sequence[Array[Floats, "row column"]] = ()


def test_fitting_arrays_pass():
    stages = [np.zeros((2, 3)), np.zeros((4, 5))]
    result = Square(np.zeros((2, 3, 3)), np.arange(3), stages)
    assert result.weights.shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("weights", "ids", "stages", "message"),
    [
        (np.zeros((3, 3)), None, [], r"axes \[layer token token\]"),
        (np.zeros((2, 3, 4)), None, [], "axis token has length 4 and 3"),
        (np.zeros((2, 3, 3)), np.arange(4), [], "Square.ids: axis token"),
        (np.zeros((2, 3, 3), int), None, [], "kind 'f'"),
        ([[1.0]], None, [], "not list"),
        (np.zeros((2, 3, 3)), None, [np.zeros(3)], r"Square.stages\[0\]"),
    ],
)
def test_what_does_not_fit_is_refused(weights, ids, stages, message):
    with pytest.raises(TypeError, match=message):
        Square(weights, ids, stages)


def test_unknown_axis_names_are_refused():
    with pytest.raises(TypeError, match="banana"):
        Array[Floats, "layer banana"]


@dataclass(frozen=True)
class Between(Result):
    values: Array[Floats, "image ... row column"]
    sides: Array[Floats, "row"]


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 3, 4, 5), (2, 3, 7, 4, 5)])
def test_dots_stand_for_any_axes_or_none(shape):
    assert Between(np.zeros(shape), np.zeros(4)).values.shape == shape
    with pytest.raises(TypeError, match="axis row has length 3 and 4"):
        Between(np.zeros(shape), np.zeros(3))
    with pytest.raises(TypeError, match=r"axes \[image ... row column\]"):
        Between(np.zeros((4, 5)), np.zeros(4))
