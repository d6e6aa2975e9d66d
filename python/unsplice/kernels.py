"""Checked calls into the C++ core.

Here arrays are brought into the shape that the core takes, and here every bad argument is answered
with what was expected and what came. The definition of each kernel is the function of the same
name in `unsplice.pure_python`; the same input gives the same bits for every number of threads and
every processor.
"""

from __future__ import annotations

import os
from math import floor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unsplice import _core

__all__ = ["neighborhood_threshold"]


def _dense(
    array: ArrayLike, name: str, dtypes: tuple[str, ...], shape: str, ndims: tuple[int, ...]
) -> NDArray[Any]:
    """Return `array` with native byte order and adjacent pixels within each row.

    Rows may lie anywhere, so a crop or an upside-down view is passed on without a copy.
    """
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}")
    if array.dtype.newbyteorder("=") not in [np.dtype(dtype) for dtype in dtypes]:
        raise TypeError(f"{name} must have dtype {' or '.join(dtypes)}, got {array.dtype}")
    if array.ndim not in ndims:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    native = array.dtype.newbyteorder("=")
    inner = array.shape[1:]
    adjacent = tuple(
        native.itemsize * int(np.prod(inner[axis + 1 :])) for axis in range(len(inner))
    )
    if (
        array.dtype == native
        and array.flags.aligned
        and array.strides[1:] == adjacent
        and array.strides[0] % native.itemsize == 0
    ):
        return array
    return np.ascontiguousarray(array, dtype=native)


def thread_count(num_threads: int | None) -> int:
    """Return the number of threads that `num_threads` asks for.

    None means the environment variable ``UNSPLICE_NUM_THREADS``, else every core that this process
    may run on.
    """
    if num_threads is None:
        text = os.environ.get("UNSPLICE_NUM_THREADS", "").strip()
        if not text:
            return (
                len(os.sched_getaffinity(0))
                if hasattr(os, "sched_getaffinity")
                else (os.cpu_count() or 1)
            )
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"UNSPLICE_NUM_THREADS must be a whole number >= 1, got {text!r}")
        return min(int(text), 1024)
    if isinstance(num_threads, bool) or not isinstance(num_threads, int | np.integer):
        raise TypeError(f"num_threads must be an int or None, got {type(num_threads).__name__}")
    if num_threads < 1:
        raise ValueError(f"num_threads must be >= 1, got {num_threads}")
    return min(int(num_threads), 1024)


def neighborhood_threshold(
    image: NDArray[Any], threshold: float, *, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Threshold the sum of a pixel and its four neighbors, the same where any channel is low.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, channels) array of uint8 or uint16
        Absolute difference of two pictures.
    threshold : float
        Mean difference, in gray levels, up to which a pixel counts as unchanged; >= 0.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        255 where for any channel the sum over the pixel and its neighbors above, below, left and
        right is <= 5 * threshold (unchanged), else 0 (changed). The outermost rows and columns are
        filled by reflection without repeating the edge (``BORDER_REFLECT_101``); a picture with
        fewer than 3 rows or columns has no interior and gives zeros.

    Raises
    ------
    TypeError
        If `image` is no array of uint8 or uint16, or `threshold` no number.
    ValueError
        If `image` has neither 2 nor 3 dimensions, or `threshold` is negative or not finite.

    Notes
    -----
    This is the function of the question "How to separate spliced (photoshopped) part from the rest
    of the spliced image?" with one difference: the question adds uint8 scalars, whose sums wrap
    around at 256; the sums here are wide.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> difference = np.zeros((5, 6), np.uint8)
    >>> difference[1:4, 2:5] = 40
    >>> unsplice.neighborhood_threshold(difference, 9)
    array([[255, 255, 255,   0, 255, 255],
           [255, 255,   0,   0,   0, 255],
           [255,   0,   0,   0,   0,   0],
           [255, 255,   0,   0,   0, 255],
           [255, 255, 255,   0, 255, 255]], dtype=uint8)
    """
    pixels = _dense(
        image, "image", ("uint8", "uint16"), "(rows, cols) or (rows, cols, channels)", (2, 3)
    )
    if isinstance(threshold, bool) or not isinstance(threshold, int | float | np.number):
        raise TypeError(f"threshold must be a number, got {type(threshold).__name__}")
    if not 0 <= threshold < float("inf"):
        raise ValueError(f"threshold must be finite and >= 0, got {threshold}")
    limit = min(floor(5 * float(threshold)), 2**40)
    return _core.neighborhood_threshold(pixels, limit, thread_count(num_threads))
