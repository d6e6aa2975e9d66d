"""Definition of the error levels: the whole-number codec of libjpeg, bit for bit."""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.jpeg import enlarged, shrunk

__all__ = [
    "error_levels",
]


def _nearest_shift(values: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Divide by 2 ** bits, to the nearest whole number, halves up."""
    return (values + (1 << (bits - 1))) >> bits


_C = [sqrt(2) * cos(k * pi / 16) for k in range(8)]


def _in_13_bits(*factors: float) -> list[int]:
    return [round(factor * 2**13) for factor in factors]


def _integer_dct_odd(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any, Any, Any]:
    """Return the products with 2^13 sqrt(2) cos((2 n + 1) k pi / 16), k = 1, 3, 5, 7, n = 0..3.

    By the published flow graph: the sums are exact, but its factors are rounded, and they are other
    ones than the cosines.
    """
    common, ad, bc, ac, bd = _in_13_bits(
        _C[3], _C[7] - _C[3], -_C[1] - _C[3], _C[5] - _C[3], -_C[3] - _C[5]
    )
    a_alone, b_alone, c_alone, d_alone = _in_13_bits(
        _C[1] + _C[3] - _C[5] - _C[7],
        _C[1] + _C[3] + _C[5] - _C[7],
        _C[1] + _C[3] - _C[5] + _C[7],
        -_C[1] + _C[3] + _C[5] - _C[7],
    )
    all_four = common * (a + b + c + d)
    outer, inner = ad * (a + d), bc * (b + c)
    first, second = all_four + ac * (a + c), all_four + bd * (b + d)
    return (
        a_alone * a + outer + first,
        b_alone * b + inner + second,
        c_alone * c + inner + first,
        d_alone * d + outer + second,
    )


def _integer_dct(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 2^13 sqrt(8) times the orthonormal DCT of the columns."""
    s0, s1, s2, s3 = x[:4] + x[:3:-1]
    common, for_2, for_6 = _in_13_bits(_C[6], _C[2] - _C[6], _C[2] + _C[6])
    rotated = common * (s0 - s3 + s1 - s2)
    result = np.empty_like(x)
    result[0], result[4] = (s0 + s3 + s1 + s2) << 13, (s0 + s3 - s1 - s2) << 13
    result[2], result[6] = rotated + for_2 * (s0 - s3), rotated - for_6 * (s1 - s2)
    result[1::2] = _integer_dct_odd(*(x[:4] - x[:3:-1]))
    return result


def _integer_inverse_dct(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 2^13 sqrt(8) times the inverse of the orthonormal DCT of the columns."""
    common, for_2, for_6 = _in_13_bits(_C[6], _C[2] - _C[6], _C[2] + _C[6])
    rotated = common * (x[2] + x[6])
    far, near = rotated + for_2 * x[2], rotated - for_6 * x[6]
    total, rest = (x[0] + x[4]) << 13, (x[0] - x[4]) << 13
    even = np.array([total + far, rest + near, rest - near, total - far])
    odd = np.array(_integer_dct_odd(*x[1::2]))
    return np.concatenate([even + odd, (even - odd)[::-1]])


def _saved(samples: NDArray[np.int64], steps: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return `samples` after integer DCT, quantisation and inverse DCT, in whole blocks."""
    rows, cols = samples.shape
    table = steps.astype(np.int64)
    result = np.pad(samples, ((0, -rows % 8), (0, -cols % 8)), mode="edge")
    for row in range(0, rows, 8):
        for col in range(0, cols, 8):
            block = result[row : row + 8, col : col + 8] - 128
            # Along the rows, which keeps 2 bits of fraction, then along the columns.
            block = _nearest_shift(_integer_dct(block.T).T, 11)
            block = _nearest_shift(_integer_dct(block), 15)
            # The coefficients are 8 times those of the standard. Halves go away from zero.
            level = (abs(block) + 4 * table) // (8 * table)
            block = np.sign(block) * level * table
            block = _nearest_shift(_integer_inverse_dct(block), 11)
            block = _nearest_shift(_integer_inverse_dct(block.T).T, 18)
            result[row : row + 8, col : col + 8] = np.clip(block + 128, 0, 255)
    return result[:rows, :cols]


def error_levels(
    image: NDArray[np.uint8], tables: NDArray[np.uint16], subsampling: str = "4:2:0"
) -> NDArray[np.uint8]:
    """Define `unsplice.blind.kernels.error_levels`."""
    wide = image.astype(np.int64)
    if image.ndim == 2:
        return abs(wide - _saved(wide, tables[0])).astype(np.uint8)
    rows, cols = image.shape[:2]
    red, green, blue = np.moveaxis(wide, 2, 0)
    # The equations of JFIF with 16 bits of fraction. Halves of chroma go down.
    y = (19595 * red + 38470 * green + 7471 * blue + 2**15) >> 16
    cb = (-11059 * red - 21709 * green + 32768 * blue + (128 << 16) + 2**15 - 1) >> 16
    cr = (32768 * red - 27439 * green - 5329 * blue + (128 << 16) + 2**15 - 1) >> 16

    y = _saved(y, tables[0])
    planes: list[NDArray[Any]] = []
    for chroma in (cb, cr):
        if subsampling == "4:4:4":
            planes.append(_saved(chroma, tables[1]))
            continue
        small = _saved(shrunk(chroma.astype(np.uint8), (2, 2)).astype(np.int64), tables[1])
        if cols <= 4:  # the triangle filter wants three columns
            planes.append(small.repeat(2, axis=0).repeat(2, axis=1)[:rows, :cols])
        else:
            planes.append(enlarged(small.astype(np.uint8), image.shape, (2, 2)))
    b, r = (chroma.astype(np.int64) - 128 for chroma in planes)
    saved: NDArray[np.int64] = np.dstack(
        [
            y + ((91881 * r + 2**15) >> 16),
            y + ((-22554 * b - 46802 * r + 2**15) >> 16),
            y + ((116130 * b + 2**15) >> 16),
        ]
    )
    levels: NDArray[np.uint8] = abs(wide - np.clip(saved, 0, 255)).astype(np.uint8)
    return levels
