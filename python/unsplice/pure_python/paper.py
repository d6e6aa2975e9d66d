"""Definitions of the kernels of the paper's method."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.masks import label_components
from unsplice.pure_python.pictures import log_cascade, median_filter, reflect, weighted_sum

__all__ = [
    "density_levels",
    "equalize_clahe",
    "haar_noise_residual",
    "level_counts",
    "log_cascade_saturating",
    "measure_components",
    "noise_artifact",
    "product_above",
    "product_counts",
    "scaled_levels",
    "weighted_levels",
]


def log_cascade_saturating(image: NDArray[np.uint8], passes: int = 3) -> NDArray[np.uint8]:
    """Define `unsplice.blind.kernels.log_cascade_saturating`."""
    for _ in range(passes):
        image = np.clip(log_cascade(image, 1), 0, 255).astype(np.uint8)
    return image


def haar_noise_residual(
    image: NDArray[Any], *, bands: Literal["all", "details"]
) -> NDArray[np.float32]:
    """Define `unsplice.blind.kernels.haar_noise_residual`."""
    rows, cols = image.shape
    even = np.pad(image.astype(np.int64), ((0, rows % 2), (0, cols % 2)), mode="edge")
    a, b, c, d = (even[y::2, x::2] for y in (0, 1) for x in (0, 1))
    # The orthonormal transform halves each of these, and its inverse halves once more.
    components = [a + b + c + d, a + b - c - d, a - b + c - d, a - b - c + d]
    kept = 0 if bands == "all" else 1
    ll, lh, hl, hh = components[:kept] + [median_filter(image) for image in components[kept:]]
    smooth = np.empty(even.shape, np.int64)
    smooth[0::2, 0::2] = ll + lh + hl + hh
    smooth[0::2, 1::2] = ll + lh - hl - hh
    smooth[1::2, 0::2] = ll - lh + hl - hh
    smooth[1::2, 1::2] = ll - lh - hl + hh
    quarters = 4 * even - smooth
    return (quarters[:rows, :cols] / 4).astype(np.float32)


def noise_artifact(
    image: NDArray[np.uint8],
    *,
    bands: Literal["all", "details"],
    arithmetic: Literal["exact", "saturating"],
    difference: Literal["absolute", "signed"],
) -> NDArray[np.float32]:
    """Define `unsplice.blind.kernels.noise_artifact`."""
    log = log_cascade if arithmetic == "exact" else log_cascade_saturating
    largest = np.zeros(image.shape[:2], np.float32)
    for channel in np.moveaxis(image, 2, 0):
        noise = haar_noise_residual(channel, bands=bands)
        saliency = channel.astype(np.float32) - log(channel).astype(np.float32)
        for values in (noise, saliency):
            largest = np.maximum(largest, np.abs(values) if difference == "absolute" else values)
    return largest


def level_counts(image: NDArray[Any]) -> NDArray[np.int64]:
    """Define `unsplice.blind.kernels.level_counts`."""
    counts = np.zeros(256**image.dtype.itemsize, np.int64)
    for level in image.flat:
        counts[level] += 1
    return counts


def measure_components(mask: NDArray[np.bool_], values: NDArray[np.uint8]) -> tuple[Any, ...]:
    """Define `unsplice.blind.kernels.measure_components`."""
    components = label_components(mask)
    maxima = [values[components.labels == label].max() for label in range(1, len(components) + 1)]
    tables = components.areas, components.bounding_boxes, components.centroids
    return *tables, np.array(maxima, np.uint8)


def _tile_map(tile: NDArray[np.uint8], clip_limit: float) -> NDArray[np.float32]:
    """Return what the levels of a tile become by themselves."""
    most = max(1, int(min(clip_limit * tile.size / 256, tile.size)))
    counts = level_counts(tile)
    excess = int(np.maximum(counts - most, 0).sum())
    counts = np.minimum(counts, most) + excess // 256
    rest = excess % 256
    for turn in range(rest):  # evenly over the levels, from the lowest on
        counts[turn * max(256 // rest, 1)] += 1
    # Double precision tells every quotient from a half.
    return np.rint(255 * np.cumsum(counts) / tile.size).astype(np.float32)


def equalize_clahe(
    feature: NDArray[np.uint8], *, clip_limit: float, tiles: tuple[int, int]
) -> NDArray[np.uint8]:
    """Define `unsplice.equalize_clahe`."""
    rows, cols = feature.shape
    if feature.size == 0:
        return np.empty(feature.shape, np.uint8)
    down, across = tiles
    # A side that the tiles divide is continued by a whole pixel a tile, if the other is continued.
    extra = 1 if rows % down or cols % across else 0
    tile_rows, tile_cols = rows // down + extra, cols // across + extra
    maps = {}
    for i in range(down):
        ys = [reflect(y, rows) for y in range(i * tile_rows, (i + 1) * tile_rows)]
        for j in range(across):
            xs = [reflect(x, cols) for x in range(j * tile_cols, (j + 1) * tile_cols)]
            maps[i, j] = _tile_map(feature[np.ix_(ys, xs)], clip_limit)

    def nearest(index: int, size: int, count: int) -> tuple[int, int, np.float32]:
        """Return the tiles before and after, by their centres, and how far it is in between."""
        tile, way = divmod(2 * index + size, 2 * size)
        before, after = max(tile - 1, 0), min(tile, count - 1)
        return before, after, np.float32(way) / np.float32(2 * size)

    result = np.empty(feature.shape, np.uint8)
    for row in range(rows):
        above, below, weight_down = nearest(row, tile_rows, down)
        for col in range(cols):
            before, after, weight_across = nearest(col, tile_cols, across)
            level = feature[row, col]
            left, right = (
                maps[above, j][level]
                + weight_down * (maps[below, j][level] - maps[above, j][level])
                for j in (before, after)
            )
            result[row, col] = np.rint(left + weight_across * (right - left))
    return result


def density_levels(points: NDArray[np.bool_], radius: int) -> NDArray[np.uint8]:
    """Define `unsplice.blind.kernels.density_levels`."""
    counts = np.zeros(points.shape, np.float32)
    for row in range(points.shape[0]):
        for col in range(points.shape[1]):
            top, left = max(row - radius, 0), max(col - radius, 0)
            counts[row, col] = points[top : row + radius + 1, left : col + radius + 1].sum()
    factor = np.float32(255 / max(float(counts.max(initial=0)), 1.0))
    levels: NDArray[np.uint8] = np.rint(counts * factor).astype(np.uint8)
    return levels


def weighted_levels(
    image: NDArray[np.uint8], weights: tuple[float, float, float], gain: float
) -> NDArray[np.uint8]:
    """Define `unsplice.blind.paper_kernels.weighted_levels`."""
    levels: NDArray[np.float32] = np.rint(weighted_sum(image, weights) * np.float32(gain))
    return np.minimum(levels, np.float32(255)).astype(np.uint8)


def product_counts(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Define `unsplice.blind.paper_kernels.product_counts`."""
    return level_counts(np.multiply(first, second, dtype=np.uint16))


def product_above(
    first: NDArray[np.uint8], second: NDArray[np.uint8], level: int
) -> NDArray[np.bool_]:
    """Define `unsplice.blind.paper_kernels.product_above`."""
    return np.multiply(first, second, dtype=np.int64) > level


def scaled_levels(levels: NDArray[np.uint8], factor: float) -> NDArray[np.float32]:
    """Define `unsplice.blind.paper_kernels.scaled_levels`."""
    return levels.astype(np.float32) * np.float32(factor)
