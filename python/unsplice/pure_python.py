"""The definition of every kernel: readable, slow, and the oracle of the tests.

Plain Python loops over plain NumPy arrays. Nothing here is optimised; when the core and this module
disagree, the core is wrong. Arguments are not checked: `unsplice.kernels` does that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["neighborhood_threshold"]


def neighborhood_threshold(image: NDArray[Any], threshold: float) -> NDArray[np.uint8]:
    """Define `unsplice.neighborhood_threshold`."""
    channels = image[:, :, np.newaxis] if image.ndim == 2 else image
    rows, cols, depth = channels.shape
    result = np.zeros((rows, cols), np.uint8)
    if rows < 3 or cols < 3:
        return result
    for row in range(1, rows - 1):
        for col in range(1, cols - 1):
            for channel in range(depth):
                total = (
                    int(channels[row, col, channel])
                    + int(channels[row + 1, col, channel])
                    + int(channels[row - 1, col, channel])
                    + int(channels[row, col + 1, channel])
                    + int(channels[row, col - 1, channel])
                )
                if total <= 5 * threshold:
                    result[row, col] = 255
    # BORDER_REFLECT_101 around the decided interior; a single row or column repeats itself.
    result[:, 0] = result[:, min(2, cols - 2)]
    result[:, -1] = result[:, max(-3, 1 - cols)]
    result[0] = result[min(2, rows - 2)]
    result[-1] = result[max(-3, 1 - rows)]
    return result
