"""activity_level against the filters of OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.pair.kernels import activity_level

# The last number is added: halves are rounded up.
LUMA = np.array([[77, 150, 29, 0.25]], np.float32) / 256
SIDE = 48  # of the crop


def by_opencv(image: Any) -> Any:
    x, y = cv2.spatialGradient(cv2.transform(image, LUMA))
    squares = cv2.multiply(x, x, dtype=cv2.CV_32F)
    squares += cv2.multiply(y, y, dtype=cv2.CV_32F)
    energy = cv2.boxFilter(squares, -1, (9, 9), normalize=False)
    energy /= np.float32(324)
    energy += 1
    # A float32 as a whole number: its exponent, and eighths of what follows.
    return ((energy.view(np.int32) >> 20) - (127 << 3)).astype(np.uint8)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield one picture."""
    image = pictures.rgb(size)
    part = pictures.crop(image, SIDE)
    yield Contest(
        "activity_level",
        "uint8",
        lambda: activity_level(image, num_threads=1),
        {"OpenCV spatialGradient, boxFilter": lambda: by_opencv(image)},
        crop=Crop(
            lambda: activity_level(part),
            lambda: pure_python.activity_level(part),
            pictures.share(size, SIDE),
        ),
    )
