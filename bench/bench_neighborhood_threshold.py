"""neighborhood_threshold against OpenCV, NumPy and the pure-Python loop.

OpenCV has no such function; the formulations below are exact for a limit under 255, where sums that
saturate at 255 are compared as the wide sums would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import contest
import pictures
from unsplice import neighborhood_threshold, pure_python

THRESHOLD = 2
LIMIT = 5 * THRESHOLD
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
CROP = 200
# How many times as long the others shall take.
GOAL_OPENCV, GOAL_LOOP = 3, 1000

Image = NDArray[Any]
Show = Callable[..., None]


def _with_border(interior: Any) -> Any:
    return cv2.copyMakeBorder(interior, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)


def _any_low(sums: Any) -> Any:
    """Return 255 where any channel is within the limit: not all of them are above."""
    all_high = cv2.inRange(sums, (LIMIT + 1,) * 3, (32767,) * 3)
    return cv2.bitwise_not(all_high, dst=all_high)


def filter_wide_in_range(image: Image) -> Any:
    return _with_border(_any_low(cv2.filter2D(image, cv2.CV_16S, CROSS))[1:-1, 1:-1])


def filter_saturated_in_range(image: Image) -> Any:
    return _with_border(_any_low(cv2.filter2D(image, cv2.CV_8U, CROSS))[1:-1, 1:-1])


def filter_saturated_least_channel(image: Image) -> Any:
    blue, green, red = cv2.split(cv2.filter2D(image, cv2.CV_8U, CROSS))
    least = cv2.min(cv2.min(blue, green), red)
    return _with_border(cv2.threshold(least, LIMIT, 255, cv2.THRESH_BINARY_INV)[1][1:-1, 1:-1])


def _saturated_sums(image: Image) -> Any:
    sums = cv2.add(image[:-2, 1:-1], image[2:, 1:-1])
    sums = cv2.add(sums, image[1:-1, :-2], dst=sums)
    sums = cv2.add(sums, image[1:-1, 2:], dst=sums)
    return cv2.add(sums, image[1:-1, 1:-1], dst=sums)


def add_saturated_in_range(image: Image) -> Any:
    return _with_border(_any_low(_saturated_sums(image)))


def add_saturated_in_range_by_strips(image: Image, rows: int = 16) -> Any:
    """Do the same in strips that stay in the cache."""
    interior = np.empty((image.shape[0] - 2, image.shape[1] - 2), np.uint8)
    for row in range(0, len(interior), rows):
        strip = image[row : row + rows + 2]
        interior[row : row + rows] = _any_low(_saturated_sums(strip))
    return _with_border(interior)


def filter_saturated_in_range_by_strips(image: Image, rows: int = 16) -> Any:
    interior = np.empty((image.shape[0] - 2, image.shape[1] - 2), np.uint8)
    for row in range(0, len(interior), rows):
        strip = image[row : row + rows + 2]
        sums = cv2.filter2D(strip, cv2.CV_8U, CROSS)[1:-1, 1:-1]
        interior[row : row + rows] = _any_low(sums)
    return _with_border(interior)


def numpy_slices(image: Image) -> Any:
    wide = image.astype(np.uint16)
    sums = wide[1:-1, 1:-1] + wide[:-2, 1:-1]
    sums += wide[2:, 1:-1]
    sums += wide[1:-1, :-2]
    sums += wide[1:-1, 2:]
    low = (sums <= LIMIT).any(axis=2)
    return np.pad(np.where(low, np.uint8(255), np.uint8(0)), 1, mode="reflect")


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_neighborhood_threshold(size: str, show: Show) -> None:
    rows, cols = pictures.SIZES[size]
    # As after |authentic - spliced|: small differences everywhere, large ones in places.
    image = np.random.default_rng(0).integers(0, 8, (rows, cols, 3), np.uint8)
    image[rows // 4 : rows // 2, cols // 4 : cols // 2] *= 25
    crop = np.ascontiguousarray(image[rows // 4 - 50 :, cols // 4 - 50 :][:CROP, :CROP])
    timings = contest.contest(
        {
            "unsplice": lambda: neighborhood_threshold(image, THRESHOLD, num_threads=1),
            "cv2 filter2D 16S, inRange": lambda: filter_wide_in_range(image),
            "cv2 filter2D 8U, inRange": lambda: filter_saturated_in_range(image),
            "cv2 filter2D 8U, split, min": lambda: filter_saturated_least_channel(image),
            "cv2 filter2D 8U, inRange, strips": lambda: filter_saturated_in_range_by_strips(image),
            "cv2 add x 4, inRange": lambda: add_saturated_in_range(image),
            "cv2 add x 4, inRange, strips": lambda: add_saturated_in_range_by_strips(image),
            "NumPy slices": lambda: numpy_slices(image),
        }
    )
    opencv = min(t.minimum for t in timings if t.name.startswith("cv2")) / timings[0].minimum
    loop = contest.contest(
        {
            "unsplice": lambda: neighborhood_threshold(crop, THRESHOLD, num_threads=1),
            "pure-Python loop": lambda: pure_python.neighborhood_threshold(crop, THRESHOLD),
        }
    )[1]
    scale = (rows - 2) * (cols - 2) / (CROP - 2) ** 2
    timings.append(
        replace(
            loop,
            minimum=loop.minimum * scale,
            median=loop.median * scale,
            note=f"extrapolated from {CROP} x {CROP}",
        )
    )
    slower = timings[-1].minimum / timings[0].minimum
    show(
        f"neighborhood_threshold, uint8, 3 channels, {size}",
        timings,
        contest.goal(f">= {GOAL_OPENCV}x best OpenCV", opencv >= GOAL_OPENCV, f"{opencv:.2f}x"),
        contest.goal(
            f">= {GOAL_LOOP}x the loop, extrapolated from a crop of {CROP} x {CROP}",
            slower >= GOAL_LOOP,
            f"{slower:.0f}x",
        ),
    )
