"""From a number a block to a decision, and to regions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import label_components
from unsplice.result import Region

__all__ = ["between_class_threshold", "regions_of", "require_block"]

_BINS = 100  # a unit


def between_class_threshold(
    values: NDArray[np.float32], weights: NDArray[np.float32], least: float, most: float
) -> float:
    """Return the threshold in a range that splits weighted values best, by Otsu's method.

    Parameters
    ----------
    values : array of float32
        What is split; below -0.5 and above 1.5 it counts as these.
    weights : array of float32 of the same shape
        How much each value counts, at least 0.
    least, most : float
        Range of the threshold; it is a multiple of 0.01.

    Returns
    -------
    float
        The threshold with the largest variance between what lies above and what does not, the
        lowest of several; `least` where nothing lies on one of the sides.

    Notes
    -----
    N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on
    Systems, Man, and Cybernetics 9 (1), 1979, doi:10.1109/TSMC.1979.4310076.

    Examples
    --------
    >>> values = np.array([0.0, 0.1, 0.8, 0.9], np.float32)
    >>> round(between_class_threshold(values, np.ones(4, np.float32), 0.3, 0.7), 2)
    0.3
    """
    bins = np.clip(np.floor(values * np.float32(_BINS)), -_BINS // 2, _BINS * 3 // 2 - 1)
    index = (bins + _BINS // 2).astype(np.int64).ravel()
    counts = np.bincount(index, weights.ravel().astype(np.float64), 2 * _BINS)
    places = np.arange(2 * _BINS) / _BINS - 0.5
    below, moment = np.cumsum(counts), np.cumsum(counts * places)
    total, whole = below[-1], moment[-1]
    spread = below * (total - below)
    variance = np.zeros_like(spread)
    np.divide((whole * below - moment * total) ** 2, spread, out=variance, where=spread > 0)
    # Bin i ends where bin i + 1 begins.
    ends = places + 1 / _BINS
    variance[(ends < least - 1e-9) | (ends > most + 1e-9)] = -1
    return float(ends[variance.argmax()])


def require_block(maps: NDArray[Any], image: NDArray[np.uint8], row: int, col: int) -> None:
    """Refuse a picture without a whole block of the grid from (row, col) on, whose maps are empty.

    Raises
    ------
    ValueError
        Telling the grid and the size.
    """
    if not maps.size:
        raise ValueError(
            f"image must hold a whole 8x8 block from row {row} and column {col} on, got "
            f"{image.shape[0]} x {image.shape[1]}"
        )


def regions_of(
    mask: NDArray[np.bool_], heatmap: NDArray[np.float32], *, num_threads: int | None = None
) -> tuple[Region, ...]:
    """Return the components of a mask, the highest mean of the heat map first.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        True = marked.
    heatmap : (rows, cols) array of float32
        In [0, 1].
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    tuple of Region
        `score` is the mean of the heat map over the region.
    """
    components = label_components(mask, num_threads=num_threads)
    sums = np.bincount(components.labels[mask], heatmap[mask], len(components.areas) + 1)[1:]
    regions = [
        Region(int(area), tuple(box.tolist()), tuple(centroid.tolist()), float(total / area))
        for area, box, centroid, total in zip(
            components.areas, components.bounding_boxes, components.centroids, sums, strict=True
        )
    ]
    return tuple(sorted(regions, key=lambda region: (-region.score, -region.area)))
