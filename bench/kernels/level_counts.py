"""level_counts against the histograms of OpenCV and NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.kernels import level_counts


def contest_of(image: Any, size: pictures.Size) -> Contest:
    part = pictures.crop(image)
    levels = 256**image.dtype.itemsize
    return Contest(
        "level_counts",
        image.dtype.name,
        lambda: level_counts(image, num_threads=1),
        {
            "OpenCV calcHist": lambda: cv2.calcHist([image], [0], None, [levels], [0, levels]),
            "NumPy bincount": lambda: np.bincount(image.ravel(), minlength=levels),
        },
        {"OpenCV calcHist": np.ravel},
        crop=Crop(
            lambda: level_counts(part),
            lambda: pure_python.level_counts(part),
            pictures.share(size),
        ),
    )


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield a picture, and a product of two, as the method "paper" counts it."""
    gray = pictures.gray(size)
    yield contest_of(gray, size)
    yield contest_of(np.multiply(gray, gray[::-1], dtype=np.uint16), size)
