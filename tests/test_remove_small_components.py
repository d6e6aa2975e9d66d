"""remove_small_components against its definition."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import label_components, pure_python, remove_small_components


@given(strategies.masks(), st.integers(0, 20), st.sampled_from([4, 8]))
def test_the_mask_equals_the_definition(
    mask: NDArray[np.bool_], min_area: int, connectivity: int
) -> None:
    before = mask.copy()
    result = remove_small_components(mask, min_area, connectivity=connectivity, num_threads=1)
    expected = pure_python.remove_small_components(mask, min_area, connectivity=connectivity)
    np.testing.assert_array_equal(result, expected, strict=True)
    assert np.array_equal(mask, before)


@pytest.mark.parametrize("cols", [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200])
def test_widths_around_words_equal_the_definition(cols: int) -> None:
    random = np.random.default_rng(cols)
    for density in (0.4, 0.9, 0.99, 1.0):
        # Runs that go on over words, in components that stay and in components that go.
        mask = random.random((4, cols)) < density
        mask[[1, 3]] &= density < 0.5
        for min_area in (2, cols // 2, cols):
            result = remove_small_components(mask, min_area)
            expected = pure_python.remove_small_components(mask, min_area)
            np.testing.assert_array_equal(result, expected, strict=True)


@pytest.mark.parametrize("num_threads", [1, 2, 3, 64])
def test_large_masks_agree_with_the_labels_for_every_number_of_threads(num_threads: int) -> None:
    mask = np.random.default_rng(2).random((901, 1201)) < 0.4
    components = label_components(mask, num_threads=1)
    large = np.concatenate([[False], components.areas >= 30])
    result = remove_small_components(mask, 30, num_threads=num_threads)
    np.testing.assert_array_equal(result, large[components.labels])


def test_a_component_of_exactly_the_least_area_stays() -> None:
    mask = np.array([[1, 1, 0, 1, 1, 1]], bool)
    assert remove_small_components(mask, 3).tolist() == [[False] * 3 + [True] * 3]


def test_an_area_beyond_any_picture_removes_all() -> None:
    assert not remove_small_components(np.ones((3, 3), bool), 10**30).any()


@pytest.mark.parametrize(
    ("mask", "min_area", "error", "message"),
    [
        (np.zeros((2, 2), np.uint8), 1, TypeError, "mask must have dtype bool, got uint8"),
        (np.zeros(2, bool), 1, ValueError, r"\(rows, cols\), got \(2,\)"),
        (np.zeros((2, 2), bool), -1, ValueError, "min_area must be >= 0, got -1"),
        (np.zeros((2, 2), bool), 1.5, TypeError, "min_area must be an int, got float"),
        (np.zeros((2, 2), bool), True, TypeError, "min_area must be an int, got bool"),
    ],
)
def test_bad_arguments_are_named(
    mask: Any, min_area: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        remove_small_components(mask, min_area)
