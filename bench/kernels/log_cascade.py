"""The cascades of the 5x5 Laplacian of Gaussian against OpenCV's filter2D, once a pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import log_cascade, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer
from unsplice.blind.kernels import log_cascade_saturating

KERNEL = np.array(
    [
        [0, 0, -1, 0, 0],
        [0, -1, -2, -1, 0],
        [-1, -2, 16, -2, -1],
        [0, -1, -2, -1, 0],
        [0, 0, -1, 0, 0],
    ],
    np.float32,
)

ndimage = peer("scipy.ndimage")


def by_opencv(image: Any, *depths: int) -> Any:
    """Filter once for each of the depths; in float32, sums of whole numbers are exact to 2**24."""
    for depth in depths:
        image = cv2.filter2D(image, depth, KERNEL, borderType=cv2.BORDER_REFLECT_101)
    return image


def by_scipy(image: Any, *, clipped: bool) -> Any:
    values = image.astype(np.int32)
    for _ in range(3):
        values = ndimage.convolve(values, KERNEL.astype(np.int32), mode="mirror")
        if clipped:
            values = np.clip(values, 0, 255)
    return values


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield exact integers, floats (of whole numbers: any order of sums will do), clipped bytes."""
    image = pictures.gray(size)
    floats = image.astype(np.float32)
    part, part_of_floats, share = pictures.crop(image), pictures.crop(floats), pictures.share(size)
    real = (cv2.CV_32F,) * 3
    peers = {
        "OpenCV filter2D 32F x 3": lambda: by_opencv(image, *real),
        "OpenCV filter2D 16S, 32F x 2": lambda: by_opencv(image, cv2.CV_16S, *real[1:]),
    }
    if ndimage:
        peers["SciPy convolve int32"] = lambda: by_scipy(image, clipped=False)
    yield Contest(
        "log_cascade",
        "uint8 -> int32, 3 passes",
        lambda: log_cascade(image, num_threads=1),
        peers,
        crop=Crop(lambda: log_cascade(part), lambda: pure_python.log_cascade(part), share),
    )
    yield Contest(
        "log_cascade",
        "float32, 3 passes",
        lambda: log_cascade(floats, num_threads=1),
        {"OpenCV filter2D 32F x 3": lambda: by_opencv(floats, *real)},
        crop=Crop(
            lambda: log_cascade(part_of_floats),
            lambda: pure_python.log_cascade(part_of_floats),
            share,
        ),
    )
    peers = {"OpenCV filter2D 8U x 3": lambda: by_opencv(image, -1, -1, -1)}
    if ndimage:
        peers["SciPy convolve, clip"] = lambda: by_scipy(image, clipped=True)
    yield Contest(
        "log_cascade_saturating",
        "uint8, 3 passes",
        lambda: log_cascade_saturating(image, num_threads=1),
        peers,
        crop=Crop(
            lambda: log_cascade_saturating(part),
            lambda: pure_python.log_cascade_saturating(part),
            share,
        ),
    )
