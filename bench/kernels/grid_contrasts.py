"""grid_contrasts against the box filters of OpenCV, which round in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.evidence.kernels import count_zeros, grid_contrasts


def by_opencv(counts: Any) -> Any:
    rows, cols = counts.shape[0] // 8, counts.shape[1] // 8
    size = {"ksize": (5, 5), "normalize": False, "borderType": cv2.BORDER_CONSTANT}
    share = cv2.boxFilter(np.ones((rows, cols), np.float32), cv2.CV_32F, **size)
    means = np.empty((64, rows, cols), np.float32)
    for place, plane in enumerate(means):
        counted = np.ascontiguousarray(counts[place // 8 :: 8, place % 8 :: 8])
        np.divide(cv2.boxFilter(counted, cv2.CV_32F, **size), share, out=plane)
    own, other, mean = means[0], means[1:].max(axis=0), means.mean(axis=0)
    return np.stack([own - mean, other - mean, own - other])


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the counts of a picture with many zeros."""
    counts = count_zeros(pictures.rgb_of_few_levels(size))
    part = pictures.crop(counts)
    yield Contest(
        "grid_contrasts",
        "uint8",
        lambda: grid_contrasts(counts, num_threads=1),
        {"OpenCV boxFilter, NumPy": lambda: by_opencv(counts)},
        tolerance=1e-4,
        crop=Crop(
            lambda: grid_contrasts(part),
            lambda: pure_python.grid_contrasts(part),
            pictures.share(size),
        ),
    )
