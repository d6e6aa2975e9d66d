"""Each step of the paper against an independent definition: PyWavelets, SciPy, Pillow, OpenCV."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
import pywt
from hypothesis import given
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.filters import threshold_otsu

import strategies
from log_kernel import filtered_by_opencv, filtered_by_scipy
from scenes import saved, scene
from unsplice import (
    adaptive_threshold,
    ela_feature,
    equalize_clahe,
    error_level_analysis,
    feature_points,
    log_saliency,
    noise_artifact_feature,
    otsu_threshold,
    point_density,
    wavelet_noise_residual,
)
from unsplice.blind.enhance import levels_of
from unsplice.blind.points import product_points
from unsplice.blind.threshold import otsu_split

Array = NDArray[Any]


def pictures(
    dtype: str = "uint8", *, channels: int = 3, least: int = 1
) -> st.SearchStrategy[Array]:
    """Return noisy pictures of 1 to 24 rows and columns, in any layout."""
    sides = st.integers(least, 24)
    shapes = st.tuples(sides, sides) if channels == 1 else st.tuples(sides, sides, st.just(3))
    return strategies.arrays_in_any_layout(dtype, shapes)


# --------------------------------------------------------------------------- equations 1 to 4


def residual_by_libraries(plane: Array, wavelet: str, bands: str) -> Array:
    values = plane.astype(np.float64)
    approximation, details = pywt.dwt2(values, wavelet)
    parts = [ndimage.median_filter(part, size=3, mode="nearest") for part in details]
    if bands == "all":
        approximation = ndimage.median_filter(approximation, size=3, mode="nearest")
    back = pywt.idwt2((approximation, tuple(parts)), wavelet)
    return np.asarray(values - back[: plane.shape[0], : plane.shape[1]])


def each_channel(image: Array, call: Callable[[Array], Array]) -> Array:
    if image.ndim == 2:
        return call(image)
    return np.stack([call(image[:, :, channel]) for channel in range(3)], axis=2)


@given(pictures(), st.sampled_from(["all", "details"]))
def test_the_haar_residual_equals_pywavelets_and_scipy_exactly(image: Array, bands: Any) -> None:
    expected = each_channel(image, lambda plane: residual_by_libraries(plane, "haar", bands))
    residual = wavelet_noise_residual(image, bands=bands)
    assert residual.dtype == np.float32
    np.testing.assert_allclose(residual, expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(residual, np.round(expected * 4) / 4)


@pytest.mark.parametrize("wavelet", ["haar", "db4", "sym4", "bior2.2"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("bands", ["all", "details"])
def test_the_residual_of_any_wavelet_equals_pywavelets_and_scipy(
    wavelet: str, dtype: str, bands: Any
) -> None:
    image = (scene()[:61, :83].astype(np.float64) * (200 if dtype == "uint16" else 1)).astype(dtype)
    expected = each_channel(image, lambda plane: residual_by_libraries(plane, wavelet, bands))
    residual = wavelet_noise_residual(image, wavelet=wavelet, bands=bands)
    np.testing.assert_allclose(residual, expected, rtol=1e-6, atol=1e-6 * image.max())


def log_by_scipy(plane: Array) -> Array:
    values = plane.astype(np.int64)
    for _ in range(3):
        values = filtered_by_scipy(values)
    return values


def log_by_opencv(plane: Array) -> Array:
    return filtered_by_opencv(np.ascontiguousarray(plane), -1, -1, -1).astype(np.int64)


@given(pictures())
def test_saliency_equals_scipy_and_opencv_exactly(image: Array) -> None:
    wide = image.astype(np.int64)
    exact, saturating = log_saliency(image, arithmetic="exact"), log_saliency(image)
    assert exact.dtype == saturating.dtype == np.int32
    np.testing.assert_array_equal(exact, wide - each_channel(image, log_by_scipy))
    np.testing.assert_array_equal(saturating, wide - each_channel(image, log_by_opencv))


def test_saliency_takes_other_types_and_numbers_of_passes() -> None:
    gray = scene()[:40, :50, 1]
    np.testing.assert_array_equal(
        log_saliency(gray.astype(np.uint16), arithmetic="exact"),
        gray - log_by_scipy(gray).astype(np.int32),
    )
    single = log_saliency(gray.astype(np.float32), passes=1, arithmetic="exact")
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, gray - filtered_by_scipy(gray.astype(np.int64)))


@given(
    pictures(),
    st.sampled_from(["exact", "saturating"]),
    st.sampled_from(["absolute", "signed"]),
    st.sampled_from(["all", "details"]),
)
def test_the_noise_feature_is_the_largest_of_six(
    image: Array, arithmetic: Any, difference: Any, bands: Any
) -> None:
    log = log_by_scipy if arithmetic == "exact" else log_by_opencv
    parts = np.concatenate(
        [
            each_channel(image, lambda plane: residual_by_libraries(plane, "haar", bands)),
            image.astype(np.int64) - each_channel(image, log),
        ],
        axis=2,
    )
    expected = (np.abs(parts) if difference == "absolute" else np.maximum(parts, 0)).max(axis=2)
    feature = noise_artifact_feature(
        image, arithmetic=arithmetic, difference=difference, bands=bands
    )
    assert feature.dtype == np.float32
    np.testing.assert_allclose(feature, expected, rtol=0, atol=1e-9)


def test_the_noise_feature_of_another_wavelet_is_the_largest_of_six() -> None:
    image = scene()[:50, :60]
    saliency = image.astype(np.int64) - each_channel(image, log_by_opencv)
    residual = each_channel(image, lambda plane: residual_by_libraries(plane, "db4", "all"))
    expected = np.abs(np.concatenate([residual, saliency], axis=2)).max(axis=2)
    feature = noise_artifact_feature(image, wavelet="db4")
    np.testing.assert_allclose(feature, expected, rtol=1e-6, atol=1e-4)


def test_features_of_a_gray_picture_are_those_of_three_equal_channels() -> None:
    gray = scene()[:, :, 1]
    rgb = np.repeat(gray[:, :, np.newaxis], 3, axis=2)
    np.testing.assert_array_equal(noise_artifact_feature(gray), noise_artifact_feature(rgb))
    np.testing.assert_array_equal(
        noise_artifact_feature(gray, wavelet="db2"), noise_artifact_feature(rgb, wavelet="db2")
    )
    np.testing.assert_array_equal(wavelet_noise_residual(gray), wavelet_noise_residual(rgb)[..., 0])
    np.testing.assert_array_equal(ela_feature(gray), ela_feature(rgb))


# --------------------------------------------------------------------------------- equation 5


def levels_by_pillow(image: Array, quality: int) -> Array:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(
        file, "jpeg", quality=quality, subsampling=2 if image.ndim == 3 else -1
    )
    back = np.asarray(Image.open(io.BytesIO(file.getvalue())))
    return np.abs(image.astype(np.int16) - back.astype(np.int16)).astype(np.uint8)


@given(pictures(), st.integers(1, 100))
def test_error_levels_equal_those_of_another_codec(image: Array, quality: int) -> None:
    np.testing.assert_array_equal(
        error_level_analysis(image, quality), levels_by_pillow(image, quality)
    )


@given(pictures(channels=1), st.integers(1, 100))
def test_error_levels_of_gray_pictures_equal_those_of_another_codec(
    image: Array, quality: int
) -> None:
    np.testing.assert_array_equal(
        error_level_analysis(image, quality), levels_by_pillow(image, quality)
    )


def test_the_ela_feature_is_the_weighted_sum() -> None:
    image = scene()
    levels = levels_by_pillow(image, 90).astype(np.float64)
    np.testing.assert_array_equal(ela_feature(image), levels @ np.array([0.25, 0.5, 0.25]))
    np.testing.assert_allclose(
        ela_feature(image, 75, (0.299, 0.587, 0.114)),
        levels_by_pillow(image, 75) @ np.array([0.299, 0.587, 0.114]),
        rtol=1e-6,
    )


def test_what_was_saved_at_the_same_quality_before_changes_little() -> None:
    again = saved(scene(), 90)
    assert error_level_analysis(again).mean() < 0.3 * error_level_analysis(scene()).mean()


# ---------------------------------------------------------------------------- equations 6 to 8


@given(pictures(channels=1))
def test_plain_equalisation_is_equations_6_to_8(image: Array) -> None:
    equalised = equalize_clahe(image, clip_limit=None, tiles=(1, 1))
    for level in np.unique(image):
        exact = 255 * Fraction(int(np.count_nonzero(image <= level)), image.size)
        assert (equalised[image == level] == round(exact)).all()


def clahe_by_definition(image: Array, clip_limit: float, tiles: tuple[int, int]) -> Array:
    """Map each pixel by the clipped cumulative histograms of the four tiles around it."""
    down, across = tiles
    padded = np.pad(
        image, ((0, -image.shape[0] % down), (0, -image.shape[1] % across)), mode="reflect"
    )
    rows, cols = padded.shape[0] // down, padded.shape[1] // across
    maps = np.empty((down, across, 256))
    most = max(1, int(clip_limit * rows * cols / 256))
    for i in range(down):
        for j in range(across):
            tile = padded[i * rows : (i + 1) * rows, j * cols : (j + 1) * cols]
            counts = np.bincount(tile.ravel(), minlength=256)
            excess = int(np.maximum(counts - most, 0).sum())
            counts = np.minimum(counts, most) + excess // 256
            rest = excess % 256
            if rest:  # spread evenly over the levels
                step = max(256 // rest, 1)
                counts[np.arange(0, 256, step)[:rest]] += 1
            maps[i, j] = np.round(np.cumsum(counts) * 255 / (rows * cols))
    result = np.empty(image.shape)
    for row in range(image.shape[0]):
        y = (row + 0.0) / rows - 0.5
        for col in range(image.shape[1]):
            x = (col + 0.0) / cols - 0.5
            value = 0.0
            for i, down_weight in ((np.floor(y), 1 - y % 1), (np.floor(y) + 1, y % 1)):
                for j, across_weight in ((np.floor(x), 1 - x % 1), (np.floor(x) + 1, x % 1)):
                    nearest = maps[int(np.clip(i, 0, down - 1)), int(np.clip(j, 0, across - 1))]
                    value += down_weight * across_weight * nearest[image[row, col]]
            result[row, col] = value
    return result


@pytest.mark.parametrize("tiles", [(8, 8), (1, 1), (2, 3), (4, 4)])
@pytest.mark.parametrize("clip_limit", [1.0, 2.0, 7.5])
def test_clahe_equals_its_definition_within_a_level(
    clip_limit: float, tiles: tuple[int, int]
) -> None:
    image = np.ascontiguousarray(scene()[60:124, 80:176, 1])
    expected = clahe_by_definition(image, clip_limit, tiles)
    result = equalize_clahe(image, clip_limit=clip_limit, tiles=tiles)
    assert np.abs(result - expected).max() <= 0.51 + 1e-3


def test_a_feature_becomes_levels_by_a_gain_or_by_its_maximum() -> None:
    feature = np.array([[0, 0.125, 0.375, 10, 63.75, 1000]], np.float32)
    assert levels_of(feature, 4).tolist() == [[0, 0, 2, 40, 255, 255]]
    assert levels_of(feature, None).tolist() == [[0, 0, 0, 3, 16, 255]]
    assert not levels_of(np.zeros((2, 2), np.float32), None).any()


# -------------------------------------------------------------------------------- section 4.4


@given(pictures(channels=1), st.sampled_from([3, 5, 11]), st.integers(-30, 30))
def test_the_adaptive_mean_is_exact(image: Array, window: int, offset: int) -> None:
    total = ndimage.correlate(
        image.astype(np.int64), np.ones((window, window), np.int64), mode="nearest"
    )
    expected = image.astype(np.int64) * window**2 > total - offset * window**2
    np.testing.assert_array_equal(adaptive_threshold(image, window=window, offset=offset), expected)


@given(pictures(channels=1), st.sampled_from([3, 5, 11]), st.integers(-30, 30))
def test_the_adaptive_median_is_exact(image: Array, window: int, offset: int) -> None:
    median = ndimage.median_filter(image, size=window, mode="nearest").astype(np.int64)
    np.testing.assert_array_equal(
        adaptive_threshold(image, window=window, offset=offset, statistic="median"),
        image > median - offset,
    )


@pytest.mark.parametrize("level", [0, 1, 85, 255])
def test_a_flat_feature_is_nowhere_above_its_surroundings(level: int) -> None:
    flat = np.full((40, 50), level, np.uint8)
    assert not adaptive_threshold(flat).any()
    assert not adaptive_threshold(flat, statistic="median").any()
    assert adaptive_threshold(flat, offset=1).all()


@given(pictures(channels=1))
def test_otsu_equals_opencv_and_scikit_image(image: Array) -> None:
    threshold = otsu_threshold(image)
    dense = np.ascontiguousarray(image)
    if len(np.unique(image)) < 2:
        assert threshold == image.flat[0]
        return

    def between(level: float) -> float:
        low, high = image[image <= level], image[image > level]
        return float(low.size * high.size * (low.mean() - high.mean()) ** 2) if high.size else 0.0

    for peer in (cv2.threshold(dense, 0, 255, cv2.THRESH_OTSU)[0], threshold_otsu(dense)):
        same = np.array_equal(image > threshold, image > peer)
        # Where two levels separate equally well, rounding decides in the others.
        assert same or between(threshold) == pytest.approx(between(peer), rel=1e-9)
    levels = np.unique(image)[:-1]
    assert between(threshold) == pytest.approx(max(between(level) for level in levels), rel=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint16"])
def test_otsu_separates_two_heaps_of_any_type(dtype: str) -> None:
    random = np.random.default_rng(0)
    low, high = random.normal(1000, 20, 3000), random.normal(3000, 60, 1000)
    values = np.concatenate([low, high]).astype(dtype)
    threshold, share = otsu_split(values)
    assert 1050 < threshold < 2800
    assert np.count_nonzero(values > threshold) == 1000
    total = values.astype(np.float64)
    classes = total > threshold
    within = sum(total[kind].var() * kind.sum() for kind in (classes, ~classes))
    assert share == pytest.approx(1 - within / (total.var() * total.size), abs=2e-3)


def test_otsu_takes_the_whole_range_of_floats() -> None:
    assert -1.7e308 < otsu_threshold(np.array([-1.7e308, -1.7e308, 0, 1.7e308])) < 1.7e308


@pytest.mark.parametrize("percent", range(100))
def test_so_many_percent_of_a_hundred_levels_are_so_many_points(percent: int) -> None:
    levels = np.arange(100, dtype=np.uint8).reshape(10, 10)
    assert np.count_nonzero(feature_points(levels, percent)) == percent


def test_otsu_of_two_values_takes_the_lower() -> None:
    assert otsu_split(np.array([0.5, 0.5, 3.25], np.float32))[1] == 1.0
    assert otsu_threshold(np.array([7, 9], np.uint8)) == 7


# --------------------------------------------------------------------------------- section 4.5


@given(pictures("uint16", channels=1), st.floats(0, 100))
def test_points_are_whole_levels_and_at_most_the_share(image: Array, sigma: float) -> None:
    points = feature_points(image, sigma)
    allowed = sigma / 100 * image.size
    assert np.count_nonzero(points) <= allowed
    if points.any():
        assert image[points].min() > image[~points].max(initial=0) or points.all()
    rest = image[~points]
    if rest.size:  # the next level would be too many
        assert np.count_nonzero(image >= rest.max()) > allowed or rest.max() == 0


@given(pictures("bool", channels=1), st.integers(0, 30), st.sampled_from(["box", "disc"]))
def test_density_counts_the_points_within_reach(
    points: Array, radius: int, neighborhood: Any
) -> None:
    density = point_density(points, radius, neighborhood=neighborhood)
    where = np.argwhere(points)
    expected = np.zeros(points.shape, np.int32)
    for row in range(points.shape[0]):
        for col in range(points.shape[1]):
            away = np.abs(where - (row, col))
            near = (
                away.max(axis=1) <= radius
                if neighborhood == "box"
                else (away**2).sum(axis=1) <= radius**2
            )
            expected[row, col] = near.sum()
    np.testing.assert_array_equal(density, expected)


# ------------------------------------------------------------------------------ bad arguments

RGB, GRAY = scene()[:20, :30], scene()[:20, :30, 0]
BAD_CALLS: list[
    tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], type[Exception], str]
] = [
    (wavelet_noise_residual, ([1],), {}, TypeError, "image must be a NumPy array, got list"),
    (wavelet_noise_residual, (RGB > 3,), {}, TypeError, "uint8 or uint16 or float32, got bool"),
    (wavelet_noise_residual, (RGB[..., :2],), {}, ValueError, r"\(rows, cols, 3\), got"),
    (wavelet_noise_residual, (RGB,), {"wavelet": "hare"}, ValueError, 'such as "haar"'),
    (wavelet_noise_residual, (RGB,), {"wavelet": "morl"}, ValueError, "a discrete one"),
    (wavelet_noise_residual, (RGB,), {"wavelet": 4}, TypeError, "wavelet must be a str, got int"),
    (wavelet_noise_residual, (RGB,), {"bands": "none"}, ValueError, '"all" or "details"'),
    (wavelet_noise_residual, (RGB.astype(np.float32) * nan,), {}, ValueError, "must be finite"),
    (wavelet_noise_residual, (RGB,), {"num_threads": 0}, ValueError, "num_threads must be >= 1"),
    (log_saliency, (RGB,), {"arithmetic": "wrap"}, ValueError, '"saturating" or "exact"'),
    (log_saliency, (RGB,), {"passes": 6, "arithmetic": "exact"}, ValueError, "at most 5"),
    (log_saliency, (RGB,), {"passes": 0}, ValueError, "passes must be"),
    (
        log_saliency,
        (RGB.astype(np.uint16),),
        {"arithmetic": "saturating"},
        TypeError,
        "dtype uint8, got uint16",
    ),
    (noise_artifact_feature, (RGB.astype(np.uint16),), {}, TypeError, "dtype uint8, got uint16"),
    (noise_artifact_feature, (RGB,), {"difference": "squared"}, ValueError, '"absolute" or'),
    (noise_artifact_feature, (RGB,), {"arithmetic": 8}, TypeError, "must be a str, got int"),
    (noise_artifact_feature, (RGB[np.newaxis],), {}, ValueError, "must have shape"),
    (error_level_analysis, (RGB, 0), {}, ValueError, "quality must be in 1..100, got 0"),
    (error_level_analysis, (RGB, 90.0), {}, TypeError, "quality must be an int, got float"),
    (error_level_analysis, (RGB[:0],), {}, ValueError, "and pixels, got"),
    (error_level_analysis, (RGB.astype(float),), {}, TypeError, "dtype uint8, got float64"),
    (ela_feature, (RGB, 90, (1, 2)), {}, ValueError, "weights must be three numbers, got 2"),
    (ela_feature, (RGB, 90, "RGB"), {}, TypeError, "three numbers, got str"),
    (ela_feature, (RGB, 90, (1, 2, -1)), {}, ValueError, "weights must be in 0..65536"),
    (ela_feature, (RGB, 90, (1, 2, nan)), {}, ValueError, "weights must be finite"),
    (ela_feature, (RGB, 90, (1e39, 0, 0)), {}, ValueError, "weights must be in 0..65536"),
    (equalize_clahe, (RGB,), {}, ValueError, r"\(rows, cols\), got"),
    (equalize_clahe, (GRAY.astype(np.float32),), {}, TypeError, "dtype uint8, got float32"),
    (equalize_clahe, (GRAY,), {"clip_limit": 0}, ValueError, "clip_limit must be above 0"),
    (equalize_clahe, (GRAY,), {"clip_limit": nan}, ValueError, "clip_limit must be above 0"),
    (equalize_clahe, (GRAY,), {"tiles": 8}, TypeError, "tiles must be two ints, got int"),
    (equalize_clahe, (GRAY,), {"tiles": (8, 0)}, ValueError, "tiles must be in 1..256, got 0"),
    (equalize_clahe, (GRAY,), {"tiles": (8,)}, ValueError, "tiles must be two ints, got 1"),
    (adaptive_threshold, (GRAY,), {"window": 4}, ValueError, "window must be odd, got 4"),
    (adaptive_threshold, (GRAY,), {"window": 1}, ValueError, "window must be in 3..255"),
    (adaptive_threshold, (GRAY,), {"offset": inf}, ValueError, "offset must be finite"),
    (adaptive_threshold, (GRAY,), {"statistic": "mode"}, ValueError, '"mean" or "median"'),
    (adaptive_threshold, (GRAY.astype(np.float32),), {}, TypeError, "dtype uint8, got float32"),
    (otsu_threshold, (GRAY[:0],), {}, ValueError, "must have elements"),
    (otsu_threshold, (GRAY * np.float32(inf),), {}, ValueError, "feature must be finite"),
    (otsu_threshold, (GRAY > 3,), {}, TypeError, "got bool"),
    (feature_points, (GRAY, 101), {}, ValueError, "sigma must be in 0..100, got 101"),
    (feature_points, (GRAY, nan), {}, ValueError, "sigma must be in 0..100"),
    (feature_points, (GRAY, "1 %"), {}, TypeError, "sigma must be a number, got str"),
    (product_points, (GRAY, GRAY, -1), {}, ValueError, "sigma must be in 0..100, got -1"),
    (product_points, (GRAY, GRAY, nan), {}, ValueError, "sigma must be in 0..100"),
    (product_points, (GRAY, GRAY, "1 %"), {}, TypeError, "sigma must be a number, got str"),
    (point_density, (GRAY, 3), {}, TypeError, "points must have dtype bool, got uint8"),
    (point_density, (GRAY > 3, -1), {}, ValueError, "radius must be >= 0, got -1"),
    (point_density, (GRAY > 3, 3), {"neighborhood": "ring"}, ValueError, '"box" or "disc"'),
]


@pytest.mark.parametrize(("call", "arguments", "options", "error", "message"), BAD_CALLS)
def test_a_bad_argument_is_named(
    call: Callable[..., Any],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(error, match=message):
        call(*arguments, **options)


def test_no_feature_writes_to_its_argument() -> None:
    image, gray = scene()[:40, :50].copy(), scene()[:40, :50, 0].copy()
    image.flags.writeable = gray.flags.writeable = False
    before = image.tobytes(), gray.tobytes()
    wavelet_noise_residual(image)
    wavelet_noise_residual(image, wavelet="db4")
    log_saliency(image, arithmetic="saturating")
    noise_artifact_feature(image)
    ela_feature(image)
    equalize_clahe(gray)
    adaptive_threshold(gray)
    adaptive_threshold(gray, statistic="median")
    otsu_threshold(gray)
    feature_points(gray)
    assert (image.tobytes(), gray.tobytes()) == before
