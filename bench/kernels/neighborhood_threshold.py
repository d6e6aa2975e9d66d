"""neighborhood_threshold, of a difference or of the two pictures, against OpenCV, NumPy and numba.

OpenCV has no such function; the formulations below are exact for a limit under 255, where sums that
saturate at 255 are compared as the wide sums would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import neighborhood_threshold, neighborhood_threshold_of_pair, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer

THRESHOLD = 2
LIMIT = 5 * THRESHOLD
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

numba = peer("numba")


def _with_border(interior: Any) -> Any:
    return cv2.copyMakeBorder(interior, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)


def _any_low(sums: Any) -> Any:
    """Return 255 where any channel is within the limit: not all of them are above."""
    all_high = cv2.inRange(sums, (LIMIT + 1,) * 3, (32767,) * 3)
    return cv2.bitwise_not(all_high, dst=all_high)


def by_filter(image: Any) -> Any:
    return _with_border(_any_low(cv2.filter2D(image, cv2.CV_8U, CROSS))[1:-1, 1:-1])


def by_wide_filter(image: Any) -> Any:
    return _with_border(_any_low(cv2.filter2D(image, cv2.CV_16S, CROSS))[1:-1, 1:-1])


def _saturated_sums(image: Any) -> Any:
    sums = cv2.add(image[:-2, 1:-1], image[2:, 1:-1])
    sums = cv2.add(sums, image[1:-1, :-2], dst=sums)
    sums = cv2.add(sums, image[1:-1, 2:], dst=sums)
    return cv2.add(sums, image[1:-1, 1:-1], dst=sums)


def by_sums(image: Any) -> Any:
    return _with_border(_any_low(_saturated_sums(image)))


def by_sums_in_strips(image: Any, rows: int = 16) -> Any:
    """Do the same in strips that stay in the cache."""
    interior = np.empty((image.shape[0] - 2, image.shape[1] - 2), np.uint8)
    for row in range(0, len(interior), rows):
        strip = image[row : row + rows + 2]
        interior[row : row + rows] = _any_low(_saturated_sums(strip))
    return _with_border(interior)


def by_slices(image: Any) -> Any:
    wide = image.astype(np.uint16)
    sums = wide[1:-1, 1:-1] + wide[:-2, 1:-1]
    sums += wide[2:, 1:-1]
    sums += wide[1:-1, :-2]
    sums += wide[1:-1, 2:]
    low = (sums <= LIMIT).any(axis=2)
    return np.pad(np.where(low, np.uint8(255), np.uint8(0)), 1, mode="reflect")


def _loop(image: Any) -> Any:
    rows, cols = image.shape[:2]
    result = np.zeros((rows, cols), np.uint8)
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            for k in range(3):
                total = (
                    np.int32(image[r, c, k]) + image[r - 1, c, k] + image[r + 1, c, k]
                    + image[r, c - 1, k] + image[r, c + 1, k]
                )  # fmt: skip
                if total <= LIMIT:
                    result[r, c] = 255
    result[0], result[-1] = result[2], result[-3]
    result[:, 0], result[:, -1] = result[:, 2], result[:, -3]
    return result


by_numba = numba.njit(_loop) if numba else None


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield two pictures, alike but for small differences and a place of large ones; and those."""
    rows, cols = size
    random = np.random.default_rng(0)
    differences = random.integers(0, 8, (rows, cols, 3), np.uint8)
    differences[rows // 4 : rows // 2, cols // 4 : cols // 2] *= 25
    authentic = random.integers(0, 81, (rows, cols, 3), np.uint8)
    spliced = authentic + differences
    corner = np.s_[rows // 4 - 48 : rows // 4 + 48, cols // 4 - 48 : cols // 4 + 48]
    parts, part = (authentic[corner], spliced[corner]), differences[corner]
    ways: dict[str, Callable[[Any], Any]] = {
        "OpenCV filter2D 8U, inRange": by_filter,
        "OpenCV filter2D 16S, inRange": by_wide_filter,
        "OpenCV add x 4, inRange": by_sums,
        "OpenCV add x 4, inRange, in strips": by_sums_in_strips,
        "NumPy slices": by_slices,
    }
    if by_numba:
        ways["numba loop"] = by_numba

    def on_the_difference(way: Callable[[Any], Any]) -> Callable[[], Any]:
        return lambda: way(cv2.absdiff(authentic, spliced))

    def alone(way: Callable[[Any], Any]) -> Callable[[], Any]:
        return lambda: way(differences)

    yield Contest(
        "neighborhood_threshold_of_pair",
        "two uint8 RGB pictures",
        lambda: neighborhood_threshold_of_pair(authentic, spliced, THRESHOLD, num_threads=1),
        {f"absdiff, {name}": on_the_difference(way) for name, way in ways.items()},
        crop=Crop(
            lambda: neighborhood_threshold_of_pair(*parts, THRESHOLD),
            lambda: pure_python.neighborhood_threshold_of_pair(*parts, THRESHOLD),
            pictures.share(size),
        ),
    )
    yield Contest(
        "neighborhood_threshold",
        "uint8, 3 channels",
        lambda: neighborhood_threshold(differences, THRESHOLD, num_threads=1),
        {name: alone(way) for name, way in ways.items()},
        crop=Crop(
            lambda: neighborhood_threshold(part, THRESHOLD),
            lambda: pure_python.neighborhood_threshold(part, THRESHOLD),
            pictures.share(size),
        ),
    )
