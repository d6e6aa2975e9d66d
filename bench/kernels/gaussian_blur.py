"""gaussian_blur against OpenCV and SciPy, which round in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer
from unsplice.kernels import gaussian_blur, gaussian_weights

ndimage = peer("scipy.ndimage")


def by_opencv(plane: Any, sigma: float, radius: int) -> Any:
    side = 2 * radius + 1
    return cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)


def contest_at(size: pictures.Size, sigma: float) -> Contest:
    plane = pictures.gray(size, "float32")
    part = pictures.crop(plane)[None]
    weights = gaussian_weights(sigma)
    radius = len(weights) - 1
    peers = {"OpenCV GaussianBlur": lambda: by_opencv(plane, sigma, radius)}
    if ndimage:
        peers["SciPy gaussian_filter"] = lambda: ndimage.gaussian_filter(
            plane, sigma, mode="mirror", radius=radius
        )
    return Contest(
        "gaussian_blur",
        f"float32, sigma {sigma:g}",
        lambda: gaussian_blur(plane[None], sigma, num_threads=1)[0],
        peers,
        tolerance=255e-6,
        crop=Crop(
            lambda: gaussian_blur(part, sigma),
            lambda: pure_python.gaussian_blur(part, weights),
            pictures.share(size),
        ),
    )


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield three widths."""
    for sigma in (1.0, 2.0, 4.0):
        yield contest_at(size, sigma)
