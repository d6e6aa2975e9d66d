"""weighted_sum and luma against OpenCV and NumPy, which round in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.kernels import weighted_sum
from unsplice.pair.kernels import luma

WEIGHTS = (0.25, 0.6, 0.15)
LUMA = (0.299, 0.587, 0.114)


def by_planes(image: Any, weights: tuple[float, ...]) -> Any:
    red, green, blue = cv2.split(image)
    two = cv2.addWeighted(red, weights[0], green, weights[1], 0, dtype=cv2.CV_32F)
    return cv2.addWeighted(two, 1, blue, weights[2], 0, dtype=cv2.CV_32F)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield a sum of any weights, and luma."""
    image = pictures.rgb(size)
    part = pictures.crop(image)

    def peers(weights: tuple[float, ...]) -> Any:
        row = np.array([weights], np.float32)
        return {
            "OpenCV transform": lambda: cv2.transform(image.astype(np.float32), row),
            "OpenCV split, addWeighted": lambda: by_planes(image, weights),
            "NumPy @": lambda: image @ row[0],
        }

    yield Contest(
        "weighted_sum",
        "uint8",
        lambda: weighted_sum(image, WEIGHTS, num_threads=1),
        peers(WEIGHTS),
        tolerance=1e-4,
        crop=Crop(
            lambda: weighted_sum(part, WEIGHTS),
            lambda: pure_python.weighted_sum(part, WEIGHTS),
            pictures.share(size),
        ),
    )
    yield Contest(
        "luma",
        "uint8",
        lambda: luma(image, num_threads=1),
        {
            "OpenCV cvtColor": lambda: cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY),
            **peers(LUMA),
        },
        tolerance=1e-4,
        crop=Crop(lambda: luma(part), lambda: pure_python.luma(part), pictures.share(size)),
    )
