"""The noise artifact feature in one pass, against its steps by PyWavelets, NumPy and OpenCV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.kernels import haar_noise_residual, log_cascade
from unsplice.blind.kernels import noise_artifact

Array = NDArray[Any]
Residual = Callable[[Array], Array]
READINGS: tuple[Literal["saturating", "exact"], ...] = ("saturating", "exact")


def composed(image: Array, depth: int, residual: Residual) -> Array:
    largest = np.zeros(image.shape[:2], np.float32)
    for channel in cv2.split(image):
        filtered = log_cascade.by_opencv(channel, depth, depth, depth)
        saliency: Any = cv2.subtract(channel, filtered, dtype=cv2.CV_32F)
        cv2.max(largest, cv2.absdiff(saliency, 0), largest)
        cv2.max(largest, cv2.absdiff(residual(channel), 0), largest)
    return largest


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield both readings of the paper's arithmetic."""
    image = pictures.rgb(size)
    part = pictures.crop(image)
    for arithmetic in READINGS:
        depth = -1 if arithmetic == "saturating" else cv2.CV_32F

        def ours(image: Array, arithmetic: Any = arithmetic) -> Any:
            return noise_artifact(
                image, bands="all", arithmetic=arithmetic, difference="absolute", num_threads=1
            )

        def pure(arithmetic: Any = arithmetic) -> Any:
            return pure_python.noise_artifact(
                part, bands="all", arithmetic=arithmetic, difference="absolute"
            )

        def by(residual: Residual, depth: int = depth) -> Callable[[], Array]:
            return lambda: composed(image, depth, residual)

        yield Contest(
            "noise_artifact",
            f"uint8 RGB, {arithmetic}",
            lambda ours=ours: ours(image),
            {
                "PyWavelets, OpenCV": by(haar_noise_residual.by_pywavelets),
                "NumPy int16, OpenCV": by(haar_noise_residual.by_slices),
            },
            {"PyWavelets, OpenCV": haar_noise_residual.in_quarters},
            crop=Crop(lambda ours=ours: ours(part), pure, pictures.share(size)),
        )
