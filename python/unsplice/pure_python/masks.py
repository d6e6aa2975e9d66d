"""Definitions of the kernels on masks: components and borders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.components import Components

__all__ = [
    "find_boundary",
    "label_components",
    "remove_small_components",
]


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
        np.array(areas, np.int64),
        np.array(boxes, np.int64).reshape(-1, 4),
        np.array(centroids, np.float64).reshape(-1, 2),
        labels,
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
