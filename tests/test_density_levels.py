"""Densities of points against their definition, and against those of point_density."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import _core, point_density, pure_python
from unsplice.blind.enhance import levels_of
from unsplice.blind.kernels import density_levels

Array = NDArray[Any]


def random_points(rows: int, cols: int, share: float = 0.01) -> Array:
    return np.random.default_rng((rows, cols)).random((rows, cols)) < share


@given(strategies.masks(), st.integers(0, 14))
def test_levels_are_those_of_the_definition(points: Array, radius: int) -> None:
    before = points.copy()
    result = density_levels(points, radius, num_threads=1)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, pure_python.density_levels(points, radius))
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (37, 500), (301, 403)])
@pytest.mark.parametrize("radius", [0, 1, 40, 299, 300, 301, 2000, 2**70])
def test_levels_are_the_scaled_counts_of_opencv(shape: tuple[int, int], radius: int) -> None:
    for points in (random_points(*shape), random_points(*shape, 0.5), np.ones(shape, bool)):
        counts = point_density(points, radius)
        np.testing.assert_array_equal(
            density_levels(points, radius), levels_of(counts.astype(np.float32), None)
        )


@pytest.mark.parametrize("num_threads", [2, 3, 64])
@pytest.mark.parametrize("radius", [0, 3, 130, 900, 5000])
def test_the_number_of_threads_changes_no_bit(num_threads: int, radius: int) -> None:
    points = random_points(901, 1203)
    np.testing.assert_array_equal(
        density_levels(points, radius, num_threads=num_threads),
        density_levels(points, radius, num_threads=1),
    )


def test_no_points_have_no_density() -> None:
    assert not density_levels(np.zeros((5, 7), bool), 2).any()
    assert density_levels(np.zeros((0, 7), bool), 2).shape == (0, 7)
    assert density_levels(np.zeros((7, 0), bool), 2).shape == (7, 0)


def test_any_byte_but_zero_is_a_point() -> None:
    bytes_of_mask = np.array([[0, 1, 2, 255, 0, 0, 0]], np.uint8)
    assert density_levels(bytes_of_mask.view(bool), 1).tolist() == [[85, 170, 255, 170, 85, 0, 0]]


POINTS = np.ones((3, 4), bool)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: density_levels(POINTS * 1, 1), TypeError, "points must have dtype bool"),
        (lambda: density_levels(POINTS[0], 1), ValueError, r"\(rows, cols\), got \(4,\)"),
        (lambda: density_levels(POINTS, -1), ValueError, "radius must be >= 0, got -1"),
        (lambda: density_levels(POINTS, 1.0), TypeError, "radius must be an int, got float"),
    ],
)
def test_bad_arguments_are_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_boxes_of_too_many_points_are_refused() -> None:
    row = np.ones((1, 2**16), bool)
    points = np.lib.stride_tricks.as_strided(row, (2**15, 2**16), (0, 1))
    with pytest.raises(ValueError, match="whose points 32 bits can count"):
        density_levels(points, 2**15)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.density_levels(POINTS[0], 1, 1),
        lambda: _core.density_levels(POINTS[:, ::2], 1, 1),
        lambda: _core.density_levels(POINTS, -1, 1),
        lambda: _core.density_levels(POINTS, 1, 0),
    ],
)
def test_the_core_guards_its_memory(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
