"""Definitions of the kernels of the guided filter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_lines", "sum_cells"]

_SIDE = 4  # of a cell, in pixels


def _gray_levels(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    red, green, blue = np.moveaxis(image.astype(np.int64), 2, 0)
    levels: NDArray[np.int64] = (77 * red + 150 * green + 29 * blue + 128) >> 8
    return levels


def sum_cells(image: NDArray[np.uint8], heatmap: NDArray[np.float32]) -> NDArray[np.int32]:
    """Define `unsplice.blind.fusion.kernels.sum_cells`."""
    levels = _gray_levels(image)
    heats = np.rint(65536 * heatmap.clip(0, 1)).astype(np.int64)
    rows, cols = levels.shape
    result = np.zeros((4, -(-rows // _SIDE), -(-cols // _SIDE)), np.int32)
    for r in range(rows):
        for c in range(cols):
            level, heat = levels[r, c], heats[r, c]
            result[:, r // _SIDE, c // _SIDE] += [level, level * level, heat, level * heat]
    return result


def _interpolated(cells: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return `count` rows, each between the centre of its cell and that of the next one."""
    ways = np.array([0.375, 0.125, 0.125, 0.375], np.float32)
    result = np.empty((count, cells.shape[1]), np.float32)
    for r in range(count):
        here, place = divmod(r, _SIDE)
        other = min(max(here + (-1 if place < 2 else 1), 0), len(cells) - 1)
        result[r] = cells[here] + ways[place] * (cells[other] - cells[here])
    return result


def apply_lines(
    image: NDArray[np.uint8],
    heatmap: NDArray[np.float32],
    slopes: NDArray[np.float32],
    offsets: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Define `unsplice.blind.fusion.kernels.apply_lines`."""
    rows, cols = image.shape[:2]
    slope, offset = (
        _interpolated(_interpolated(cells, rows).T, cols).T for cells in (slopes, offsets)
    )
    lines = slope * _gray_levels(image).astype(np.float32) + offset
    return (heatmap + lines).clip(0, 1)
