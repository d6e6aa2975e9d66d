"""warp_cubic against OpenCV, whose weights are of more digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.pair.kernels import warp_cubic

SIDE = 48  # of the crop
# Places are multiples of 1/32 of a pixel, which every version of OpenCV samples at.
MATRICES = {
    "turned": np.array([[33, 1, 16], [-1, 31, 96]]) / 32,
    "scaled": np.array([[33, 0, 16], [0, 31, 96]]) / 32,
}
SETTINGS = {"flags": cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REPLICATE}


def contest_at(
    size: pictures.Size, kind: str, image: Any, tolerance: float, change: str
) -> Contest:
    part, matrix = pictures.crop(image, SIDE), MATRICES[change]

    def by_opencv() -> Any:
        return cv2.warpAffine(image, matrix, image.shape[1::-1], **SETTINGS)

    return Contest(
        "warp_cubic",
        f"{kind}, {change}",
        lambda: warp_cubic(image, matrix, image.shape[:2], num_threads=1),
        {"OpenCV warpAffine": by_opencv},
        tolerance=tolerance,
        crop=Crop(
            lambda: warp_cubic(part, matrix, part.shape[:2]),
            lambda: pure_python.warp_cubic(part, matrix, part.shape[:2]),
            pictures.share(size, SIDE),
        ),
    )


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield a picture and its luma, turned or only scaled."""
    for change in MATRICES:
        yield contest_at(size, "uint8 RGB", pictures.rgb(size), 1, change)
        yield contest_at(size, "float32", pictures.gray(size, "float32"), 0.05, change)
