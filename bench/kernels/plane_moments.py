"""plane_moments against OpenCV and NumPy, which sum in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.fusion.kernels import plane_moments

WIDTH = 32


def by_opencv(planes: Any) -> Any:
    moments = [(cv2.sumElems(plane)[0], cv2.norm(plane, cv2.NORM_L2SQR)) for plane in planes]
    return np.array(moments) / planes[0].size


def by_numpy(planes: Any) -> Any:
    wide = planes.astype(np.float64)
    squares = np.einsum("nrc,nrc->n", wide, wide) / planes[0].size
    return np.stack([wide.mean(axis=(1, 2)), squares], axis=1)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield planes as the network of the method "fusion" has them."""
    random = np.random.default_rng(0)
    planes = random.standard_normal((WIDTH, size[0] // 8, size[1] // 8), np.float32)
    part = planes[:2, :96, :96].copy()
    yield Contest(
        "plane_moments",
        f"{WIDTH} planes",
        lambda: plane_moments(planes, num_threads=1),
        {
            "OpenCV sumElems, norm": lambda: by_opencv(planes),
            "NumPy": lambda: by_numpy(planes),
        },
        tolerance=1e-6,
        crop=Crop(
            lambda: plane_moments(part),
            lambda: pure_python.plane_moments(part),
            planes.size / part.size,
        ),
    )
