"""Definition of one JPEG compression without entropy coding."""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.pictures import float32_channels, luma_of

__all__ = [
    "dct_of_columns",
    "enlarged",
    "jpeg_round_trip",
    "shrunk",
]

_DCT = np.array(
    [
        [sqrt(1 / 8) if k == 0 else cos((2 * n + 1) * k * pi / 16) / 2 for n in range(8)]
        for k in range(8)
    ],
    np.float32,
)


def _byte(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _sum_of_products(factors: Any, terms: Any) -> NDArray[np.float32]:
    """Add up from the first term to the last."""
    total: NDArray[np.float32] = factors[0] * terms[0]
    for factor, term in zip(factors[1:], terms[1:], strict=True):
        total = total + factor * term
    return total


def dct_of_columns(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the orthonormal DCT of each column of an 8x8 block."""
    # Row k of the matrix is even or odd as k is: samples meet their mirror images first.
    sums, differences = block[:4] + block[:3:-1], block[:4] - block[:3:-1]
    return np.array(
        [_sum_of_products(_DCT[k, :4], differences if k % 2 else sums) for k in range(8)]
    )


def _inverse_dct_of_columns(block: NDArray[np.float32]) -> NDArray[np.float32]:
    result = np.empty((8, 8), np.float32)
    for n in range(4):
        even = _sum_of_products(_DCT[0::2, n], block[0::2])
        odd = _sum_of_products(_DCT[1::2, n], block[1::2])
        result[n], result[7 - n] = even + odd, even - odd
    return result


def _quantized(samples: NDArray[np.uint8], steps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return `samples` after DCT, quantisation and inverse DCT, in whole blocks."""
    rows, cols = samples.shape
    result = np.pad(samples, ((0, -rows % 8), (0, -cols % 8)), mode="edge")
    for row in range(0, rows, 8):
        for col in range(0, cols, 8):
            block = result[row : row + 8, col : col + 8].astype(np.float32) - np.float32(128)
            coefficients = dct_of_columns(dct_of_columns(block).T).T
            coefficients = np.rint(coefficients / steps) * steps
            block = _inverse_dct_of_columns(_inverse_dct_of_columns(coefficients.T).T)
            result[row : row + 8, col : col + 8] = _byte(block + np.float32(128))
    return result


def shrunk(chroma: NDArray[np.uint8], subsampling: tuple[int, int]) -> NDArray[np.uint8]:
    """Average over boxes, out to the last whole block to the right."""
    horizontal, vertical = subsampling
    rows, cols = chroma.shape
    padding = ((0, -rows % vertical), (0, -cols % (8 * horizontal)))
    padded = np.pad(chroma, padding, mode="edge").astype(int)
    result = np.empty((padded.shape[0] // vertical, padded.shape[1] // horizontal), np.uint8)
    for row in range(result.shape[0]):
        for col in range(result.shape[1]):
            first_row, first_col = row * vertical, col * horizontal
            box = padded[first_row : first_row + vertical, first_col : first_col + horizontal]
            # Halves go down and up in turn, so that the plane as a whole keeps its mean.
            turn = 1 if vertical == 2 else 0
            bias = turn + col % 2 if horizontal == 2 else turn
            result[row, col] = (int(box.sum()) + bias) // box.size
    return result


def enlarged(
    chroma: NDArray[np.uint8], shape: tuple[int, ...], subsampling: tuple[int, int]
) -> NDArray[np.uint8]:
    """Double the sides that were halved: 3/4 of the nearer and 1/4 of the farther sample."""
    horizontal, vertical = subsampling
    rows, cols = -(-shape[0] // vertical), -(-shape[1] // horizontal)  # that carry the picture

    def near_and_far(index: int, factor: int, size: int) -> tuple[int, int]:
        near = index // factor
        far = near if factor == 1 else near + (1 if index % 2 else -1)
        return near, min(max(far, 0), size - 1)

    result = np.empty(shape[:2], np.uint8)
    for row in range(shape[0]):
        for col in range(shape[1]):
            y, far_y = near_and_far(row, vertical, rows)
            x, far_x = near_and_far(col, horizontal, cols)
            mixed = 3 * int(chroma[y, x]) + int(chroma[far_y, x])
            far_mixed = 3 * int(chroma[y, far_x]) + int(chroma[far_y, far_x])
            bias = {
                (1, 1): 0,
                (1, 2): 8 if row % 2 else 4,
                (2, 1): 8 if col % 2 else 4,
                (2, 2): 7 if col % 2 else 8,
            }[subsampling]
            result[row, col] = (3 * mixed + far_mixed + bias) // 16
    return result


def jpeg_round_trip(
    image: NDArray[np.uint8], tables: NDArray[np.float32], subsampling: tuple[int, int]
) -> NDArray[np.uint8]:
    """Define `unsplice.pair.kernels.jpeg_round_trip`."""
    f = np.float32
    red, green, blue = float32_channels(image)
    y = _byte(luma_of(red, green, blue))
    cb = _byte(f(128) - f(0.168735892) * red - f(0.331264108) * green + f(0.5) * blue)
    cr = _byte(f(128) + f(0.5) * red - f(0.418687589) * green - f(0.081312411) * blue)

    y = _quantized(y, tables[0])[: image.shape[0], : image.shape[1]]
    cb = enlarged(_quantized(shrunk(cb, subsampling), tables[1]), image.shape, subsampling)
    cr = enlarged(_quantized(shrunk(cr, subsampling), tables[2]), image.shape, subsampling)

    luminance = y.astype(f)
    b, r = cb.astype(f) - f(128), cr.astype(f) - f(128)
    green = luminance - f(0.344136286) * b - f(0.714136286) * r
    return np.dstack(
        [_byte(luminance + f(1.402) * r), _byte(green), _byte(luminance + f(1.772) * b)]
    )
