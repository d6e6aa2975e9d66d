"""Definitions of the kernels of pair mode."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.pure_python.pictures import (
    float32_channels,
    gaussian_blur,
    luma_of,
    reflect,
    weighted_sum,
)

__all__ = [
    "activity_level",
    "amplitude_levels",
    "color_difference",
    "difference_amplitude",
    "difference_evidence",
    "difference_quantiles",
    "luma",
    "warp_cubic",
]


def luma(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.luma`."""
    return weighted_sum(image, (0.299, 0.587, 0.114))


def color_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.color_difference`."""
    f = np.float32
    channels = zip(float32_channels(first), float32_channels(second), strict=True)
    red, green, blue = (a - b for a, b in channels)
    y = luma_of(red, green, blue)
    return np.stack([y, (blue - y) * (f(1) / f(1.772)), (red - y) * (f(1) / f(1.402))])


def activity_level(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Define `unsplice.pair.kernels.activity_level`."""
    rows, cols = image.shape[:2]
    f = np.float32
    wide = image.astype(int)
    gray = (77 * wide[:, :, 0] + 150 * wide[:, :, 1] + 29 * wide[:, :, 2] + 128) >> 8

    def at(row: int, col: int) -> int:
        return int(gray[reflect(row, rows), reflect(col, cols)])

    def squared_gradient(row: int, col: int) -> int:
        left, right = (at(row - 1, x) + 2 * at(row, x) + at(row + 1, x) for x in (col - 1, col + 1))
        top, bottom = (at(y, col - 1) + 2 * at(y, col) + at(y, col + 1) for y in (row - 1, row + 1))
        return (right - left) ** 2 + (bottom - top) ** 2

    gradients = [[squared_gradient(row, col) for col in range(cols)] for row in range(rows)]
    result = np.empty((rows, cols), np.uint8)
    for row in range(rows):
        for col in range(cols):
            total = sum(
                gradients[reflect(row + down, rows)][reflect(col + right, cols)]
                for down in range(-4, 5)
                for right in range(-4, 5)
            )
            value = f(total) / f(324) + f(1)
            mantissa, exponent = np.frexp(value)  # value = 2 mantissa * 2 ** (exponent - 1)
            result[row, col] = 8 * (exponent - 1) + int(8 * (2 * mantissa - 1))
    return result


def difference_quantiles(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    indices: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    scales: Sequence[list[float]],
    *,
    num_kinds: int,
    share: float,
) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.difference_quantiles`."""
    result = np.zeros((len(scales), 3, num_kinds), np.float32)
    for scale, averaged in enumerate(_averages(first, second, scales)):
        for plane in range(3):
            magnitudes = np.abs(averaged[plane].ravel()[indices])
            for kind in range(num_kinds):
                ascending = np.sort(magnitudes[kinds == kind])
                if ascending.size:
                    result[scale, plane, kind] = ascending[int(share * (ascending.size - 1))]
    return result


def difference_amplitude(
    first: NDArray[np.uint8], second: NDArray[np.uint8], weights: list[float]
) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.difference_amplitude`."""
    x0, x1, x2 = gaussian_blur(color_difference(first, second), weights)
    result: NDArray[np.float32] = np.sqrt(x0 * x0 + x1 * x1 + x2 * x2)
    return result


def amplitude_levels(
    first: NDArray[np.uint8], second: NDArray[np.uint8], weights: list[float]
) -> NDArray[np.uint8]:
    """Define `unsplice.pair.kernels.amplitude_levels`."""
    amplitude = difference_amplitude(first, second, weights)
    return np.minimum(amplitude, np.float32(255)).astype(np.uint8)


def difference_evidence(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    level: NDArray[np.uint8],
    other_level: NDArray[np.uint8],
    nearby: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    scales: Sequence[list[float]],
    precision: NDArray[np.float32],
    *,
    seed_bounds: Sequence[float],
    grow_bounds: Sequence[float],
    rim_share: float,
    factor: float,
) -> tuple[NDArray[Any], ...]:
    """Define `unsplice.pair.kernels.difference_evidence`."""
    f = np.float32
    averages = _averages(first, second, scales)
    higher = np.maximum(level, other_level)
    energies = [_energy(x, higher, w) for x, w in zip(averages, precision, strict=True)]
    amplitude = difference_amplitude(first, second, scales[0])
    ratio = (amplitude + f(0.5)) / (nearby.astype(f) * f(rim_share) + f(0.5))
    ratios = [energy / f(bound) for energy, bound in zip(energies, grow_bounds, strict=True)]
    ratio = np.minimum(ratio, np.max(ratios, axis=0))
    ratio[~valid] = 0
    seeds = np.zeros(level.shape, np.bool_)
    for averaged, weights, bound in zip(averages, precision, seed_bounds, strict=True):
        seeds |= _energy(averaged, level, weights) > f(bound)
    return ratio / (ratio + f(1)), ratio > 1, seeds & valid, energies[0] * f(factor)


def _averages(
    first: NDArray[np.uint8], second: NDArray[np.uint8], scales: Sequence[list[float]]
) -> list[NDArray[np.float32]]:
    difference = color_difference(first, second)
    return [gaussian_blur(difference, weights) for weights in scales]


def _energy(
    planes: NDArray[np.float32], levels: NDArray[np.uint8], precision: NDArray[np.float32]
) -> NDArray[np.float32]:
    x0, x1, x2 = planes
    w0, w1, w2 = (weights[levels] for weights in precision)
    total = x0 * x0 * w0 + x1 * x1 * w1 + x2 * x2 * w2
    result: NDArray[np.float32] = np.sqrt(total / np.float32(3))
    return result


def warp_cubic(
    image: NDArray[Any], matrix: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[Any]:
    """Define `unsplice.pair.kernels.warp_cubic`."""
    rows, cols = image.shape[:2]
    (a, b, offset_x), (d, e, offset_y) = matrix.tolist()
    result = np.empty((*shape, *image.shape[2:]), image.dtype)
    for row in range(shape[0]):
        for col in range(shape[1]):
            left, across = _place(a * col + (b * row + offset_x), cols)
            top, down = _place(d * col + (e * row + offset_y), rows)
            x = [min(max(left + k, 0), cols - 1) for k in range(4)]
            y = [min(max(top + k, 0), rows - 1) for k in range(4)]
            result[row, col] = _mixed([[image[i, j] for j in x] for i in y], across, down)
    return result


def _place(at: float, size: int) -> tuple[int, list[int]]:
    """Return the first of four pixels, and what each of them weighs."""
    steps, unit = 256, 2**14
    within = min(at if at > -2 else -2.0, size + 1)
    whole, t = divmod(int(within * steps + 512.5) - 512, steps)
    exact = [_weight(Fraction(abs(k * steps - t), steps)) for k in (-1, 0, 1, 2)]
    weights = [floor(weight * unit + Fraction(1, 2)) for weight in exact]
    weights[weights.index(max(weights))] += unit - sum(weights)
    return whole - 1, weights


def _weight(d: Fraction) -> Fraction:
    """Return what a pixel at the distance d weighs."""
    if d <= 1:
        return (5 * d**3 - 9 * d**2 + 4) / 4
    return -3 * (d**3 - 5 * d**2 + 8 * d - 4) / 4


def _mixed(pixels: list[list[Any]], across: list[int], down: list[int]) -> Any:
    """Return four rows of four pixels as one, down the columns first."""
    columns = list(zip(*pixels, strict=True))
    if pixels[0][0].dtype == np.float32:
        w, v = (np.array(weights, np.float32) / np.float32(2**14) for weights in (across, down))
        s = [((v[0] * p[0] + v[1] * p[1]) + v[2] * p[2]) + v[3] * p[3] for p in columns]
        return ((w[0] * s[0] + w[1] * s[1]) + w[2] * s[2]) + w[3] * s[3]
    sums = [sum(v * p.astype(int) for v, p in zip(down, c, strict=True)) for c in columns]
    total = sum(w * ((s + 64) >> 7) for w, s in zip(across, sums, strict=True))
    return np.clip((total + 2**20) >> 21, 0, 255)
