"""Noise and the color filter array, against their definitions and on made-up pictures."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import strategies
from scenes import pasted, saved, scene
from unsplice import pure_python
from unsplice.blind.evidence.color_filter import COLOR_FILTER_NAMES, color_filter_maps
from unsplice.blind.evidence.kernels import block_noise, green_lattice
from unsplice.blind.evidence.noise import NOISE_NAMES, noise_maps

Array = NDArray[Any]
NOTHING = np.log(0.05)
WEIGHTS = np.array([[77, 150, 29], [-43, -85, 128], [128, -107, -21]]) / 256
PART = np.zeros((192, 256), bool)
PART[48:144, 64:160] = True
INSIDE = PART[::8, ::8]
INNER = np.s_[7:17, 9:19]  # without the blocks at its border


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def rgb() -> st.SearchStrategy[Array]:
    shapes = strategies.sizes(least=1, most=20).map(lambda size: (*size, 3))
    return strategies.arrays_in_any_layout("uint8", shapes)


origins = st.tuples(st.integers(0, 7), st.integers(0, 7))
threads = st.integers(1, 3)


def named(image: Array, **grid: int) -> dict[str, Array]:
    return dict(zip(NOISE_NAMES, noise_maps(image, **grid), strict=True))


def noisy(level: float, seed: int = 1, base: float = 120, channels: int = 3) -> NDArray[np.uint8]:
    """Return Gaussian noise on a gray ground; one channel repeats itself in all."""
    noise = np.random.default_rng(seed).normal(base, level, (*PART.shape, channels))
    return np.repeat(np.clip(np.rint(noise), 0, 255).astype(np.uint8), 3 // channels, axis=2)


# --------------------------------------------------------------------------------- definitions


@given(rgb(), origins, threads)
def test_noise_has_the_bits_of_the_definition(
    image: Array, origin: tuple[int, int], num_threads: int
) -> None:
    row, col = origin
    result = block_noise(image, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.block_noise(image, row, col))


@given(rgb(), origins, threads)
def test_lattices_have_the_bits_of_the_definition(
    image: Array, origin: tuple[int, int], num_threads: int
) -> None:
    row, col = origin
    result = green_lattice(image, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.green_lattice(image, row, col))


@pytest.mark.parametrize("cols", [8, 127, 128, 129, 136, 263, 300])
def test_groups_of_blocks_end_anywhere(cols: int) -> None:
    image = data.astronaut()[100:119, :cols]
    expected = pure_python.block_noise(image, 3, 0)
    assert_same_bits(block_noise(image, row=3, num_threads=1), expected)
    lattice = pure_python.green_lattice(image, 3, 0)
    assert_same_bits(green_lattice(image, row=3, num_threads=1), lattice)


def test_the_largest_differences_overflow_nothing() -> None:
    row, col = np.indices((16, 24))
    chessboard = np.where((row + col) % 2 == 1, 255, 0).astype(np.uint8)
    stripes = np.where(col % 2 == 1, 255, 0).astype(np.uint8)
    for channels in ([chessboard] * 3, [chessboard, 255 - chessboard, stripes], [stripes] * 3):
        image = np.dstack(channels)
        assert_same_bits(block_noise(image), pure_python.block_noise(image))
        assert_same_bits(green_lattice(image), pure_python.green_lattice(image))


@pytest.mark.parametrize("num_threads", [2, 3, 8])
def test_threads_change_no_bit(num_threads: int) -> None:
    image = np.tile(scene(), (6, 5, 1))
    for call in (noise_maps, color_filter_maps):
        expected = call(image, row=3, col=1, num_threads=1)
        assert_same_bits(call(image, row=3, col=1, num_threads=num_threads), expected)


@pytest.mark.parametrize(("row", "col"), [(2, 6), (3, 5), (7, 1)])
def test_blocks_see_the_pixels_around_them_wherever_the_grid_begins(row: int, col: int) -> None:
    image = scene()
    window = image[8 - row : -1, 8 - col : -1]
    inner = (slice(None), slice(1, -1), slice(1, -1))
    found = noise_maps(window, row=row, col=col)
    expected = noise_maps(image)[inner]
    phases = [NOISE_NAMES.index("chroma_phase_v"), NOISE_NAMES.index("chroma_phase_h")]
    for k, first in zip(phases, (row, col), strict=True):
        expected[k] *= 1 - 2 * (first % 2)  # another column is the first one
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    lattice = color_filter_maps(image)[inner] * (1 - 2 * ((row + col) % 2))
    np.testing.assert_allclose(color_filter_maps(window, row=row, col=col), lattice, atol=1e-6)


def blocks_of(plane: Array) -> Array:
    """Return the pixels of each 8x8 block in one axis."""
    rows, cols = plane.shape[0] // 8, plane.shape[1] // 8
    blocks = plane[: 8 * rows, : 8 * cols].reshape(rows, 8, cols, 8).swapaxes(1, 2)
    return np.asarray(blocks.reshape(rows, cols, 64))


def test_noise_of_a_photograph_is_that_of_scipy() -> None:
    noise = np.random.default_rng(1).integers(-3, 4, (400, 360, 3))
    image = np.clip(data.astronaut()[:400, :360] + noise, 0, 255).astype(np.uint8)
    maps = named(image)
    laplacian = -ndimage.generate_binary_structure(2, 1).astype(float)
    laplacian[1, 1] = 4
    for name, weights in zip(("y", "cb", "cr"), WEIGHTS, strict=True):
        plane = image @ weights
        found = ndimage.convolve(plane, laplacian, mode="nearest")
        expected = np.log(abs(blocks_of(found)).mean(axis=2) + 0.05)
        np.testing.assert_allclose(maps[f"laplacian_{name}"], expected, atol=1e-5)
        ahead = np.pad(plane, ((0, 1), (0, 1)), "edge")
        diagonal = blocks_of(abs(np.diff(np.diff(ahead, axis=0), axis=1)))
        # The median is taken in steps of 1/64.
        median = np.exp(maps[f"diagonal_{name}"]) - 0.05
        np.testing.assert_allclose(median, np.median(diagonal, axis=2), atol=1 / 64)
        np.testing.assert_allclose(maps[f"mean_{name}"], blocks_of(plane).mean(axis=2), atol=1e-4)
    red, green, blue = (
        blocks_of(ndimage.convolve(image[..., k].astype(float), laplacian, mode="nearest"))
        for k in range(3)
    )
    for name, one in (("correlation_rg", red), ("correlation_bg", blue)):
        expected = [
            [np.corrcoef(a, b)[0, 1] for a, b in zip(*rows, strict=True)]
            for rows in zip(one, green, strict=True)
        ]
        np.testing.assert_allclose(maps[name], expected, atol=1e-5)


# ------------------------------------------------------------------------------------ the maps


def test_each_map_has_a_name() -> None:
    image = scene()
    assert len(noise_maps(image)) == len(NOISE_NAMES) == len(set(NOISE_NAMES))
    assert len(color_filter_maps(image)) == len(COLOR_FILTER_NAMES)


def test_flat_blocks_say_nothing() -> None:
    image = np.full((24, 16, 3), (200, 90, 17), np.uint8)
    expected = dict.fromkeys(NOISE_NAMES, 0.0)
    names = [f"{kind}_{plane}" for kind in ("laplacian", "diagonal") for plane in ("y", "cb", "cr")]
    expected |= dict.fromkeys(names, float(NOTHING)) | {"flat_share": 1.0}
    means = WEIGHTS @ (200, 90, 17)
    expected |= {f"mean_{k}": mean for k, mean in zip(("y", "cb", "cr"), means, strict=True)}
    for name, found in named(image).items():
        np.testing.assert_allclose(found, expected[name], atol=1e-4, err_msg=name)
    assert not color_filter_maps(image).any()


def test_a_noisier_part_stands_out() -> None:
    maps = named(pasted(noisy(2), PART, noisy(4, seed=2)))
    for name in NOISE_NAMES[:6]:
        inside, outside = maps[name][INSIDE], maps[name][~INSIDE]
        assert np.quantile(inside, 0.1) > np.quantile(outside, 0.9), name


def test_a_straight_edge_is_texture_but_no_noise() -> None:
    image = noisy(0)
    image[:, 4:] = 200
    maps = named(image)
    assert maps["laplacian_y"][0, 0] > 2.5
    assert maps["diagonal_y"][0, 0] == pytest.approx(NOTHING)


@pytest.mark.parametrize(("row", "col"), [(0, 0), (0, 1), (1, 0), (1, 1), (2, 3)])
def test_subsampled_chroma_shows_where_its_samples_meet(row: int, col: int) -> None:
    noise = np.random.default_rng(3).normal(128, 30, (96, 128, 3))
    image = np.clip(noise, 0, 255).astype(np.uint8)
    maps = named(saved(image, 95, "4:2:0")[row:, col:])
    for name, first in (("chroma_phase_v", row), ("chroma_phase_h", col)):
        assert np.median(maps[name]) * (1 - 2 * (first % 2)) > 0.4, name
    full = named(saved(image, 95, "4:4:4")[row:, col:])
    for name in ("chroma_phase_v", "chroma_phase_h"):
        assert abs(np.median(full[name])) < 0.1, name


def test_a_part_that_was_moved_by_a_column_has_the_other_phase() -> None:
    image = saved(noisy(30), 95, "4:2:0")
    moved = np.roll(image, 1, axis=1)
    phase = named(pasted(image, PART, moved))["chroma_phase_h"]
    assert np.quantile(phase[INSIDE], 0.9) < 0 < np.quantile(phase[~INSIDE], 0.1)


def test_noise_of_a_channel_alone_does_not_correlate() -> None:
    maps = named(pasted(noisy(6), PART, noisy(6, channels=1)))
    for name in ("correlation_rg", "correlation_bg"):
        np.testing.assert_allclose(maps[name][INNER], 1, atol=1e-6)
        assert abs(maps[name][~INSIDE].mean()) < 0.05
    opposite = noisy(6)
    opposite[..., 0] = 240 - opposite[..., 1]
    np.testing.assert_allclose(named(opposite)["correlation_rg"], -1, atol=1e-6)


def test_kurtosis_tells_specks_from_gaussian_noise() -> None:
    specks = noisy(0)
    specks[3::8, 4::8] = 250
    maps = named(pasted(noisy(8), PART, specks))["kurtosis"]
    assert maps[~INSIDE].mean() == pytest.approx(np.log(3), abs=0.15)
    assert maps[INNER].min() > 2


def test_shares_count_pixels() -> None:
    image = noisy(0)
    image[0, ::2, 1] += 1  # each pixel of the row differs from the next
    image[2, 3:6, 0] = 255
    image[3, 0] = (7, 0, 9)
    maps = named(image)
    assert maps["clipped"][0, :2].tolist() == [4 / 64, 0]
    assert maps["flat_share"][0, :2].tolist() == [(64 - 8 - 2 - 1) / 64, (64 - 8) / 64]


def demosaiced(level: float, first: int) -> NDArray[np.uint8]:
    """Return noise of which every second pixel is the mean of its neighbors."""
    image = noisy(level).astype(float)
    row, col = np.indices(PART.shape)
    kernel = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])[..., np.newaxis] / 4
    mean = ndimage.convolve(image, kernel, mode="mirror")
    lattice = ((row + col) % 2 == first)[..., np.newaxis]
    return np.where(lattice, image, np.rint(mean)).astype(np.uint8)


def test_measured_pixels_stand_out_from_interpolated_ones() -> None:
    even, odd = (color_filter_maps(demosaiced(6, first))[0] for first in (0, 1))
    assert even.min() > 1
    assert odd.max() < -1


def test_a_part_without_the_lattice_or_with_the_other_one_stands_out() -> None:
    image = demosaiced(6, 0)
    other = color_filter_maps(pasted(image, PART, np.roll(image, 1, axis=0)))[0]
    assert other[INNER].max() < -1 < 1 < other[~INSIDE].min()
    none = color_filter_maps(pasted(image, PART, noisy(6)))[0]
    assert abs(none[INNER].mean()) < 0.1
    assert np.median(none[~INSIDE]) > 2


# ----------------------------------------------------------------------------------- arguments


PIXELS = np.zeros((16, 24, 3), np.uint8)


@pytest.mark.parametrize("maps", [noise_maps, color_filter_maps, block_noise, green_lattice])
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"image": PIXELS[..., 0]}, ValueError, "image must have shape"),
        ({"image": PIXELS.astype(int)}, TypeError, "dtype uint8"),
        ({"row": 8}, ValueError, r"row must be in 0..7"),
        ({"col": -1}, ValueError, r"col must be in 0..7"),
        ({"row": 1.0}, TypeError, "row must be"),
        ({"num_threads": 0}, ValueError, "num_threads"),
    ],
)
def test_bad_arguments_are_told(
    maps: Any, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        maps(**({"image": PIXELS} | arguments))


@pytest.mark.parametrize("maps", [noise_maps, color_filter_maps])
@pytest.mark.parametrize(
    ("shape", "row", "col"), [((7, 90), 0, 0), ((15, 12), 7, 5), ((0, 0), 0, 0)]
)
def test_a_picture_without_a_whole_block_is_refused(
    maps: Any, shape: tuple[int, int], row: int, col: int
) -> None:
    with pytest.raises(ValueError, match="whole 8x8 block"):
        maps(np.zeros((*shape, 3), np.uint8), row=row, col=col)
