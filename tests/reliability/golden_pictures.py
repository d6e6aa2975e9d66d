"""Pictures for golden hashes: made of whole numbers by NumPy and the core, with nothing of OpenCV.

So the inputs of the hashes are the same whatever version of OpenCV is installed, and on whatever
processor: a hash that differs speaks of what was computed from them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from unsplice.jpeg import standard_tables
from unsplice.pair.kernels import jpeg_round_trip

__all__ = ["disc", "pasted", "photograph", "resampled", "saved", "toned"]

Image = NDArray[np.uint8]
Whole = NDArray[np.int64]
OCTAVES = 6


def _noise(rows: int, cols: int, seed: int) -> Whole:
    """Return levels -128..127; raw bits of the generator, which no version of NumPy changes."""
    raw = np.random.PCG64(seed).random_raw(rows * cols)
    return (np.asarray(raw) >> np.uint64(56)).astype(np.int64).reshape(rows, cols) - 128


def _doubled(plane: Whole) -> Whole:
    """Return a plane of twice the size, with smooth steps."""
    wide = plane.repeat(2, axis=0).repeat(2, axis=1)
    for axis in (0, 1):
        wide = (2 * wide + np.roll(wide, 1, axis) + np.roll(wide, -1, axis)) >> 2
    return wide


def _plane(rows: int, cols: int, seed: int) -> Whole:
    """Return noise of all sizes of grain, the coarse ones strongest, as photographs have it."""
    sides = [-(-rows // 2**OCTAVES) + 1, -(-cols // 2**OCTAVES) + 1]
    found = np.zeros((sides[0], sides[1]), np.int64)
    for octave in range(OCTAVES + 1):
        if octave:
            found = _doubled(found)
        shape = found.shape
        found = found + (_noise(shape[0], shape[1], 100 * seed + octave) * 3 >> octave)
    return found[:rows, :cols]


@cache
def photograph(seed: int, rows: int = 192, cols: int = 256) -> Image:
    """Return a picture with coarse and fine detail, and color that varies slowly; read-only."""
    luma = _plane(rows, cols, 10 * seed)
    tint = [_plane(rows, cols, 10 * seed + channel) for channel in (1, 2, 3)]
    image = np.stack([128 + (luma >> 2) + (plane >> 4) for plane in tint], axis=2)
    result = image.clip(0, 255).astype(np.uint8)
    result.flags.writeable = False
    return result


def disc(rows: int, cols: int, row: int, col: int, radius: int) -> NDArray[np.bool_]:
    y, x = np.ogrid[:rows, :cols]
    return np.asarray((y - row) ** 2 + (x - col) ** 2 <= radius**2)


def pasted(image: Image, donor: Image, radius: int = 36) -> Image:
    """Return `image` with a disc of another picture, right of its middle."""
    rows, cols = image.shape[:2]
    where = disc(rows, cols, rows * 3 // 7, cols * 4 // 7, radius)
    return np.where(where[..., np.newaxis], donor, image)


def saved(image: Image, quality: int, subsampling: int = 2) -> Image:
    """Return what a picture is after it was saved as JPEG and opened, as the core computes it."""
    luma, chroma = standard_tables(quality)
    tables = np.stack([luma, chroma, chroma]).astype(np.float32)
    return jpeg_round_trip(image, tables, (subsampling, subsampling))


def toned(image: Image) -> Image:
    """Return `image` brighter, by a curve."""
    levels = np.arange(256)
    return (levels + levels * (255 - levels) // 900).astype(np.uint8)[image]


def resampled(image: Image, rows: int, cols: int, *, drift: int = 0) -> Image:
    """Return `image` in another size, between its pixels; `drift` in 1/4096 leans its columns."""
    y = (np.arange(rows) * ((image.shape[0] - 1) << 12) // max(rows - 1, 1))[:, np.newaxis]
    x = (np.arange(cols) * ((image.shape[1] - 1) << 12) // max(cols - 1, 1))[np.newaxis]
    x = (x + drift * np.arange(rows)[:, np.newaxis]).clip(0, (image.shape[1] - 1) << 12)
    y = np.broadcast_to(y, x.shape)
    top, left = y >> 12, x >> 12
    low, right = np.minimum(top + 1, image.shape[0] - 1), np.minimum(left + 1, image.shape[1] - 1)
    down, across = (y & 4095)[..., np.newaxis], (x & 4095)[..., np.newaxis]
    pixels = image.astype(np.int64)
    upper = pixels[top, left] * (4096 - across) + pixels[top, right] * across
    lower = pixels[low, left] * (4096 - across) + pixels[low, right] * across
    mixed = upper * (4096 - down) + lower * down + (1 << 23)
    return (mixed >> 24).clip(0, 255).astype(np.uint8)
