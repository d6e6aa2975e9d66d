"""The kernels of pair mode against their definitions, OpenCV, and a JPEG codec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from skimage import data

import strategies
from unsplice import _core, kernels, pure_python
from unsplice.blind import history_kernels, paper_kernels
from unsplice.blind import kernels as blind_kernels
from unsplice.blind.evidence import kernels as evidence_kernels
from unsplice.blind.fusion import kernels as fusion_kernels
from unsplice.jpeg import standard_tables
from unsplice.kernels import gaussian_blur, gaussian_weights
from unsplice.pair import kernels as pair_kernels
from unsplice.pair import region_kernels
from unsplice.pair.kernels import (
    activity_level,
    color_difference,
    jpeg_round_trip,
    luma,
)

Array = NDArray[Any]

SUBSAMPLINGS = [(1, 1), (2, 1), (1, 2), (2, 2)]
SMALL_SIZES = [1, 2, 3, 5, 8, 9, 16, 17, 33]


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def rgb(*, least: int = 1, most: int = 12) -> st.SearchStrategy[Array]:
    shapes = strategies.sizes(least=least, most=most).map(lambda size: (*size, 3))
    return strategies.arrays_in_any_layout("uint8", shapes)


def planes(count: st.SearchStrategy[int], *, most: int = 12) -> st.SearchStrategy[Array]:
    shapes = st.tuples(count, strategies.sizes(most=most)).map(lambda drawn: (drawn[0], *drawn[1]))
    return strategies.arrays_in_any_layout(
        "float32", shapes, lambda _: st.floats(-1000, 1000, width=32)
    )


def random_rgb(*size: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def random_planes(*shape: int) -> NDArray[np.float32]:
    return (np.random.default_rng(1).standard_normal(shape) * 40).astype(np.float32)


def tables_of(quality: int) -> NDArray[np.float32]:
    luma_table, chroma_table = standard_tables(quality)
    return np.array([luma_table, chroma_table, chroma_table], np.float32)


def test_every_kernel_has_a_definition() -> None:
    modules = (
        *(kernels, pair_kernels, blind_kernels, history_kernels),
        *(evidence_kernels, fusion_kernels, paper_kernels, region_kernels),
    )
    names = {name for module in modules for name in module.__all__}
    checked = {name for name in names if name.islower()}
    checked |= {"dwt2", "equalize_clahe", "idwt2"}
    assert set(pure_python.__all__) == checked - {"gaussian_weights"}


@given(rgb(least=0))
def test_luma_has_the_bits_of_the_definition(image: Array) -> None:
    before = image.copy()
    assert_same_bits(luma(image, num_threads=1), pure_python.luma(image))
    assert_same_bits(image, before)


@st.composite
def two_pictures(draw: st.DrawFn) -> tuple[Array, Array]:
    first = draw(rgb(least=0))
    second = random_rgb(*first.shape[:2], seed=draw(st.integers(0, 9)))
    return first, strategies.in_layout(second, draw(strategies.layouts))


@given(two_pictures())
def test_color_difference_has_the_bits_of_the_definition(pictures: tuple[Array, Array]) -> None:
    before = [picture.copy() for picture in pictures]
    result = color_difference(*pictures, num_threads=1)
    assert_same_bits(result, pure_python.color_difference(*pictures))
    for picture, copy in zip(pictures, before, strict=True):
        assert_same_bits(picture, copy)


@given(planes(st.integers(0, 3)), st.floats(0.1, 4))
def test_gaussian_blur_has_the_bits_of_the_definition(stack: Array, sigma: float) -> None:
    before = stack.copy()
    result = gaussian_blur(stack, sigma, num_threads=1)
    assert_same_bits(result, pure_python.gaussian_blur(stack, gaussian_weights(sigma)))
    assert_same_bits(stack, before)


# Blocks of columns begin and end around 32; a wide Gaussian mirrors a small picture many times.
@pytest.mark.parametrize("cols", [31, 32, 33, 64, 65, 100])
@pytest.mark.parametrize("sigma", [0.5, 3, 30])
def test_gaussian_blur_of_wide_pictures_has_the_bits_of_the_definition(
    cols: int, sigma: float
) -> None:
    stack = random_planes(2, 3, cols)
    expected = pure_python.gaussian_blur(stack, gaussian_weights(sigma))
    assert_same_bits(gaussian_blur(stack, sigma), expected)


@given(rgb(most=8))
def test_activity_level_has_the_bits_of_the_definition(image: Array) -> None:
    before = image.copy()
    assert_same_bits(activity_level(image, num_threads=1), pure_python.activity_level(image))
    assert_same_bits(image, before)


@given(rgb(most=20), st.integers(1, 100), st.sampled_from(SUBSAMPLINGS), st.data(), st.booleans())
def test_jpeg_round_trip_has_the_bits_of_the_definition(
    image: Array, quality: int, subsampling: tuple[int, int], drawn: st.DataObject, noisy: bool
) -> None:
    if noisy:  # what Hypothesis draws is flat for the most part
        image = strategies.in_layout(random_rgb(*image.shape[:2]), drawn.draw(strategies.layouts))
    before = image.copy()
    tables = strategies.in_layout(tables_of(quality), drawn.draw(strategies.layouts))
    result = jpeg_round_trip(image, tables, subsampling, num_threads=1)
    assert_same_bits(result, pure_python.jpeg_round_trip(image, tables, subsampling))
    assert_same_bits(image, before)
    assert_same_bits(np.ascontiguousarray(tables, "f4"), tables_of(quality))


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("rows", SMALL_SIZES)
@pytest.mark.parametrize("cols", SMALL_SIZES)
def test_every_size_goes_through_jpeg_as_defined(
    rows: int, cols: int, subsampling: tuple[int, int]
) -> None:
    image, tables = random_rgb(rows, cols), tables_of(85)
    result = jpeg_round_trip(image, tables, subsampling)
    assert_same_bits(result, pure_python.jpeg_round_trip(image, tables, subsampling))


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("step", [1.0, 1.5, 4096.0, 65535.0])
def test_every_step_goes_through_jpeg_as_defined(step: float, subsampling: tuple[int, int]) -> None:
    tables = np.full((3, 8, 8), step, np.float32)
    image = random_rgb(19, 21)
    result = jpeg_round_trip(image, tables, subsampling)
    assert_same_bits(result, pure_python.jpeg_round_trip(image, tables, subsampling))


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 5, 3), (5, 0, 3)])
def test_a_picture_without_pixels_comes_back_without_pixels(shape: tuple[int, int, int]) -> None:
    image, size = np.zeros(shape, np.uint8), shape[:2]
    stack = np.zeros((3, *size), np.float32)
    assert luma(image).shape == activity_level(image).shape == size
    assert color_difference(image, image).shape == gaussian_blur(stack, 2).shape == (3, *size)
    assert jpeg_round_trip(image, tables_of(90), (2, 2)).shape == shape


ON_LARGE_PICTURES: dict[str, Callable[[int], Array]] = {
    "luma": lambda n: luma(random_rgb(701, 900), num_threads=n),
    "color_difference": lambda n: color_difference(
        random_rgb(701, 900), random_rgb(701, 900, seed=5), num_threads=n
    ),
    "gaussian_blur": lambda n: gaussian_blur(random_planes(3, 401, 700), 2.5, num_threads=n),
    "activity_level": lambda n: activity_level(random_rgb(701, 900), num_threads=n),
    "jpeg_round_trip": lambda n: jpeg_round_trip(
        random_rgb(901, 1203), tables_of(75), (2, 2), num_threads=n
    ),
    "jpeg_round_trip, all samples": lambda n: jpeg_round_trip(
        random_rgb(901, 1203), tables_of(75), (1, 1), num_threads=n
    ),
}


@pytest.mark.parametrize("name", ON_LARGE_PICTURES)
@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_no_bit(name: str, num_threads: int) -> None:
    call = ON_LARGE_PICTURES[name]
    assert_same_bits(call(num_threads), call(1))


def test_luma_equals_opencv_but_for_the_last_bits() -> None:
    image = random_rgb(40, 50)
    expected = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)
    np.testing.assert_allclose(luma(image), expected, atol=1e-4)


def test_color_difference_equals_the_difference_of_two_conversions() -> None:
    first, second = random_rgb(40, 50), random_rgb(40, 50, seed=1)
    y, cr, cb = np.moveaxis(
        cv2.cvtColor(first.astype(np.float32), cv2.COLOR_RGB2YCrCb).astype(float)
        - cv2.cvtColor(second.astype(np.float32), cv2.COLOR_RGB2YCrCb),
        -1,
        0,
    )
    # OpenCV's factors have three digits.
    np.testing.assert_allclose(color_difference(first, second), [y, cb, cr], atol=0.25)


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 2.0, 8.0])
@pytest.mark.parametrize("rows", [1, 2, 7, 40])
def test_gaussian_blur_equals_opencv_but_for_the_last_bits(rows: int, sigma: float) -> None:
    plane = random_planes(1, rows, 50)
    radius = len(gaussian_weights(sigma)) - 1
    size = (2 * radius + 1, 2 * radius + 1)
    expected = cv2.GaussianBlur(
        plane[0].astype(np.float64), size, sigma, borderType=cv2.BORDER_REFLECT_101
    )
    np.testing.assert_allclose(gaussian_blur(plane, sigma)[0], expected, atol=1e-4)


@pytest.mark.parametrize("sigma", [1e-320, 1e-3, 0.2, 0.7, 1.0, 3.3, 50.0, 1000.0])
def test_the_weights_of_a_gaussian_sum_to_one_and_fall_outwards(sigma: float) -> None:
    center, *side = gaussian_weights(sigma)
    assert center + 2 * sum(side) == 1
    assert len(side) == int(np.ceil(3 * sigma))
    # Each side weight is rounded, and the one in the middle takes what is left over.
    assert sorted(side, reverse=True) == side
    left_over = 2**-24 * len(side)
    assert side[0] - left_over <= center
    assert np.float32([center, *side]).tolist() == [center, *side]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 9, 40])
@pytest.mark.parametrize("cols", [1, 2, 3, 5, 9, 40])
def test_activity_level_equals_opencv(rows: int, cols: int) -> None:
    image = random_rgb(rows, cols)
    gray = (image.astype(np.int64) @ [77, 150, 29] + 128) >> 8
    x, y = (cv2.Sobel(gray.astype(np.float64), cv2.CV_64F, *order) for order in ((1, 0), (0, 1)))
    energy = cv2.boxFilter(x * x + y * y, -1, (9, 9), normalize=False)
    value = (energy.astype(np.float32) / np.float32(324) + np.float32(1)).astype(np.float64)
    octave = np.floor(np.log2(value))
    expected = 8 * octave + np.floor(8 * (value / 2**octave - 1))
    np.testing.assert_array_equal(activity_level(image), expected)


def test_activity_level_of_the_busiest_picture_stays_in_range() -> None:
    stripes = np.zeros((20, 20, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    level = int(activity_level(stripes)[10, 10])
    # Every pixel has an edge of 255 beside it: |gx| = 4 * 255, gy = 0.
    assert level == 8 * 17 + int(8 * ((81 * 1020**2 / 324 + 1) / 2**17 - 1))
    assert int(activity_level(np.full((3, 3, 3), 200, np.uint8)).max()) == 0


SAMPLING_FACTORS = {
    (1, 1): cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    (2, 1): cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    (2, 2): cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    (1, 2): cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
}


def through_a_file(image: Array, quality: int, subsampling: tuple[int, int]) -> Array:
    settings = [
        *(cv2.IMWRITE_JPEG_QUALITY, quality),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLING_FACTORS[subsampling]),
    ]
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), settings)
    assert done
    decoded: Any = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(decoded[..., ::-1])


# Whole blocks; a part of a block; an odd number of rows and columns.
@pytest.mark.parametrize(
    "window", [np.s_[:256, 100:356], np.s_[50:190, 60:274], np.s_[7:178, 3:212]]
)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [30, 45, 60, 75, 85, 90, 95, 100])
def test_jpeg_round_trip_predicts_what_a_codec_returns(
    quality: int, subsampling: tuple[int, int], window: tuple[slice, slice]
) -> None:
    image = data.astronaut()[window]
    expected = through_a_file(image, quality, subsampling).astype(int)
    difference = np.abs(jpeg_round_trip(image, tables_of(quality), subsampling) - expected)
    assert difference.mean() < 0.5
    assert (difference <= 1).mean() > 0.84
    # The quantisation itself changes far more.
    if quality < 95:
        assert difference.mean() < 0.35 * np.abs(expected - image).mean()


@pytest.mark.parametrize("subsampling", [(2, 1), (2, 2)])
@pytest.mark.parametrize("cols", [41, 42, 46])
def test_chroma_is_continued_beyond_the_edge_as_codecs_do(
    cols: int, subsampling: tuple[int, int]
) -> None:
    """The last column of pixels is repeated, not the last column of averaged chroma."""
    image = np.zeros((32, cols, 3), np.uint8)
    image[:] = 60, 90, 120
    image[:, -1] = 160, 60, 30
    expected = through_a_file(image, 92, subsampling).astype(int)
    difference = np.abs(jpeg_round_trip(image, tables_of(92), subsampling) - expected)
    assert difference.max() <= 3


IMAGE, STACK = random_rgb(4, 6), random_planes(3, 4, 6)
LEVELS, TABLES = IMAGE[:, :, 0], tables_of(90)
with_zero, with_nan, with_infinity = TABLES.copy(), TABLES.copy(), TABLES.copy()
with_zero[0, 0, 0], with_nan[1, 2, 3], with_infinity[2, 7, 7] = 0, np.nan, np.inf

BAD_CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], type[Exception], str]] = [
    (luma, ([[1]],), TypeError, "image must be a NumPy array, got list"),
    (luma, (IMAGE.astype(np.float32),), TypeError, "dtype uint8, got float32"),
    (luma, (LEVELS,), ValueError, r"\(rows, cols, 3\), got \(4, 6\)"),
    (luma, (np.zeros((4, 6, 4), np.uint8),), ValueError, r"got \(4, 6, 4\)"),
    (activity_level, (IMAGE.astype(np.uint16),), TypeError, "dtype uint8, got uint16"),
    (activity_level, (IMAGE[0],), ValueError, r"\(rows, cols, 3\), got \(6, 3\)"),
    (color_difference, (IMAGE, IMAGE > 3), TypeError, "second must have dtype uint8, got bool"),
    (color_difference, (None, IMAGE), TypeError, "first must be a NumPy array, got NoneType"),
    (color_difference, (IMAGE, IMAGE[1:]), ValueError, r"got \(4, 6, 3\) and \(3, 6, 3\)"),
    (color_difference, (LEVELS, LEVELS), ValueError, r"first must .*, got \(4, 6\)"),
    (gaussian_blur, (STACK.astype(float), 1), TypeError, "planes must .* float32, got float64"),
    (gaussian_blur, (STACK[0], 1), ValueError, r"\(planes, rows, cols\), got \(4, 6\)"),
    (gaussian_blur, (STACK, 0), ValueError, "sigma must be above 0 and at most 1000, got 0"),
    (gaussian_blur, (STACK, 1000.5), ValueError, "at most 1000, got 1000.5"),
    (gaussian_blur, (STACK, float("nan")), ValueError, "got nan"),
    (gaussian_blur, (STACK, 10**400), ValueError, "sigma must fit a float"),
    (gaussian_blur, (STACK, "1"), TypeError, "sigma must be a number, got str"),
    (gaussian_blur, (STACK, True), TypeError, "sigma must be a number, got bool"),
    (gaussian_blur, (STACK, 1j), TypeError, "sigma must be a number, got complex"),
    (jpeg_round_trip, (STACK, TABLES, (1, 1)), TypeError, "dtype uint8, got float32"),
    (jpeg_round_trip, (LEVELS, TABLES, (1, 1)), ValueError, r"image .* got \(4, 6\)"),
    (jpeg_round_trip, (IMAGE, TABLES.astype(int), (1, 1)), TypeError, "tables .* got int64"),
    (jpeg_round_trip, (IMAGE, TABLES[:2], (1, 1)), ValueError, r"\(3, 8, 8\), got \(2, 8, 8\)"),
    (jpeg_round_trip, (IMAGE, with_zero, (1, 1)), ValueError, "from 1 to 65535, got 0.0"),
    (jpeg_round_trip, (IMAGE, with_nan, (1, 1)), ValueError, "from 1 to 65535, got nan"),
    (jpeg_round_trip, (IMAGE, with_infinity, (1, 1)), ValueError, "from 1 to 65535, got inf"),
    (jpeg_round_trip, (IMAGE, TABLES, (2, 4)), ValueError, r"two of 1 and 2, got \(2, 4\)"),
    (jpeg_round_trip, (IMAGE, TABLES, (2,)), ValueError, r"two of 1 and 2, got \(2,\)"),
    (jpeg_round_trip, (IMAGE, TABLES, "4:2:0"), TypeError, "subsampling .* tuple, got str"),
    (jpeg_round_trip, (IMAGE, TABLES, np.ones(2)), TypeError, "tuple, got ndarray"),
]


@pytest.mark.parametrize(("call", "arguments", "error", "message"), BAD_CALLS)
def test_bad_arguments_are_named(
    call: Callable[..., Any], arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*arguments)


ARGUMENTS: dict[Callable[..., Any], tuple[Any, ...]] = {
    luma: (IMAGE,),
    color_difference: (IMAGE, IMAGE),
    gaussian_blur: (STACK, 1),
    activity_level: (IMAGE,),
    jpeg_round_trip: (IMAGE, TABLES, (2, 1)),
}


@pytest.mark.parametrize("call", ARGUMENTS, ids=lambda call: call.__name__)
def test_a_bad_number_of_threads_is_named(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="num_threads must be >= 1, got 0"):
        call(*ARGUMENTS[call], num_threads=0)
    with pytest.raises(TypeError, match="num_threads must be an int or None, got float"):
        call(*ARGUMENTS[call], num_threads=1.0)


CORE: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "weighted_sum": (_core.weighted_sum, (IMAGE, [0.25, 0.5, 0.25], 1)),
    "color_difference": (_core.color_difference, (IMAGE, IMAGE, 1)),
    "gaussian_blur": (_core.gaussian_blur, (STACK, [0.5, 0.25], 1)),
    "activity_level": (_core.activity_level, (IMAGE, 1)),
    "jpeg_round_trip": (_core.jpeg_round_trip, (IMAGE, TABLES, 2, 2, 1)),
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

        def call_with(replaced: Any, position: int = position) -> Any:
            return call(*arguments[:position], replaced, *arguments[position + 1 :])

        call_with(array[::-1])
        unaligned = np.frombuffer(bytearray(array.nbytes + 1), array.dtype, array.size, offset=1)
        for unreadable in (
            np.asfortranarray(array),
            np.repeat(array, 2, axis=-1)[..., ::2],
            *([unaligned.reshape(array.shape)] if array.itemsize > 1 else []),
        ):
            with pytest.raises(ValueError, match="adjacent, aligned"):
                call_with(unreadable)
        for other in (array.astype(np.int64), array.astype(">u4"), array.tolist()):
            with pytest.raises(TypeError, match="incompatible function arguments"):
                call_with(other)
        for size in (array[:-1, ..., :-1], array[0], array[..., np.newaxis]):
            with pytest.raises(ValueError, match="expected"):
                call_with(size if name != "gaussian_blur" or size.ndim != 3 else size[0])


def test_the_core_itself_refuses_numbers_out_of_range() -> None:
    for tables in (with_zero, with_nan, with_infinity):
        with pytest.raises(ValueError, match="steps in 1 to 65535"):
            _core.jpeg_round_trip(IMAGE, tables, 1, 1, 1)
    for factors in ((0, 1), (1, 3)):
        with pytest.raises(ValueError, match="chroma sampled by 1 or 2"):
            _core.jpeg_round_trip(IMAGE, TABLES, *factors, 1)
    with pytest.raises(ValueError, match="at least one weight"):
        _core.gaussian_blur(STACK, [], 1)
