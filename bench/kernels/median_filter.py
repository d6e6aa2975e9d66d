"""median_filter against OpenCV, and SciPy for what OpenCV does not take."""

from __future__ import annotations

from collections.abc import Iterator

import cv2

from unsplice import median_filter, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer

ndimage = peer("scipy.ndimage")


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the types, and a stack of tiles in one call."""
    for dtype in ("uint8", "uint16", "float32", "float64"):
        image = pictures.gray(size, dtype)
        part = pictures.crop(image)
        peers = {}
        if dtype != "float64":
            peers["OpenCV medianBlur"] = lambda image=image: cv2.medianBlur(image, 3)
        elif ndimage:
            peers["SciPy median_filter"] = lambda image=image: ndimage.median_filter(
                image, 3, mode="nearest"
            )
        yield Contest(
            "median_filter",
            dtype,
            lambda image=image: median_filter(image, num_threads=1),
            peers,
            crop=Crop(
                lambda part=part: median_filter(part),
                lambda part=part: pure_python.median_filter(part),
                pictures.share(size),
            ),
        )
    rows, cols = size
    stack = pictures.gray(size, "float32")[: rows // 64 * 64, : cols // 64 * 64]
    stack = stack.reshape(rows // 64, 64, cols // 64, 64).swapaxes(1, 2).reshape(-1, 64, 64)
    yield Contest(
        "median_filter",
        "float32, a stack of 64x64 tiles",
        lambda: median_filter(stack, num_threads=1),
        {"OpenCV medianBlur, a call a tile": lambda: [cv2.medianBlur(tile, 3) for tile in stack]},
    )
