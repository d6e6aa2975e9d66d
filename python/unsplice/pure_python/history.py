"""Definitions of the kernels of the compression history."""

from __future__ import annotations

from collections.abc import Sequence
from math import erf, frexp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.jpeg import dct_of_columns
from unsplice.pure_python.pictures import float32_channels, luma_of

__all__ = [
    "block_levels",
    "clipped_samples",
    "coefficients",
    "compression_gains",
    "count_magnitudes",
    "grid_votes",
    "logarithm",
    "requantized_counts",
    "sum_levels",
    "whole_blocks",
]

_MOST_LEVEL = 24

_CLASSES = 2 * 1024 + 1

_UNIT = 2**24


def coefficients(image: NDArray[np.uint8], row: int, col: int) -> NDArray[np.float32]:
    """Return the DCT of the luma of the 8x8 pixels at (row, col)."""
    pixels = image[row : row + 8, col : col + 8]
    block = luma_of(*float32_channels(pixels)) - np.float32(128)
    return dct_of_columns(dct_of_columns(block).T).T


def whole_blocks(image: NDArray[np.uint8], row: int, col: int) -> tuple[int, int]:
    """Return the rows and columns of whole blocks of a grid that begins at (row, col)."""
    return max(image.shape[0] - row, 0) // 8, max(image.shape[1] - col, 0) // 8


def block_levels(
    image: NDArray[np.uint8], steps: NDArray[Any], row: int = 0, col: int = 0
) -> NDArray[np.uint8]:
    """Define `unsplice.blind.history_kernels.block_levels`."""
    rows, cols = whole_blocks(image, row, col)
    result = np.zeros((64, rows, cols), np.uint8)
    for r in range(rows):
        for c in range(cols):
            found = abs(coefficients(image, row + 8 * r, col + 8 * c))
            levels = np.floor(found / steps.astype(np.float32) + np.float32(0.5))
            result[:, r, c] = np.minimum(levels, _MOST_LEVEL).ravel()
    return result


def clipped_samples(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.uint8]:
    """Define `unsplice.blind.history_kernels.clipped_samples`."""
    rows, cols = whole_blocks(image, row, col)
    result = np.zeros((rows, cols), np.uint8)
    clipped = ((image == 0) | (image == 255)).any(axis=2)
    for r in range(rows):
        for c in range(cols):
            top, left = row + 8 * r, col + 8 * c
            result[r, c] = np.count_nonzero(clipped[top : top + 8, left : left + 8])
    return result


def count_magnitudes(image: NDArray[np.uint8], corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Define `unsplice.blind.history_kernels.count_magnitudes`."""
    result = np.zeros((64, _CLASSES), np.int64)
    for row, col in corners:
        doubled = np.floor(2 * abs(coefficients(image, row, col))).astype(int)
        for k, found in enumerate(doubled.ravel()):
            result[k, min(found, _CLASSES - 1)] += 1
    return result


def grid_votes(image: NDArray[np.uint8], corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Define `unsplice.blind.history_kernels.grid_votes`."""
    votes = np.zeros((8, 8), np.int64)
    for row, col in corners:
        zeros = np.array(
            [
                [np.sum(abs(coefficients(image, row + y, col + x)) < 0.5) for x in range(8)]
                for y in range(8)
            ]
        )
        if np.count_nonzero(zeros == zeros.max()) == 1:
            votes[zeros == zeros.max()] += 1
    return votes


def sum_levels(levels: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Define `unsplice.blind.history_kernels.sum_levels`."""
    result = np.zeros(levels.shape[1:], np.float32)
    for plane, of_plane in zip(levels, values, strict=True):
        result += of_plane[np.minimum(plane, _MOST_LEVEL)]
    return result


def _noise_below(half_units: int) -> int:
    """Return the share of the noise of rounding below a bound, in multiples of 2^-24."""
    return round(_UNIT * 0.5 * (1 + erf(half_units / 2 / 0.3 / sqrt(2))))


def requantized_counts(
    reference: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Define `unsplice.blind.history_kernels.requantized_counts`."""
    result = np.zeros((len(reference), _MOST_LEVEL + 1), np.int64)
    for f, (counts, q1, q2) in enumerate(
        zip(reference, first.tolist(), last.tolist(), strict=True)
    ):
        for half_units in np.flatnonzero(counts):
            # Magnitudes of this class lie between half_units / 2 and half a unit above.
            if q1 == 0:
                level = min((int(half_units) + q2) // (2 * q2), _MOST_LEVEL)
                result[f, level] += counts[half_units] * _UNIT
                continue
            value = 2 * q1 * ((int(half_units) + q1) // (2 * q1))
            below = 0
            for level in range(_MOST_LEVEL + 1):
                border = (2 * level + 1) * q2
                up_to = _noise_below(border - value) - _noise_below(-border - value)
                up_to = up_to if level < _MOST_LEVEL else _UNIT
                result[f, level] += counts[half_units] * (up_to - below)
                below = up_to
    return result


def logarithm(x: float) -> float:
    """Return log x to 1e-12, by operations that every processor rounds alike."""
    m, exponent = frexp(x)
    if m < sqrt(0.5):
        m, exponent = 2 * m, exponent - 1
    t = (m - 1) / (m + 1)
    total = 1 / 15
    for k in (13, 11, 9, 7, 5, 3, 1):
        total = total * (t * t) + 1 / k
    return exponent * 0.69314718055994531 + 2 * t * total


def compression_gains(
    observed: NDArray[np.int64],
    reference: NDArray[np.int64],
    last: NDArray[np.int64],
    tables: NDArray[np.int64],
    shares: Sequence[float],
) -> NDArray[np.float64]:
    """Define `unsplice.blind.history_kernels.compression_gains`."""

    def shares_of_levels(first: NDArray[np.int64]) -> list[list[float]]:
        counts = requantized_counts(reference, first, last) + _UNIT // 2
        return [[int(count) / int(row.sum()) for count in row] for row in counts]

    gains = np.zeros((len(last), len(tables), len(shares)))
    single = shares_of_levels(np.zeros_like(last))
    for t, first in enumerate(tables):
        twice = shares_of_levels(first)
        for f in np.flatnonzero(last % first):
            for s, share in enumerate(shares):
                gain = 0.0
                for count, p0, p1 in zip(observed[f].tolist(), single[f], twice[f], strict=True):
                    mixed = logarithm((1 - share) * p0 + share * p1)
                    gain += count * (mixed - logarithm(p0))
                gains[f, t, s] = max(gain, -30.0)
    return gains
