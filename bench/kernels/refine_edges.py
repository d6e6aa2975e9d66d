"""refine_edges and its kernels, sum_cells, fit_lines and apply_lines, against OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.fusion.edges import refine_edges
from unsplice.blind.fusion.kernels import apply_lines, fit_lines, sum_cells

# The last number is added: halves are rounded up.
LUMA = np.array([[77, 150, 29, 0.25]], np.float32) / 256
REACH, EPSILON = 4, 1e-3  # cells, and what refine_edges takes


def sums_by_opencv(image: Any, heatmap: Any) -> Any:
    gray = cv2.transform(image, LUMA).astype(np.float32)
    heats = np.rint(65536 * heatmap.clip(0, 1))
    product = cv2.multiply(gray, heats, dtype=cv2.CV_64F)  # whose sums do not fit float32
    size = gray.shape[1] // 4, gray.shape[0] // 4
    means = [
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        for plane in (gray, gray * gray, heats, product)
    ]
    return np.stack([(16 * mean).astype(np.int32) for mean in means])


def sums_by_numpy(image: Any, heatmap: Any) -> Any:
    gray = cv2.transform(image, LUMA).astype(np.int32)
    heats = np.rint(65536 * heatmap.clip(0, 1)).astype(np.int32)

    def sums(values: Any) -> Any:
        rows = values.reshape(values.shape[0] // 4, 4, -1).sum(axis=1, dtype=np.int32)
        return rows.reshape(len(rows), -1, 4).sum(axis=2, dtype=np.int32)

    return np.stack([sums(gray), sums(gray * gray), sums(heats), sums(gray * heats)])


def lines_by_opencv(image: Any, heatmap: Any, slopes: Any, offsets: Any) -> Any:
    size = image.shape[1::-1]
    lines = cv2.resize(slopes, size)
    lines *= cv2.transform(image, LUMA)
    lines += cv2.resize(offsets, size)
    lines += heatmap
    return np.clip(lines, 0, 1, out=lines)


def fitted_by_opencv(sums: Any) -> Any:
    box = (2 * REACH + 1, 2 * REACH + 1)

    def summed(values: Any) -> Any:
        return cv2.boxFilter(values, -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)

    counts = summed(np.ones(sums.shape[1:]))
    mean, square, heat, product = (summed(plane.astype(np.float64)) for plane in sums)
    for plane in (mean, square, heat, product):
        plane /= 16 * counts
    slopes = (product - mean * heat) / (square - mean * mean + 255 * 255 * EPSILON) / 65536
    means = (summed(plane) / counts for plane in (slopes, -slopes * mean))
    return np.stack([plane.astype(np.float32) for plane in means])


def refined_by_opencv(image: Any, heatmap: Any) -> Any:
    size = image.shape[1::-1]
    small = size[0] // 4, size[1] // 4
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    box = (2 * REACH + 1, 2 * REACH + 1)

    def mean(values: Any) -> Any:
        summed = cv2.boxFilter(values, -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)
        return summed / counts

    def cells(values: Any) -> Any:
        return cv2.resize(values, small, interpolation=cv2.INTER_AREA)

    ones = np.ones(small[::-1], np.float32)
    counts = cv2.boxFilter(ones, -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)
    i, p = mean(cells(gray)), mean(cells(heatmap))
    variance = mean(cells(gray * gray)) - i * i
    slope = (mean(cells(gray * heatmap)) - i * p) / (variance + np.float32(EPSILON))
    slopes, offsets = (cv2.resize(mean(plane), size) for plane in (slope, -slope * i))
    return (heatmap + slopes * gray + offsets).clip(0, 1)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the sums, the lines, and the whole filter."""
    image = pictures.rgb(size)
    heatmap = pictures.gray(size, "float32") / np.float32(255)
    parts = pictures.crop(image), pictures.crop(heatmap)
    yield Contest(
        "sum_cells",
        "uint8",
        lambda: sum_cells(image, heatmap, num_threads=1),
        {
            "OpenCV resize": lambda: sums_by_opencv(image, heatmap),
            "NumPy": lambda: sums_by_numpy(image, heatmap),
        },
        crop=Crop(
            lambda: sum_cells(*parts),
            lambda: pure_python.sum_cells(*parts),
            pictures.share(size),
        ),
    )
    sums = sum_cells(image, heatmap)
    few = sums[:, :24, :24].copy()
    yield Contest(
        "fit_lines",
        "float32",
        lambda: fit_lines(sums, size, REACH, EPSILON, num_threads=1),
        {"OpenCV boxFilter, NumPy": lambda: fitted_by_opencv(sums)},
        tolerance=1e-6,
        crop=Crop(
            lambda: fit_lines(few, (96, 96), REACH, EPSILON),
            lambda: pure_python.fit_lines(few, (96, 96), REACH, EPSILON),
            sums.size / few.size,
        ),
    )
    random = np.random.default_rng(0)
    lines = random.standard_normal((2, size[0] // 4, size[1] // 4), np.float32) / 400
    of_part = [np.ascontiguousarray(cells[:24, :24]) for cells in lines]
    yield Contest(
        "apply_lines",
        "uint8",
        lambda: apply_lines(image, heatmap, *lines, num_threads=1),
        {"OpenCV resize, NumPy": lambda: lines_by_opencv(image, heatmap, *lines)},
        tolerance=1e-5,
        crop=Crop(
            lambda: apply_lines(*parts, *of_part),
            lambda: pure_python.apply_lines(*parts, *of_part),
            pictures.share(size),
        ),
    )
    yield Contest(
        "refine_edges",
        "uint8",
        lambda: refine_edges(image, heatmap, num_threads=1),
        {"OpenCV resize, boxFilter": lambda: refined_by_opencv(image, heatmap)},
        tolerance=2e-2,  # OpenCV rounds its gray levels another way
    )
