"""The kernels of the network and of the edges against their definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import signal

import strategies
from unsplice import _core, pure_python
from unsplice.blind.fusion.kernels import (
    apply_lines,
    convolve_blocks,
    plane_moments,
    sum_cells,
)

Array = NDArray[Any]


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def normal(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


seeds = st.integers(0, 2**32 - 1)
threads = st.integers(1, 3)


# -------------------------------------------------------------------------------- convolution


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Array, Array, Array]:
    """Maps, weights and bias of every number of maps and in every layout."""
    inputs, outputs = draw(st.integers(0, 6)), draw(st.integers(0, 9))
    rows, cols = draw(strategies.sizes(most=40))
    side, seed = draw(st.sampled_from([1, 3])), draw(seeds)
    maps = normal(seed, inputs, rows, cols)
    weights, bias = normal(seed + 1, outputs, inputs, side, side), normal(seed + 2, outputs)
    in_layout = strategies.in_layout
    # Some layouts are those of two axes or more.
    return (
        in_layout(maps, draw(strategies.layouts)),
        in_layout(weights, draw(strategies.layouts)),
        draw(st.sampled_from([bias, bias.astype(">f4"), np.repeat(bias, 2)[::2]])),
    )


@given(convolutions(), st.sampled_from([1, 2, 3, 8, 50]), threads)
def test_a_convolution_has_the_bits_of_the_definition(
    arguments: tuple[Array, Array, Array], dilation: int, num_threads: int
) -> None:
    before = [array.copy() for array in arguments]
    result = convolve_blocks(*arguments, dilation=dilation, num_threads=num_threads)
    assert_same_bits(result, pure_python.convolve_blocks(*arguments, dilation))
    for array, copy in zip(arguments, before, strict=True):
        assert_same_bits(array, copy)


@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_a_convolution_is_a_correlation_with_zeros_around(dilation: int) -> None:
    maps, weights, bias = normal(0, 3, 23, 37), normal(1, 5, 3, 3, 3), normal(2, 5)
    taps = np.zeros((5, 3, 2 * dilation + 1, 2 * dilation + 1))
    taps[..., ::dilation, ::dilation] = weights
    expected = [
        number + sum(signal.correlate2d(maps[m], of_output[m], "same") for m in range(len(maps)))
        for number, of_output in zip(bias.astype(float), taps, strict=True)
    ]
    result = convolve_blocks(maps, weights, bias, dilation=dilation)
    np.testing.assert_allclose(result, expected, atol=2e-5)


def test_threads_change_no_bit_of_a_convolution() -> None:
    maps, weights, bias = normal(0, 16, 61, 90), normal(1, 14, 16, 3, 3), normal(2, 14)
    for dilation in (1, 4):
        one = convolve_blocks(maps, weights, bias, dilation=dilation, num_threads=1)
        for num_threads in (2, 3, 16):
            several = convolve_blocks(
                maps, weights, bias, dilation=dilation, num_threads=num_threads
            )
            assert_same_bits(several, one)


def test_maps_without_blocks_stay_without() -> None:
    weights, bias = normal(0, 2, 3, 3, 3), normal(1, 2)
    for shape in ((0, 5), (5, 0), (0, 0)):
        assert convolve_blocks(normal(2, 3, *shape), weights, bias).shape == (2, *shape)


def test_what_is_not_finite_spreads_to_the_blocks_in_reach() -> None:
    maps = np.zeros((1, 5, 20), np.float32)
    maps[0, 2, 10] = np.inf
    result = convolve_blocks(maps, np.ones((1, 1, 3, 3), np.float32), np.zeros(1, np.float32))[0]
    reached = np.zeros((5, 20), bool)
    reached[1:4, 9:12] = True
    np.testing.assert_array_equal(np.isinf(result), reached)
    assert (result[~reached] == 0).all()


# ------------------------------------------------------------------------------------ moments


@given(
    st.tuples(st.integers(0, 3), strategies.sizes(most=20)).map(lambda d: (d[0], *d[1])),
    seeds,
    strategies.layouts,
    threads,
)
def test_moments_have_the_bits_of_the_definition(
    shape: tuple[int, int, int], seed: int, layout: Any, num_threads: int
) -> None:
    planes = strategies.in_layout(normal(seed, *shape) * 50, layout)
    result = plane_moments(planes, num_threads=num_threads)
    assert_same_bits(result, pure_python.plane_moments(planes))


def test_moments_are_the_means_of_numpy() -> None:
    planes = normal(3, 4, 300, 201) + 7
    wide = planes.astype(np.float64)
    expected = np.stack([wide.mean((1, 2)), (wide * wide).mean((1, 2))], axis=1)
    for num_threads in (1, 3):
        result = plane_moments(planes, num_threads=num_threads)
        np.testing.assert_allclose(result, expected, rtol=1e-13)


# -------------------------------------------------------------------------------------- cells


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Array, Array]:
    rows, cols = draw(strategies.sizes(most=21))
    random = np.random.default_rng(draw(seeds))
    image = random.integers(0, 256, (rows, cols, 3), np.uint8)
    # Beyond the range on both sides, and halves of 2^-16, which are rounded to even.
    heatmap = (random.integers(-9, 2**17 + 9, (rows, cols)) / 2**17).astype(np.float32)
    in_layout = strategies.in_layout
    return in_layout(image, draw(strategies.layouts)), in_layout(heatmap, draw(strategies.layouts))


@given(pictures(), threads)
def test_sums_of_cells_are_those_of_the_definition(
    arguments: tuple[Array, Array], num_threads: int
) -> None:
    result = sum_cells(*arguments, num_threads=num_threads)
    assert_same_bits(result, pure_python.sum_cells(*arguments))


def test_the_largest_sums_fit() -> None:
    result = sum_cells(np.full((4, 4, 3), 255, np.uint8), np.ones((4, 4), np.float32))
    assert result.ravel().tolist() == [16 * n for n in (255, 255**2, 2**16, 255 * 2**16)]


@given(pictures(), seeds, threads)
def test_lines_have_the_bits_of_the_definition(
    arguments: tuple[Array, Array], seed: int, num_threads: int
) -> None:
    image, heatmap = arguments
    cells = tuple(-(-side // 4) for side in heatmap.shape)
    slopes, offsets = normal(seed, *cells) / 300, normal(seed + 1, *cells) / 3
    result = apply_lines(image, heatmap, slopes, offsets, num_threads=num_threads)
    assert_same_bits(result, pure_python.apply_lines(image, heatmap, slopes, offsets))


def test_a_plane_over_the_cells_stays_a_plane_between_their_centres() -> None:
    y, x = np.mgrid[:24, :40] + 0.5
    plane = (y + 2 * x) / 128
    cells = plane.reshape(6, 4, 10, 4).mean((1, 3)).astype(np.float32)
    nothing = np.zeros((24, 40), np.float32)
    result = apply_lines(np.zeros((24, 40, 3), np.uint8), nothing, 0 * cells, cells)
    inside = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(result[inside], plane[inside], atol=1e-6)
    np.testing.assert_array_equal(result[:2, :2], cells[0, 0])  # beyond the outermost centre


def test_threads_change_no_bit_of_a_large_picture() -> None:
    random = np.random.default_rng(5)
    image = random.integers(0, 256, (1203, 901, 3), np.uint8)
    heatmap = random.random((1203, 901), np.float32)
    slopes, offsets = normal(1, 301, 226) / 300, normal(2, 301, 226) / 3
    for call in (
        lambda n: sum_cells(image, heatmap, num_threads=n),
        lambda n: apply_lines(image, heatmap, slopes, offsets, num_threads=n),
    ):
        for num_threads in (2, 3):
            assert_same_bits(call(num_threads), call(1))


# ---------------------------------------------------------------------------------- arguments

MAPS, WEIGHTS, BIAS = normal(0, 2, 4, 6), normal(1, 3, 2, 3, 3), normal(2, 3)
IMAGE, HEATMAP = np.zeros((4, 6, 3), np.uint8), np.zeros((4, 6), np.float32)
CELLS = np.zeros((1, 2), np.float32)

BAD_CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], type[Exception], str]] = [
    (convolve_blocks, (MAPS.astype(float), WEIGHTS, BIAS), TypeError, "maps .* got float64"),
    (convolve_blocks, (MAPS[0], WEIGHTS, BIAS), ValueError, r"maps .* got \(4, 6\)"),
    (convolve_blocks, (MAPS, [1], BIAS), TypeError, "weights must be a NumPy array, got list"),
    (convolve_blocks, (MAPS, WEIGHTS[..., 0], BIAS), ValueError, r"got \(3, 2, 3\)"),
    (convolve_blocks, (MAPS, WEIGHTS[..., :2], BIAS), ValueError, r"got \(3, 2, 3, 2\)"),
    (convolve_blocks, (MAPS, WEIGHTS[..., :2, :2], BIAS), ValueError, r"got \(3, 2, 2, 2\)"),
    (convolve_blocks, (MAPS[:1], WEIGHTS, BIAS), ValueError, "must have 1 inputs, got 2"),
    (convolve_blocks, (MAPS, WEIGHTS, BIAS[:2]), ValueError, "must have 3 numbers, got 2"),
    (convolve_blocks, (MAPS, WEIGHTS, WEIGHTS), ValueError, r"\(outputs,\), got \(3, 2, 3, 3\)"),
    (plane_moments, (HEATMAP,), ValueError, r"\(planes, rows, cols\), got \(4, 6\)"),
    (plane_moments, (MAPS[:, :0],), ValueError, r"must have elements, got \(2, 0, 6\)"),
    (sum_cells, (HEATMAP, HEATMAP), TypeError, "image must have dtype uint8, got float32"),
    (sum_cells, (IMAGE, IMAGE), TypeError, "heatmap must have dtype float32, got uint8"),
    (sum_cells, (IMAGE, HEATMAP.T), ValueError, r"must have shape \(4, 6\), got \(6, 4\)"),
    (apply_lines, (IMAGE, MAPS, CELLS, CELLS), ValueError, r"heatmap .* got \(2, 4, 6\)"),
    (apply_lines, (IMAGE, HEATMAP, CELLS, HEATMAP), ValueError, r"offsets .*, got \(4, 6\)"),
    (apply_lines, (IMAGE, HEATMAP, CELLS[:, 1:], CELLS), ValueError, r"slopes .* got \(1, 1\)"),
]


@pytest.mark.parametrize(("call", "arguments", "error", "message"), BAD_CALLS)
def test_bad_arguments_are_named(
    call: Callable[..., Any], arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*arguments)


@pytest.mark.parametrize(
    ("dilation", "error", "words"),
    [(0, ValueError, "in 1..1024, got 0"), (1025, ValueError, "got 1025"), (1.0, TypeError, "int")],
)
def test_a_bad_dilation_is_named(dilation: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        convolve_blocks(MAPS, WEIGHTS, BIAS, dilation=dilation)


CORE: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "convolve_blocks": (_core.convolve_blocks, (MAPS, WEIGHTS, BIAS, 1, 1)),
    "plane_moments": (_core.plane_moments, (MAPS, 1)),
    "sum_cells": (_core.sum_cells, (IMAGE, HEATMAP, 1)),
    "apply_lines": (_core.apply_lines, (IMAGE, HEATMAP, CELLS, CELLS, 1)),
}


@pytest.mark.parametrize("name", CORE)
def test_the_core_itself_refuses_what_it_cannot_read(name: str) -> None:
    call, arguments = CORE[name]
    call(*arguments)
    with pytest.raises(ValueError, match="expected num_threads >= 1, got 0"):
        call(*arguments[:-1], 0)
    for position, array in enumerate(arguments):
        if not isinstance(array, np.ndarray):
            continue
        spread = np.repeat(array, 2, axis=-1)[..., ::2]
        for unreadable in (spread, array[..., np.newaxis], np.asarray(array[0])):
            with pytest.raises(ValueError, match="expected"):
                call(*arguments[:position], unreadable, *arguments[position + 1 :])
        for other in (array.astype(np.int64), array.tolist()):
            with pytest.raises(TypeError, match="incompatible function arguments"):
                call(*arguments[:position], other, *arguments[position + 1 :])


def test_the_core_itself_refuses_what_does_not_fit() -> None:
    for dilation in (0, 1025):
        with pytest.raises(ValueError, match="dilation from 1 to 1024"):
            _core.convolve_blocks(MAPS, WEIGHTS, BIAS, dilation, 1)
    for maps, weights, bias in (
        (MAPS[:1], WEIGHTS, BIAS),
        (MAPS, WEIGHTS, BIAS[:2]),
        (MAPS, WEIGHTS[..., :2].copy(), BIAS),
    ):
        with pytest.raises(ValueError, match="expected"):
            _core.convolve_blocks(maps, weights, bias, 1, 1)
    with pytest.raises(ValueError, match="planes with elements"):
        _core.plane_moments(MAPS[:, :0], 1)
    with pytest.raises(ValueError, match="one size"):
        _core.sum_cells(IMAGE, HEATMAP[1:], 1)
