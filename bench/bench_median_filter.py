"""median_filter against OpenCV, and SciPy for what OpenCV does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import pytest
from scipy import ndimage

import contest
import pictures
from unsplice import median_filter

Show = Callable[[str, list[contest.Timing]], None]


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def bench_median_filter(dtype: str, size: str, show: Show) -> None:
    image = pictures.gray(pictures.SIZES[size], dtype)
    contenders: dict[str, Callable[[], Any]] = {
        "unsplice": lambda: median_filter(image, num_threads=1)
    }
    if dtype != "float64":
        contenders["cv2 medianBlur"] = lambda: cv2.medianBlur(image, 3)
    else:
        contenders["SciPy"] = lambda: ndimage.median_filter(image, 3, mode="nearest")
    show(f"median_filter, {dtype}, {size}", contest.contest(contenders))


def bench_median_filter_of_a_stack_of_tiles(show: Show) -> None:
    stack = pictures.gray((64 * 2048, 64), "float32").reshape(2048, 64, 64)
    show(
        "median_filter, float32, 2048 tiles of 64 x 64",
        contest.contest(
            {
                "unsplice": lambda: median_filter(stack, num_threads=1),
                "cv2 medianBlur, a call a tile": lambda: [
                    cv2.medianBlur(tile, 3) for tile in stack
                ],
            }
        ),
    )
