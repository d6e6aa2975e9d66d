"""Definitions of the kernels between blocks and pixels, and of the guided filter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_lines", "fit_lines", "pixels_of_blocks", "sum_blocks", "sum_cells"]

_SIDE = 4  # of a cell, in pixels


def sum_blocks(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.int32]:
    """Define `unsplice.blind.fusion.kernels.sum_blocks`."""
    rows, cols = (max(side, 0) // 8 for side in (image.shape[0] - row, image.shape[1] - col))
    result = np.zeros((rows, cols), np.int32)
    for r in range(8 * rows):
        for c in range(8 * cols):
            result[r // 8, c // 8] += image[row + r, col + c]
    return result


def _between(count: int, size: int, first: int) -> list[tuple[int, int, np.float32]]:
    """Return for each pixel the blocks before and after it, and what the latter weighs."""
    sixteenths = [min(max(2 * (i - first) - 7, 0), 16 * (count - 1)) for i in range(size)]
    return [
        (place // 16, min(place // 16 + 1, count - 1), np.float32(place % 16 / 16))
        for place in sixteenths
    ]


def pixels_of_blocks(
    blocks: NDArray[np.float32], shape: tuple[int, int], row: int = 0, col: int = 0
) -> NDArray[np.float32]:
    """Define `unsplice.blind.kernels.pixels_of_blocks`."""
    result = np.empty(shape, np.float32)
    one = np.float32(1)
    for r, (above, below, down) in enumerate(_between(blocks.shape[0], shape[0], row)):
        line = blocks[above] * (one - down) + blocks[below] * down
        for c, (left, right, across) in enumerate(_between(blocks.shape[1], shape[1], col)):
            result[r, c] = line[left] * (one - across) + line[right] * across
    return result


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


def _window_sum(values: NDArray[np.int64], r: int, c: int, reach: int) -> NDArray[np.int64]:
    """Return the sum of each plane over the cells within reach."""
    window = values[:, max(r - reach, 0) : r + reach + 1, max(c - reach, 0) : c + reach + 1]
    return np.asarray(window.sum(axis=(1, 2)))


def _elements(i: int, reach: int, each: int, size: int) -> int:
    """Return how many of `size` elements, `each` a cell, lie within reach of cell `i`."""
    return min(each * (i + reach + 1), size) - each * max(i - reach, 0)


def fit_lines(
    sums: NDArray[np.int32], shape: tuple[int, int], reach: int, epsilon: float
) -> NDArray[np.float32]:
    """Define `unsplice.blind.fusion.kernels.fit_lines`."""
    _, rows, cols = sums.shape
    lines = np.zeros((2, rows, cols), np.int64)
    for r in range(rows):
        for c in range(cols):
            count = _elements(r, reach, _SIDE, shape[0]) * _elements(c, reach, _SIDE, shape[1])
            window = _window_sum(sums.astype(np.int64), r, c, reach)
            mean, square, heat, product = window / count
            variance = square - mean * mean
            slope = (product - mean * heat) / (variance + 255 * 255 * epsilon) / 2**16
            lines[:, r, c] = np.rint(slope * 2**32), np.rint(-slope * mean * 2**32)
    result = np.empty(lines.shape, np.float32)
    for r in range(rows):
        for c in range(cols):
            count = _elements(r, reach, 1, rows) * _elements(c, reach, 1, cols)
            result[:, r, c] = _window_sum(lines, r, c, reach) / count / 2**32
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
