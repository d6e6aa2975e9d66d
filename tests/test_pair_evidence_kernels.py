"""The kernels of the evidence of pair mode against their definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import _core, pure_python
from unsplice.kernels import gaussian_weights
from unsplice.pair.kernels import (
    amplitude_levels,
    difference_amplitude,
    difference_evidence,
    difference_quantiles,
)

Array = NDArray[Any]

WIDTHS = [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130]
BOUNDS = {"seed_bounds": (9.0, 20.0), "grow_bounds": (4.0, 6.0), "rim_share": 0.15, "factor": 0.6}


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def random_pair(rows: int, cols: int, seed: int = 0) -> list[Array]:
    """Return two pictures that are alike but for noise and a pasted corner, and their levels."""
    draw = np.random.default_rng((rows, cols, seed))
    first = draw.integers(0, 256, (rows, cols, 3), np.uint8)
    second = np.clip(first.astype(int) + draw.integers(-9, 10, first.shape), 0, 255)
    second[: rows // 2, : cols // 2] = draw.integers(0, 256, 3)
    levels = draw.integers(0, 256, (3, rows, cols), np.uint8)
    return [first, second.astype(np.uint8), *levels, draw.random((rows, cols)) < 0.9]


def random_precision(scales: int) -> NDArray[np.float32]:
    return np.random.default_rng(2).uniform(0, 2, (scales, 3, 256)).astype(np.float32)


def random_samples(size: int, share: float, seed: int = 0) -> tuple[Array, Array]:
    draw = np.random.default_rng(seed)
    indices = np.flatnonzero(draw.random(size) < share)
    return indices, draw.integers(0, 5, indices.size).astype(np.uint8)


def assert_quantiles(
    first: Array,
    second: Array,
    indices: Array,
    kinds: Array,
    scales: tuple[float, ...],
    **other: Any,
) -> None:
    options = {"num_kinds": 6, "share": 0.4} | other
    weights = list(map(gaussian_weights, scales))
    expected = pure_python.difference_quantiles(first, second, indices, kinds, weights, **options)
    for threads in (1, 3):
        result = difference_quantiles(
            first, second, indices, kinds, scales, num_threads=threads, **options
        )
        assert_same_bits(result, expected)


@st.composite
def pairs(draw: st.DrawFn) -> list[Array]:
    rows, cols = draw(strategies.sizes(least=1, most=14))
    arrays = random_pair(rows, cols, draw(st.integers(0, 2**32 - 1)))
    return [strategies.in_layout(array, draw(strategies.layouts)) for array in arrays]


def every_second(array: Array) -> Array:
    return np.repeat(array, 2)[::2]


def swapped(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder(">"))


@given(pairs(), st.floats(0, 1), st.floats(0, 1), st.sampled_from([np.copy, every_second, swapped]))
def test_difference_quantiles_have_the_bits_of_the_definition(
    pair: list[Array], share: float, rank: float, layout: Callable[[Array], Array]
) -> None:
    first, second = pair[:2]
    indices, kinds = map(layout, random_samples(first.shape[0] * first.shape[1], share))
    assert_quantiles(first, second, indices, kinds, (0.4, 1.7), share=rank)


@pytest.mark.parametrize("share", [0.01, 0.3])  # by sample, and by row
@pytest.mark.parametrize("scales", [(0.7, 3.2), (11.0,)])
@pytest.mark.parametrize("cols", WIDTHS)
def test_quantiles_of_few_and_many_samples_have_the_bits_of_the_definition(
    cols: int, scales: tuple[float, ...], share: float
) -> None:
    first, second, *_ = random_pair(23, cols)
    assert_quantiles(first, second, *random_samples(23 * cols, share), scales)


def test_threads_share_the_rows_and_the_quantiles() -> None:
    first, second, *_ = random_pair(900, 1001)
    indices, kinds = random_samples(900 * 1001, 0.4)
    one, *more = (
        difference_quantiles(
            first, second, indices, kinds, (0.7, 3.2), num_kinds=5, share=0.4, num_threads=n
        )
        for n in (1, 2, 3, 64)
    )
    for other in more:
        assert_same_bits(other, one)


@given(pairs(), st.lists(st.floats(0.1, 4), min_size=2, max_size=2))
def test_difference_evidence_has_the_bits_of_the_definition(
    pair: list[Array], scales: list[float]
) -> None:
    before = [array.copy() for array in pair]
    precision = random_precision(2)
    result = difference_evidence(*pair, scales, precision, **BOUNDS, num_threads=1)
    weights = list(map(gaussian_weights, scales))
    expected = pure_python.difference_evidence(*pair, weights, precision, **BOUNDS)
    for plane, defined in zip(result, expected, strict=True):
        assert_same_bits(plane, defined)
    for array, copy in zip(pair, before, strict=True):
        assert_same_bits(array, copy)


@pytest.mark.parametrize("scales", [(0.7, 3.2), (11.0, 0.5)])
@pytest.mark.parametrize("cols", WIDTHS)
def test_evidence_of_every_width_has_the_bits_of_the_definition(
    cols: int, scales: tuple[float, float]
) -> None:
    pair, precision = random_pair(19, cols), random_precision(2)
    options = BOUNDS | {"seed_bounds": (60.0, 20.0)}
    weights = list(map(gaussian_weights, scales))
    expected = pure_python.difference_evidence(*pair, weights, precision, **options)
    for plane, defined in zip(
        difference_evidence(*pair, scales, precision, **options), expected, strict=True
    ):
        assert_same_bits(plane, defined)


def test_threads_share_the_rows_of_the_evidence() -> None:
    pair, precision = random_pair(901, 703), random_precision(2)
    one, *more = (
        difference_evidence(*pair, (1.0, 3.2), precision, **BOUNDS, num_threads=n)
        for n in (1, 2, 3, 64)
    )
    assert 0.01 < one.seeds.mean() < 0.99
    for other in more:
        for plane, alone in zip(other, one, strict=True):
            assert_same_bits(plane, alone)


@given(pairs(), st.floats(0.1, 4))
def test_amplitudes_have_the_bits_of_the_definition(pair: list[Array], sigma: float) -> None:
    first, second = pair[:2]
    weights = gaussian_weights(sigma)
    expected = pure_python.difference_amplitude(first, second, weights)
    assert_same_bits(difference_amplitude(first, second, sigma, num_threads=1), expected)
    expected = pure_python.amplitude_levels(first, second, weights)
    assert_same_bits(amplitude_levels(first, second, sigma, num_threads=1), expected)


def test_threads_share_the_rows_of_the_amplitude() -> None:
    first, second, *_ = random_pair(901, 703)
    for call in (difference_amplitude, amplitude_levels):
        one, *more = (call(first, second, 1.6, num_threads=n) for n in (1, 2, 3, 64))
        for other in more:
            assert_same_bits(other, one)


def test_pictures_without_pixels_have_no_evidence() -> None:
    empty, none = random_pair(0, 5), random_precision(2)
    result = difference_evidence(*empty, (0.7, 3.2), none, **BOUNDS)
    assert {plane.shape for plane in result} == {(0, 5)}
    assert difference_amplitude(*empty[:2], 1).shape == amplitude_levels(*empty[:2], 1).shape
    samples = np.zeros(0, np.int64), np.zeros(0, np.uint8)
    quantiles = difference_quantiles(*empty[:2], *samples, (0.7,), num_kinds=2, share=0.4)
    assert not quantiles.any()


PAIR = random_pair(4, 6)
IMAGE, LEVELS, VALID = PAIR[0], PAIR[2], PAIR[5]
PLANE = np.ones((4, 6), np.float32)
PRECISION = random_precision(2)
INDICES, KINDS = np.arange(0, 24, 2), np.zeros(12, np.uint8)
SAMPLES = (IMAGE, IMAGE, INDICES, KINDS, (0.7, 1.6))
TWICE = INDICES // 3

Call = Callable[..., Any]


def quantiles(*arguments: Any, num_kinds: Any = 1, share: Any = 0.4, **other: Any) -> Any:
    return difference_quantiles(*arguments, num_kinds=num_kinds, share=share, **other)


def evidence(*arguments: Any, **other: Any) -> Any:
    return difference_evidence(*PAIR, *arguments, **(BOUNDS | other))


BAD_CALLS: list[tuple[Call, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (quantiles, (LEVELS, *SAMPLES[1:]), {}, ValueError, r"first must .* got \(4, 6\)"),
    (quantiles, (IMAGE[1:], *SAMPLES[1:]), {}, ValueError, "one shape"),
    (quantiles, (*SAMPLES[:2], INDICES.astype("i4"), *SAMPLES[3:]), {}, TypeError, "got int32"),
    (quantiles, (*SAMPLES[:3], INDICES, SAMPLES[4]), {}, TypeError, "kinds must .* uint8"),
    (quantiles, (*SAMPLES[:3], KINDS[1:], SAMPLES[4]), {}, ValueError, r"\(12,\) and \(11,\)"),
    (quantiles, (*SAMPLES[:2], INDICES + 2, *SAMPLES[3:]), {}, ValueError, "got 2 to 24"),
    (quantiles, (*SAMPLES[:2], INDICES - 1, *SAMPLES[3:]), {}, ValueError, "got -1 to 21"),
    (quantiles, (*SAMPLES[:2], TWICE, *SAMPLES[3:]), {}, ValueError, "indices must ascend"),
    (quantiles, (*SAMPLES[:3], KINDS + np.uint8(1), SAMPLES[4]), {}, ValueError, "= 1, got 1"),
    (quantiles, SAMPLES, {"num_kinds": 257}, ValueError, "num_kinds must be in 1..256"),
    (quantiles, SAMPLES, {"share": 1.5}, ValueError, "share must be in 0..1, got 1.5"),
    (quantiles, SAMPLES, {"share": float("nan")}, ValueError, "got nan"),
    (quantiles, (*SAMPLES[:4], (0.0,)), {}, ValueError, "sigma must be above 0"),
    (evidence, ((), PRECISION), {}, ValueError, "scales must have at least one"),
    (evidence, ((1.0,), PRECISION), {}, ValueError, r"\(1, 3, 256\), got \(2, 3, 256\)"),
    (evidence, ((1, 2), PRECISION[:, :2]), {}, ValueError, r"got \(2, 2, 256\)"),
    (evidence, ((1, 2), PRECISION.astype(float)), {}, TypeError, "precision .* got float64"),
    (evidence, ((1, 2), PRECISION), {"seed_bounds": [1]}, ValueError, "seed_bounds .* 2 .*got 1"),
    (evidence, ((1, 2), PRECISION), {"grow_bounds": [1, "a"]}, TypeError, "grow_bounds must be"),
    (evidence, ((1, 2), PRECISION), {"factor": None}, TypeError, "factor must be a number"),
    (difference_evidence, (*PAIR[:2], PLANE, *PAIR[3:], (1, 2), PRECISION), BOUNDS, TypeError,
     "level must .* uint8, got float32"),
    (difference_evidence, (*PAIR[:5], VALID[1:], (1, 2), PRECISION), BOUNDS, ValueError,
     r"valid must have shape \(4, 6\), got \(3, 6\)"),
    (difference_amplitude, (IMAGE, IMAGE[1:], 1), {}, ValueError, "one shape"),
    (difference_amplitude, (IMAGE, IMAGE, 0), {}, ValueError, "sigma must be above 0"),
    (amplitude_levels, (IMAGE, PLANE, 1), {}, TypeError, "second must .* uint8, got float32"),
    (amplitude_levels, (IMAGE, IMAGE, 1), {"num_threads": 0}, ValueError, "num_threads"),
    (quantiles, SAMPLES, {"num_threads": 1.5}, TypeError, "num_threads"),
    (evidence, ((1, 2), PRECISION), {"num_threads": 0}, ValueError, "num_threads"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "arguments", "options", "error", "message"), BAD_CALLS)
def test_bad_arguments_are_named(
    call: Call, arguments: tuple[Any, ...], options: dict[str, Any], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*arguments, **options)


CORE: dict[str, tuple[Call, list[Any]]] = {
    "difference_quantiles": (
        _core.difference_quantiles,
        [IMAGE, IMAGE, INDICES, KINDS, 1, [[1.0]], 0.4, 1],
    ),
    "difference_evidence": (
        _core.difference_evidence,
        [*PAIR, 0.1, [[1.0], [0.5, 0.25]], PRECISION, [1.0, 1.0], [1.0, 1.0], 1.0, 1],
    ),
    "difference_amplitude": (_core.difference_amplitude, [IMAGE, IMAGE, [1.0], 1]),
    "amplitude_levels": (_core.amplitude_levels, [IMAGE, IMAGE, [1.0], 1]),
}
REFUSED: list[tuple[str, int, Any]] = [
    ("difference_quantiles", 0, IMAGE[1:]),
    ("difference_quantiles", 1, IMAGE[:, :, 0]),
    ("difference_quantiles", 2, TWICE),
    ("difference_quantiles", 2, INDICES[:3]),
    ("difference_quantiles", 2, INDICES + 2),
    ("difference_quantiles", 2, INDICES.reshape(3, 4)),
    ("difference_quantiles", 3, KINDS + np.uint8(1)),
    ("difference_quantiles", 4, 0),
    ("difference_quantiles", 4, 257),
    ("difference_quantiles", 5, [[]]),
    ("difference_quantiles", 6, 1.1),
    ("difference_evidence", 1, IMAGE[:, 1:]),
    ("difference_evidence", 2, LEVELS[1:]),
    ("difference_evidence", 3, IMAGE),
    ("difference_evidence", 4, LEVELS[:, 1:]),
    ("difference_evidence", 5, VALID[:, 1:]),
    ("difference_evidence", 7, [[1.0]]),
    ("difference_evidence", 7, [[1.0], []]),
    ("difference_evidence", 8, PRECISION[:1]),
    ("difference_evidence", 8, PRECISION[0]),
    ("difference_evidence", 9, [1.0]),
    ("difference_evidence", 10, [1.0]),
    ("difference_amplitude", 0, IMAGE[1:]),
    ("difference_amplitude", 2, []),
    ("amplitude_levels", 1, IMAGE[:, :, :2]),
]


@pytest.mark.parametrize(("name", "position", "value"), REFUSED)
def test_the_core_itself_refuses_what_does_not_fit(name: str, position: int, value: Any) -> None:
    call, arguments = CORE[name]
    call(*arguments)
    with pytest.raises(ValueError, match="expected"):
        call(*arguments[:position], value, *arguments[position + 1 :])
    with pytest.raises(ValueError, match="expected num_threads >= 1, got 0"):
        call(*arguments[:-1], 0)
