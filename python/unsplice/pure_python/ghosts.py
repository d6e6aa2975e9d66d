"""Definition of the kernel that asks what another quantisation would change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.history import coefficients, logarithm, whole_blocks

__all__ = ["requantization_errors"]


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
                total = np.float32(0)  # the sum is in single precision
                for change in changes.ravel()[1:]:
                    total = total + change * change
                result[n, r, c] = logarithm(float(total) / 63 + 0.02)
    return result
