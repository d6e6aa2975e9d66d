"""The kernels of blind mode against their definitions, PyWavelets, SciPy and OpenCV."""

from __future__ import annotations

from itertools import product
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import pywt
from hypothesis import given
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import strategies
from log_kernel import filtered_by_opencv
from unsplice import _core, log_cascade, pure_python
from unsplice.blind.kernels import haar_noise_residual, log_cascade_saturating, noise_artifact

Array = NDArray[Any]

BANDS = ("all", "details")
ARITHMETICS = ("exact", "saturating")
DIFFERENCES = ("absolute", "signed")
READINGS = [
    {"bands": bands, "arithmetic": arithmetic, "difference": difference}
    for bands, arithmetic, difference in product(BANDS, ARITHMETICS, DIFFERENCES)
]
SIDES = [1, 2, 3, 4, 5, 7, 8, 31, 34]


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def random_pixels(*shape: int, dtype: str = "uint8", seed: int = 0) -> Array:
    # The extremes are frequent, so that sums come near their bounds.
    random = np.random.default_rng(seed)
    brightest = np.iinfo(dtype).max
    pixels = random.integers(0, brightest, shape, dtype, endpoint=True)
    extreme = random.random(shape)
    pixels[extreme < 0.3] = 0
    pixels[extreme > 0.7] = brightest
    return pixels


def rgb(*, least: int = 1, most: int = 12) -> st.SearchStrategy[Array]:
    shapes = strategies.sizes(least=least, most=most).map(lambda size: (*size, 3))
    return strategies.arrays_in_any_layout("uint8", shapes)


@given(strategies.images(("uint8",), least=0, most=9), st.integers(1, 8))
def test_saturating_cascade_has_the_bits_of_the_definition(image: Array, passes: int) -> None:
    before = image.copy()
    result = log_cascade_saturating(image, passes, num_threads=1)
    assert_same_bits(result, pure_python.log_cascade_saturating(image, passes))
    assert_same_bits(image, before)


@pytest.mark.parametrize("rows", SIDES)
@pytest.mark.parametrize("cols", [*SIDES, 239, 240, 241, 480, 737])
def test_saturating_cascade_equals_filters_of_opencv_on_bytes(rows: int, cols: int) -> None:
    image = random_pixels(rows, cols)
    assert_same_bits(log_cascade_saturating(image), filtered_by_opencv(image, -1, -1, -1))


@given(strategies.images(("uint8", "uint16"), least=0), st.sampled_from(BANDS))
def test_haar_residual_has_the_bits_of_the_definition(image: Array, bands: Any) -> None:
    before = image.copy()
    result = haar_noise_residual(image, bands=bands, num_threads=1)
    assert_same_bits(result, pure_python.haar_noise_residual(image, bands=bands))
    assert_same_bits(image, before)


def residual_of_pywavelets(image: Array, bands: str) -> Array:
    mean, details = pywt.dwt2(image.astype(np.float64), "haar", mode="symmetric")
    if bands == "all":
        mean = ndimage.median_filter(mean, size=3, mode="nearest")
    details = tuple(ndimage.median_filter(band, size=3, mode="nearest") for band in details)
    smooth: Array = pywt.idwt2((mean, details), "haar", mode="symmetric")
    return image - smooth[: image.shape[0], : image.shape[1]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("bands", BANDS)
@pytest.mark.parametrize("rows", SIDES)
@pytest.mark.parametrize("cols", [1, 2, 3, 6, 7, 31, 64, 700])
def test_haar_residual_equals_pywavelets_and_scipy(
    dtype: str, bands: Any, rows: int, cols: int
) -> None:
    image = random_pixels(rows, cols, dtype=dtype)
    result = haar_noise_residual(image, bands=bands).astype(np.float64)
    # A float64 of PyWavelets is off by its rounding, which grows with the pixels.
    tolerance = 1e-9 if dtype == "uint8" else 1e-9 * 256
    np.testing.assert_allclose(result, residual_of_pywavelets(image, bands), rtol=0, atol=tolerance)


@pytest.mark.parametrize("bands", BANDS)
def test_haar_residual_of_a_photograph_equals_pywavelets_and_scipy(bands: Any) -> None:
    image = data.camera()
    np.testing.assert_allclose(
        haar_noise_residual(image, bands=bands),
        residual_of_pywavelets(image, bands),
        rtol=0,
        atol=1e-9,
    )


@given(rgb(least=0, most=9), st.sampled_from(READINGS))
def test_noise_artifact_has_the_bits_of_the_definition(image: Array, reading: Any) -> None:
    before = image.copy()
    result = noise_artifact(image, **reading, num_threads=1)
    assert_same_bits(result, pure_python.noise_artifact(image, **reading))
    assert_same_bits(image, before)


def composed(image: Array, bands: Any, arithmetic: str, difference: str) -> Array:
    log: Any = log_cascade if arithmetic == "exact" else log_cascade_saturating
    candidates = []
    for channel in np.moveaxis(image, 2, 0):
        candidates.append(haar_noise_residual(channel, bands=bands))
        candidates.append(channel.astype(np.float32) - log(channel).astype(np.float32))
    if difference == "absolute":
        return np.max(np.abs(candidates), axis=0)
    return np.maximum(np.max(candidates, axis=0), np.float32(0))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("shape", [(1, 700), (700, 1), (2, 65), (37, 129), (64, 1000), (11, 4001)])
def test_noise_artifact_has_the_bits_of_the_single_kernels(
    reading: dict[str, Any], shape: tuple[int, int]
) -> None:
    image = random_pixels(*shape, 3, seed=shape[1])
    assert_same_bits(noise_artifact(image, **reading), composed(image, **reading))


@pytest.mark.parametrize("reading", READINGS)
def test_noise_artifact_of_a_photograph_has_the_bits_of_the_single_kernels(
    reading: dict[str, Any],
) -> None:
    image = data.astronaut()[::-1, 3:]
    assert_same_bits(noise_artifact(image, **reading), composed(image, **reading))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_no_residual_leaves_the_range_of_its_sums(dtype: str) -> None:
    """Pictures of the two extremes, with the largest steps between 2 x 2 pixels and around them."""
    brightest = int(np.iinfo(dtype).max)
    largest = 0.0
    for seed in range(40):
        picture = np.random.default_rng(seed).integers(0, 2, (24, 24)) * brightest
        image = picture.astype(dtype)
        for bands in BANDS:
            result = haar_noise_residual(image, bands=bands)
            expected = residual_of_pywavelets(image, bands)
            np.testing.assert_allclose(result, expected, rtol=0, atol=1e-6)
            largest = max(largest, float(np.abs(result).max()))
    assert largest >= brightest


@pytest.mark.parametrize("num_threads", [2, 3, 5, 64])
def test_the_number_of_threads_changes_no_bit(num_threads: int) -> None:
    image = random_pixels(901, 1203, 3)
    red = np.ascontiguousarray(image[..., 0])
    assert_same_bits(
        log_cascade_saturating(red, num_threads=num_threads),
        log_cascade_saturating(red, num_threads=1),
    )
    for bands in BANDS:
        for gray in (red, red.astype(np.uint16) * 257):
            alone = haar_noise_residual(gray, bands=bands, num_threads=1)
            assert_same_bits(
                haar_noise_residual(gray, bands=bands, num_threads=num_threads),
                alone,
            )
    for reading in READINGS:
        assert_same_bits(
            noise_artifact(image, **reading, num_threads=num_threads),
            noise_artifact(image, **reading, num_threads=1),
        )


def test_a_flat_picture_has_no_noise() -> None:
    flat = np.full((9, 12), 70, np.uint8)
    assert not log_cascade_saturating(flat).any()
    assert not haar_noise_residual(flat, bands="all").any()
    # What is left of X - LOG(X) is the picture.
    for reading in READINGS:
        result = noise_artifact(np.dstack([flat, flat // 2, flat]), **reading)
        assert np.array_equal(result, flat)


GRAY, RGB = np.zeros((3, 3), np.uint8), np.zeros((3, 3, 3), np.uint8)
READING = READINGS[0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: log_cascade_saturating(RGB), ValueError, r"\(rows, cols\), got \(3, 3, 3\)"),
        (lambda: log_cascade_saturating(GRAY.astype("uint16")), TypeError, "uint8, got uint16"),
        (lambda: log_cascade_saturating(GRAY, 0), ValueError, r"passes must be in 1..8, got 0"),
        (lambda: log_cascade_saturating(GRAY, 9), ValueError, r"passes must be in 1..8, got 9"),
        (lambda: haar_noise_residual(GRAY * 1.0, bands="all"), TypeError, "uint16, got float64"),
        (lambda: haar_noise_residual(RGB, bands="all"), ValueError, r"got \(3, 3, 3\)"),
        (
            lambda: haar_noise_residual(GRAY, bands="some"),
            ValueError,
            'bands must be "all" or "details", got \'some\'',
        ),
        (
            lambda: haar_noise_residual(GRAY, bands=None),
            TypeError,
            "bands must be a str, got NoneType",
        ),
        (lambda: noise_artifact(GRAY, **READING), ValueError, r"\(rows, cols, 3\), got \(3, 3\)"),
        (
            lambda: noise_artifact(np.dstack([RGB, GRAY]), **READING),
            ValueError,
            r"\(rows, cols, 3\), got \(3, 3, 4\)",
        ),
        (
            lambda: noise_artifact(RGB, **READING | {"arithmetic": "wide"}),
            ValueError,
            "arithmetic must be",
        ),
        (
            lambda: noise_artifact(RGB, **READING | {"difference": 1}),
            TypeError,
            "difference must be a str, got int",
        ),
    ],
)
def test_bad_arguments_are_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.log_cascade_saturating(GRAY, 9, 1),
        lambda: _core.log_cascade_saturating(GRAY, 3, 0),
        lambda: _core.log_cascade_saturating(RGB, 3, 1),
        lambda: _core.haar_noise_residual(RGB, True, 1),
        lambda: _core.haar_noise_residual(GRAY[:, ::2], True, 1),
        lambda: _core.haar_noise_residual(GRAY, True, 0),
        lambda: _core.noise_artifact(GRAY, True, True, True, 1),
        lambda: _core.noise_artifact(RGB[..., :2], True, True, True, 1),
        lambda: _core.noise_artifact(RGB, True, True, True, 0),
    ],
)
def test_the_core_guards_its_memory(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
