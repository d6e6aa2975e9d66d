"""Error levels against the codecs that they stand for: the same bits without a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice import error_level_analysis, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer
from unsplice.jpeg import standard_tables

Array = NDArray[Any]
QUALITY = 90
SAMPLING: dict[Literal["4:2:0", "4:4:4"], int] = {
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}

pillow = peer("PIL.Image")


def by_opencv(bgr: Array, sampling: str) -> Array:
    settings = [
        *(cv2.IMWRITE_JPEG_QUALITY, QUALITY),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLING[sampling]),
    ]
    saved: Any = cv2.imdecode(cv2.imencode(".jpg", bgr, settings)[1], cv2.IMREAD_UNCHANGED)
    return np.asarray(cv2.absdiff(bgr, saved, dst=saved))


def by_pillow(image: Array, sampling: str) -> Array:
    file = BytesIO()
    pillow.fromarray(image).save(file, "JPEG", quality=QUALITY, subsampling=sampling)
    with pillow.open(file) as saved:
        return np.asarray(cv2.absdiff(image, np.asarray(saved)))


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield color in each subsampling, and gray."""
    for sampling in SAMPLING:
        yield _contest(pictures.rgb(size), sampling, size)
    yield _contest(pictures.gray(size), "4:2:0", size)


def _contest(image: Array, sampling: Literal["4:2:0", "4:4:4"], size: pictures.Size) -> Contest:
    color = image.ndim == 3
    # In the order of OpenCV already: turning the channels is not what is measured.
    stored = np.ascontiguousarray(image[..., ::-1]) if color else image
    part = pictures.crop(image, 64)
    tables = np.stack([np.asarray(table, np.uint16) for table in standard_tables(QUALITY)])
    peers: dict[str, Callable[[], Any]] = {
        "OpenCV imencode, imdecode": lambda: by_opencv(stored, sampling)
    }
    if pillow:
        peers["Pillow save, open"] = lambda: by_pillow(image, sampling)
    return Contest(
        "error_levels",
        f"uint8 RGB, {sampling}, quality {QUALITY}" if color else f"uint8 gray, quality {QUALITY}",
        lambda: error_level_analysis(image, QUALITY, subsampling=sampling, num_threads=1),
        peers,
        {"OpenCV imencode, imdecode": lambda raw: raw[..., ::-1] if color else raw},
        crop=Crop(
            lambda: error_level_analysis(part, QUALITY, subsampling=sampling),
            lambda: pure_python.error_levels(part, tables, sampling),
            pictures.share(size, 64),
        ),
    )
