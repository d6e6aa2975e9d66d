"""Definitions of the wavelet transforms."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["dwt2", "idwt2"]

HAAR = ("haar", "db1")


def mirror(index: int, size: int) -> int:
    """Return the index within range(size) that mirrors `index`; the edge is repeated."""
    index %= 2 * size
    return min(index, 2 * size - 1 - index)


def in_order(terms: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Return the sum of the terms, from the first one on."""
    return functools.reduce(operator.add, terms)


def dwt2(image: NDArray[Any], wavelet: str = "haar") -> NDArray[Any]:
    """Define `unsplice.dwt2`."""
    number: Any = np.float64 if image.dtype.itemsize == 8 else np.float32
    pixels = image.astype(number)
    if wavelet in HAAR:
        return _haar_dwt2(pixels)
    import pywt

    filters = pywt.Wavelet(wavelet)

    def down(rows: NDArray[Any], taps: Sequence[float]) -> NDArray[Any]:
        size, length = len(rows), len(taps)
        result = np.empty(((size + length - 1) // 2, *rows.shape[1:]), number)
        for k in range(len(result)):
            result[k] = in_order(
                number(taps[j]) * rows[mirror(2 * k + 1 - j, size)] for j in range(length)
            )
        return result

    low, high = (down(pixels, taps).T for taps in (filters.dec_lo, filters.dec_hi))
    bands = [
        down(rows, taps).T for taps in (filters.dec_lo, filters.dec_hi) for rows in (low, high)
    ]
    return np.stack(bands)


def idwt2(
    bands: NDArray[Any], wavelet: str = "haar", *, shape: tuple[int, int] | None = None
) -> NDArray[Any]:
    """Define `unsplice.idwt2`."""
    number: Any = np.float64 if bands.dtype.itemsize == 8 else np.float32
    planes = bands.astype(number)
    rows, cols = shape or (None, None)
    if wavelet in HAAR:
        return _haar_idwt2(planes)[:rows, :cols]
    import pywt

    filters = pywt.Wavelet(wavelet)
    half = filters.rec_len // 2

    def up(low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
        count = len(low) - half + 1
        result = np.empty((2 * count, *low.shape[1:]), number)
        for m in range(count):
            for p in (0, 1):
                result[2 * m + p] = in_order(
                    number(taps[2 * j + p]) * rows[m + half - 1 - j]
                    for j in range(half)
                    for taps, rows in ((filters.rec_lo, low), (filters.rec_hi, high))
                )
        return result

    return up(up(planes[0], planes[1]).T, up(planes[2], planes[3]).T).T[:rows, :cols]


def _haar_dwt2(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return sums and differences of two by two pixels, halved."""
    rows, cols = pixels.shape
    even = np.pad(pixels, ((0, rows % 2), (0, cols % 2)), mode="edge")
    a, b, c, d = (even[y::2, x::2] for y in (0, 1) for x in (0, 1))
    upper, lower, upper_step, lower_step = a + b, c + d, a - b, c - d
    bands = [upper + lower, upper - lower, upper_step + lower_step, upper_step - lower_step]
    result: NDArray[Any] = np.stack(bands) * pixels.dtype.type(0.5)
    return result


def _haar_idwt2(bands: NDArray[Any]) -> NDArray[Any]:
    approximation, horizontal, vertical, diagonal = bands
    rows, cols = approximation.shape
    pixels = np.empty((2 * rows, 2 * cols), bands.dtype)
    for y, level, step in (
        (0, approximation + horizontal, vertical + diagonal),
        (1, approximation - horizontal, vertical - diagonal),
    ):
        pixels[y::2, 0::2] = level + step
        pixels[y::2, 1::2] = level - step
    pixels *= bands.dtype.type(0.5)
    return pixels
