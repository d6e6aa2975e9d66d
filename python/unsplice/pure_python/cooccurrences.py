"""Definitions of the kernels of the co-occurrence maps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.history import whole_blocks
from unsplice.pure_python.pictures import gaussian_blur

__all__ = ["blur_shares", "count_cooccurrences"]

_Pattern = tuple[int, ...]


def _class_of_patterns() -> dict[_Pattern, int]:
    """Return a number for each pattern: the same after a change of sign, reversal, or both."""
    classes: dict[_Pattern, int] = {}
    count = 0
    for pattern in product((-1, 0, 1), repeat=4):
        if pattern not in classes:
            opposite = tuple(-t for t in pattern)
            for same in (pattern, pattern[::-1], opposite, opposite[::-1]):
                classes[same] = count
            count += 1
    return classes


def count_cooccurrences(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.uint8]:
    """Define `unsplice.blind.evidence.kernels.count_cooccurrences`."""
    rows, cols = whole_blocks(image, row, col)
    result = np.zeros((50, rows, cols), np.uint8)
    if not rows * cols:
        return result
    luma = (image.astype(int) @ (77, 150, 29) + 128) // 256
    y = np.pad(luma, 3, mode="edge")  # y[3 + r, 3 + c] is the pixel (r, c)
    class_of = _class_of_patterns()

    def sample(r: int, c: int, down: int, right: int) -> int:
        """Return the residual at a pixel in one direction: round(d / 2), at most 1."""
        y0, y1, y2, y3 = (int(y[3 + r + i * down, 3 + c + i * right]) for i in (-1, 0, 1, 2))
        d = y0 - 3 * y1 + 3 * y2 - y3
        return (d >= 2) - (d <= -2)

    for r, c in np.ndindex(8 * rows, 8 * cols):
        for down, right in ((0, 1), (1, 0)):
            along, across = (
                tuple(sample(row + r + i * v, col + c + i * h, down, right) for i in (-2, -1, 0, 1))
                for v, h in ((down, right), (right, down))
            )
            result[class_of[along], r // 8, c // 8] += 1
            result[25 + class_of[across], r // 8, c // 8] += 1
    return result


def blur_shares(
    counts: NDArray[np.uint8], total: int, weights: Sequence[float]
) -> NDArray[np.float32]:
    """Define `unsplice.blind.evidence.kernels.blur_shares` for weights from the centre outwards."""
    shares = counts * np.float32(1 / total)
    return np.asarray(np.sqrt(gaussian_blur(shares, weights)), np.float32)
