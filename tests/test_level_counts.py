"""Counts of levels and maxima of components against their definitions, NumPy and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import ndimage

import strategies
from unsplice import _core, label_components, pure_python
from unsplice.blind.kernels import level_counts, measure_components

Array = NDArray[Any]


@given(strategies.images(("uint8", "uint16"), least=0))
def test_counts_are_those_of_the_definition(image: Array) -> None:
    result = level_counts(image, num_threads=1)
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result, pure_python.level_counts(image))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("num_threads", [1, 2, 3, 64])
def test_counts_are_those_of_numpy_for_any_number_of_threads(dtype: str, num_threads: int) -> None:
    most = np.iinfo(dtype).max
    random = np.random.default_rng(0)
    for image in (
        random.integers(0, most, (903, 1205), dtype, endpoint=True),
        np.full((903, 1205), most, dtype),
    ):
        np.testing.assert_array_equal(
            level_counts(image, num_threads=num_threads),
            np.bincount(image.ravel(), minlength=most + 1),
        )


def test_counts_go_beyond_31_bits() -> None:
    """A row of zeros that stands for many, in memory once; a lone 7 in the last column."""
    row = np.zeros((1, 2**20), np.uint8)
    row[0, -1] = 7
    image = np.lib.stride_tricks.as_strided(row, (2**11 + 1, 2**20), (0, 1))
    counts = level_counts(image)
    assert counts[0] == image.size - len(image)
    assert counts[7] == len(image)


@given(strategies.masks())
def test_measured_components_are_those_of_the_definition(mask: Array) -> None:
    random = np.random.default_rng(mask.size)
    values = random.choice(np.array([0, 1, 100, 254, 255], np.uint8), mask.shape)
    result = measure_components(mask, values, num_threads=1)
    for ours, defined in zip(result, pure_python.measure_components(mask, values), strict=True):
        assert ours.dtype == defined.dtype
        np.testing.assert_array_equal(ours, defined)


@pytest.mark.parametrize("num_threads", [1, 2, 3, 64])
@pytest.mark.parametrize("density", [0.02, 0.45, 0.99])
def test_measured_components_are_those_that_are_labelled(num_threads: int, density: float) -> None:
    random = np.random.default_rng(0)
    mask = random.random((903, 1205)) < density
    values = random.integers(0, 250, mask.shape, np.uint8)
    components = label_components(mask)
    result = measure_components(mask, values, num_threads=num_threads)
    np.testing.assert_array_equal(result.areas, components.areas)
    np.testing.assert_array_equal(result.bounding_boxes, components.bounding_boxes)
    np.testing.assert_array_equal(result.centroids, components.centroids)
    np.testing.assert_array_equal(
        result.maxima, ndimage.maximum(values, components.labels, range(1, len(components) + 1))
    )


GRAY = np.zeros((3, 4), np.uint8)
MASK = np.ones((3, 4), bool)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: level_counts(GRAY * 1.0), TypeError, "uint8 or uint16, got float64"),
        (lambda: level_counts(GRAY[0]), ValueError, r"\(rows, cols\), got \(4,\)"),
        (lambda: measure_components(GRAY, GRAY), TypeError, "mask must have dtype bool, got uint8"),
        (lambda: measure_components(MASK, MASK), TypeError, "values must have dtype uint8"),
        (lambda: measure_components(MASK, GRAY[0]), ValueError, r"\(rows, cols\), got \(4,\)"),
        (
            lambda: measure_components(MASK, GRAY[1:]),
            ValueError,
            r"values must have the shape of mask, \(3, 4\), got \(2, 4\)",
        ),
    ],
)
def test_bad_arguments_are_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.level_counts(GRAY[..., np.newaxis], 1),
        lambda: _core.level_counts(GRAY[:, ::2], 1),
        lambda: _core.level_counts(GRAY, 0),
        lambda: _core.measure_components(MASK[0], GRAY, 1),
        lambda: _core.measure_components(MASK, GRAY[..., np.newaxis], 1),
        lambda: _core.measure_components(MASK, GRAY[1:], 1),
        lambda: _core.measure_components(MASK, GRAY, 0),
    ],
)
def test_the_core_guards_its_memory(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
