"""The kernels of blind mode against PyWavelets, OpenCV and SciPy.

PyWavelets computes in floating point; its residual is compared after it was rounded to quarters,
which the exact one consists of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import pywt
from numpy.typing import NDArray
from scipy import ndimage

import contest
import pictures
from log_kernel import filtered_by_opencv, filtered_by_scipy
from unsplice import equalize_clahe, label_components
from unsplice.blind.kernels import (
    density_levels,
    haar_noise_residual,
    level_counts,
    log_cascade_saturating,
    measure_components,
    noise_artifact,
)

Show = Callable[..., None]
Array = NDArray[Any]


def rgb(size: str) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same."""
    gray = pictures.gray(pictures.SIZES[size])
    return np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])


def clipped_by_scipy(image: Array) -> Array:
    for _ in range(3):
        image = np.clip(filtered_by_scipy(image.astype(np.int16)), 0, 255).astype(np.uint8)
    return image


def smoothed(bands: tuple[Array, ...], median: Callable[[Array], Array]) -> list[Array]:
    return [median(np.ascontiguousarray(band)) for band in bands]


def opencv_median(band: Array) -> Array:
    return np.asarray(cv2.medianBlur(band, 3))


def scipy_median(band: Array) -> Array:
    return np.asarray(ndimage.median_filter(band, size=3, mode="nearest"))


def residual_of_pywavelets(image: Array, median: Callable[[Array], Array]) -> Array:
    pixels = image.astype(np.float32)
    mean, details = pywt.dwt2(pixels, "haar", mode="symmetric")
    mean, *details = smoothed((mean, *details), median)
    inverse = pywt.idwt2((mean, tuple(details)), "haar", mode="symmetric")
    return np.asarray(pixels - inverse[: image.shape[0], : image.shape[1]])


def residual_of_slices(image: Array) -> Array:
    """Add and subtract every second row and column, for sides that are even."""
    wide = image.astype(np.int16)
    upper, lower = wide[0::2] + wide[1::2], wide[0::2] - wide[1::2]
    ll, hl = upper[:, 0::2] + upper[:, 1::2], upper[:, 0::2] - upper[:, 1::2]
    lh, hh = lower[:, 0::2] + lower[:, 1::2], lower[:, 0::2] - lower[:, 1::2]
    ll, lh, hl, hh = smoothed((ll, lh, hl, hh), opencv_median)
    quarters = wide << 2
    for sign, y in ((1, 0), (-1, 1)):
        level, step = ll + sign * lh, hl + sign * hh
        quarters[y::2, 0::2] -= level + step
        quarters[y::2, 1::2] -= level - step
    return quarters * np.float32(0.25)


def in_quarters(raw: Array) -> Array:
    rounded = np.rint(4 * raw) / np.float32(4)
    assert np.abs(rounded - raw).max() < 0.01
    return np.asarray(rounded)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_log_cascade_saturating(size: str, show: Show) -> None:
    image = pictures.gray(pictures.SIZES[size])
    timings = contest.contest(
        {
            "unsplice": lambda: log_cascade_saturating(image, num_threads=1),
            "cv2 filter2D 8U x 3": lambda: filtered_by_opencv(image, -1, -1, -1),
            "SciPy int16 + clip": lambda: clipped_by_scipy(image),
        }
    )
    show(f"log_cascade_saturating, 3 passes, {size}", timings)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_haar_noise_residual(size: str, show: Show) -> None:
    image = pictures.gray(pictures.SIZES[size])
    timings = contest.contest(
        {
            "unsplice": lambda: haar_noise_residual(image, bands="all", num_threads=1),
            "PyWavelets + cv2 median": lambda: residual_of_pywavelets(image, opencv_median),
            "PyWavelets + SciPy median": lambda: residual_of_pywavelets(image, scipy_median),
            "NumPy int16 + cv2 median": lambda: residual_of_slices(image),
        },
        dict.fromkeys(("PyWavelets + cv2 median", "PyWavelets + SciPy median"), in_quarters),
    )
    show(f"haar_noise_residual, uint8, all bands, {size}", timings)


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("arithmetic", ["saturating", "exact"])
def bench_noise_artifact(arithmetic: Any, size: str, show: Show) -> None:
    image = rgb(size)
    depth = -1 if arithmetic == "saturating" else cv2.CV_32F

    def composed(residual: Callable[[Array], Array]) -> Array:
        largest = np.zeros(image.shape[:2], np.float32)
        for channel in cv2.split(image):
            saliency: Any = cv2.subtract(
                channel, filtered_by_opencv(channel, *(depth,) * 3), dtype=cv2.CV_32F
            )
            cv2.max(largest, cv2.absdiff(saliency, 0), largest)
            cv2.max(largest, cv2.absdiff(residual(channel), 0), largest)
        return largest

    timings = contest.contest(
        {
            "unsplice": lambda: noise_artifact(
                image, bands="all", arithmetic=arithmetic, difference="absolute", num_threads=1
            ),
            "PyWavelets + cv2": lambda: composed(
                lambda channel: residual_of_pywavelets(channel, opencv_median)
            ),
            "NumPy int16 + cv2": lambda: composed(residual_of_slices),
        },
        {"PyWavelets + cv2": in_quarters},
    )
    goals = []
    if size == "12 megapixels":
        milliseconds = 1e3 * timings[0].minimum
        goals = [contest.goal("below 120 ms", milliseconds < 120, f"{milliseconds:.0f} ms")]
    show(f"noise_artifact, {arithmetic}, all bands, {size}", timings, *goals)


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def bench_level_counts(dtype: str, size: str, show: Show) -> None:
    gray = pictures.gray(pictures.SIZES[size])
    # As the pipeline counts: the product of two pictures.
    image = gray if dtype == "uint8" else np.multiply(gray, gray[::-1], dtype=np.uint16)
    levels = 256**image.dtype.itemsize
    timings = contest.contest(
        {
            "unsplice": lambda: level_counts(image, num_threads=1),
            "cv2 calcHist": lambda: cv2.calcHist([image], [0], None, [levels], [0, levels]),
            "NumPy bincount": lambda: np.bincount(image.ravel(), minlength=levels),
        },
        {"cv2 calcHist": np.ravel},
    )
    show(f"level_counts, {dtype}, {size}", timings)


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("kind", pictures.MASKS)
def bench_measure_components(kind: str, size: str, show: Show) -> None:
    mask = pictures.mask(kind, pictures.SIZES[size])
    values = pictures.gray(mask.shape)

    def by_labels() -> tuple[Array, Array]:
        components = label_components(mask, num_threads=1)
        maxima = np.zeros(len(components) + 1, np.uint8)
        np.maximum.at(maxima, components.labels[mask], values[mask])
        return components.areas, maxima[1:]

    def by_opencv_and_scipy() -> tuple[Array, Array]:
        count, labels, table, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
        maxima = ndimage.maximum(values, labels, np.arange(1, count))
        return table[1:, cv2.CC_STAT_AREA], np.asarray(maxima)

    timings = contest.contest(
        {
            "unsplice": lambda: measure_components(mask, values, num_threads=1),
            "label_components + NumPy": by_labels,
            "cv2 + SciPy": by_opencv_and_scipy,
        },
        {
            "unsplice": lambda found: (np.sort(found.areas), np.sort(found.maxima)),
            # OpenCV counts in another order.
            "label_components + NumPy": lambda found: tuple(np.sort(table) for table in found),
            "cv2 + SciPy": lambda found: tuple(np.sort(table) for table in found),
        },
    )
    show(f"measure_components, {kind}, {size}", timings)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_equalize_clahe(size: str, show: Show) -> None:
    image = pictures.gray(pictures.SIZES[size])
    opencv = cv2.createCLAHE(2.0, (8, 8))
    distance = cv2.absdiff(equalize_clahe(image), opencv.apply(image))
    assert distance.max() <= 1
    # OpenCV rounds shares of half a level in single precision.
    differing = np.count_nonzero(distance)
    assert differing <= (1e-3 if image.size > 1_000_000 else 1e-2) * image.size
    contenders = {
        "unsplice": lambda: equalize_clahe(image, num_threads=1),
        "cv2 CLAHE": lambda: opencv.apply(image),
    }
    timings = contest.contest(contenders, dict.fromkeys(contenders, np.shape))
    note = f"  {differing} of {image.size} pixels differ by a level"
    show(f"equalize_clahe, 8 x 8 tiles, {size}", timings, note)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_density_levels(size: str, show: Show) -> None:
    rows, cols = pictures.SIZES[size]
    points = np.random.default_rng(0).random((rows, cols)) < 0.01
    side = 2 * round(0.14 * min(rows, cols)) + 1

    def of_opencv(depth: int) -> Array:
        counts = cv2.boxFilter(
            points.view(np.uint8), depth, (side, side), normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        ).astype(np.float32, copy=False)  # fmt: skip
        factor = np.float32(255 / cv2.minMaxLoc(counts)[1])
        return np.asarray(cv2.convertScaleAbs(counts, alpha=float(factor)))

    timings = contest.contest(
        {
            "unsplice": lambda: density_levels(points, side // 2, num_threads=1),
            "cv2 32S": lambda: of_opencv(cv2.CV_32S),
            "cv2 32F": lambda: of_opencv(cv2.CV_32F),
        }
    )
    show(f"density_levels, {size}", timings)
