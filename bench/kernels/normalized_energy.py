"""normalized_energy against OpenCV and NumPy, which round in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.pair.kernels import normalized_energy


def by_numpy(planes: Any, levels: Any, precision: Any) -> Any:
    total = sum(x * x * weights[levels] for x, weights in zip(planes, precision, strict=True))
    return np.sqrt(total / np.float32(3))


def by_opencv(planes: Any, levels: Any, precision: Any) -> Any:
    total = None
    for plane, weights in zip(planes, precision / np.float32(3), strict=True):
        term = cv2.multiply(plane, plane)
        cv2.multiply(term, cv2.LUT(levels, weights), term)
        total = term if total is None else cv2.add(total, term, total)
    return cv2.sqrt(total, total)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield planes of noise."""
    random = np.random.default_rng(3)
    planes = random.standard_normal((3, *size), np.float32)
    levels = pictures.gray(size)
    precision = random.uniform(0.1, 2, (3, 256)).astype(np.float32)
    parts = np.stack([pictures.crop(plane) for plane in planes]), pictures.crop(levels), precision
    yield Contest(
        "normalized_energy",
        "float32",
        lambda: normalized_energy(planes, levels, precision, num_threads=1),
        {
            "OpenCV LUT": lambda: by_opencv(planes, levels, precision),
            "NumPy": lambda: by_numpy(planes, levels, precision),
        },
        tolerance=1e-4,
        crop=Crop(
            lambda: normalized_energy(*parts),
            lambda: pure_python.normalized_energy(*parts),
            pictures.share(size),
        ),
    )
