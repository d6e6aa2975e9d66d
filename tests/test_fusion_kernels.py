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
    fit_lines,
    normalize_maps,
    plane_moments,
    sum_blocks,
    sum_cells,
)
from unsplice.blind.kernels import pixels_of_blocks

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


@given(
    st.integers(1, 35),
    strategies.sizes(most=40),
    st.sampled_from([1, 3]),
    st.sampled_from([1, 2, 9]),
    seeds,
    threads,
)
def test_a_residual_layer_has_the_bits_of_the_definition(
    count: int, shape: tuple[int, int], side: int, dilation: int, seed: int, num_threads: int
) -> None:
    maps, weights = normal(seed, count, *shape), normal(seed + 1, count, count, side, side)
    bias, gain = normal(seed + 2, 2, count)
    result = convolve_blocks(
        maps, weights, bias, gain=gain, dilation=dilation, num_threads=num_threads
    )
    assert_same_bits(result, pure_python.convolve_blocks(maps, weights, bias, dilation, gain))


@pytest.mark.parametrize("cols", [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65])
@pytest.mark.parametrize("outputs", [1, 15, 16, 17, 33])
def test_a_convolution_is_right_to_the_last_column_and_output(outputs: int, cols: int) -> None:
    maps, weights, bias = normal(0, 2, 3, cols), normal(1, outputs, 2, 3, 3), normal(2, outputs)
    result = convolve_blocks(maps, weights, bias)
    assert_same_bits(result, pure_python.convolve_blocks(maps, weights, bias))


def test_a_residual_layer_adds_nothing_where_its_sum_is_negative() -> None:
    maps = normal(0, 3, 5, 7)
    weights, gain = np.zeros((3, 3, 1, 1), np.float32), np.array([1, 2, 3], np.float32)
    result = convolve_blocks(maps, weights, np.array([-1, 0, 2], np.float32), gain=gain)
    np.testing.assert_array_equal(result, maps + np.array([0, 0, 6], np.float32)[:, None, None])


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


# ------------------------------------------------------------------------------ normalization


@st.composite
def map_stacks(draw: st.DrawFn) -> Array:
    """Maps of many values and of few, in every layout; sometimes with one that is not finite."""
    shape = (draw(st.integers(0, 4)), *draw(strategies.sizes(most=20)))
    random = np.random.default_rng(draw(seeds))
    maps = random.normal(0, draw(st.sampled_from([1e-40, 1.0, 1e30])), shape).astype(np.float32)
    if draw(st.booleans()):
        few = random.integers(-2, 3, shape) * draw(st.sampled_from([0.25, -0.0]))
        maps = few.astype(np.float32)
    if maps.size and draw(st.booleans()):
        maps.flat[random.integers(maps.size)] = random.choice([np.nan, -np.nan, np.inf, -np.inf])
    return strategies.in_layout(maps, draw(strategies.layouts))


@given(map_stacks(), seeds, threads)
def test_normalized_maps_have_the_bits_of_the_definition(
    maps: Array, seed: int, num_threads: int
) -> None:
    random = np.random.default_rng(seed)
    centered = random.random(len(maps)) < 0.7
    scale = random.uniform(0.1, 3, len(maps)).astype(np.float32)
    result = normalize_maps(maps, centered, scale, 1.5, num_threads=num_threads)
    expected = pure_python.normalize_maps(maps, centered, scale, 1.5)
    # All zeros are one number: which of them is in the middle, no definition says.
    assert_same_bits(result + np.float32(0), expected + np.float32(0))


def test_threads_change_no_bit_of_normalized_maps() -> None:
    maps = normal(0, 9, 130, 111)
    arguments = np.arange(9) % 2 == 0, np.abs(normal(1, 9)) + 1, 0.7
    one = normalize_maps(maps, *arguments, num_threads=1)
    for num_threads in (2, 3, 16):
        assert_same_bits(normalize_maps(maps, *arguments, num_threads=num_threads), one)


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


# ------------------------------------------------------------------------------------- blocks


@given(strategies.sizes(most=9), strategies.sizes(most=70), seeds, strategies.layouts, threads)
def test_pixels_between_blocks_have_the_bits_of_the_definition(
    count: tuple[int, int], shape: tuple[int, int], seed: int, layout: Any, num_threads: int
) -> None:
    blocks = strategies.in_layout(normal(seed, *count), layout)
    row, col = seed % 8, seed // 8 % 8
    result = pixels_of_blocks(blocks, shape, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.pixels_of_blocks(blocks, shape, row, col))


@given(strategies.images(("uint8",), most=70), st.integers(0, 7), st.integers(0, 7), threads)
def test_sums_of_blocks_are_those_of_the_definition(
    image: Array, row: int, col: int, num_threads: int
) -> None:
    result = sum_blocks(image, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.sum_blocks(image, row, col))


def test_the_largest_sum_of_a_block_fits() -> None:
    assert sum_blocks(np.full((8, 8), 255, np.uint8)).tolist() == [[64 * 255]]


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


@given(pictures(), st.integers(1, 7), st.sampled_from([1e-9, 1e-3, 2.0]), threads)
def test_fitted_lines_have_the_bits_of_the_definition(
    arguments: tuple[Array, Array], reach: int, epsilon: float, num_threads: int
) -> None:
    shape = arguments[1].shape
    sums = sum_cells(*arguments)
    result = fit_lines(sums, shape, reach, epsilon, num_threads=num_threads)
    assert_same_bits(result, pure_python.fit_lines(sums, shape, reach, epsilon))


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
        lambda n: fit_lines(sum_cells(image, heatmap), (1203, 901), 5, 1e-3, num_threads=n),
        lambda n: pixels_of_blocks(slopes, (1203, 901), row=3, num_threads=n),
        lambda n: sum_blocks(image[..., 1].copy(), row=1, num_threads=n),
    ):
        for num_threads in (2, 3):
            assert_same_bits(call(num_threads), call(1))


# ---------------------------------------------------------------------------------- arguments

MAPS, WEIGHTS, BIAS = normal(0, 2, 4, 6), normal(1, 3, 2, 3, 3), normal(2, 3)
IMAGE, HEATMAP = np.zeros((4, 6, 3), np.uint8), np.zeros((4, 6), np.float32)
CELLS, SUMS = np.zeros((1, 2), np.float32), np.zeros((4, 1, 2), np.int32)

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
    (normalize_maps, (HEATMAP, BIAS > 0, BIAS, 1), ValueError, r"maps .* got \(4, 6\)"),
    (normalize_maps, (MAPS[:, :0], BIAS > 0, BIAS, 1), ValueError, "maps must have elements"),
    (normalize_maps, (MAPS, BIAS > 0, BIAS[:2], 1), ValueError, "centered must have 2 elements"),
    (normalize_maps, (MAPS, BIAS[:2], BIAS[:2], 1), TypeError, "centered must have dtype bool"),
    (normalize_maps, (MAPS, BIAS[:2] > 0, BIAS, 1), ValueError, "scale must have 2 .* got 3"),
    (normalize_maps, (MAPS, BIAS[:2] > 0, BIAS[:2], 0), ValueError, "limit must be above 0"),
    (pixels_of_blocks, (MAPS, (8, 8)), ValueError, r"blocks .* got \(2, 4, 6\)"),
    (pixels_of_blocks, (HEATMAP[:0], (8, 8)), ValueError, "blocks must be at least one"),
    (pixels_of_blocks, (IMAGE[..., 0], (8, 8)), TypeError, "blocks must have dtype float32"),
    (pixels_of_blocks, (HEATMAP, (8, -1)), ValueError, "shape must be >= 0, got -1"),
    (sum_blocks, (IMAGE,), ValueError, r"image .* got \(4, 6, 3\)"),
    (sum_blocks, (HEATMAP,), TypeError, "image must have dtype uint8, got float32"),
    (fit_lines, (SUMS, (9, 6), 1, 1.0), ValueError, r"must have shape \(4, 3, 2\)"),
    (fit_lines, (SUMS, (4, 6), 0, 1.0), ValueError, "reach must be in 1..250, got 0"),
    (fit_lines, (SUMS, (4, 6), 1, 0.0), ValueError, "epsilon must be at least 1e-09 and finite"),
    (fit_lines, (SUMS, (4, 6), 1, 9e-10), ValueError, "at least 1e-09 and finite, got 9e-10"),
    (fit_lines, (SUMS, (4, 6), 1, np.inf), ValueError, "at least 1e-09 and finite, got inf"),
    (fit_lines, (SUMS, (4, 6), 1, np.nan), ValueError, "at least 1e-09 and finite, got nan"),
    (fit_lines, (SUMS.astype(np.int64), (4, 6), 1, 1.0), TypeError, "sums must have dtype int32"),
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


@pytest.mark.parametrize("gain", [BIAS, BIAS[:2]])
def test_a_gain_belongs_to_as_many_maps_as_outputs(gain: Array) -> None:
    with pytest.raises(ValueError, match="gain must have as many numbers"):
        convolve_blocks(MAPS, WEIGHTS, BIAS, gain=gain)
    with pytest.raises(ValueError, match="expected"):
        _core.convolve_blocks(MAPS, WEIGHTS, BIAS, gain, 1, 1)


CORE: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "convolve_blocks": (_core.convolve_blocks, (MAPS, WEIGHTS, BIAS, None, 1, 1)),
    "convolve_blocks with a gain": (
        _core.convolve_blocks,
        (MAPS, WEIGHTS[:2], BIAS[:2], BIAS[:2], 1, 1),
    ),
    "normalize_maps": (_core.normalize_maps, (MAPS, BIAS[:2] > 0, BIAS[:2], 1.0, 1)),
    "pixels_of_blocks": (_core.pixels_of_blocks, (HEATMAP, 32, 48, 0, 0, 1)),
    "sum_blocks": (_core.sum_blocks, (IMAGE[..., 0].copy(), 0, 0, 1)),
    "fit_lines": (_core.fit_lines, (SUMS, 4, 6, 1, 1.0, 1)),
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
            _core.convolve_blocks(MAPS, WEIGHTS, BIAS, None, dilation, 1)
    for maps, weights, bias in (
        (MAPS[:1], WEIGHTS, BIAS),
        (MAPS, WEIGHTS, BIAS[:2]),
        (MAPS, WEIGHTS[..., :2].copy(), BIAS),
    ):
        with pytest.raises(ValueError, match="expected"):
            _core.convolve_blocks(maps, weights, bias, None, 1, 1)
    for shape, reach in (((9, 6), 1), ((4, 6), 0), ((4, 6), 251), ((-4, 6), 1)):
        with pytest.raises(ValueError, match="expected"):
            _core.fit_lines(SUMS, *shape, reach, 1.0, 1)
    for epsilon in (-1.0, 0.0, 9e-10, np.inf, np.nan):
        with pytest.raises(ValueError, match="finite epsilon of at least 1e-9"):
            _core.fit_lines(SUMS, 4, 6, 1, epsilon, 1)
    for blocks, shape in ((HEATMAP, (-1, 4)), (HEATMAP[:0], (4, 4))):
        with pytest.raises(ValueError, match="expected"):
            _core.pixels_of_blocks(blocks, *shape, 0, 0, 1)
    with pytest.raises(ValueError, match="grid"):
        _core.sum_blocks(IMAGE[..., 0].copy(), 8, 0, 1)
    with pytest.raises(ValueError, match="maps with elements"):
        _core.normalize_maps(MAPS[:, :0], BIAS[:2] > 0, BIAS[:2], 1.0, 1)
    with pytest.raises(ValueError, match="one scale for each map"):
        _core.normalize_maps(MAPS, BIAS > 0, BIAS[:2], 1.0, 1)
    with pytest.raises(ValueError, match="planes with elements"):
        _core.plane_moments(MAPS[:, :0], 1)
    with pytest.raises(ValueError, match="one size"):
        _core.sum_cells(IMAGE, HEATMAP[1:], 1)
