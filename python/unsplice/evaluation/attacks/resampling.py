"""Make a picture smaller, with whole numbers all the way.

Resizing in OpenCV sums floats in an order that depends on the processor. Here each output pixel is
a quotient of two integers, rounded once, so that an attacked picture is the same file everywhere.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.evaluation.attacks.elementary import sinc

__all__ = ["Resampling", "shrink", "shrink_mask"]

Resampling = Literal["area", "lanczos"]
Integers = NDArray[np.int64]

_LANCZOS_LOBES: Final = 3
_LANCZOS_TOTAL: Final = 2**15


def _area_taps(size: int, new: int) -> tuple[Integers, Integers]:
    """Return for each of `new` pixels its first source pixel, and the overlap with each from there.

    The length is measured in units of 1 / (size * new): a source pixel is `new` of them long, an
    output pixel `size`, which is also the sum of the weights.
    """
    left = np.arange(new, dtype=np.int64)[:, None] * size
    first = left // new
    taps = int(((left + size - 1) // new - first).max()) + 1
    source = (first + np.arange(taps)) * new
    overlap = np.minimum(source + new, left + size) - np.maximum(source, left)
    return first[:, 0], np.maximum(overlap, 0)


def _lanczos_taps(size: int, new: int) -> tuple[Integers, Integers]:
    """Return the same for a Lanczos kernel as wide as the scale asks for, cut off at the edge."""
    scale = size / new
    center = (np.arange(new)[:, None] + 0.5) * scale - 0.5
    first = np.ceil(center - _LANCZOS_LOBES * scale).astype(np.int64)
    taps = int(np.floor(2 * _LANCZOS_LOBES * scale)) + 1
    source = first + np.arange(taps)
    distance = (source - center) / scale
    weights = sinc(distance) * sinc(distance / _LANCZOS_LOBES)
    weights *= (np.abs(distance) < _LANCZOS_LOBES) & (source >= 0) & (source < size)
    # Tap after tap: the order in which NumPy sums along an axis is not told.
    total = sum((weights[:, tap] for tap in range(taps)), start=np.zeros(new))
    rounded = np.rint(_LANCZOS_TOTAL * weights / total[:, None])
    whole = rounded.astype(np.int64)
    # What rounding left over goes to the largest weight: a flat picture stays flat.
    rows = np.arange(new)
    whole[rows, whole.argmax(axis=1)] += _LANCZOS_TOTAL - whole.sum(axis=1)
    return first[:, 0], whole


_TAPS: Final = {"area": _area_taps, "lanczos": _lanczos_taps}


def _weighted_sums(
    plane: NDArray[Any], shape: tuple[int, int], kernel: Resampling
) -> tuple[Integers, int]:
    """Return for each output pixel the weighted sum of the source pixels, and the sum of weights.

    A sum is at most 2^16 times the weights, those at most 2^32 together, with the lobes of Lanczos
    less than twice that: far from 2^63.
    """
    sums, total = plane, 1
    for axis in (0, 1):
        first, weights = _TAPS[kernel](plane.shape[axis], shape[axis])
        total *= int(weights[0].sum())
        partial: Any = 0
        for tap in range(weights.shape[1]):
            # Beyond the edge the weight is zero, and any pixel will do.
            index = np.clip(first + tap, 0, plane.shape[axis] - 1)
            weight = weights[:, tap, None] if axis == 0 else weights[:, tap]
            partial = partial + weight * sums.take(index, axis=axis)
        sums = partial
    return sums, total


def shrink(
    image: NDArray[Any], shape: tuple[int, int], *, kernel: Resampling = "area"
) -> NDArray[Any]:
    """Return a picture resampled to a smaller grid.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, 3) array of uint8 or uint16
        Gray or RGB.
    shape : (rows, cols)
        Of the result; at least 1, at most that of `image`.
    kernel : {"area", "lanczos"}
        "area" is the mean over what an output pixel covers; "lanczos" weighs with the windowed sinc
        of 3 lobes on each side, stretched by the scale, which rings but keeps more detail.

    Returns
    -------
    array
        Of the dtype of `image`, rounded once from the exact quotient, halves up.

    Examples
    --------
    >>> import numpy as np
    >>> shrink(np.array([[0, 30, 60]], np.uint8), (1, 2))
    array([[10, 50]], dtype=uint8)
    """
    peak = np.iinfo(image.dtype).max
    planes = image[..., None] if image.ndim == 2 else image
    result = np.empty((*shape, planes.shape[2]), image.dtype)
    for channel in range(planes.shape[2]):
        sums, total = _weighted_sums(planes[..., channel], shape, kernel)
        result[..., channel] = np.clip((2 * sums + total) // (2 * total), 0, peak)
    return result[..., 0] if image.ndim == 2 else result


def shrink_mask(mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a mask on a smaller grid: True where it covers at least half of an output pixel.

    Examples
    --------
    >>> import numpy as np
    >>> shrink_mask(np.array([[True, False, False, True, False, False]]), (1, 3))
    array([[ True,  True, False]])
    """
    sums, total = _weighted_sums(mask, shape, "area")
    return np.asarray(2 * sums >= total)
