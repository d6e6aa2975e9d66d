"""label_components against OpenCV and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage

import contest
import pictures
from unsplice import Components, label_components

Show = Callable[[str, list[contest.Timing]], None]


def _in_raster_order(labels: Any) -> tuple[Any, Any]:
    """Return labels numbered by first pixel, and the old label of each new one."""
    old, first = np.unique(labels, return_index=True)
    order = old[np.argsort(first)]
    order = order[order != 0]
    new = np.zeros(labels.max() + 1, np.int32)
    new[order] = np.arange(1, len(order) + 1)
    return new[labels], order


def answer_of_unsplice(components: Components) -> tuple[Any, ...]:
    return components.labels, components.areas, components.bounding_boxes


def answer_of_opencv(result: Any) -> tuple[Any, ...]:
    _, labels, statistics, _ = result
    renumbered, order = _in_raster_order(labels)
    left, top, width, height, area = statistics[order].T
    return renumbered, area, np.stack([top, left, top + height, left + width], axis=1)


def scipy(mask: Any) -> tuple[Any, Any, Any]:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    return labels, np.bincount(labels.ravel(), minlength=count + 1), ndimage.find_objects(labels)


def answer_of_scipy(result: Any) -> tuple[Any, ...]:
    labels, areas, slices = result
    renumbered, order = _in_raster_order(labels)
    boxes = [(y.start, x.start, y.stop, x.stop) for y, x in (slices[label - 1] for label in order)]
    return renumbered, areas[order], np.array(boxes)


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("kind", pictures.MASKS)
def bench_label_components(kind: str, size: str, show: Show) -> None:
    mask = pictures.mask(kind, pictures.SIZES[size])
    pixels = mask.view(np.uint8)
    opencv = cv2.connectedComponentsWithStats
    opencv_with = cv2.connectedComponentsWithStatsWithAlgorithm
    timings = contest.contest(
        {
            "unsplice": lambda: label_components(mask, num_threads=1),
            "cv2, default (Spaghetti)": lambda: opencv(pixels),
            "cv2, BBDT": lambda: opencv_with(pixels, 8, cv2.CV_32S, cv2.CCL_BBDT),
            "SciPy (areas and boxes only)": lambda: scipy(mask),
        },
        {
            "unsplice": answer_of_unsplice,
            "cv2, default (Spaghetti)": answer_of_opencv,
            "cv2, BBDT": answer_of_opencv,
            "SciPy (areas and boxes only)": answer_of_scipy,
        },
    )
    show(f"label_components, {kind}, {size}", timings)
