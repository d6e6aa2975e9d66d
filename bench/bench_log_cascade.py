"""log_cascade against OpenCV's filter2D, once a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

import contest
import pictures
from log_kernel import filtered_by_opencv, filtered_by_scipy
from unsplice import log_cascade

Show = Callable[[str, list[contest.Timing]], None]


def scipy(image: Any) -> Any:
    values = image.astype(np.int32)
    for _ in range(3):
        values = filtered_by_scipy(values)
    return values


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_log_cascade_of_bytes(size: str, show: Show) -> None:
    image = pictures.gray(pictures.SIZES[size])
    wide, real = cv2.CV_16S, cv2.CV_32F
    timings = contest.contest(
        {
            "unsplice": lambda: log_cascade(image, num_threads=1),
            "cv2 filter2D 32F x 3": lambda: filtered_by_opencv(image, real, real, real),
            "cv2 filter2D 16S, 32F x 2": lambda: filtered_by_opencv(image, wide, real, real),
            "SciPy int32": lambda: scipy(image),
        }
    )
    show(f"log_cascade, uint8 -> int32, 3 passes, {size}", timings)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_log_cascade_of_floats(size: str, show: Show) -> None:
    # Whole numbers, so that every order of the sums gives the same answer.
    image = pictures.gray(pictures.SIZES[size], "float32")
    timings = contest.contest(
        {
            "unsplice": lambda: log_cascade(image, num_threads=1),
            "cv2 filter2D 32F x 3": lambda: filtered_by_opencv(image, *(cv2.CV_32F,) * 3),
        }
    )
    show(f"log_cascade, float32, 3 passes, {size}", timings)
