"""extract_patches against its definition."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import extract_patches, pure_python

DTYPES = ("bool", "uint8", "uint16", "float32")
Call = tuple[NDArray[Any], NDArray[Any], int]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    rows_and_cols = strategies.sizes()
    with_channels = st.tuples(rows_and_cols, st.integers(0, 4)).map(lambda s: (*s[0], s[1]))
    image = draw(
        strategies.arrays_in_any_layout(
            st.sampled_from(DTYPES), st.one_of(rows_and_cols, with_channels)
        )
    )
    rows, cols = image.shape[:2]
    size = draw(st.integers(1, min(rows, cols)))
    corner = st.tuples(st.integers(0, rows - size), st.integers(0, cols - size))
    corners = np.array(draw(st.lists(corner, max_size=5)), np.int64).reshape(-1, 2)
    dtype = draw(st.sampled_from(["int8", "uint16", "int64", "uint64"]))
    return image, strategies.in_layout(corners.astype(dtype), draw(strategies.layouts)), size


@given(calls())
def test_the_patches_equal_the_definition(call: Call) -> None:
    image, corners, size = call
    before = image.copy(), corners.copy()
    result = extract_patches(image, corners, size, num_threads=1)
    expected = pure_python.extract_patches(image, corners, size)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected, strict=True)
    assert np.array_equal(image, before[0], equal_nan=image.dtype.kind == "f")
    assert np.array_equal(corners, before[1])


@pytest.mark.parametrize("num_threads", [1, 2, 3, 64])
def test_the_number_of_threads_changes_nothing(num_threads: int) -> None:
    random = np.random.default_rng(7)
    image = random.integers(0, 256, (200, 300, 3), np.uint8)
    corners = random.integers(0, (200 - 64, 300 - 64), (150, 2))
    expected = np.stack([image[row : row + 64, col : col + 64] for row, col in corners])
    np.testing.assert_array_equal(
        extract_patches(image, corners, 64, num_threads=num_threads), expected
    )


def test_no_corners_give_no_patches() -> None:
    none = np.empty((0, 2), np.int64)
    assert extract_patches(np.zeros((9, 9, 3), np.uint8), none, 4).shape == (0, 4, 4, 3)
    assert extract_patches(np.zeros((9, 9)).astype(bool), none, 40).shape == (0, 40, 40)


IMAGE = np.zeros((5, 6), np.uint8)


@pytest.mark.parametrize(
    "corner", [(-1, 0), (0, -1), (3, 0), (0, 4), (2**63 - 1, 0), (-(2**63), 0)]
)
def test_a_window_that_leaves_the_image_is_named(corner: tuple[int, int]) -> None:
    corners = np.array([(0, 0), corner], np.int64)
    message = rf"of 3 x 3 inside the image of 5 x 6, got \({corner[0]}, {corner[1]}\) at index 1"
    with pytest.raises(ValueError, match=message):
        extract_patches(IMAGE, corners, 3)


@pytest.mark.parametrize(
    ("image", "corners", "size", "error", "message"),
    [
        (IMAGE.astype(float), np.zeros((1, 2), int), 2, TypeError, "got float64"),
        (IMAGE[0], np.zeros((1, 2), int), 2, ValueError, r"got \(6,\)"),
        (IMAGE, [(0, 0)], 2, TypeError, "corners must be a NumPy array of integers, got list"),
        (IMAGE, np.zeros((1, 2)), 2, TypeError, "array of integers, got float64"),
        (IMAGE, np.zeros((1, 2), bool), 2, TypeError, "array of integers, got bool"),
        (IMAGE, np.zeros((1, 3), int), 2, ValueError, r"\(n, 2\), got \(1, 3\)"),
        (IMAGE, np.zeros(2, int), 2, ValueError, r"\(n, 2\), got \(2,\)"),
        (IMAGE, np.zeros((1, 2), int), 0, ValueError, "size must be >= 1, got 0"),
        (IMAGE, np.zeros((1, 2), int), 6, ValueError, "6 x 6 inside the image of 5 x 6"),
        (IMAGE, np.zeros((1, 2), int), 2.0, TypeError, "size must be an int, got float"),
        (IMAGE, np.zeros((1, 2), int), 2**31, ValueError, "size must leave room"),
        (IMAGE, np.zeros((0, 2), int), 2**31, ValueError, "size must leave room"),
        (np.zeros((4, 5, 4), np.float32), np.zeros((0, 2), int), 2**30, ValueError, "leave room"),
        (IMAGE, np.full((1, 2), 2**64 - 1, np.uint64), 2, ValueError, "inside the image"),
    ],
)
def test_bad_arguments_are_named(
    image: Any, corners: Any, size: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        extract_patches(image, corners, size)
