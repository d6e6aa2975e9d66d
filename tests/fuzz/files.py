"""Picture files for the fuzzer: seeds made by code, and mutations that keep their structure."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np

from fuzz import bmp_files, jpeg_files, png_files, tiff_files, webp_files
from fuzz.draws import Draws

__all__ = ["FORMATS", "changed_bytes", "drawn_seed", "mutated", "seeds"]

FORMATS: Final = ("JPEG", "PNG", "TIFF", "WebP", "BMP")
Mutate = Callable[[bytes, Draws], bytes]

_MUTATE: Final[tuple[tuple[bytes, Mutate], ...]] = (
    (b"\xff\xd8", jpeg_files.mutate),
    (b"\x89PNG\r\n\x1a\n", png_files.mutate),
    (b"II", tiff_files.mutate),
    (b"MM", tiff_files.mutate),
    (b"RIFF", webp_files.mutate),
    (b"BM", bmp_files.mutate),
)
_LARGEST: Final = 2**16


def _picture(rows: int, cols: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a smooth picture with some noise, which every decoder has work with."""
    draw = np.random.default_rng(rows * cols)
    rise = np.add.outer(np.arange(rows) * 3, np.arange(cols) * 2)[..., np.newaxis]
    return ((rise * [1, 2, 3] + draw.integers(0, 9, (rows, cols, 3))) % 256).astype(np.uint8)


def _encoded(extension: str, pixels: Any, *options: int) -> bytes:
    done, data = cv2.imencode(extension, pixels, options)
    assert done
    return data.tobytes()


@functools.cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """Return some small right files of each format."""
    small = _picture(24, 37)
    gray = small[..., 0].copy()
    alpha = np.dstack([small, gray])
    deep = small.astype(np.uint16) * 257
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR
    jpegs = [
        _encoded(".jpg", small),
        _encoded(".jpg", gray, cv2.IMWRITE_JPEG_OPTIMIZE, 1),
        _encoded(".jpg", small, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_QUALITY, 60),
        _encoded(".jpg", gray, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        _encoded(".jpg", small, cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
        _encoded(".jpg", small, sampling, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
                 cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
        _encoded(".jpg", small, sampling, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411),
        _encoded(".jpg", small, sampling, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
                 cv2.IMWRITE_JPEG_QUALITY, 100),
        _encoded(".jpg", _picture(1, 1)),
    ]  # fmt: skip
    jpegs.append(jpeg_files.with_exif(jpegs[0], 6))
    tiffs = [
        _encoded(".tif", small, cv2.IMWRITE_TIFF_COMPRESSION, kind)
        for kind in (1, 5, 8, 32773)  # none, LZW, Deflate, PackBits
    ]
    tiffs += [_encoded(".tif", gray), _encoded(".tif", deep, cv2.IMWRITE_TIFF_COMPRESSION, 5)]
    return {
        "JPEG": tuple(jpegs),
        "PNG": (
            *(_encoded(".png", pixels) for pixels in (small, gray, alpha, deep)),
            *png_files.seeds(),
        ),
        "TIFF": (*tiffs, *tiff_files.seeds()),
        "WebP": (
            _encoded(".webp", small, cv2.IMWRITE_WEBP_QUALITY, 80),
            _encoded(".webp", alpha, cv2.IMWRITE_WEBP_QUALITY, 101),
            _encoded(".webp", small, cv2.IMWRITE_WEBP_QUALITY, 101),
        ),
        "BMP": (_encoded(".bmp", small), _encoded(".bmp", gray), *bmp_files.seeds()),
    }


def drawn_seed(draws: Draws, form: str | None = None) -> bytes:
    """Return a right file, of one format or of any."""
    return draws.choice(seeds()[form or draws.choice(FORMATS)])


def changed_bytes(data: bytes, draws: Draws) -> bytes:
    """Return the data with some bytes changed, inserted, removed, repeated or cut off."""
    at = draws.integer(0, max(len(data) - 1, 0))
    length = draws.choice((1, 1, 2, 4, 16, 200))
    style = draws.integer(0, 7)
    if style == 0 and data:
        return data[:at] + bytes([data[at] ^ 1 << draws.integer(0, 7)]) + data[at + 1 :]
    if style == 1:
        return data[:at] + draws.take(length) + data[at + length :]
    if style == 2:
        return data[:at] + data[at + length :]
    if style == 3:
        return data[:at] + draws.take(length) + data[at:]
    if style == 4:
        return data[: at + length] + data[at:]
    if style == 5:
        edge = draws.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF)).to_bytes(1, "big")
        return data[:at] + edge * length + data[at + length :]
    if style == 6:
        return data[:at]
    other = draws.integer(0, max(len(data) - 1, 0))
    return data[:at] + data[other : other + length] + data[at + length :]


def mutated(data: bytes, draws: Draws) -> bytes:
    """Return a file with up to four mutations: three of four keep the structure of its format."""
    for _ in range(draws.integer(1, 4)):
        mutate = next((each for start, each in _MUTATE if data.startswith(start)), changed_bytes)
        if draws.chance(4):
            mutate = changed_bytes
        data = mutate(data, draws)[:_LARGEST]
    return data


def of_seed(seed: int) -> bytes:
    """Return the mutated file of a seed number."""
    raw = random.Random(seed).randbytes(1024)  # noqa: S311, no secret
    draws = Draws(raw)
    return mutated(drawn_seed(draws), draws)
