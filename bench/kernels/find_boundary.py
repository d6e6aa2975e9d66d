"""find_boundary against OpenCV's morphology, scikit-image and NumPy slices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import find_boundary, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

segmentation = peer("skimage.segmentation")


def by_opencv(mask: Any) -> Any:
    pixels = mask.view(np.uint8)
    return cv2.subtract(pixels, cv2.erode(pixels, CROSS)).view(bool)


def by_slices(mask: Any) -> Any:
    surrounded = mask.copy()
    surrounded[1:] &= mask[:-1]
    surrounded[:-1] &= mask[1:]
    surrounded[:, 1:] &= mask[:, :-1]
    surrounded[:, :-1] &= mask[:, 1:]
    return mask & ~surrounded


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the inner boundary of smooth regions."""
    mask = pictures.mask("blobs", size)
    part = pictures.crop(mask)
    peers = {
        "OpenCV erode, subtract": lambda: by_opencv(mask),
        "NumPy slices": lambda: by_slices(mask),
    }
    if segmentation:
        peers["scikit-image find_boundaries"] = lambda: segmentation.find_boundaries(
            mask, connectivity=1, mode="inner"
        )
    yield Contest(
        "find_boundary",
        "inner",
        lambda: find_boundary(mask, num_threads=1),
        peers,
        crop=Crop(
            lambda: find_boundary(part),
            lambda: pure_python.find_boundary(part),
            pictures.share(size),
        ),
    )
