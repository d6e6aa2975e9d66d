"""The pictures and masks that the benchmarks share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["MASKS", "SIZES", "Size", "crop", "gray", "mask", "rgb", "rgb_of_few_levels", "share"]

Size = tuple[int, int]  # rows, columns; multiples of 8
SIZES: dict[str, Size] = {"384x256": (256, 384), "2MP": (1224, 1632), "12MP": (3000, 4000)}
MASKS = ("photo", "blobs", "random")


@lru_cache(maxsize=4)
def _levels(size: Size) -> NDArray[np.float32]:
    random = np.random.default_rng(0)
    smooth = np.asarray(cv2.GaussianBlur(random.standard_normal(size, np.float32), (0, 0), 12))
    noisy = 128 + 1500 * smooth + random.normal(0, 4, size)
    return np.clip(np.rint(noisy), 0, 255).astype(np.float32)


def gray(size: Size, dtype: str = "uint8") -> NDArray[Any]:
    """Return a picture of smooth shapes under noise, whole numbers in 0..255."""
    return _levels(size).astype(dtype)


def rgb(size: Size, *, shift: int = 0) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same."""
    plane = gray(size)
    return np.dstack([np.roll(plane, (channel + shift, shift), (0, 1)) for channel in range(3)])


def rgb_of_few_levels(size: Size) -> NDArray[np.uint8]:
    """Return one whose blocks have DCT coefficients near zero."""
    return np.asarray(rgb(size) // 4 * 2 + 60)


def mask(kind: str, size: Size) -> NDArray[np.bool_]:
    """Return a noisy picture above its middle, smooth regions, or independent pixels."""
    if kind == "photo":
        return _levels(size) > 128
    noise = np.random.default_rng(1).standard_normal(size, np.float32)
    if kind == "random":
        return noise > 0
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 12.0)) > 0.01


def crop(image: NDArray[Any], side: int = 96) -> NDArray[Any]:
    """Return a part from the middle, which the pure-Python definitions can do."""
    rows, cols = image.shape[:2]
    top, left = (rows - side) // 2 // 8 * 8, (cols - side) // 2 // 8 * 8
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def share(size: Size, side: int = 96) -> float:
    """Return how many such parts the picture has."""
    return size[0] * size[1] / side**2
