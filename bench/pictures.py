"""The pictures and masks that the benchmarks share."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["MASKS", "SIZES", "gray", "mask"]

SIZES = {"384 x 256": (256, 384), "12 megapixels": (3000, 4000)}
MASKS = ("blobs", "specks", "random")


def gray(shape: tuple[int, ...], dtype: str = "uint8") -> NDArray[Any]:
    """Return a picture of smooth shapes under noise, in 0..255."""
    random = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(random.standard_normal(shape, np.float32), (0, 0), 12)
    noisy = 128 + 1500 * smooth + random.normal(0, 4, shape)
    return np.clip(np.rint(noisy), 0, 255).astype(dtype)


def mask(kind: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return smooth regions, many small specks, or independent pixels."""
    noise = np.random.default_rng(1).standard_normal(shape, np.float32)
    if kind == "random":
        return noise > 0
    sigma, threshold = (12.0, 0.01) if kind == "blobs" else (1.5, 0.25)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma)) > threshold
