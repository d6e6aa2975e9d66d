"""Definitions of the kernels that every mode shares: filters, weighted sums, patches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "extract_patches",
    "float32_channels",
    "gaussian_blur",
    "log_cascade",
    "luma_of",
    "median_filter",
    "neighborhood_threshold",
    "neighborhood_threshold_of_pair",
    "reflect",
    "weighted_sum",
]


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


def neighborhood_threshold_of_pair(
    authentic: NDArray[Any], spliced: NDArray[Any], threshold: float
) -> NDArray[np.uint8]:
    """Define `unsplice.neighborhood_threshold_of_pair`."""
    difference = np.maximum(authentic, spliced) - np.minimum(authentic, spliced)
    return neighborhood_threshold(difference, threshold)


def median_filter(image: NDArray[Any]) -> NDArray[Any]:
    """Define `unsplice.median_filter`."""
    result = np.empty(image.shape, image.dtype.newbyteorder("="))
    if image.ndim == 3:
        for index, picture in enumerate(image):
            result[index] = median_filter(picture)
        return result
    rows, cols = image.shape
    for row in range(rows):
        for col in range(cols):
            neighborhood = [
                image[min(max(y, 0), rows - 1), min(max(x, 0), cols - 1)]
                for y in range(row - 1, row + 2)
                for x in range(col - 1, col + 2)
            ]
            if any(value != value for value in neighborhood):
                raise ValueError("image must not contain NaN")
            median = sorted(neighborhood)[4]
            result[row, col] = median if median != 0 else 0  # also where it is -0
    return result


def reflect(index: int, size: int) -> int:
    """Return the index within range(size) that mirrors `index`; the edge is not repeated."""
    if size == 1:
        return 0
    index %= 2 * size - 2
    return min(index, 2 * size - 2 - index)


def log_cascade(image: NDArray[Any], passes: int = 3) -> NDArray[Any]:
    """Define `unsplice.log_cascade`.

    With float32 the order of the sums matters: a pass computes
    (16 here - 2 beside) - (far + (above + below)) as written here.
    """
    number: Any = np.float32 if image.dtype.kind == "f" else int
    rows, cols = image.shape
    values = [[number(image[row, col]) for col in range(cols)] for row in range(rows)]

    def at(row: int, col: int) -> Any:
        return values[reflect(row, rows)][reflect(col, cols)]

    def log(y: int, x: int) -> Any:
        beside = at(y, x - 1) + at(y, x + 1)
        far = (at(y - 2, x) + at(y + 2, x)) + (at(y, x - 2) + at(y, x + 2))
        above = (at(y - 1, x - 1) + at(y - 1, x + 1)) + number(2) * at(y - 1, x)
        below = (at(y + 1, x - 1) + at(y + 1, x + 1)) + number(2) * at(y + 1, x)
        return (number(16) * at(y, x) - number(2) * beside) - (far + (above + below))

    for _ in range(passes):
        values = [[log(row, col) for col in range(cols)] for row in range(rows)]
    return np.array(values, np.float32 if number is np.float32 else np.int32).reshape(rows, cols)


def extract_patches(
    image: NDArray[Any], corners: NDArray[np.integer[Any]], size: int
) -> NDArray[Any]:
    """Define `unsplice.extract_patches`."""
    result = np.empty((len(corners), size, size, *image.shape[2:]), image.dtype.newbyteorder("="))
    for index, (first_row, first_col) in enumerate(corners.tolist()):
        for row in range(size):
            for col in range(size):
                result[index, row, col] = image[first_row + row, first_col + col]
    return result


def float32_channels(image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    """Return the channels of a picture."""
    return tuple(image[:, :, channel].astype(np.float32) for channel in range(3))


def luma_of(red: Any, green: Any, blue: Any) -> Any:
    """Return luma in the order of operations that is its definition."""
    f = np.float32
    return f(0.299) * red + f(0.587) * green + f(0.114) * blue


def weighted_sum(image: NDArray[np.uint8], weights: Sequence[float]) -> NDArray[np.float32]:
    """Define `unsplice.kernels.weighted_sum`."""
    first, second, third = (
        np.float32(weight) * channel
        for weight, channel in zip(weights, float32_channels(image), strict=True)
    )
    result: NDArray[np.float32] = first + second + third
    return result


def gaussian_blur(planes: NDArray[np.float32], weights: Sequence[float]) -> NDArray[np.float32]:
    """Define `unsplice.kernels.gaussian_blur` for weights from the centre outwards."""

    def blur_columns(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = len(plane)
        result = np.empty(plane.shape, np.float32)
        for row in range(rows):
            total = np.float32(weights[0]) * plane[row]
            for k in range(1, len(weights)):
                above, below = plane[reflect(row - k, rows)], plane[reflect(row + k, rows)]
                total = total + np.float32(weights[k]) * (above + below)
            result[row] = total
        return result

    result = np.empty(planes.shape, np.float32)
    for index, plane in enumerate(planes.astype(np.float32)):
        result[index] = blur_columns(blur_columns(plane).T).T
    return result
