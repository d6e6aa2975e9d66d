"""color_difference against OpenCV and NumPy, which round in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.pair.kernels import color_difference

YCC = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
        [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
    ],
    np.float32,
)


def by_numpy(first: Any, second: Any) -> Any:
    red, green, blue = np.moveaxis(first.astype(np.float32) - second, -1, 0)
    y = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    return np.stack([y, (blue - y) / np.float32(1.772), (red - y) / np.float32(1.402)])


def by_opencv(first: Any, second: Any) -> Any:
    difference = cv2.subtract(first, second, dtype=cv2.CV_32F)
    return np.array(cv2.split(cv2.transform(difference, YCC)))


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield two pictures, one of them moved."""
    first, second = pictures.rgb(size), pictures.rgb(size, shift=5)
    parts = pictures.crop(first), pictures.crop(second)
    yield Contest(
        "color_difference",
        "uint8",
        lambda: color_difference(first, second, num_threads=1),
        {
            "OpenCV subtract, transform, split": lambda: by_opencv(first, second),
            "NumPy": lambda: by_numpy(first, second),
        },
        tolerance=1e-3,
        crop=Crop(
            lambda: color_difference(*parts),
            lambda: pure_python.color_difference(*parts),
            pictures.share(size),
        ),
    )
