"""find_boundary against OpenCV's morphology and NumPy slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

import contest
import pictures
from unsplice import find_boundary

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

Show = Callable[[str, list[contest.Timing]], None]


def opencv(mask: Any) -> Any:
    pixels = mask.view(np.uint8)
    return cv2.subtract(pixels, cv2.erode(pixels, CROSS)).view(bool)


def numpy_slices(mask: Any) -> Any:
    surrounded = mask.copy()
    surrounded[1:] &= mask[:-1]
    surrounded[:-1] &= mask[1:]
    surrounded[:, 1:] &= mask[:, :-1]
    surrounded[:, :-1] &= mask[:, 1:]
    return mask & ~surrounded


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_find_boundary(size: str, show: Show) -> None:
    mask = pictures.mask("blobs", pictures.SIZES[size])
    timings = contest.contest(
        {
            "unsplice": lambda: find_boundary(mask, num_threads=1),
            "cv2 erode, subtract": lambda: opencv(mask),
            "NumPy slices": lambda: numpy_slices(mask),
        }
    )
    show(f"find_boundary, inner, {size}", timings)
