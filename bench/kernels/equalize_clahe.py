"""equalize_clahe against OpenCV, which rounds shares of half a level in single precision."""

from __future__ import annotations

from collections.abc import Iterator

import cv2

from unsplice import equalize_clahe, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.readings import rarely_off

TILES = (8, 8)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the usual tiles and limit."""
    image = pictures.gray(size)
    part = pictures.crop(image)
    opencv = cv2.createCLAHE(2.0, TILES)
    close = rarely_off(lambda: equalize_clahe(image), share=1e-2)
    yield Contest(
        "equalize_clahe",
        "8 x 8 tiles",
        lambda: equalize_clahe(image, num_threads=1),
        {"OpenCV CLAHE": lambda: opencv.apply(image)},
        {"OpenCV CLAHE": close},
        crop=Crop(
            lambda: equalize_clahe(part),
            lambda: pure_python.equalize_clahe(part, clip_limit=2.0, tiles=TILES),
            pictures.share(size),
        ),
    )
