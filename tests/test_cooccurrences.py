"""Patterns of the residual of luma: counts against their definition, and what the maps show."""

from __future__ import annotations

from itertools import product
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given
from numpy.typing import NDArray

import strategies
from scenes import disc, pasted, saved, scene
from unsplice import pure_python
from unsplice.blind.evidence.cooccurrences import COOCCURRENCE_NAMES, cooccurrence_maps
from unsplice.blind.evidence.kernels import blur_shares, count_cooccurrences
from unsplice.kernels import gaussian_weights

Array = NDArray[Any]
ALONG, ACROSS = slice(0, 25), slice(25, 50)
ZEROS = 24  # the class of four zeros


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def rgb(brightest: int) -> st.SearchStrategy[Array]:
    shapes = strategies.sizes(least=1, most=20).map(lambda size: (*size, 3))
    levels = st.integers(0, brightest)
    return strategies.arrays_in_any_layout("uint8", shapes, lambda _: levels)


def random_rgb(rows: int, cols: int, brightest: int = 12) -> Array:
    """Return a picture whose residual has all three values, as few levels make sure."""
    return np.random.default_rng(rows).integers(0, brightest + 1, (rows, cols, 3), np.uint8)


def of_gray(gray: Array) -> Array:
    """Return an RGB picture whose luma is `gray`: the weights sum to 1."""
    return np.repeat(gray.astype(np.uint8)[..., np.newaxis], 3, axis=2)


origins = st.tuples(st.integers(0, 7), st.integers(0, 7))


# ------------------------------------------------------------------------------------ counts


@given(st.sampled_from([3, 12, 255]).flatmap(rgb), origins, st.integers(1, 3))
@example(random_rgb(8, 8), (0, 0), 1)
@example(random_rgb(15, 23, 255), (7, 7), 1)
def test_counts_are_those_of_the_definition(
    image: Array, origin: tuple[int, int], num_threads: int
) -> None:
    row, col = origin
    result = count_cooccurrences(image, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.count_cooccurrences(image, row, col))


@pytest.mark.parametrize("cols", [8 * 64 + 7, 8 * 65 + 3])
def test_rows_longer_than_a_group_of_blocks_have_the_counts_of_the_definition(cols: int) -> None:
    # Noise alone hardly ever has one sign four times: steep waves do.
    y, x = np.ogrid[:17, :cols]
    waves = of_gray(120 + 110 * np.sin(x / 4 + y / 5))
    image = waves + random_rgb(17, cols, 2)
    expected = pure_python.count_cooccurrences(image, 1, 3)
    assert_same_bits(count_cooccurrences(image, row=1, col=3), expected)
    assert expected.any(axis=(1, 2)).all()  # every class occurs


def test_threads_change_nothing() -> None:
    image = random_rgb(400, 1030)  # large enough for four threads
    alone = count_cooccurrences(image, row=5, col=2, num_threads=1)
    for num_threads in (2, 3, 4):
        result = count_cooccurrences(image, row=5, col=2, num_threads=num_threads)
        assert_same_bits(result, alone)


def test_a_block_has_128_patterns_along_and_128_across() -> None:
    counts = count_cooccurrences(random_rgb(50, 60, 255)).astype(int)
    assert (counts[ALONG].sum(axis=0) == 128).all()
    assert (counts[ACROSS].sum(axis=0) == 128).all()


def test_the_picture_goes_on_as_its_edge() -> None:
    image = random_rgb(24, 40)
    wide = np.pad(image, ((8, 8), (8, 8), (0, 0)), mode="edge")
    inner = count_cooccurrences(wide)[:, 1:-1, 1:-1]
    np.testing.assert_array_equal(count_cooccurrences(image), inner)


def test_three_pixels_around_the_blocks_count_and_no_more() -> None:
    image = random_rgb(40, 40)
    whole = count_cooccurrences(image, row=4, col=4)  # from 4 to 35
    np.testing.assert_array_equal(count_cooccurrences(image[1:39, 1:39], row=3, col=3), whole)
    assert (count_cooccurrences(image[2:39, 2:39], row=2, col=2) != whole).any()
    assert (count_cooccurrences(image[1:38, 1:38], row=3, col=3) != whole).any()


def test_rows_and_columns_are_alike() -> None:
    image = random_rgb(40, 56)
    turned = count_cooccurrences(image.swapaxes(0, 1))
    np.testing.assert_array_equal(turned, count_cooccurrences(image).swapaxes(1, 2))


def test_a_negative_has_the_same_counts() -> None:
    image = of_gray(random_rgb(40, 56)[..., 0])
    np.testing.assert_array_equal(count_cooccurrences(255 - image), count_cooccurrences(image))


def test_a_mirror_image_has_the_same_counts_along() -> None:
    image = random_rgb(40, 56)
    mirrored = count_cooccurrences(image[:, ::-1])[ALONG, :, ::-1]
    np.testing.assert_array_equal(mirrored, count_cooccurrences(image)[ALONG])


def class_of(*pattern: int) -> int:
    """Return the number of a class: how many others have a member that comes before its first."""

    def first_member(t: tuple[int, ...]) -> tuple[int, ...]:
        minus = tuple(-x for x in t)
        return min(t, t[::-1], minus, minus[::-1])

    firsts = {first_member(t) for t in product((-1, 0, 1), repeat=4)}
    return sorted(firsts).index(first_member(pattern))


def middle_counts(row_of_gray: Array) -> dict[int, int]:
    """Return what is counted in the middle block of three rows of blocks, all rows alike."""
    counts = count_cooccurrences(of_gray(np.tile(row_of_gray, (24, 1))))[:, 1, 1]
    return {int(plane): int(counts[plane]) for plane in np.flatnonzero(counts)}


def test_there_are_as_many_classes_as_planes() -> None:
    assert class_of(-1, -1, -1, -1) == 0
    assert class_of(0, 0, 0, 0) == ZEROS


@pytest.mark.parametrize(("slope", "bend"), [(0, 0), (1, 0), (-5, 0), (0, 1), (3, 1)])
def test_a_slope_and_a_parabola_have_no_residual(slope: int, bend: int) -> None:
    x = np.arange(-12, 12)
    assert middle_counts(190 + slope * x - bend * x * x) == {ZEROS: 128, 25 + ZEROS: 128}


@pytest.mark.parametrize("height", [1, 40])
def test_stripes_alternate_along_and_persist_across(height: int) -> None:
    # Downwards there is no residual: half of all patterns are zeros.
    assert middle_counts(100 + height * (np.arange(24) % 2)) == {
        class_of(-1, 1, -1, 1): 64,
        ZEROS: 64,
        25 + class_of(1, 1, 1, 1): 64,
        25 + ZEROS: 64,
    }


def test_a_step_of_one_gray_level_shows_where_it_is_and_not_beside() -> None:
    # The differences around it are -1, 2 and -1, of which only the second counts.
    assert middle_counts(100 + (np.arange(24) >= 12)) == {
        class_of(0, 0, 0, 1): 16,  # at the first or the last of four samples
        class_of(0, 0, 1, 0): 16,
        ZEROS: 128 - 32,
        25 + class_of(1, 1, 1, 1): 8,
        25 + ZEROS: 128 - 8,
    }


@pytest.mark.parametrize(
    ("image", "origin", "error", "message"),
    [
        (np.zeros((8, 8), np.uint8), (0, 0), ValueError, r"\(rows, cols, 3\), got \(8, 8\)"),
        (np.zeros((8, 8, 3), np.uint16), (0, 0), TypeError, "uint8, got uint16"),
        (np.zeros((8, 8, 3), np.uint8), (8, 0), ValueError, r"row must be in 0..7, got 8"),
        (np.zeros((8, 8, 3), np.uint8), (0, -1), ValueError, r"col must be in 0..7, got -1"),
    ],
)
def test_bad_arguments_are_told_what_was_expected(
    image: Array, origin: tuple[int, int], error: type[Exception], message: str
) -> None:
    row, col = origin
    for function in (count_cooccurrences, cooccurrence_maps):
        with pytest.raises(error, match=message):
            function(image, row=row, col=col)


# ------------------------------------------------------------------------------------ shares


@given(
    strategies.arrays_in_any_layout(
        "uint8", st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 40))
    ),
    st.sampled_from([0.4, 1.0, 3.0]),
    st.integers(1, 3),
)
def test_shares_have_the_bits_of_the_definition(
    counts: Array, sigma: float, num_threads: int
) -> None:
    result = blur_shares(counts, 77, sigma, num_threads=num_threads)
    assert_same_bits(result, pure_python.blur_shares(counts, 77, gaussian_weights(sigma)))


def test_threads_change_no_share() -> None:
    counts = np.random.default_rng(1).integers(0, 256, (7, 150, 333), np.uint8)
    alone = blur_shares(counts, 128, 1.0, num_threads=1)
    for num_threads in (2, 3, 16):
        assert_same_bits(blur_shares(counts, 128, 1.0, num_threads=num_threads), alone)


@pytest.mark.parametrize(
    ("counts", "total", "sigma", "error", "message"),
    [
        (np.zeros((2, 3), np.uint8), 1, 1.0, ValueError, r"counts .* got \(2, 3\)"),
        (np.zeros((1, 2, 3)), 1, 1.0, TypeError, "counts must have dtype uint8"),
        (np.zeros((1, 2, 3), np.uint8), 0, 1.0, ValueError, "total must be >= 1, got 0"),
        (np.zeros((1, 2, 3), np.uint8), 1, 0.0, ValueError, "sigma must be above 0"),
    ],
)
def test_bad_shares_are_named(
    counts: Array, total: int, sigma: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        blur_shares(counts, total, sigma)


# -------------------------------------------------------------------------------------- maps


def test_maps_are_roots_of_blurred_shares() -> None:
    image = random_rgb(75, 90)
    counts = pure_python.count_cooccurrences(image, 2, 1)
    shares = counts.astype(np.float32) / np.float32(128)
    blurred = pure_python.gaussian_blur(shares, gaussian_weights(1.0))
    for num_threads in (1, 3):
        maps = cooccurrence_maps(image, row=2, col=1, num_threads=num_threads)
        assert_same_bits(maps, np.sqrt(blurred))


def test_squares_of_either_half_sum_to_one() -> None:
    maps = cooccurrence_maps(scene()).astype(float)
    for half in (ALONG, ACROSS):
        np.testing.assert_allclose((maps[half] ** 2).sum(axis=0), 1, atol=1e-5)


def test_each_map_has_a_name_of_its_own() -> None:
    assert (
        len(set(COOCCURRENCE_NAMES)) == len(COOCCURRENCE_NAMES) == len(cooccurrence_maps(scene()))
    )
    assert COOCCURRENCE_NAMES[0] == "cooccurrence_along_00"
    assert COOCCURRENCE_NAMES[-1] == "cooccurrence_across_24"


@pytest.mark.parametrize(
    ("shape", "origin"), [((7, 90), (0, 0)), ((9, 90), (2, 0)), ((0, 0), (0, 0))]
)
def test_a_picture_without_a_whole_block_is_refused(
    shape: tuple[int, int], origin: tuple[int, int]
) -> None:
    row, col = origin
    image = np.zeros((*shape, 3), np.uint8)
    assert count_cooccurrences(image, row=row, col=col).size == 0
    with pytest.raises(ValueError, match=rf"a whole 8x8 block.* got {shape[0]} x {shape[1]}"):
        cooccurrence_maps(image, row=row, col=col)


def halves(blocks: Array, where: Array) -> tuple[Array, Array]:
    """Return the histograms, a row each, of the blocks within a part and of those beyond it."""
    rows, cols = blocks.shape[1:]
    share = where.reshape(rows, 8, cols, 8).mean(axis=(1, 3))
    return blocks[:, share == 1].T, blocks[:, share == 0].T


def distance(image: Array, where: Array) -> float:
    """Return the squared distance of what is usual within a part from what is beyond it."""
    within, beyond = halves(cooccurrence_maps(image), where)
    return float(((within.mean(axis=0) - beyond.mean(axis=0)) ** 2).sum())


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize(("quality", "times"), [(75, 5), (90, 2)])
def test_a_part_that_was_saved_before_has_other_patterns(
    seed: int, quality: int, times: int
) -> None:
    image = scene(seed)
    where = disc(image.shape[:2], 96, 128, 48)
    untouched = max(distance(scene(other), where) for other in (seed, 2))
    assert distance(pasted(image, where, saved(scene(2), quality)), where) > times * untouched


@pytest.mark.parametrize("seed", [1, 3])
def test_blocks_of_a_part_that_was_smoothed_stand_out_from_the_usual(seed: int) -> None:
    image = scene(seed)
    where = disc(image.shape[:2], 96, 128, 48)
    smooth = pasted(image, where, cv2.GaussianBlur(image, (0, 0), 0.7))
    maps = cooccurrence_maps(smooth)
    usual = np.median(maps, axis=(1, 2), keepdims=True)
    within, beyond = halves(((maps - usual) ** 2).sum(axis=0, keepdims=True), where)
    # How often a block of the part is farther from the usual than one beyond it.
    assert (within > beyond.T).mean() > 0.9
