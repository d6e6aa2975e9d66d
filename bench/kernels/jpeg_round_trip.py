"""jpeg_round_trip against the codec of OpenCV, which has the entropy coding to do as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, require
from unsplice.jpeg import standard_tables
from unsplice.pair.kernels import jpeg_round_trip

QUALITY = 85
SAMPLING = {
    "4:4:4": ((1, 1), cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    "4:2:0": ((2, 2), cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
}


def contest_at(size: pictures.Size, sampling: str) -> Contest:
    image = pictures.rgb(size)
    part = pictures.crop(image)
    bgr = np.ascontiguousarray(image[..., ::-1])
    subsampling, factor = SAMPLING[sampling]
    of_luma, of_chroma = standard_tables(QUALITY)
    tables = np.array([of_luma, of_chroma, of_chroma], np.float32)
    settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]

    def by_opencv() -> Any:
        return cv2.imdecode(cv2.imencode(".jpg", bgr, settings)[1], cv2.IMREAD_COLOR)

    def close_on_average(raw: Any) -> Any:
        # Noise everywhere: many coefficients lie between two steps.
        expected = jpeg_round_trip(image, tables, subsampling)
        mean = cv2.absdiff(np.ascontiguousarray(raw[..., ::-1]), expected).mean()
        require(mean < 0.7, f"the pictures differ by {mean:.2f} on average")
        return expected

    return Contest(
        "jpeg_round_trip",
        f"quality {QUALITY}, {sampling}",
        lambda: jpeg_round_trip(image, tables, subsampling, num_threads=1),
        {"OpenCV imencode, imdecode": by_opencv},
        {"OpenCV imencode, imdecode": close_on_average},
        crop=Crop(
            lambda: jpeg_round_trip(part, tables, subsampling),
            lambda: pure_python.jpeg_round_trip(part, tables, subsampling),
            pictures.share(size),
        ),
    )


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield chroma as it is, and halved."""
    for sampling in SAMPLING:
        yield contest_at(size, sampling)
