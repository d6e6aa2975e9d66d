"""clipped_samples against OpenCV and NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import blocks, pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.history_kernels import clipped_samples

# From the rounded mean of 64 pixels, each 0 or 255, to how many are 0.
COUNTS = np.rint(64 - np.arange(256) * 64 / 255).astype(np.uint8)


def by_opencv(image: Any) -> Any:
    within = cv2.inRange(image, (1, 1, 1), (254, 254, 254))
    return cv2.LUT(blocks.means(within), COUNTS)


def by_numpy(image: Any) -> Any:
    clipped = ((image == 0) | (image == 255)).any(axis=2)
    rows, cols = clipped.shape[0] // 8, clipped.shape[1] // 8
    return clipped.reshape(rows, 8, cols, 8).sum(axis=(1, 3), dtype=np.uint8)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield a picture with some samples at either end."""
    image = cv2.convertScaleAbs(pictures.rgb(size), alpha=2.0, beta=-128)
    part = pictures.crop(image)
    peers = {"OpenCV inRange, resize": lambda: by_opencv(image)}
    if image.size < 10**7:
        peers["NumPy"] = lambda: by_numpy(image)
    yield Contest(
        "clipped_samples",
        "uint8",
        lambda: clipped_samples(image, num_threads=1),
        peers,
        crop=Crop(
            lambda: clipped_samples(part),
            lambda: pure_python.clipped_samples(part),
            pictures.share(size),
        ),
    )
