"""The kernels between the features of the paper's method, against their definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import _core, pure_python
from unsplice.blind.paper_kernels import (
    product_above,
    product_counts,
    scaled_levels,
    weighted_levels,
)

Array = NDArray[Any]

WIDTHS = [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 5000]
LEVELS = [0, 1, 9, 15_000, 65_024, 65_025, 65_535]


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def random_levels(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng((seed, *shape)).integers(0, 256, shape, np.uint8)


weights = st.tuples(*3 * [st.floats(0, 4, width=32)])


@given(
    strategies.arrays_in_any_layout("uint8", strategies.sizes(least=0).map(lambda n: (*n, 3))),
    weights,
    st.floats(0, 9, width=32),
)
def test_weighted_levels_have_the_bits_of_the_definition(
    image: Array, factors: tuple[float, float, float], gain: float
) -> None:
    before = image.copy()
    result = weighted_levels(image, factors, gain, num_threads=1)
    assert_same_bits(result, pure_python.weighted_levels(image, factors, gain))
    assert_same_bits(image, before)


@given(strategies.images(("uint8",), least=0), st.floats(-9, 9, width=32))
def test_scaled_levels_have_the_bits_of_the_definition(levels: Array, factor: float) -> None:
    result = scaled_levels(levels, factor, num_threads=1)
    assert_same_bits(result, pure_python.scaled_levels(levels, factor))


@given(strategies.images(("uint8",), least=0), strategies.layouts, st.data())
def test_products_are_as_defined(first: Array, layout: Any, drawn: st.DataObject) -> None:
    second = strategies.in_layout(random_levels(*first.shape), layout)
    level = drawn.draw(st.sampled_from(LEVELS))
    counts = product_counts(first, second, num_threads=1)
    assert_same_bits(counts, pure_python.product_counts(first, second))
    result = product_above(first, second, level, num_threads=1)
    assert_same_bits(result, pure_python.product_above(first, second, level))


@pytest.mark.parametrize("cols", WIDTHS)
def test_every_width_is_as_defined(cols: int) -> None:
    first, second, image = (random_levels(3, cols, seed=k) for k in (1, 2, 3))
    rgb = np.stack([first, second, image], axis=2)
    counts = product_counts(first, second)
    assert_same_bits(counts, pure_python.product_counts(first, second))
    for level in LEVELS:
        expected = pure_python.product_above(first, second, level)
        assert_same_bits(product_above(first, second, level), expected)
    expected = pure_python.weighted_levels(rgb, (0.3, 0.6, 0.2), 1.7)
    assert_same_bits(weighted_levels(rgb, (0.3, 0.6, 0.2), 1.7), expected)
    assert_same_bits(scaled_levels(first, 0.1), pure_python.scaled_levels(first, 0.1))


@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_no_bit(num_threads: int) -> None:
    first, second = random_levels(900, 901, seed=1), random_levels(900, 901, seed=2)
    rgb = random_levels(700, 703, 3)
    calls: list[Callable[[int], Array]] = [
        lambda n: weighted_levels(rgb, (0.25, 0.5, 0.25), 4, num_threads=n),
        lambda n: product_counts(first, second, num_threads=n),
        lambda n: product_above(first, second, 20_000, num_threads=n),
        lambda n: scaled_levels(first, 1 / 255, num_threads=n),
    ]
    for call in calls:
        assert_same_bits(call(num_threads), call(1))


def test_rounding_is_that_of_opencv_halves_and_all() -> None:
    levels = np.arange(256, dtype=np.uint8)
    image = np.stack([levels, levels[::-1], levels], axis=1)[np.newaxis]
    for gain in (0.25, 0.5, 1.0, 3.3):
        total = image.astype(np.float32) @ np.array([0.25, 0.5, 0.25], np.float32)
        expected = cv2.convertScaleAbs(total, alpha=gain)
        np.testing.assert_array_equal(weighted_levels(image, (0.25, 0.5, 0.25), gain), expected)


RGB, GRAY = random_levels(4, 6, 3), random_levels(4, 6)
THIRDS = (0.3, 0.3, 0.3)
Call = Callable[..., Any]

BAD_CALLS: list[tuple[Call, tuple[Any, ...], type[Exception], str]] = [
    (weighted_levels, (GRAY, THIRDS, 1), ValueError, r"\(rows, cols, 3\), got \(4, 6\)"),
    (weighted_levels, (RGB / 2, THIRDS, 1), TypeError, "image must .* uint8, got float64"),
    (weighted_levels, (RGB, (1, 2), 1), ValueError, "weights must be three numbers, got 2"),
    (weighted_levels, (RGB, (1, 2, -1), 1), ValueError, "weights must be in .*, got -1"),
    (weighted_levels, (RGB, THIRDS, 2.0**25), ValueError, "gain must be in .*, got 3355"),
    (weighted_levels, (RGB, THIRDS, float("nan")), ValueError, "gain must be in .*, got nan"),
    (weighted_levels, (RGB, THIRDS, "1"), TypeError, "gain must be a number, got str"),
    (product_counts, (GRAY, GRAY[1:]), ValueError, r"one shape, got \(4, 6\) and \(3, 6\)"),
    (product_counts, (RGB, GRAY), ValueError, r"first must .* got \(4, 6, 3\)"),
    (product_counts, (GRAY, GRAY > 3), TypeError, "second must .* uint8, got bool"),
    (product_above, (GRAY, GRAY, 65_536), ValueError, "level must be in 0..65535"),
    (product_above, (GRAY, GRAY, 1.0), TypeError, "level must be an int, got float"),
    (product_above, (GRAY, GRAY[:, 1:], 1), ValueError, "one shape"),
    (scaled_levels, (RGB, 1), ValueError, r"levels must .* got \(4, 6, 3\)"),
    (scaled_levels, (GRAY, None), TypeError, "factor must be a number, got NoneType"),
]
GOOD_CALLS: list[tuple[Call, tuple[Any, ...]]] = [
    (weighted_levels, (RGB, THIRDS, 1)),
    (product_counts, (GRAY, GRAY)),
    (product_above, (GRAY, GRAY, 1)),
    (scaled_levels, (GRAY, 1)),
]


@pytest.mark.parametrize(("call", "arguments", "error", "message"), BAD_CALLS)
def test_bad_arguments_are_named(
    call: Call, arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*arguments)


@pytest.mark.parametrize(("call", "arguments"), GOOD_CALLS)
def test_a_bad_number_of_threads_is_named(call: Call, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="num_threads must be >= 1, got 0"):
        call(*arguments, num_threads=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.weighted_levels(GRAY, THIRDS, 1, 1),
        lambda: _core.weighted_levels(RGB, (1, 1, -1), 1, 1),
        lambda: _core.weighted_levels(RGB, THIRDS, np.nan, 1),
        lambda: _core.weighted_levels(RGB, THIRDS, 1, 0),
        lambda: _core.product_counts(RGB, RGB, 1),
        lambda: _core.product_counts(GRAY, GRAY[1:], 1),
        lambda: _core.product_counts(GRAY, GRAY, 0),
        lambda: _core.product_above(GRAY, GRAY[1:], 1, 1),
        lambda: _core.product_above(GRAY, GRAY, 1, 0),
        lambda: _core.scaled_levels(RGB, 1, 1),
        lambda: _core.scaled_levels(GRAY, 1, 0),
    ],
)
def test_the_core_itself_refuses_what_it_cannot_read(call: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
