"""8x8 blocks by NumPy, OpenCV and SciPy: luma, the DCT, means."""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Any

import cv2
import numpy as np

from unsplice.bench.contest import peer

__all__ = ["BASIS", "TRANSFORM", "coefficients", "coefficients_by_scipy", "luma", "means"]

# The orthonormal DCT of 8 samples, and of the 64 of a block, as matrices.
BASIS = np.array(
    [[sqrt(1 / 8) if k == 0 else cos((2 * n + 1) * k * pi / 16) / 2 for n in range(8)]
     for k in range(8)],
    np.float32,
)  # fmt: skip
TRANSFORM = np.kron(BASIS, BASIS)

fft = peer("scipy.fft")


def luma(image: Any) -> Any:
    """Return luma less 128."""
    return cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY) - np.float32(128)


def _blocks(plane: Any) -> Any:
    rows, cols = (side // 8 for side in plane.shape)
    return plane[: 8 * rows, : 8 * cols].reshape(rows, 8, cols, 8).swapaxes(1, 2)


def coefficients(image: Any) -> Any:
    """Return the (64, rows, cols) coefficients of luma: one product of matrices."""
    blocks = _blocks(luma(image))
    rows, cols = blocks.shape[:2]
    return (TRANSFORM @ blocks.reshape(-1, 64).T).reshape(64, rows, cols)


def coefficients_by_scipy(image: Any) -> Any:
    """Return the same by SciPy's DCT, as a view."""
    found = fft.dctn(_blocks(luma(image)), axes=(2, 3), norm="ortho", workers=1)
    return found.reshape(*found.shape[:2], 64).transpose(2, 0, 1)


def means(plane: Any) -> Any:
    """Return the mean of each block."""
    rows, cols = (side // 8 for side in plane.shape)
    return cv2.resize(plane[: 8 * rows, : 8 * cols], (cols, rows), interpolation=cv2.INTER_AREA)
