"""median_filter against its definition."""

from __future__ import annotations

from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import median_filter, pure_python

DTYPES = ("uint8", "uint16", "float32", "float64")


def any_value_but_nan(dtype: str) -> st.SearchStrategy[Any] | None:
    if not dtype.startswith("float"):
        return None
    # Few different values, so that equal ones meet, and both zeros.
    special = st.sampled_from([0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf")])
    return st.one_of(special, st.floats(allow_nan=False, width=32))


def in_layouts(shapes: st.SearchStrategy[tuple[int, ...]]) -> st.SearchStrategy[NDArray[Any]]:
    return strategies.arrays_in_any_layout(st.sampled_from(DTYPES), shapes, any_value_but_nan)


def assert_same_bits(result: NDArray[Any], expected: NDArray[Any]) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


@given(in_layouts(strategies.sizes(least=0)))
def test_a_picture_gives_the_bits_of_the_definition(image: NDArray[Any]) -> None:
    before = image.copy()
    assert_same_bits(median_filter(image, num_threads=1), pure_python.median_filter(image))
    assert_same_bits(image, before)


@given(in_layouts(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 5))))
def test_a_stack_is_filtered_picture_by_picture(stack: NDArray[Any]) -> None:
    assert_same_bits(median_filter(stack, num_threads=1), pure_python.median_filter(stack))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_no_bit(dtype: str, num_threads: int) -> None:
    image = np.random.default_rng(1).integers(0, 255, (2, 701, 1501)).astype(dtype)
    alone = median_filter(image, num_threads=1)
    assert_same_bits(median_filter(image, num_threads=num_threads), alone)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("cols", [1, 2, 1023, 1024, 1025, 2049, 3000])
def test_wide_pictures_equal_opencv(dtype: str, cols: int) -> None:
    image = np.random.default_rng(cols).integers(0, 255, (5, cols)).astype(dtype)
    assert_same_bits(median_filter(image), cv2.medianBlur(image, 3))


def test_a_zero_is_positive_whatever_order_zeros_meet_in() -> None:
    image = np.full((3, 3), -0.0, np.float32)
    image[1, 1] = 0.0
    assert not np.signbit(median_filter(image)).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("position", [(0, 0), (699, 1499), (350, 1024)])
@pytest.mark.parametrize("num_threads", [1, 4])
def test_a_nan_is_refused_and_found(
    dtype: str, position: tuple[int, int], num_threads: int
) -> None:
    image = np.zeros((700, 1500), dtype)
    image[position] = np.nan
    with pytest.raises(
        ValueError, match=f"NaN, got one at row {position[0]}, column {position[1]}"
    ):
        median_filter(image, num_threads=num_threads)


def test_of_several_nans_the_first_is_named() -> None:
    stack = np.zeros((2, 600, 800))
    stack[0, 500, 3] = stack[1, 2, 1] = np.nan
    with pytest.raises(ValueError, match="image 0, row 500, column 3"):
        median_filter(stack, num_threads=4)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        ([[1, 2]], TypeError, "image must be a NumPy array, got list"),
        (np.zeros((3, 3), np.int16), TypeError, "got int16"),
        (np.zeros((3, 3), bool), TypeError, "got bool"),
        (np.zeros((3, 3), np.float16), TypeError, "got float16"),
        (np.zeros((3, 3), object), TypeError, "got object"),
        (np.ma.masked_array(np.zeros((3, 3), np.uint8)), TypeError, "got MaskedArray"),
        (np.zeros(3, np.uint8), ValueError, r"\(n, rows, cols\), got \(3,\)"),
        (np.array(1, np.uint8), ValueError, r"got \(\)"),
        (np.zeros((1, 2, 3, 4), np.uint8), ValueError, r"got \(1, 2, 3, 4\)"),
    ],
)
def test_what_is_no_picture_is_refused(image: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        median_filter(image)
