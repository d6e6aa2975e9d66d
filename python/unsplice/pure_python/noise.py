"""Definitions of the kernels on the noise of blocks."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.history import logarithm, whole_blocks

__all__ = ["block_noise", "green_lattice"]

_WEIGHTS = np.array([[77, 150, 29], [-43, -85, 128], [128, -107, -21]])  # of Y, Cb, Cr


def _around(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the picture with its edge repeated once; pixel (r, c) is at (r + 1, c + 1)."""
    return np.pad(image.astype(np.int64), ((1, 1), (1, 1), (0, 0)), "edge")


def _laplacian(around: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return four times each pixel less its neighbors."""
    vertical = around[:-2, 1:-1] + around[2:, 1:-1]
    horizontal = around[1:-1, :-2] + around[1:-1, 2:]
    result: NDArray[np.int64] = 4 * around[1:-1, 1:-1] - vertical - horizontal
    return result


def _log_phase(differences: NDArray[np.int64], places: NDArray[np.int64]) -> float:
    """Compare the differences at odd places with those at even ones."""
    odd, even = (int(differences[places % 2 == parity].sum()) / (32 * 256) for parity in (1, 0))
    return logarithm((odd + 0.05) / (even + 0.05))


def _correlation(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    products, total_a, total_b = int((a * b).sum()), int(a.sum()), int(b.sum())
    variance_a = float(64 * int((a * a).sum()) - total_a * total_a)
    variance_b = float(64 * int((b * b).sum()) - total_b * total_b)
    if variance_a == 0 or variance_b == 0:
        return 0.0
    return (64 * products - total_a * total_b) / sqrt(variance_a * variance_b)


def _log_kurtosis(laplacian: NDArray[np.int64]) -> float:
    sixteenths = (abs(laplacian) + 8) // 16
    second, fourth = int((sixteenths**2).sum()), int((sixteenths**4).sum())
    variance = second / (64 * 16**2) + 0.25
    return logarithm((fourth / (64 * 16**4) + 0.0625) / (variance * variance))


def block_noise(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.float32]:
    """Define `unsplice.blind.evidence.kernels.block_noise`."""
    rows, cols = whole_blocks(image, row, col)
    around = _around(image)
    planes = around @ _WEIGHTS.T
    here, right = planes[1:-1, 1:-1], planes[1:-1, 2:]
    below, corner = planes[2:, 1:-1], planes[2:, 2:]
    laplacian, diagonal = _laplacian(planes), abs(here - right - below + corner) // 4
    across, down = (abs(other - here)[..., 1:].sum(axis=2) for other in (right, below))
    equal = (around[1:-1, 1:-1] == around[1:-1, 2:]).all(axis=2)
    of_channels = _laplacian(around)
    result = np.zeros((15, rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            y, x = np.arange(row + 8 * r, row + 8 * r + 8), np.arange(col + 8 * c, col + 8 * c + 8)
            block = np.ix_(y, x)
            sums = abs(laplacian[block]).sum(axis=(0, 1)).tolist()
            found = [logarithm(total / (64 * 256) + 0.05) for total in sums]
            ordered = np.sort(diagonal[block].reshape(64, 3), axis=0)
            doubled = (ordered[31] + ordered[32]).tolist()
            found.extend(logarithm(middle / 128 + 0.05) for middle in doubled)
            found.append(_log_phase(across[block].sum(axis=0), x))
            found.append(_log_phase(down[block].sum(axis=1), y))
            found.extend(here[block].sum(axis=(0, 1)) / (64 * 256))
            found.append(np.count_nonzero(equal[block]) / 64)
            red, green, blue = np.moveaxis(of_channels[block], 2, 0)
            found.extend([_correlation(red, green), _correlation(blue, green)])
            found.append(_log_kurtosis(laplacian[block][..., 0]))
            result[:, r, c] = found
    return result


def green_lattice(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.float32]:
    """Define `unsplice.blind.evidence.kernels.green_lattice`."""
    rows, cols = whole_blocks(image, row, col)
    squares = _laplacian(_around(image))[..., 1] ** 2
    parity = np.add.outer(np.arange(image.shape[0]), np.arange(image.shape[1])) % 2
    result = np.zeros((rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            top, left = row + 8 * r, col + 8 * c
            block = np.s_[top : top + 8, left : left + 8]
            even, odd = (
                int(squares[block][parity[block] == lattice].sum()) / (32 * 16) + 0.0625
                for lattice in (0, 1)
            )
            result[r, c] = logarithm(even / odd)
    return result
