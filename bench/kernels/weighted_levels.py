"""weighted_levels and scaled_levels against OpenCV and NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.paper_kernels import scaled_levels, weighted_levels

WEIGHTS, GAIN = (0.25, 0.5, 0.25), 4.0  # as the method "paper" has them: nothing to round
FACTOR = 1 / 255


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield errors of three channels, and a gray picture scaled."""
    yield _weighted(size)
    yield _scaled(size)


def _weighted(size: pictures.Size) -> Contest:
    image = cv2.absdiff(pictures.rgb(size), pictures.rgb(size, shift=1))
    part = pictures.crop(image)
    row = np.array([WEIGHTS], np.float32)
    scaled = row * np.float32(GAIN)
    peers = {
        "OpenCV transform": lambda: cv2.transform(image, scaled),
        "OpenCV transform, convertScaleAbs": lambda: cv2.convertScaleAbs(
            cv2.transform(image.astype(np.float32), row), alpha=GAIN
        ),
        "NumPy @, OpenCV convertScaleAbs": lambda: cv2.convertScaleAbs(image @ row[0], alpha=GAIN),
    }
    return Contest(
        "weighted_levels",
        "uint8",
        lambda: weighted_levels(image, WEIGHTS, GAIN, num_threads=1),
        peers,
        crop=Crop(
            lambda: weighted_levels(part, WEIGHTS, GAIN),
            lambda: pure_python.weighted_levels(part, WEIGHTS, GAIN),
            pictures.share(size),
        ),
    )


def _scaled(size: pictures.Size) -> Contest:
    gray = pictures.gray(size)
    part = pictures.crop(gray)
    table = np.arange(256, dtype=np.float32) * np.float32(FACTOR)
    return Contest(
        "scaled_levels",
        "uint8",
        lambda: scaled_levels(gray, FACTOR, num_threads=1),
        {
            "OpenCV multiply": lambda: cv2.multiply(gray, FACTOR, dtype=cv2.CV_32F),
            "OpenCV LUT": lambda: cv2.LUT(gray, table),
            "NumPy *": lambda: gray * np.float32(FACTOR),
        },
        tolerance=1e-6,
        crop=Crop(
            lambda: scaled_levels(part, FACTOR),
            lambda: pure_python.scaled_levels(part, FACTOR),
            pictures.share(size),
        ),
    )
