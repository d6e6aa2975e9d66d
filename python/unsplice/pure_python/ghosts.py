"""Definitions of the kernels that ask what another quantisation would change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.history import coefficients, logarithm, whole_blocks

__all__ = ["band_energies", "requantization_errors"]


def _log_mean_square(values: list[np.float32]) -> np.float32:
    """Return the logarithm of the mean square and 0.02; the sum is in single precision."""
    total = np.float32(0)
    for value in values:
        total = total + value * value
    return np.float32(logarithm(float(total) / len(values) + 0.02))


def requantization_errors(
    image: NDArray[np.uint8], steps: NDArray[Any], row: int = 0, col: int = 0
) -> NDArray[np.float32]:
    """Define `unsplice.blind.evidence.kernels.requantization_errors`."""
    rows, cols = whole_blocks(image, row, col)
    result = np.zeros((len(steps), rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            found = coefficients(image, row + 8 * r, col + 8 * c)
            for n, table in enumerate(steps.astype(np.float32)):
                changes = found - table * np.rint(found / table)
                result[n, r, c] = _log_mean_square(list(changes.ravel()[1:]))
    return result


def band_energies(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.float32]:
    """Define `unsplice.blind.evidence.kernels.band_energies`."""
    rows, cols = whole_blocks(image, row, col)
    order = np.add.outer(np.arange(8), np.arange(8))
    result = np.zeros((3, rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            found = coefficients(image, row + 8 * r, col + 8 * c)
            for band, (least, most) in enumerate([(1, 2), (3, 5), (6, 14)]):
                result[band, r, c] = _log_mean_square(
                    list(found[(order >= least) & (order <= most)])
                )
    return result
