"""Checked calls into the core that only pair mode needs.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import dense_array, dense_planes, dense_rgb, thread_count
from unsplice.kernels import weighted_sum

__all__ = [
    "activity_level",
    "color_difference",
    "jpeg_round_trip",
    "luma",
    "normalized_energy",
]


LUMA_WEIGHTS = (0.299, 0.587, 0.114)


def luma(image: NDArray[np.uint8], *, num_threads: int | None = None) -> NDArray[np.float32]:
    """Return the luma of an RGB picture.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        ``0.299 R + 0.587 G + 0.114 B`` (ITU-R BT.601), in gray levels.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> luma(np.array([[[255, 0, 0], [255, 255, 255]]], np.uint8)).round(2)
    array([[ 76.24, 255.  ]], dtype=float32)
    """
    return weighted_sum(image, LUMA_WEIGHTS, num_threads=num_threads)


def color_difference(
    first: NDArray[np.uint8], second: NDArray[np.uint8], *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return the signed difference of two RGB pictures in YCbCr.

    Parameters
    ----------
    first, second : (rows, cols, 3) arrays of uint8
        RGB, of one size.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (3, rows, cols) array of float32
        Y, Cb and Cr (JFIF 1.02) of ``first - second``, in gray levels, not rounded.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or of different sizes.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((1, 1, 3), np.uint8)
    >>> color_difference(black + np.uint8(10), black).ravel().round(3).tolist()
    [10.0, 0.0, 0.0]
    """
    a, b = dense_rgb(first, "first"), dense_rgb(second, "second")
    if a.shape != b.shape:
        raise ValueError(f"first and second must have one shape, got {a.shape} and {b.shape}")
    return _core.color_difference(a, b, thread_count(num_threads))


def activity_level(
    image: NDArray[np.uint8], *, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Return how busy the surroundings of each pixel are, in eighths of an octave.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        ``8 log2(g / 324 + 1)``, linear between powers of two and rounded down, where g is the sum
        of the squared Sobel gradient of luma over the 9x9 pixels around, mirrored at the edge
        (BORDER_REFLECT_101).

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> flat = np.zeros((9, 9, 3), np.uint8)
    >>> step = flat.copy()
    >>> step[:, 5:] = 100
    >>> int(activity_level(flat)[4, 4]), int(activity_level(step)[4, 4])
    (0, 104)
    """
    return _core.activity_level(dense_rgb(image), thread_count(num_threads))


def normalized_energy(
    planes: NDArray[np.float32],
    levels: NDArray[np.uint8],
    precision: NDArray[np.float32],
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Return how many standard deviations three planes are off together.

    Parameters
    ----------
    planes : (3, rows, cols) array of float32
        Differences x.
    levels : (rows, cols) array of uint8
        Activity level l of each pixel.
    precision : (3, 256) array of float32
        ``w = 1 / variance`` of each plane at each level.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        ``sqrt((x0^2 w(0, l) + x1^2 w(1, l) + x2^2 w(2, l)) / 3)``.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> planes = np.full((3, 1, 1), 6, np.float32)
    >>> quarter = np.full((3, 256), 0.25, np.float32)
    >>> normalized_energy(planes, np.zeros((1, 1), np.uint8), quarter)
    array([[3.]], dtype=float32)
    """
    stack = dense_planes(planes)
    level = dense_array(levels, "levels", ("uint8",), "(rows, cols)", (2,))
    table = dense_array(precision, "precision", ("float32",), "(3, 256)", (2,))
    if stack.shape != (3, *level.shape):
        raise ValueError(
            f"planes must have shape (3, rows, cols) = {(3, *level.shape)}, got {stack.shape}"
        )
    if table.shape != (3, 256):
        raise ValueError(f"precision must have shape (3, 256), got {table.shape}")
    return _core.normalized_energy(stack, level, table, thread_count(num_threads))


def jpeg_round_trip(
    image: NDArray[np.uint8],
    tables: NDArray[np.float32],
    subsampling: tuple[int, int],
    *,
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return what an RGB picture looks like after it was saved as JPEG and opened again.

    The entropy coding, which is lossless, is left out.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    tables : (3, 8, 8) array of float32
        Quantisation steps of Y, Cb, Cr, 1 to 65535; rows are vertical frequencies.
    subsampling : tuple of int
        Factor by which chroma is reduced: (horizontal, vertical), each 1 or 2.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols, 3) array of uint8
        RGB. Codecs differ in rounding, so a decoded file differs from this by a level here and
        there, and by one quantisation step where a coefficient lay between two.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or arguments out of range.

    Notes
    -----
    ITU-T T.81 (baseline, 8x8 DCT) with the colour equations and chroma siting of JFIF 1.02. Chroma
    is averaged over boxes and enlarged by the triangle filter (3/4, 1/4), as the common codecs do.
    The definition gives each rounding.

    Examples
    --------
    Steps this coarse leave nothing of a block but its mean, and that in units of 160 / 8 levels.

    >>> import numpy as np
    >>> ramp = np.repeat(np.arange(0, 64, 4, dtype=np.uint8), 3).reshape(1, 16, 3)
    >>> coarse = np.full((3, 8, 8), 160, np.float32)
    >>> jpeg_round_trip(ramp, coarse, (1, 1))[0, :, 0].tolist()
    [8, 8, 8, 8, 8, 8, 8, 8, 48, 48, 48, 48, 48, 48, 48, 48]
    """
    pixels = dense_rgb(image)
    steps = dense_array(tables, "tables", ("float32",), "(3, 8, 8)", (3,), free_axes=2)
    if steps.shape != (3, 8, 8):
        raise ValueError(f"tables must have shape (3, 8, 8), got {steps.shape}")
    outside = steps[~((steps >= 1) & (steps <= 65535))]
    if outside.size:
        raise ValueError(f"tables must hold steps from 1 to 65535, got {outside[0]}")
    if not isinstance(subsampling, tuple):
        raise TypeError(f"subsampling must be a tuple, got {type(subsampling).__name__}")
    if subsampling not in ((1, 1), (1, 2), (2, 1), (2, 2)):
        raise ValueError(f"subsampling must be two of 1 and 2, got {subsampling!r}")
    horizontal, vertical = (int(factor) for factor in subsampling)
    return _core.jpeg_round_trip(pixels, steps, horizontal, vertical, thread_count(num_threads))
