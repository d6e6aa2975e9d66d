"""The kernels of the compression history against their definitions, SciPy and a JPEG encoder."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import fft
from skimage import data

import strategies
from scenes import saved, scene
from unsplice import pure_python
from unsplice.blind.history_kernels import (
    COUNT_UNIT,
    LEVELS,
    MAGNITUDE_CLASSES,
    block_levels,
    clipped_samples,
    compression_gains,
    count_magnitudes,
    grid_votes,
    requantized_counts,
    sum_levels,
)
from unsplice.jpeg import standard_tables

Array = NDArray[Any]
TABLE = standard_tables(80)[0]
PLACES = np.arange(0, 8, dtype=np.int64)


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def rgb(*, least: int = 1, most: int = 20) -> st.SearchStrategy[Array]:
    shapes = strategies.sizes(least=least, most=most).map(lambda size: (*size, 3))
    return strategies.arrays_in_any_layout("uint8", shapes)


origins = st.tuples(st.integers(0, 7), st.integers(0, 7))
steps = st.integers(1, 300)


# ------------------------------------------------------------------------------ coefficients


@given(rgb(), st.lists(steps, min_size=64, max_size=64), origins)
def test_levels_have_the_bits_of_the_definition(
    image: Array, table: list[int], origin: tuple[int, int]
) -> None:
    divisors = np.array(table).reshape(8, 8)
    row, col = origin
    result = block_levels(image, divisors, row=row, col=col, num_threads=1)
    assert_same_bits(result, pure_python.block_levels(image, divisors, row, col))


@given(rgb(), origins)
def test_clipped_samples_are_those_of_the_definition(image: Array, origin: tuple[int, int]) -> None:
    image = np.where(image < 40, np.uint8(0), np.where(image > 200, np.uint8(255), image))
    row, col = origin
    result = clipped_samples(image, row=row, col=col, num_threads=1)
    assert_same_bits(result, pure_python.clipped_samples(image, row, col))


@given(rgb(least=8), st.integers(0, 40), st.randoms(use_true_random=False))
def test_magnitudes_are_counted_as_in_the_definition(image: Array, n: int, random: Any) -> None:
    rows, cols = image.shape[0] - 8, image.shape[1] - 8
    corners = [[random.randint(0, rows), random.randint(0, cols)] for _ in range(n)]
    places = np.array(corners, np.int64).reshape(-1, 2)
    result = count_magnitudes(image, places)
    assert_same_bits(result, pure_python.count_magnitudes(image, places))
    assert (result.sum(axis=1) == n).all()


def test_threads_change_no_count_of_magnitudes() -> None:
    random = np.random.default_rng(3)
    image = random.integers(0, 256, (90, 120, 3), np.uint8)
    corners = random.integers(0, (83, 113), (3000, 2))
    one = count_magnitudes(image, corners, num_threads=1)
    for num_threads in (2, 3):
        assert_same_bits(count_magnitudes(image, corners, num_threads=num_threads), one)


@pytest.mark.parametrize("level", [0, 255])
def test_the_largest_magnitude_has_its_class(level: int) -> None:
    flat = np.full((8, 8, 3), level, np.uint8)
    counts = count_magnitudes(flat, np.array([[0, 0]]))
    largest = 2 * 8 * abs(level - 128)
    assert counts[0, largest - 1 : largest + 1].sum() == 1  # luma itself is rounded


@given(rgb(least=15), st.integers(0, 3))
def test_votes_are_those_of_the_definition(image: Array, n: int) -> None:
    corners = np.zeros((n, 2), np.int64)
    result = grid_votes(image, corners, num_threads=1)
    assert_same_bits(result, pure_python.grid_votes(image, corners))


def luma_coefficients(image: Array) -> Array:
    """Return the DCT of the luma of every block, in double precision by SciPy."""
    y = image @ np.array([0.299, 0.587, 0.114]) - 128
    rows, cols = y.shape[0] // 8, y.shape[1] // 8
    blocks = y[: 8 * rows, : 8 * cols].reshape(rows, 8, cols, 8).swapaxes(1, 2)
    return np.asarray(fft.dctn(blocks, axes=(2, 3), norm="ortho")).reshape(rows, cols, 64)


def test_levels_of_a_photograph_are_those_of_scipy() -> None:
    image = data.astronaut()[:200, :300]
    exact = abs(luma_coefficients(image)) / TABLE.ravel() + 0.5
    result = np.moveaxis(block_levels(image, TABLE), 0, 2)
    # Single precision may fall on the other side where a coefficient lies on a border.
    clear = abs(exact - np.rint(exact)) > 1e-4
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(result[clear], np.minimum(np.floor(exact), 24)[clear])


def test_levels_of_a_saved_picture_are_those_of_its_file() -> None:
    image = saved(scene(), 80)
    found = np.moveaxis(block_levels(image, TABLE), 0, 2)
    exact = abs(luma_coefficients(image)) / TABLE.ravel()
    # Rounding to gray levels moves a coefficient, but hardly ever by a third of a step.
    ordinary = (clipped_samples(image) == 0) & (exact.max(axis=2) < 24)
    assert ordinary.sum() > 100
    assert np.quantile(abs(exact - found)[ordinary], 0.999) < 0.33


def test_votes_name_the_grid_of_a_cropped_picture() -> None:
    image = saved(scene(), 75)[3:, 6:]
    corners = np.stack(np.meshgrid(8 * PLACES, 8 * PLACES, indexing="ij"), axis=2).reshape(-1, 2)
    votes = grid_votes(image, corners)
    assert np.unravel_index(votes.argmax(), votes.shape) == (5, 2)
    assert votes[5, 2] > 0.5 * votes.sum()


# ------------------------------------------------------------------------------------ counts


def references(frequencies: int, random: Any) -> Array:
    """Return counts with the classes that lie at borders well filled."""
    counts = np.zeros((frequencies, MAGNITUDE_CLASSES), np.int64)
    for row in counts:
        for _ in range(random.randint(0, 40)):
            row[random.choice([random.randint(0, 30), random.randint(0, 2048)])] += random.randint(
                1, 2000
            )
    return counts


@given(st.lists(st.tuples(st.integers(0, 90), steps), max_size=4), st.randoms())
def test_requantized_counts_are_those_of_the_definition(
    pairs: list[tuple[int, int]], random: Any
) -> None:
    reference = references(len(pairs), random)
    first = np.array([one for one, _ in pairs], np.int64)
    last = np.array([two for _, two in pairs], np.int64)
    result = requantized_counts(reference, first, last)
    assert_same_bits(result, pure_python.requantized_counts(reference, first, last))
    assert (result.sum(axis=1) == reference.sum(axis=1) * COUNT_UNIT).all()


@given(
    st.lists(steps, min_size=1, max_size=3),
    st.lists(st.integers(1, 40), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.0, 0.05, 0.6, 0.99]), max_size=3),
    st.randoms(),
)
def test_gains_have_the_bits_of_the_definition(
    last: list[int], first: list[int], shares: list[float], random: Any
) -> None:
    n = len(last)
    tables = np.array([[step + f for f in range(n)] for step in first], np.int64)
    observed = np.array([[random.randint(0, 300) for _ in range(LEVELS)] for _ in range(n)])
    arguments = observed, references(n, random), np.array(last), tables, shares
    for num_threads in (1, 3):
        result = compression_gains(*arguments, num_threads=num_threads)
        assert_same_bits(result, pure_python.compression_gains(*arguments))


def test_gains_are_the_logarithms_of_numpy() -> None:
    random = np.random.default_rng(4)
    reference = np.zeros((1, MAGNITUDE_CLASSES), np.int64)
    reference[0, :200] = random.geometric(0.01, 200)
    observed = random.integers(0, 90, (1, LEVELS))
    last, first, share = np.array([5]), np.array([8]), 0.85
    single, twice = (
        requantized_counts(reference, step, last)[0] / COUNT_UNIT + 0.5
        for step in (np.array([0]), first)
    )
    single, twice = single / single.sum(), twice / twice.sum()
    ratio = np.log(share * twice + (1 - share) * single) - np.log(single)
    gain = compression_gains(observed, reference, last, first[None], [share])
    np.testing.assert_allclose(gain, max(float(observed[0] @ ratio), -30), rtol=1e-9)


def test_two_saves_in_a_row_give_the_levels_that_are_expected() -> None:
    image = data.astronaut()
    reference = np.zeros((64, MAGNITUDE_CLASSES), np.int64)
    first, last = standard_tables(70)[0].astype(int), standard_tables(92)[0].astype(int)
    corners = 8 * np.argwhere(np.ones((64, 64)))
    reference = count_magnitudes(image, corners)
    expected = requantized_counts(reference, first.ravel(), last.ravel()) / COUNT_UNIT
    once = requantized_counts(reference, 0 * first.ravel(), last.ravel()) / COUNT_UNIT
    levels = block_levels(saved(image, 70, "4:4:4"), last)
    for k in (1, 2, 8, 9, 16):
        found = np.bincount(levels[k].ravel(), minlength=LEVELS)
        assert abs(found - expected[k]).sum() < 0.15 * found.sum() < abs(found - once[k]).sum()


@given(
    strategies.arrays_in_any_layout(
        "uint8", st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 9))
    ),
    st.integers(0, 9),
)
def test_sums_have_the_bits_of_the_definition(levels: Array, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, 3, (len(levels), LEVELS)).astype(np.float32)
    result = sum_levels(levels, values, num_threads=1)
    assert_same_bits(result, pure_python.sum_levels(levels, values))


# ------------------------------------------------------------------------------ for every call


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_no_bit(threads: int) -> None:
    image = np.tile(scene(), (6, 5, 1))
    corners = 8 * np.argwhere(np.ones((140, 150)))
    levels = block_levels(image, TABLE, row=3, num_threads=1)
    values = np.random.default_rng(0).normal(0, 3, (64, LEVELS)).astype(np.float32)
    assert_same_bits(block_levels(image, TABLE, row=3, num_threads=threads), levels)
    for call in (
        lambda count: clipped_samples(image, col=2, num_threads=count),
        lambda count: grid_votes(image, corners[::9], num_threads=count),
        lambda count: sum_levels(levels, values, num_threads=count),
    ):
        assert_same_bits(call(threads), call(1))


PIXELS = np.zeros((16, 24, 3), np.uint8)
REFERENCE = np.ones((2, MAGNITUDE_CLASSES), np.int64)
OBSERVED = np.ones((2, LEVELS), np.int64)
STEPS = np.array([2, 3])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: block_levels(PIXELS[..., 0], TABLE), ValueError, r"image must have shape"),
        (lambda: block_levels(PIXELS.astype(int), TABLE), TypeError, "dtype uint8"),
        (lambda: block_levels(PIXELS, TABLE[:4]), ValueError, r"steps must have shape \(8, 8\)"),
        (lambda: block_levels(PIXELS, TABLE * 0), ValueError, r"steps must be in 1..65535"),
        (lambda: block_levels(PIXELS, TABLE * 1.0), TypeError, "steps must have dtype"),
        (lambda: block_levels(PIXELS, TABLE, row=8), ValueError, r"row must be in 0..7"),
        (lambda: clipped_samples(PIXELS, col=-1), ValueError, r"col must be in 0..7"),
        (lambda: count_magnitudes(PIXELS, np.array([[9, 0]])), ValueError, r"within the image"),
        (lambda: count_magnitudes(PIXELS, np.array([0, 0])), ValueError, r"\(n, 2\)"),
        (lambda: grid_votes(PIXELS, np.array([[0, 10]])), ValueError, "15 x 15 pixels"),
        (lambda: sum_levels(PIXELS, np.zeros((3, 25), "f4")), ValueError, r"values must have"),
        (
            lambda: requantized_counts(REFERENCE[:, :9], STEPS, STEPS),
            ValueError,
            r"\(frequencies, 2049\)",
        ),
        (lambda: requantized_counts(-REFERENCE, STEPS, STEPS), ValueError, "reference must be in"),
        (lambda: requantized_counts(REFERENCE, STEPS[:1], STEPS), ValueError, "first must have"),
        (
            lambda: compression_gains(OBSERVED, REFERENCE, STEPS, STEPS[None], [1.0]),
            ValueError,
            "shares must be",
        ),
        (
            lambda: compression_gains(OBSERVED, REFERENCE, STEPS, STEPS[None, :1], [0.5]),
            ValueError,
            "each table must have",
        ),
    ],
)
def test_bad_arguments_are_told(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
