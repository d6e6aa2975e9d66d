"""log_cascade against its definition."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from log_kernel import LOG_KERNEL, filtered_by_opencv
from unsplice import log_cascade, pure_python

MOST_PASSES = {"uint8": 5, "uint16": 3, "float32": 8}


@st.composite
def calls(draw: st.DrawFn) -> tuple[NDArray[Any], int]:
    dtype = draw(st.sampled_from(list(MOST_PASSES)))
    image = draw(strategies.images((dtype,), least=0, most=8))
    return image, draw(st.integers(1, MOST_PASSES[dtype]))


@given(calls())
def test_the_result_has_the_bits_of_the_definition(call: tuple[NDArray[Any], int]) -> None:
    image, passes = call
    before = image.copy()
    result = log_cascade(image, passes, num_threads=1)
    expected = pure_python.log_cascade(image, passes)
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()
    assert np.array_equal(image, before)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 40])
@pytest.mark.parametrize("cols", [1, 2, 3, 5, 40])
def test_three_passes_equal_three_filters_of_opencv(rows: int, cols: int) -> None:
    image = np.random.default_rng(4).integers(0, 256, (rows, cols), np.uint8)
    expected = filtered_by_opencv(image.astype(np.float64), -1, -1, -1)
    np.testing.assert_array_equal(log_cascade(image), expected)


@pytest.mark.parametrize("cols", [239, 240, 241, 255, 256, 257, 480, 481, 737])
@pytest.mark.parametrize("rows", [1, 6, 67])
@pytest.mark.parametrize("dtype", list(MOST_PASSES))
def test_the_seams_between_strips_of_columns_are_not_seen(dtype: str, rows: int, cols: int) -> None:
    image = np.random.default_rng(cols).integers(0, 256, (rows, cols)).astype(dtype)
    for passes in (1, 2, 3):
        expected = filtered_by_opencv(image.astype(np.float64), *(-1,) * passes)
        np.testing.assert_array_equal(log_cascade(image, passes, num_threads=1), expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_no_picture_leaves_the_range_of_the_result(dtype: str) -> None:
    """The picture with the largest possible answer: bright exactly where the kernel is positive."""
    passes, brightest = MOST_PASSES[dtype], int(np.iinfo(dtype).max)
    cascaded = np.ones((1, 1), np.int64)
    for _ in range(passes):
        wider = np.zeros((cascaded.shape[0] + 4,) * 2, np.int64)
        for row, col in np.argwhere(LOG_KERNEL):
            window = wider[row : row + len(cascaded), col : col + len(cascaded)]
            window += LOG_KERNEL[row, col] * cascaded
        cascaded = wider
    worst = np.where(cascaded > 0, brightest, 0).astype(dtype)
    center = len(worst) // 2
    largest = int(log_cascade(worst, passes)[center, center])
    assert largest == brightest * int(cascaded[cascaded > 0].sum())
    assert 16 * brightest * passes < largest < 2**31


@pytest.mark.parametrize("dtype", list(MOST_PASSES))
@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_no_bit(dtype: str, num_threads: int) -> None:
    image = np.random.default_rng(5).integers(0, 256, (901, 1201)).astype(dtype)
    alone = log_cascade(image, num_threads=1)
    assert log_cascade(image, num_threads=num_threads).tobytes() == alone.tobytes()


def test_a_flat_picture_gives_zero() -> None:
    assert not log_cascade(np.full((9, 9), 200, np.uint8)).any()


@pytest.mark.parametrize(
    ("image", "passes", "error", "message"),
    [
        (np.zeros((3, 3)), 3, TypeError, "uint8 or uint16 or float32, got float64"),
        (np.zeros((3, 3, 3), np.uint8), 3, ValueError, r"\(rows, cols\), got \(3, 3, 3\)"),
        (np.zeros((3, 3), np.uint8), 0, ValueError, "passes must be >= 1, got 0"),
        (np.zeros((3, 3), np.uint8), 6, ValueError, "at most 5 for a uint8 image, got 6"),
        (np.zeros((3, 3), np.uint16), 4, ValueError, "at most 3 for a uint16 image, got 4"),
        (np.zeros((3, 3), np.float32), 9, ValueError, "at most 8 for a float32 image, got 9"),
        (np.zeros((3, 3), np.uint8), 2.0, TypeError, "passes must be an int, got float"),
    ],
)
def test_bad_arguments_are_named(
    image: Any, passes: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        log_cascade(image, passes)
