"""The definition of every kernel: readable, slow, and the oracle of the tests.

Plain Python loops over plain NumPy arrays. Nothing here is optimised; when the core and this module
disagree, the core is wrong. Arguments are not checked: `unsplice.kernels` does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.components import Components

__all__ = [
    "extract_patches",
    "find_boundary",
    "label_components",
    "log_cascade",
    "median_filter",
    "neighborhood_threshold",
    "remove_small_components",
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


def _reflect(index: int, size: int) -> int:
    """Return the index within range(size) that mirrors `index`; the edge is not repeated."""
    if size == 1:
        return 0
    index %= 2 * size - 2
    return min(index, 2 * size - 2 - index)


def log_cascade(image: NDArray[Any], passes: int = 3) -> NDArray[Any]:
    """Define `unsplice.log_cascade`.

    With float32 the order of the sums matters: a pass computes
    (16 here - 2 near) - (far + corners) as written here.
    """
    number: Any = np.float32 if image.dtype.kind == "f" else int
    rows, cols = image.shape
    values = [[number(image[row, col]) for col in range(cols)] for row in range(rows)]

    def at(row: int, col: int) -> Any:
        return values[_reflect(row, rows)][_reflect(col, cols)]

    def log(y: int, x: int) -> Any:
        near = (at(y - 1, x) + at(y + 1, x)) + (at(y, x - 1) + at(y, x + 1))
        far = (at(y - 2, x) + at(y + 2, x)) + (at(y, x - 2) + at(y, x + 2))
        above = at(y - 1, x - 1) + at(y - 1, x + 1)
        below = at(y + 1, x - 1) + at(y + 1, x + 1)
        return (number(16) * at(y, x) - number(2) * near) - (far + (above + below))

    for _ in range(passes):
        values = [[log(row, col) for col in range(cols)] for row in range(rows)]
    return np.array(values, np.float32 if number is np.float32 else np.int32).reshape(rows, cols)


def _neighbors(
    row: int, col: int, shape: tuple[int, ...], connectivity: int
) -> Iterator[tuple[int, int]]:
    for y in range(max(row - 1, 0), min(row + 2, shape[0])):
        for x in range(max(col - 1, 0), min(col + 2, shape[1])):
            if (y, x) != (row, col) and (connectivity == 8 or y == row or x == col):
                yield y, x


def label_components(mask: NDArray[np.bool_], *, connectivity: int = 8) -> Components:
    """Define `unsplice.label_components`."""
    labels = np.zeros(mask.shape, np.int32)
    components: list[list[tuple[int, int]]] = []
    for row in range(mask.shape[0]):
        for col in range(mask.shape[1]):
            if not mask[row, col] or labels[row, col]:
                continue
            # A pixel that no earlier component reached begins a new one, which is flooded.
            labels[row, col] = len(components) + 1
            component = [(row, col)]
            for pixel in component:  # grows while it is read
                for y, x in _neighbors(*pixel, mask.shape, connectivity):
                    if mask[y, x] and not labels[y, x]:
                        labels[y, x] = len(components) + 1
                        component.append((y, x))
            components.append(component)
    areas, boxes, centroids = [], [], []
    for component in components:
        ys = [y for y, _ in component]
        xs = [x for _, x in component]
        areas.append(len(component))
        boxes.append((min(ys), min(xs), max(ys) + 1, max(xs) + 1))
        centroids.append((sum(ys) / len(component), sum(xs) / len(component)))
    return Components(
        labels,
        np.array(areas, np.int64),
        np.array(boxes, np.int64).reshape(-1, 4),
        np.array(centroids, np.float64).reshape(-1, 2),
    )


def remove_small_components(
    mask: NDArray[np.bool_], min_area: int, *, connectivity: int = 8
) -> NDArray[np.bool_]:
    """Define `unsplice.remove_small_components`."""
    components = label_components(mask, connectivity=connectivity)
    result = np.zeros(mask.shape, np.bool_)
    for row in range(mask.shape[0]):
        for col in range(mask.shape[1]):
            label = int(components.labels[row, col])
            result[row, col] = label > 0 and components.areas[label - 1] >= min_area
    return result


def find_boundary(
    mask: NDArray[np.bool_], *, mode: Literal["inner", "outer", "thick"] = "inner"
) -> NDArray[np.bool_]:
    """Define `unsplice.find_boundary`."""
    result = np.zeros(mask.shape, np.bool_)
    for row in range(mask.shape[0]):
        for col in range(mask.shape[1]):
            inside = bool(mask[row, col])
            differs = any(
                bool(mask[pixel]) != inside for pixel in _neighbors(row, col, mask.shape, 4)
            )
            wanted = mode == "thick" or inside == (mode == "inner")
            result[row, col] = differs and wanted
    return result


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
