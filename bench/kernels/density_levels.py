"""density_levels against box filters of OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.kernels import density_levels


def by_opencv(points: Any, radius: int, depth: int) -> Any:
    side = 2 * radius + 1
    counts = cv2.boxFilter(
        points.view(np.uint8), depth, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
    ).astype(np.float32, copy=False)
    factor = np.float32(255 / cv2.minMaxLoc(counts)[1])
    return cv2.convertScaleAbs(counts, alpha=float(factor))


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield sparse points, in boxes as the method "paper" has them."""
    points = np.random.default_rng(0).random(size) < 0.01
    radius = round(0.14 * min(size))
    part = pictures.crop(points)
    yield Contest(
        "density_levels",
        "14 % of the shorter side",
        lambda: density_levels(points, radius, num_threads=1),
        {
            "OpenCV boxFilter, 32S": lambda: by_opencv(points, radius, cv2.CV_32S),
            "OpenCV boxFilter, 32F": lambda: by_opencv(points, radius, cv2.CV_32F),
        },
        crop=Crop(
            lambda: density_levels(part, radius),
            lambda: pure_python.density_levels(part, radius),
            pictures.share(size),
        ),
    )
