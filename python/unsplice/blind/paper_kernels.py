"""Checked calls into the core between the features of the paper's method.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_rgb,
    real_number,
    thread_count,
    three_numbers,
    whole_number,
)

__all__ = [
    "product_above",
    "product_counts",
    "scaled_levels",
    "weighted_levels",
]

_LARGEST = 2.0**24  # keeps every weighted sum far inside float32


def weighted_levels(
    image: NDArray[np.uint8],
    weights: tuple[float, float, float],
    gain: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return the weighted sum of the channels of a picture as levels of 8 bits.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB, or what was computed of red, green and blue.
    weights : tuple of three floats
        Of the channels, 0 to 2^24.
    gain : float
        Levels a unit, 0 to 2^24.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        `unsplice.kernels.weighted_sum` times `gain` in single precision, rounded to the nearest
        level, halves to the even one; what comes out above 255 becomes 255.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or numbers out of range.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[[1, 2, 4], [90, 90, 90]]], np.uint8)
    >>> weighted_levels(image, (0.25, 0.5, 0.25), 4)
    array([[  9, 255]], dtype=uint8)
    """
    pixels = dense_rgb(image)
    factors = three_numbers(weights, "weights")
    scale = real_number(gain, "gain")
    for name, number in (*(("weights", factor) for factor in factors), ("gain", scale)):
        if not 0 <= number <= _LARGEST:
            raise ValueError(f"{name} must be in 0..2^24, got {number}")
    return _core.weighted_levels(pixels, factors, scale, thread_count(num_threads))


def product_counts(
    first: NDArray[np.uint8], second: NDArray[np.uint8], *, num_threads: int | None = None
) -> NDArray[np.int64]:
    """Return how often each product of two features occurs.

    Parameters
    ----------
    first, second : (rows, cols) arrays of uint8
        Of one size.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (65536,) array of int64
        `unsplice.blind.kernels.level_counts` of their product as uint16.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or of different sizes.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.array([[2, 3, 3]], np.uint8)
    >>> product_counts(feature, feature)[:10]
    array([0, 0, 0, 0, 1, 0, 0, 0, 0, 2])
    """
    return _core.product_counts(*_features(first, second), thread_count(num_threads))


def product_above(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    level: int,
    *,
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Return where the product of two features is above a level.

    Parameters
    ----------
    first, second : (rows, cols) arrays of uint8
        Of one size.
    level : int
        0 to 65535.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of bool
        Where the product is larger.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape or of different sizes, or a `level` out of range.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.array([[2, 3, 3]], np.uint8)
    >>> product_above(feature, feature, 5)
    array([[False,  True,  True]])
    """
    a, b = _features(first, second)
    least = whole_number(level, "level", 0, 65535)
    return _core.product_above(a, b, least, thread_count(num_threads))


def scaled_levels(
    levels: NDArray[np.uint8], factor: float, *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return levels times a factor.

    Parameters
    ----------
    levels : (rows, cols) array of uint8
        A gray picture.
    factor : float
        Rounded to float32.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        The products, rounded to float32.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a `factor` that is no number.

    Examples
    --------
    >>> import numpy as np
    >>> scaled_levels(np.array([[0, 255]], np.uint8), 1 / 255)
    array([[0., 1.]], dtype=float32)
    """
    pixels = _feature(levels, "levels")
    return _core.scaled_levels(pixels, real_number(factor, "factor"), thread_count(num_threads))


def _feature(feature: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    return dense_array(feature, name, ("uint8",), "(rows, cols)", (2,))


def _features(
    first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    a, b = _feature(first, "first"), _feature(second, "second")
    if a.shape != b.shape:
        raise ValueError(f"first and second must have one shape, got {a.shape} and {b.shape}")
    return a, b
