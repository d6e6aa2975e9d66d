"""product_counts and product_above against OpenCV and NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.paper_kernels import product_above, product_counts

LEVEL = 20_000
PRODUCTS = np.multiply.outer(np.arange(256), np.arange(256)).ravel()


def product(first: Any, second: Any) -> Any:
    return cv2.multiply(first, second, dtype=cv2.CV_16U)


def counted_by_opencv(first: Any, second: Any) -> Any:
    return cv2.calcHist([product(first, second)], [0], None, [65536], [0, 65536]).ravel()


def counted_by_pairs(first: Any, second: Any) -> Any:
    pairs = cv2.calcHist([first, second], [0, 1], None, [256, 256], [0, 256, 0, 256])
    return np.bincount(PRODUCTS, pairs.ravel(), 65536)


def above_by_table(first: Any, second: Any) -> Any:
    """Compare the second with the level over the first."""
    quotients = np.minimum(LEVEL // np.maximum(np.arange(256), 1), 255)
    quotients[0] = 255
    return cv2.compare(second, cv2.LUT(first, quotients.astype(np.uint8)), cv2.CMP_GT)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield both, on a picture and its mirror image."""
    first = pictures.gray(size)
    second = first[::-1].copy()
    parts = pictures.crop(first), pictures.crop(second)
    yield Contest(
        "product_counts",
        "uint8",
        lambda: product_counts(first, second, num_threads=1),
        {
            "OpenCV multiply, calcHist": lambda: counted_by_opencv(first, second),
            "OpenCV calcHist of pairs": lambda: counted_by_pairs(first, second),
            "NumPy multiply, bincount": lambda: np.bincount(
                np.multiply(first, second, dtype=np.uint16).ravel(), minlength=65536
            ),
            "OpenCV multiply, NumPy bincount": lambda: np.bincount(
                product(first, second).ravel(), minlength=65536
            ),
        },
        crop=Crop(
            lambda: product_counts(*parts),
            lambda: pure_python.product_counts(*parts),
            pictures.share(size),
        ),
    )
    yield Contest(
        "product_above",
        "uint8",
        lambda: product_above(first, second, LEVEL, num_threads=1),
        {
            "OpenCV multiply, compare": lambda: cv2.compare(
                product(first, second), LEVEL, cv2.CMP_GT
            ),
            "OpenCV LUT, compare": lambda: above_by_table(first, second),
            "OpenCV multiply, NumPy >": lambda: product(first, second) > LEVEL,
            "NumPy multiply, >": lambda: np.multiply(first, second, dtype=np.uint16) > LEVEL,
        },
        dict.fromkeys(("OpenCV multiply, compare", "OpenCV LUT, compare"), np.bool_),
        crop=Crop(
            lambda: product_above(*parts, LEVEL),
            lambda: pure_python.product_above(*parts, LEVEL),
            pictures.share(size),
        ),
    )
