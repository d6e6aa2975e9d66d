"""Where the grid of an earlier compression lies, against definitions, SciPy and a JPEG encoder."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import fft, ndimage
from skimage import data

import strategies
from scenes import pasted, saved, scene
from unsplice import _core, pure_python
from unsplice.blind.evidence.grid_votes import GRID_VOTE_NAMES, grid_vote_maps
from unsplice.blind.evidence.kernels import count_zeros, grid_contrasts

Array = NDArray[Any]
PART = np.zeros((192, 256), bool)
PART[48:144, 64:192] = True
# Blocks whose 5x5 blocks lie within the part, and out of it.
INSIDE, OUTSIDE = np.s_[9:15, 11:21], np.s_[:, :5]


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


@st.composite
def pictures(draw: st.DrawFn) -> Array:
    """Draw pictures with fewer and more zeros, which noise of the full range hardly has."""
    shape = draw(strategies.sizes(least=8, most=24))
    seed, spread = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([1, 2, 4, 256]))
    noise = np.random.default_rng(seed).integers(0, spread, (*shape, 3), np.uint8)
    dark = draw(st.integers(0, 256 - spread))
    return strategies.in_layout(noise + np.uint8(dark), draw(strategies.layouts))


origins = st.tuples(st.integers(0, 7), st.integers(0, 7))
threads = st.integers(1, 3)


# -------------------------------------------------------------------------------------- counts


@given(pictures(), origins, threads)
def test_counts_are_those_of_the_definition(
    image: Array, origin: tuple[int, int], num_threads: int
) -> None:
    # Smaller pictures, without a block, have a test of theirs.
    row, col = (min(first, side - 8) for first, side in zip(origin, image.shape, strict=False))
    before = image.copy()
    result = count_zeros(image, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.count_zeros(image, row, col))
    assert_same_bits(image, before)


@pytest.mark.parametrize("cols", [64, 71, 72, 73, 79, 136, 143, 150])
def test_tiles_of_windows_end_anywhere(cols: int) -> None:
    image = np.random.default_rng(cols).integers(0, 4, (9, cols, 3), np.uint8)
    result = count_zeros(image, col=1, num_threads=1)
    assert_same_bits(result, pure_python.count_zeros(image, 0, 1))


def test_counts_of_a_photograph_are_those_of_scipy() -> None:
    image = data.astronaut()[:120, :300]
    luma = image @ np.array([0.299, 0.587, 0.114]) - 128
    windows = np.lib.stride_tricks.sliding_window_view(luma, (8, 8))
    exact = abs(fft.dctn(windows, axes=(2, 3), norm="ortho"))
    # Single precision may fall on the other side where a coefficient lies at the border.
    clear = (abs(exact - 0.5) > 1e-4).all(axis=(2, 3))
    assert clear.mean() > 0.95
    counts = count_zeros(image)[:113, :293]
    np.testing.assert_array_equal(counts[clear], (exact < 0.5).sum(axis=(2, 3))[clear])


def test_a_window_beyond_the_picture_takes_the_count_of_the_block_before() -> None:
    image = scene()[:44, :52]
    counts = count_zeros(image, row=2, col=1)
    assert counts.shape == (40, 48)
    wider = count_zeros(scene(), row=2, col=1)[:40, :48]
    # The last windows begin at row 36 and column 44 of the picture.
    np.testing.assert_array_equal(counts[:35, :44], wider[:35, :44])
    np.testing.assert_array_equal(counts[35:], counts[27:32])
    np.testing.assert_array_equal(counts[:, 44:], counts[:, 36:40])


def test_without_a_block_before_the_last_window_counts() -> None:
    counts = count_zeros(scene()[:11, :8])
    assert counts.shape == (8, 8)
    assert (counts[3:] == counts[3]).all()
    assert (counts == counts[:, :1]).all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 9), (9, 0), (7, 30), (30, 7), (12, 12)])
def test_without_a_whole_block_there_is_no_count(shape: tuple[int, int]) -> None:
    counts = count_zeros(np.zeros((*shape, 3), np.uint8), row=5, col=5)
    assert counts.size == 0
    assert grid_contrasts(counts).size == 0


# ----------------------------------------------------------------------------------- contrasts


block_sides = strategies.sizes(least=0, most=7).map(lambda blocks: (8 * blocks[0], 8 * blocks[1]))


@given(
    strategies.arrays_in_any_layout(
        "uint8", block_sides, lambda _: st.one_of(st.integers(0, 64), st.just(255))
    ),
    threads,
)
def test_contrasts_have_the_bits_of_the_definition(counts: Array, num_threads: int) -> None:
    result = grid_contrasts(counts, num_threads=num_threads)
    assert_same_bits(result, pure_python.grid_contrasts(counts))


def test_contrasts_are_those_of_box_filters() -> None:
    counts = np.random.default_rng(0).integers(0, 65, (8 * 30, 8 * 40), np.uint8)
    places = counts.reshape(30, 8, 40, 8).transpose(1, 3, 0, 2).reshape(64, 30, 40).astype(float)
    size = (1, 5, 5)
    share = ndimage.uniform_filter(np.ones((1, 30, 40)), size, mode="constant")
    means = ndimage.uniform_filter(places, size, mode="constant") / share
    own, other, mean = means[0], means[1:].max(axis=0), means.mean(axis=0)
    expected = np.stack([own - mean, other - mean, own - other])
    np.testing.assert_allclose(grid_contrasts(counts), expected, atol=1e-5)


@pytest.mark.parametrize("count", [2, 3, 8])
def test_threads_change_no_bit(count: int) -> None:
    image = np.tile(scene(), (3, 4, 1))[:-3, :-1]
    counts = count_zeros(image, row=3, num_threads=1)
    assert_same_bits(count_zeros(image, row=3, num_threads=count), counts)
    many = np.tile(counts, (8, 1))
    assert_same_bits(grid_contrasts(many, num_threads=count), grid_contrasts(many, num_threads=1))


# ---------------------------------------------------------------------------------------- maps


def test_a_saved_picture_has_its_grid_wherever_the_blocks_begin() -> None:
    image = saved(scene(), 75)
    for row, col, aligned in ((0, 0, True), (0, 3, False), (6, 0, False), (4, 4, False)):
        on_grid, other, contrast = grid_vote_maps(image, row=row, col=col)
        assert ((contrast > 2) == aligned).mean() > 0.95
        assert ((on_grid > other) == aligned).mean() > 0.95


def test_a_paste_from_another_grid_turns_the_sign() -> None:
    donor = np.roll(saved(scene(2), 75), (3, 5), (0, 1))
    aligned, other, contrast = grid_vote_maps(pasted(saved(scene(1), 75), PART, donor))
    assert contrast[INSIDE].max() < -15 < 5 < contrast[OUTSIDE].min()
    assert other[INSIDE].min() > 20 > other[OUTSIDE].max()
    assert aligned[INSIDE].max() < 0 < 10 < aligned[OUTSIDE].min()


def test_a_paste_from_another_grid_outlives_a_weak_save() -> None:
    donor = np.roll(saved(scene(2), 75), (3, 5), (0, 1))
    image = pasted(saved(scene(1), 75), PART, donor)
    contrast = grid_vote_maps(saved(image, 99, "4:4:4"))[2]
    assert contrast[INSIDE].max() < 0 < contrast[OUTSIDE].min()


def test_a_paste_without_a_grid_has_none() -> None:
    maps = grid_vote_maps(pasted(saved(scene(1), 75), PART, scene(2)))
    assert abs(maps[:, *INSIDE]).max() < 5
    assert maps[0, *OUTSIDE].min() > 10


@pytest.mark.parametrize("level", [0, 77, 255])
def test_flat_pixels_say_nothing(level: int) -> None:
    assert not grid_vote_maps(np.full((40, 48, 3), level, np.uint8)).any()


def test_a_single_window_says_nothing() -> None:
    assert grid_vote_maps(scene()[100:108, 50:58]).tolist() == [[[0.0]], [[0.0]], [[0.0]]]


def test_every_map_has_a_name() -> None:
    assert grid_vote_maps(scene(), row=1, col=7).shape == (len(GRID_VOTE_NAMES), 23, 31)


# ------------------------------------------------------------------------------- bad arguments


PIXELS = np.zeros((16, 24, 3), np.uint8)


@pytest.mark.parametrize("call", [count_zeros, grid_vote_maps])
@pytest.mark.parametrize(
    ("image", "options", "error", "words"),
    [
        (PIXELS[..., 0], {}, ValueError, r"image must have shape \(rows, cols, 3\)"),
        (PIXELS[..., :2], {}, ValueError, r"image must have shape \(rows, cols, 3\)"),
        (PIXELS.astype(float), {}, TypeError, "image must have dtype uint8"),
        (PIXELS.tolist(), {}, TypeError, "image must be a NumPy array"),
        (PIXELS, {"row": 8}, ValueError, r"row must be in 0..7"),
        (PIXELS, {"col": -1}, ValueError, r"col must be in 0..7"),
        (PIXELS, {"col": 1.0}, TypeError, "col must be an int"),
        (PIXELS, {"num_threads": 0}, ValueError, "num_threads"),
    ],
)
def test_bad_arguments_are_told(
    call: Any, image: Any, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call(image, **options)


@pytest.mark.parametrize(("shape", "row"), [((7, 24), 0), ((24, 7), 0), ((14, 24), 7)])
def test_a_picture_without_a_whole_block_is_refused(shape: tuple[int, int], row: int) -> None:
    words = f"whole 8x8 block from row {row} and column 0 on, got {shape[0]} x {shape[1]}"
    with pytest.raises(ValueError, match=words):
        grid_vote_maps(np.zeros((*shape, 3), np.uint8), row=row)


@pytest.mark.parametrize(
    ("counts", "error", "words"),
    [
        (PIXELS, ValueError, "counts must have shape"),
        (PIXELS[:9, :, 0], ValueError, r"counts must hold whole 8x8 blocks, got shape \(9, 24\)"),
        (PIXELS[:, :20, 0], ValueError, "counts must hold whole 8x8 blocks"),
        (PIXELS[..., 0].astype(int), TypeError, "counts must have dtype uint8"),
    ],
)
def test_bad_counts_are_told(counts: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        grid_contrasts(counts)


def test_the_core_guards_itself() -> None:
    with pytest.raises(ValueError, match="0 to 7"):
        _core.count_zeros(PIXELS, 8, 0, 1)
    with pytest.raises(ValueError, match="whole blocks"):
        _core.grid_contrasts(np.zeros((9, 24), np.uint8), 1)
    with pytest.raises(ValueError, match="2 dimensions"):
        _core.grid_contrasts(PIXELS, 1)
