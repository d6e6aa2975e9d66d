"""The kernel of `unsplice.log_cascade`, and the same filter by the libraries that tests trust."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["LOG_KERNEL", "filtered_by_opencv", "filtered_by_scipy"]

LOG_KERNEL = np.array(
    [
        [0, 0, -1, 0, 0],
        [0, -1, -2, -1, 0],
        [-1, -2, 16, -2, -1],
        [0, -1, -2, -1, 0],
        [0, 0, -1, 0, 0],
    ]
)
_AS_FLOATS = LOG_KERNEL.astype(np.float32)  # as OpenCV takes it without a conversion


def filtered_by_opencv(image: NDArray[Any], *depths: int) -> NDArray[Any]:
    """Filter once for each of the depths, as `cv2.filter2D` names them; -1 keeps the dtype.

    Beyond the border the picture is mirrored, its edge not repeated. In float32 sums of whole
    numbers are exact up to 2**24.
    """
    values: Any = image
    for depth in depths:
        values = cv2.filter2D(values, depth, _AS_FLOATS, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(values)


def filtered_by_scipy(image: NDArray[Any]) -> NDArray[Any]:
    """Filter once in the dtype of `image`; the same border, as SciPy names it."""
    return np.asarray(ndimage.convolve(image, LOG_KERNEL.astype(image.dtype), mode="mirror"))
