"""neighborhood_threshold against its definition and against the loop of the question."""

from __future__ import annotations

from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import _core, neighborhood_threshold, neighborhood_threshold_of_pair, pure_python


def loop_of_the_question(image: NDArray[np.uint8], thresh: int) -> NDArray[np.uint8]:
    """Transcribe the function of the question, line by line, with sums that do not wrap.

    `b.shape-1` of the question can only mean the number of rows and of columns less one. A picture
    without an interior, on which the last line fails, gives zeros.
    """
    b, g, r = (channel.tolist() for channel in cv2.split(image))
    rows, cols = image.shape[:2]
    res = np.zeros((rows, cols), dtype=np.uint8)
    for i in range(1, rows - 1):
        for j in range(1, cols - 1):
            sumb = b[i][j] + b[i + 1][j] + b[i - 1][j] + b[i][j + 1] + b[i][j - 1]
            sumg = g[i][j] + g[i + 1][j] + g[i - 1][j] + g[i][j + 1] + g[i][j - 1]
            sumr = r[i][j] + r[i + 1][j] + r[i - 1][j] + r[i][j + 1] + r[i][j - 1]
            below = sumb <= 5 * thresh or sumg <= 5 * thresh or sumr <= 5 * thresh
            res[i][j] = 255 if below else 0
    if rows < 3 or cols < 3:
        return res
    bordered: Any = cv2.copyMakeBorder(res[1:-1, 1:-1], 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
    return np.asarray(bordered, np.uint8)


def thresholds(dtype: str) -> st.SearchStrategy[float]:
    most = int(np.iinfo(dtype).max)
    return st.one_of(st.integers(0, most + 2), st.floats(0, most + 2), st.just(1e300))


@st.composite
def calls(draw: st.DrawFn) -> tuple[NDArray[Any], float]:
    dtype = draw(st.sampled_from(["uint8", "uint16"]))
    rows_and_cols = strategies.sizes(least=0)
    with_channels = st.tuples(rows_and_cols, st.integers(0, 5)).map(lambda s: (*s[0], s[1]))
    shape = st.one_of(rows_and_cols, with_channels)
    return draw(strategies.arrays_in_any_layout(dtype, shape)), draw(thresholds(dtype))


@given(calls())
def test_the_result_equals_the_definition(call: tuple[NDArray[Any], float]) -> None:
    image, threshold = call
    before = image.copy()
    result = neighborhood_threshold(image, threshold, num_threads=1)
    expected = pure_python.neighborhood_threshold(image, threshold)
    np.testing.assert_array_equal(result, expected, strict=True)
    assert np.array_equal(image, before)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[Any], float]:
    image, threshold = draw(calls())
    other = draw(strategies.arrays_in_any_layout(image.dtype.name, st.just(image.shape)))
    if draw(st.booleans()):  # pictures that are nearly alike
        other = np.maximum(other // 32, image) - other // 64
    return image, other, threshold


@given(pairs())
def test_the_result_of_a_pair_equals_the_definition(
    pair: tuple[NDArray[Any], NDArray[Any], float],
) -> None:
    first, second, threshold = pair
    before = first.copy(), second.copy()
    result = neighborhood_threshold_of_pair(first, second, threshold, num_threads=1)
    expected = pure_python.neighborhood_threshold_of_pair(first, second, threshold)
    np.testing.assert_array_equal(result, expected, strict=True)
    assert np.array_equal(first, before[0])
    assert np.array_equal(second, before[1])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_width_equals_the_loop_of_the_question(dtype: str, channels: int) -> None:
    """Around the sizes of registers and of the blocks of columns; sums beside the limit."""
    random = np.random.default_rng(8)
    widths = (*range(3, 70), 127, 128, 129, 511, 512, 513, 514, 515, 1025, 1026, 1027)
    for cols in widths:
        for most in (3, 51, 200, 14000):
            if most > np.iinfo(dtype).max:
                continue
            first, second = random.integers(0, most, (2, 4, cols, channels)).astype(dtype)
            difference = abs(first.astype(int) - second).astype(dtype)
            wide = difference.astype(int)
            sums = wide[1:-1] + wide[2:] + wide[:-2]
            sums = sums[:, 1:-1] + wide[1:-1, 2:] + wide[1:-1, :-2]
            for threshold in (most // 3, int(np.median(sums)) / 5):
                low = (sums <= 5 * threshold).any(axis=2)
                results = (
                    neighborhood_threshold(difference, threshold),
                    neighborhood_threshold_of_pair(first, second, threshold),
                )
                for result in results:
                    np.testing.assert_array_equal(result[1:-1, 1:-1], np.where(low, 255, 0))


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 33])
@pytest.mark.parametrize("cols", [1, 2, 3, 4, 5, 8, 33])
@pytest.mark.parametrize("most", [8, 256])
def test_the_result_equals_the_loop_of_the_question(rows: int, cols: int, most: int) -> None:
    random = np.random.default_rng(rows * 100 + cols)
    image = random.integers(0, most, (rows, cols, 3), np.uint8)
    for thresh in (0, 2, 3, most // 3, most - 1):
        result = neighborhood_threshold(image, thresh)
        np.testing.assert_array_equal(result, loop_of_the_question(image, thresh), strict=True)


def test_sums_are_wide() -> None:
    # 5 * 52 = 260 would wrap around to 4, below 5 * 2.
    image = np.full((3, 3, 3), 52, np.uint8)
    assert not neighborhood_threshold(image, 2).any()
    assert neighborhood_threshold(image, 52).all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("shape", [(1001, 801), (701, 501, 3), (701, 401, 4)])
@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_nothing(
    dtype: str, shape: tuple[int, ...], num_threads: int
) -> None:
    image = np.random.default_rng(3).integers(0, 6, shape).astype(dtype)
    alone = neighborhood_threshold(image, 2, num_threads=1)
    assert 0 < np.count_nonzero(alone) < alone.size
    np.testing.assert_array_equal(neighborhood_threshold(image, 2, num_threads=num_threads), alone)
    other = np.full_like(image, 9)
    pair = neighborhood_threshold_of_pair(image + other, other, 2, num_threads=num_threads)
    np.testing.assert_array_equal(pair, alone)


def test_the_environment_sets_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.zeros((3, 3), np.uint8)
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "2")
    assert neighborhood_threshold(image, 0).all()
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "many")
    with pytest.raises(ValueError, match=r"UNSPLICE_NUM_THREADS must be .* got 'many'"):
        neighborhood_threshold(image, 0)


GRAY = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("image", "threshold", "error", "message"),
    [
        ("photo.jpg", 2, TypeError, "image must be a NumPy array, got str"),
        (None, 2, TypeError, "got NoneType"),
        (GRAY.astype(np.int64), 2, TypeError, "dtype uint8 or uint16, got int64"),
        (GRAY.astype(np.float32), 2, TypeError, "got float32"),
        (GRAY[0], 2, ValueError, r"got \(4,\)"),
        (GRAY[np.newaxis, np.newaxis], 2, ValueError, r"got \(1, 1, 4, 4\)"),
        (GRAY, -1, ValueError, "threshold must be finite and >= 0, got -1"),
        (GRAY, float("nan"), ValueError, "got nan"),
        (GRAY, float("inf"), ValueError, "got inf"),
        (GRAY, "2", TypeError, "threshold must be a number, got str"),
        (GRAY, True, TypeError, "got bool"),
    ],
)
def test_bad_arguments_are_named(
    image: Any, threshold: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        neighborhood_threshold(image, threshold)


@pytest.mark.parametrize(
    ("authentic", "spliced", "threshold", "error", "message"),
    [
        ("photo.jpg", GRAY, 2, TypeError, "authentic must be a NumPy array, got str"),
        (GRAY, None, 2, TypeError, "spliced must be a NumPy array, got NoneType"),
        (GRAY, GRAY.astype(float), 2, TypeError, "spliced must have .* got float64"),
        (GRAY, GRAY.astype(np.uint16), 2, TypeError, "one dtype, got uint8 and uint16"),
        (GRAY, GRAY[1:], 2, ValueError, r"one shape, got \(4, 4\) and \(3, 4\)"),
        (GRAY, GRAY[..., np.newaxis], 2, ValueError, r"got \(4, 4\) and \(4, 4, 1\)"),
        (GRAY[0], GRAY[0], 2, ValueError, r"authentic must have .* got \(4,\)"),
        (GRAY, GRAY, -1, ValueError, "threshold must be finite and >= 0, got -1"),
    ],
)
def test_bad_arguments_of_a_pair_are_named(
    authentic: Any, spliced: Any, threshold: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        neighborhood_threshold_of_pair(authentic, spliced, threshold)


def test_the_core_guards_its_memory_against_pairs() -> None:
    for other in (GRAY[1:], GRAY[..., np.newaxis].repeat(2, axis=2)):
        with pytest.raises(ValueError, match="expected"):
            _core.neighborhood_threshold_of_pair(GRAY, other, 2, 1)
