"""Definitions of the kernels that count DCT coefficients near zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.history import coefficients, whole_blocks

__all__ = ["count_zeros", "grid_contrasts"]


def _window_at(place: int, first: int, size: int) -> int:
    """Return where the window begins that counts for a row or column of the picture."""
    if place + 8 <= size:
        return place
    return place - 8 if place - 8 >= first else size - 8


def count_zeros(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.uint8]:
    """Define `unsplice.blind.evidence.kernels.count_zeros`."""
    rows, cols = whole_blocks(image, row, col)
    result = np.zeros((8 * rows, 8 * cols), np.uint8)
    for r in range(8 * rows):
        for c in range(8 * cols):
            top = _window_at(row + r, row, image.shape[0])
            left = _window_at(col + c, col, image.shape[1])
            result[r, c] = np.count_nonzero(abs(coefficients(image, top, left)) < 0.5)
    return result


def grid_contrasts(counts: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Define `unsplice.blind.evidence.kernels.grid_contrasts`."""
    rows, cols = counts.shape[0] // 8, counts.shape[1] // 8
    places = counts.reshape(rows, 8, cols, 8).swapaxes(1, 2).reshape(rows, cols, 64).astype(int)
    result = np.zeros((3, rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            around = places[max(r - 2, 0) : r + 3, max(c - 2, 0) : c + 3].reshape(-1, 64)
            sums = around.sum(axis=0)
            own, other, total = sums[0], sums[1:].max(), sums.sum()
            blocks = len(around)
            result[0, r, c] = np.float32(64 * own - total) / np.float32(64 * blocks)
            result[1, r, c] = np.float32(64 * other - total) / np.float32(64 * blocks)
            result[2, r, c] = np.float32(own - other) / np.float32(blocks)
    return result
