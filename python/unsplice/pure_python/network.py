"""Definitions of the kernels of the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["convolve_blocks", "normalize_maps", "plane_moments"]

_LANES = 8


def convolve_blocks(
    maps: NDArray[np.float32],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    dilation: int = 1,
    gain: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Define `unsplice.blind.fusion.kernels.convolve_blocks`."""
    outputs, inputs, side, _ = weights.shape
    _, rows, cols = maps.shape
    reach = side // 2 * dilation
    padded = np.pad(maps, ((0, 0), (reach, reach), (reach, reach)))
    result = np.empty((outputs, rows, cols), np.float32)
    for n in range(outputs):
        result[n] = bias[n]
        for m in range(inputs):
            for i in range(side):
                for j in range(side):
                    top, left = i * dilation, j * dilation
                    window = padded[m, top : top + rows, left : left + cols]
                    result[n] += weights[n, m, i, j] * window
        if gain is not None:
            result[n] = maps[n] + gain[n] * np.where(result[n] < 0, np.float32(0), result[n])
    return result


def normalize_maps(
    maps: NDArray[np.float32],
    centered: NDArray[np.bool_],
    scale: NDArray[np.float32],
    limit: float,
) -> NDArray[np.float32]:
    """Define `unsplice.blind.fusion.kernels.normalize_maps`."""
    result = np.full(maps.shape, np.nan, np.float32)
    most = np.float32(limit)
    for plane, target, is_centered, divisor in zip(maps, result, centered, scale, strict=True):
        if np.isfinite(plane).all():
            middle = np.sort(plane, axis=None)[(plane.size - 1) // 2]
            center = middle if is_centered else np.float32(0)
            target[...] = ((plane - center) / divisor).clip(-most, most)
    return result


def plane_moments(planes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Define `unsplice.blind.fusion.kernels.plane_moments`."""
    count, rows, cols = planes.shape
    result = np.zeros((count, 2))
    for plane, moments in zip(planes.astype(np.float64), result, strict=True):
        lanes = np.zeros((2, _LANES))
        for r in range(rows):
            for c in range(cols):
                lanes[:, c % _LANES] += plane[r, c], plane[r, c] * plane[r, c]
        for lane in lanes.T:
            moments += lane
        moments /= rows * cols
    return result
