"""The residual of a median over Haar bands, against PyWavelets and slices, with OpenCV's median.

PyWavelets computes in floating point; its residual is compared after it was rounded to quarters,
which the exact one consists of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pywt
from numpy.typing import NDArray

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, require
from unsplice.blind.kernels import haar_noise_residual

__all__ = ["by_pywavelets", "by_slices", "contests", "in_quarters"]

Array = NDArray[Any]


def _smoothed(bands: tuple[Array, ...]) -> list[Any]:
    return [cv2.medianBlur(np.ascontiguousarray(band), 3) for band in bands]


def by_pywavelets(image: Array) -> Array:
    pixels = image.astype(np.float32)
    mean, details = pywt.dwt2(pixels, "haar", mode="symmetric")
    mean, *details = _smoothed((mean, *details))
    inverse = pywt.idwt2((mean, tuple(details)), "haar", mode="symmetric")
    return np.asarray(pixels - inverse[: image.shape[0], : image.shape[1]])


def by_slices(image: Array) -> Array:
    """Add and subtract every second row and column, for sides that are even."""
    wide = image.astype(np.int16)
    upper, lower = wide[0::2] + wide[1::2], wide[0::2] - wide[1::2]
    ll, hl = upper[:, 0::2] + upper[:, 1::2], upper[:, 0::2] - upper[:, 1::2]
    lh, hh = lower[:, 0::2] + lower[:, 1::2], lower[:, 0::2] - lower[:, 1::2]
    ll, lh, hl, hh = _smoothed((ll, lh, hl, hh))
    quarters = wide << 2
    for sign, y in ((1, 0), (-1, 1)):
        level, step = ll + sign * lh, hl + sign * hh
        quarters[y::2, 0::2] -= level + step
        quarters[y::2, 1::2] -= level - step
    return np.asarray(quarters * np.float32(0.25))


def in_quarters(raw: Array) -> Array:
    rounded = np.rint(4 * raw) / np.float32(4)
    require(np.abs(rounded - raw).max() < 0.01, "a residual is no multiple of a quarter")
    return np.asarray(rounded)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield one channel, all four bands filtered."""
    image = pictures.gray(size)
    part = pictures.crop(image)
    peers: dict[str, Callable[[], Any]] = {
        "PyWavelets, OpenCV median": lambda: by_pywavelets(image),
        "NumPy int16, OpenCV median": lambda: by_slices(image),
    }
    yield Contest(
        "haar_noise_residual",
        "uint8",
        lambda: haar_noise_residual(image, bands="all", num_threads=1),
        peers,
        {"PyWavelets, OpenCV median": in_quarters},
        crop=Crop(
            lambda: haar_noise_residual(part, bands="all"),
            lambda: pure_python.haar_noise_residual(part, bands="all"),
            pictures.share(size),
        ),
    )
