"""Definitions of the kernels that make clean regions out of evidence."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.masks import label_components

__all__ = [
    "close_mask",
    "keep_components",
    "weigh_components",
]


def close_mask(mask: NDArray[np.bool_], half_widths: tuple[int, ...]) -> NDArray[np.bool_]:
    """Define `unsplice.pair.region_kernels.close_mask`."""
    # Wide enough that nothing reaches the frame and comes back.
    frame = 2 * max(len(half_widths), *half_widths) + 1
    grown = _dilated(np.pad(mask, frame), half_widths)
    closed = ~_dilated(~grown, half_widths)
    rows, cols = mask.shape
    return closed[frame : frame + rows, frame : frame + cols]


def _dilated(mask: NDArray[np.bool_], half_widths: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where any pixel of a neighborhood is true."""
    result = np.zeros(mask.shape, np.bool_)
    for row, col in np.argwhere(mask).tolist():
        for away, width in enumerate(half_widths):
            for y in {row - away, row + away}:
                if 0 <= y < mask.shape[0]:
                    result[y, max(col - width, 0) : col + width + 1] = True
    return result


def weigh_components(
    mask: NDArray[np.bool_],
    values: NDArray[np.float32],
    marked: NDArray[np.bool_],
    *,
    floor: float = 0.0,
    ceiling: float = inf,
) -> tuple[NDArray[Any], ...]:
    """Define `unsplice.pair.region_kernels.weigh_components`."""
    components = label_components(mask)
    weights = np.zeros(len(components))
    marks = np.zeros(len(components), np.int64)
    for row, col in np.argwhere(mask).tolist():
        index = components.labels[row, col] - 1
        weights[index] += min(max(float(values[row, col]) - floor, 0.0), ceiling - floor)
        marks[index] += bool(marked[row, col])
    tables = components.areas, components.bounding_boxes, components.centroids
    return (*tables, weights, marks)


def keep_components(
    mask: NDArray[np.bool_], kept: NDArray[np.bool_], *, connectivity: int = 8
) -> NDArray[np.bool_]:
    """Define `unsplice.pair.region_kernels.keep_components`."""
    labels = label_components(mask, connectivity=connectivity).labels
    return np.concatenate([[False], kept])[labels]
