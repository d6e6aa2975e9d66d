"""The error levels against their definition and against the codec of OpenCV, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from skimage import data

import strategies
from unsplice import _core, error_level_analysis, pure_python
from unsplice.blind.kernels import Subsampling, error_levels
from unsplice.jpeg import standard_tables

Array = NDArray[Any]


def tables_of(quality: int) -> NDArray[np.uint16]:
    return np.stack(standard_tables(quality))


SAMPLING_FACTORS: dict[Subsampling, int] = {
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}


def levels_by_opencv(image: Array, quality: int, subsampling: Subsampling = "4:2:0") -> Array:
    stored = image[..., ::-1] if image.ndim == 3 else image
    stored = np.ascontiguousarray(stored)
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        SAMPLING_FACTORS[subsampling],
    ]
    saved: Any = cv2.imdecode(cv2.imencode(".jpg", stored, settings)[1], cv2.IMREAD_UNCHANGED)
    levels = cv2.absdiff(stored, saved)
    return levels[..., ::-1] if image.ndim == 3 else levels


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def assert_bits_of_opencv(image: Array, quality: int) -> None:
    tables = tables_of(quality)
    for subsampling in SAMPLING_FACTORS if image.ndim == 3 else ("4:2:0",):
        expected = levels_by_opencv(image, quality, subsampling)
        assert_same_bits(error_levels(image, tables, subsampling=subsampling), expected)


Picture = Callable[[np.random.Generator, int, int], Array]


def noise(draw: np.random.Generator, rows: int, cols: int) -> Array:
    return draw.integers(0, 256, (rows, cols, 3), np.uint8)


def extremes(draw: np.random.Generator, rows: int, cols: int) -> Array:
    return draw.integers(0, 2, (rows, cols, 3), np.uint8) * np.uint8(255)


def nearly_plain(draw: np.random.Generator, rows: int, cols: int) -> Array:
    plain = draw.integers(0, 254, 3, np.uint8)
    return plain + draw.integers(0, 3, (rows, cols, 3), np.uint8)


def plain(draw: np.random.Generator, rows: int, cols: int) -> Array:
    return np.broadcast_to(draw.integers(0, 256, 3, np.uint8), (rows, cols, 3)).copy()


def smooth(draw: np.random.Generator, rows: int, cols: int) -> Array:
    y, x = np.mgrid[:rows, :cols, :1][:2] / 9
    waves = np.sin(y * draw.random(3) + x * draw.random(3) + 6 * draw.random(3))
    return np.rint(128 + 127 * waves).astype(np.uint8)


def saturated_areas(draw: np.random.Generator, rows: int, cols: int) -> Array:
    """Pure colours side by side, at edges that no block knows."""
    colors = extremes(draw, -(-rows // 5), -(-cols // 5))
    return colors.repeat(5, axis=0).repeat(5, axis=1)[:rows, :cols]


def basis_patterns(draw: np.random.Generator, rows: int, cols: int) -> Array:
    """In each block and channel the signs of one wave of the DCT: coefficients at their bounds."""
    index = np.arange(8)
    waves = np.array([[cos((2 * n + 1) * k * pi / 16) for n in index] for k in index])
    shape = -(-rows // 8), -(-cols // 8), 3
    vertical, horizontal = waves[draw.integers(0, 8, (2, *shape))]
    product = vertical[..., :, np.newaxis] * horizontal[..., np.newaxis, :]
    product *= draw.choice([-1, 1], shape)[..., np.newaxis, np.newaxis]
    image = np.where(product > 0, 255, 0).astype(np.uint8).transpose(0, 3, 1, 4, 2)
    return image.reshape(8 * shape[0], 8 * shape[1], 3)[:rows, :cols]


PICTURES: list[Picture] = [
    noise,
    extremes,
    nearly_plain,
    plain,
    smooth,
    saturated_areas,
    basis_patterns,
]
pictures = st.sampled_from(PICTURES)
sizes = st.tuples(st.integers(1, 70), st.integers(1, 70))
qualities = st.integers(1, 100)
subsamplings = st.sampled_from(["4:2:0", "4:4:4"])
seeds = st.integers(0, 2**32 - 1)


@st.composite
def small_images(draw: st.DrawFn) -> Array:
    shape = draw(strategies.sizes(least=1, most=20))
    kind = draw(pictures)
    image = kind(np.random.default_rng(draw(seeds)), *shape)
    if draw(st.booleans()):
        image = image[..., 0]
    return strategies.in_layout(image, draw(strategies.layouts))


@given(small_images(), qualities, subsamplings)
def test_levels_have_the_bits_of_the_definition(
    image: Array, quality: int, subsampling: Subsampling
) -> None:
    before = image.copy()
    tables = tables_of(quality)
    result = error_levels(image, tables, subsampling=subsampling, num_threads=1)
    assert_same_bits(result, pure_python.error_levels(image, tables, subsampling))
    assert_same_bits(image, before)


@given(small_images(), seeds)
def test_any_tables_give_the_bits_of_the_definition(image: Array, seed: int) -> None:
    tables = np.random.default_rng(seed).integers(1, 256, (2, 8, 8), np.uint16)
    assert_same_bits(error_levels(image, tables), pure_python.error_levels(image, tables))


@settings(max_examples=300)
@given(pictures, sizes, qualities, seeds)
def test_levels_have_the_bits_of_opencv(
    picture: Picture, size: tuple[int, int], quality: int, seed: int
) -> None:
    image = picture(np.random.default_rng(seed), *size)
    assert_bits_of_opencv(image, quality)
    assert_bits_of_opencv(image[..., 1], quality)


@pytest.mark.parametrize("picture", PICTURES)
def test_every_quality_gives_the_bits_of_opencv(picture: Picture) -> None:
    draw = np.random.default_rng(3)
    for quality in range(1, 101):
        image = picture(draw, 67, 139)
        assert_bits_of_opencv(image, quality)
        assert_bits_of_opencv(image[..., 1], quality)


def test_every_small_size_gives_the_bits_of_opencv() -> None:
    image = noise(np.random.default_rng(4), 20, 36)
    for rows in range(1, 21):
        for cols in range(1, 37):
            assert_bits_of_opencv(image[:rows, :cols], 90)
            assert_bits_of_opencv(image[:rows, :cols, 0], 90)


@pytest.mark.parametrize(("rows", "cols"), [(1, 3000), (3000, 1), (3, 2049), (17, 128), (33, 129)])
def test_thin_pictures_and_whole_groups_of_blocks_give_the_bits_of_opencv(
    rows: int, cols: int
) -> None:
    for picture in PICTURES:
        assert_bits_of_opencv(picture(np.random.default_rng(5), rows, cols), 75)


def test_every_color_gives_the_bits_of_opencv() -> None:
    """Every fifth level of each channel: side by side, and in any order."""
    draw = np.random.default_rng(6)
    channel = np.arange(0, 256, 5, dtype=np.uint8)
    colors = np.stack(np.meshgrid(channel, channel, channel), axis=-1).reshape(416, 338, 3)
    assert_bits_of_opencv(colors.repeat(2, axis=0).repeat(2, axis=1), 100)
    assert_bits_of_opencv(draw.permuted(colors.reshape(-1, 3), axis=0).reshape(colors.shape), 100)


@pytest.mark.parametrize("quality", [35, 75, 90, 98])
def test_levels_of_a_photograph_have_the_bits_of_opencv(quality: int) -> None:
    image = data.astronaut()
    for subsampling in SAMPLING_FACTORS:
        expected = levels_by_opencv(image[::-1, 3:], quality, subsampling)
        levels = error_level_analysis(image[::-1, 3:], quality, subsampling=subsampling)
        assert_same_bits(levels, expected)
    gray = data.camera()
    assert_same_bits(error_level_analysis(gray, quality), levels_by_opencv(gray, quality))


@pytest.mark.parametrize("num_threads", [1, 2, 3, 7, 64])
def test_the_number_of_threads_changes_no_bit(num_threads: int) -> None:
    image = noise(np.random.default_rng(7), 1203, 1601)
    for quality in (40, 92):
        tables = tables_of(quality)
        for pixels in (image, image[..., 0]):
            levels = error_levels(pixels, tables, num_threads=num_threads)
            assert_same_bits(levels, levels_by_opencv(pixels, quality))
        levels = error_levels(image, tables, subsampling="4:4:4", num_threads=num_threads)
        assert_same_bits(levels, levels_by_opencv(image, quality, "4:4:4"))


def test_a_plain_gray_picture_has_no_error_at_quality_100() -> None:
    flat = np.full((30, 40, 3), 77, np.uint8)
    assert not error_levels(flat, tables_of(100)).any()
    assert not error_levels(flat[..., 0], tables_of(100)).any()


def test_pictures_without_pixels_stay_so() -> None:
    for shape in ((0, 0, 3), (0, 5, 3), (5, 0, 3), (0, 4), (4, 0)):
        assert error_levels(np.zeros(shape, np.uint8), tables_of(90)).shape == shape


RGB, TABLES = np.zeros((9, 9, 3), np.uint8), tables_of(90)


@pytest.mark.parametrize(
    ("image", "tables", "error", "message"),
    [
        (RGB.astype(float), TABLES, TypeError, "image must have dtype uint8, got float64"),
        (RGB[..., :2], TABLES, ValueError, r"or \(rows, cols\), got \(9, 9, 2\)"),
        (RGB[0, 0], TABLES, ValueError, r"image must have shape .* got \(3,\)"),
        (RGB, TABLES.astype(np.uint8), TypeError, "tables must have dtype uint16, got uint8"),
        (RGB, TABLES[:1], ValueError, r"tables must have shape \(2, 8, 8\), got \(1, 8, 8\)"),
        (RGB, TABLES * 0, ValueError, "tables must hold steps from 1 to 255, got 0"),
        (RGB, TABLES + 255, ValueError, "tables must hold steps from 1 to 255, got"),
    ],
)
def test_bad_arguments_are_named(
    image: Any, tables: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        error_levels(image, tables)


def test_an_unknown_subsampling_is_named() -> None:
    unknown: Any = "4:2:2"
    with pytest.raises(ValueError, match='subsampling must be "4:2:0" or "4:4:4", got \'4:2:2\''):
        error_level_analysis(RGB, subsampling=unknown)
    with pytest.raises(TypeError, match="subsampling must be a str, got tuple"):
        error_level_analysis(RGB, subsampling=(2, 2))  # type: ignore[arg-type]  # wrong on purpose


STEPS = TABLES.astype(np.uint8)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.error_levels(RGB[..., :2].copy(), STEPS, True, 1),
        lambda: _core.error_levels(RGB[:, ::2], STEPS, True, 1),
        lambda: _core.error_levels(RGB, STEPS[:1], True, 1),
        lambda: _core.error_levels(RGB, STEPS[:, :4], True, 1),
        lambda: _core.error_levels(RGB, STEPS[0], True, 1),
        lambda: _core.error_levels(RGB, STEPS * 0, True, 1),
        lambda: _core.error_levels(RGB, STEPS, True, 0),
    ],
)
def test_the_core_guards_its_memory(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
