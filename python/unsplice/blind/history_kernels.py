"""Checked calls into the core that the compression history needs.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_rgb,
    real_number,
    thread_count,
    whole_number,
)

__all__ = [
    "COUNT_UNIT",
    "LEVELS",
    "MAGNITUDE_CLASSES",
    "block_levels",
    "clipped_samples",
    "compression_gains",
    "count_magnitudes",
    "grid_votes",
    "requantized_counts",
    "sum_levels",
]

LEVELS: Final = 25  # 0 to 24: larger ones are taken for 24
MAGNITUDE_CLASSES: Final = 2049  # half units, from 0 to the largest magnitude of a coefficient
COUNT_UNIT: Final = 2**24  # requantized_counts gives multiples of 1 / COUNT_UNIT


def _integers(array: NDArray[Any], name: str, shape: str, ndim: int) -> NDArray[np.int64]:
    """Return whole numbers of any width as a dense array of int64."""
    names = ("uint8", "uint16", "uint32", "int16", "int32", "int64")
    return dense_array(array, name, names, shape, (ndim,), free_axes=0).astype(np.int64, copy=False)


def _require_range(values: NDArray[np.int64], name: str, least: int, most: int) -> None:
    outside = values[(values < least) | (values > most)]
    if outside.size:
        raise ValueError(f"{name} must be in {least}..{most}, got {outside[0]}")


def _steps(steps: NDArray[Any], name: str, shape: str, ndim: int, *, least: int = 1) -> Any:
    numbers = _integers(steps, name, shape, ndim)
    _require_range(numbers, name, least, 65535)
    return numbers


def _corners(corners: NDArray[Any], image: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    places = _integers(corners, "corners", "(n, 2)", 2)
    if places.shape[1] != 2:
        raise ValueError(f"corners must have shape (n, 2), got {places.shape}")
    room = np.array(image.shape[:2]) - size
    outside = places[((places < 0) | (places > room)).any(axis=1)]
    if outside.size:
        raise ValueError(
            f"corners must leave {size} x {size} pixels within the image, got "
            f"{tuple(outside[0].tolist())} in {image.shape[0]} x {image.shape[1]}"
        )
    return places


def _counts(counts: NDArray[Any], name: str, width: int) -> NDArray[np.int64]:
    numbers = _integers(counts, name, f"(frequencies, {width})", 2)
    if numbers.shape[1] != width:
        raise ValueError(f"{name} must have shape (frequencies, {width}), got {numbers.shape}")
    _require_range(numbers, name, 0, 2**26)
    return numbers


def _one_each(name: str, found: int, frequencies: int) -> None:
    if found != frequencies:
        raise ValueError(f"{name} must have one number for each of {frequencies} frequencies")


def block_levels(
    image: NDArray[np.uint8],
    steps: NDArray[Any],
    *,
    row: int = 0,
    col: int = 0,
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return the magnitudes of the quantised DCT coefficients of luma.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    steps : (8, 8) array of int
        Quantisation steps; rows are vertical frequencies.
    row, col : int
        Where the 8x8 grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (64, block rows, block cols) array of uint8
        ``min(floor(|C| / step + 1/2), 24)`` for every whole block, plane 8 v + h for the vertical
        frequency v and the horizontal one h; C is the orthonormal DCT of luma less 128.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> white = np.full((8, 16, 3), 255, np.uint8)
    >>> block_levels(white, np.full((8, 8), 200))[:2].tolist()
    [[[5, 5]], [[0, 0]]]
    """
    pixels = dense_rgb(image)
    table = _steps(steps, "steps", "(8, 8)", 2)
    if table.shape != (8, 8):
        raise ValueError(f"steps must have shape (8, 8), got {table.shape}")
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.block_levels(pixels, table, top, left, thread_count(num_threads))


def clipped_samples(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Return how many pixels of each 8x8 block have a channel at 0 or 255.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    row, col : int
        Where the grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (block rows, block cols) array of uint8
        0 to 64, for every whole block.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((8, 8, 3), 7, np.uint8)
    >>> image[2, 3:5, 0] = 255
    >>> clipped_samples(image).tolist()
    [[2]]
    """
    pixels = dense_rgb(image)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.clipped_samples(pixels, top, left, thread_count(num_threads))


def count_magnitudes(
    image: NDArray[np.uint8], corners: NDArray[Any], *, num_threads: int | None = None
) -> NDArray[np.int64]:
    """Count the magnitudes of the DCT coefficients of luma of blocks anywhere in a picture.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    corners : (n, 2) array of int
        First row and column of each 8x8 block.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (64, 2049) array of int64
        Element [8 v + h, j] counts the blocks with ``j <= 2 |C(v, h)| < j + 1``.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a block that leaves the picture.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((9, 9, 3), 128, np.uint8)
    >>> counts = count_magnitudes(image, np.array([[0, 0], [1, 1]]))
    >>> counts.shape, int(counts[5, 0])
    ((64, 2049), 2)
    """
    pixels = dense_rgb(image)
    return _core.count_magnitudes(pixels, _corners(corners, pixels, 8), thread_count(num_threads))


def grid_votes(
    image: NDArray[np.uint8], corners: NDArray[Any], *, num_threads: int | None = None
) -> NDArray[np.int64]:
    """Let parts of a picture vote for the place of the 8x8 grid on which it was compressed.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    corners : (n, 2) array of int
        First row and column of each voter, 15x15 pixels.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (8, 8) array of int64
        Votes for each place (row, col) relative to the corners. A voter chooses the place whose
        block has the most DCT coefficients of luma with ``|C| < 0.5``; if two share the most, it
        does not vote.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a voter that leaves the picture.

    Notes
    -----
    After T. Nikoukhah et al., "ZERO: a Local JPEG Grid Origin Detector Based on the Number of DCT
    Zeros and its Applications in Image Forensics", Image Processing On Line 11, 2021,
    doi:10.5201/ipol.2021.390, where every pixel votes.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).integers(0, 256, (15, 15, 3), np.uint8)
    >>> image[3:11, 5:13] = 90
    >>> votes = grid_votes(image, np.array([[0, 0]]))
    >>> np.argwhere(votes).tolist()
    [[3, 5]]
    """
    pixels = dense_rgb(image)
    return _core.grid_votes(pixels, _corners(corners, pixels, 15), thread_count(num_threads))


def sum_levels(
    levels: NDArray[np.uint8], values: NDArray[np.float32], *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Look up a number for the level of each frequency of a block, and add them up.

    Parameters
    ----------
    levels : (n, rows, cols) array of uint8
        As `block_levels` gives them; above 24 counts as 24.
    values : (n, 25) array of float32
        One row a plane, one number a level.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        Sums from the first plane to the last, in single precision.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> levels = np.array([[[0, 1]], [[2, 30]]], np.uint8)
    >>> values = np.arange(50, dtype=np.float32).reshape(2, 25)
    >>> sum_levels(levels, values)
    array([[27., 50.]], dtype=float32)
    """
    planes = dense_array(levels, "levels", ("uint8",), "(n, rows, cols)", (3,), free_axes=2)
    numbers = dense_array(values, "values", ("float32",), "(n, 25)", (2,), free_axes=0)
    if numbers.shape != (len(planes), LEVELS):
        raise ValueError(f"values must have shape ({len(planes)}, {LEVELS}), got {numbers.shape}")
    return _core.sum_levels(planes, numbers, thread_count(num_threads))


def requantized_counts(
    reference: NDArray[Any], first: NDArray[Any], last: NDArray[Any]
) -> NDArray[np.int64]:
    """Return what one quantisation, or two in a row, make of coefficients.

    Parameters
    ----------
    reference : (frequencies, 2049) array of int
        Magnitudes before, as `count_magnitudes` gives them.
    first : (frequencies,) array of int
        Steps of the earlier quantisation; 0 where there was none.
    last : (frequencies,) array of int
        Steps of the last quantisation.

    Returns
    -------
    (frequencies, 25) array of int64
        How many end in each level, as `block_levels` has them, in multiples of ``1 / COUNT_UNIT``.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Notes
    -----
    Between two compressions a picture is rounded to whole gray levels: the coefficients get normal
    noise with a standard deviation of 0.3 (1/12 for the variance of each color channel, weighted as
    luma is, and some for the chroma of a decoder).

    Examples
    --------
    After steps of 7 and then 3, none is left in level 1, and few are in the levels 3 and 4.

    >>> import numpy as np
    >>> reference = np.ones((1, 2049), np.int64)
    >>> twice = requantized_counts(reference, np.array([7]), np.array([3]))
    >>> (twice[0, :6] / COUNT_UNIT).round(2).tolist()
    [7.0, 0.0, 13.33, 0.67, 0.67, 13.33]
    """
    counts = _counts(reference, "reference", MAGNITUDE_CLASSES)
    earlier = _steps(first, "first", "(frequencies,)", 1, least=0)
    later = _steps(last, "last", "(frequencies,)", 1)
    _one_each("first", len(earlier), len(counts))
    _one_each("last", len(later), len(counts))
    return _core.requantized_counts(counts, earlier, later)


def compression_gains(
    observed: NDArray[Any],
    reference: NDArray[Any],
    last: NDArray[Any],
    tables: NDArray[Any],
    shares: Sequence[float],
    *,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """Return how much better an earlier compression explains the levels of a picture.

    Parameters
    ----------
    observed : (frequencies, 25) array of int
        How many blocks have each level.
    reference : (frequencies, 2049) array of int
        Magnitudes before any quantisation, as `count_magnitudes` gives them.
    last : (frequencies,) array of int
        Steps of the last quantisation.
    tables : (tables, frequencies) array of int
        Steps of the earlier quantisation, one row a candidate.
    shares : sequence of float
        Shares of the blocks that were compressed before, from 0 to below 1.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (frequencies, tables, shares) array of float64
        Log-likelihood ratio against a single compression, in nats: at least -30, and 0 where the
        earlier step divides the last one. That of a table is the sum over its frequencies.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Notes
    -----
    The mixture is that of T. Bianchi and A. Piva, "Image Forgery Localization via Block-Grained
    Analysis of JPEG Artifacts", IEEE Transactions on Information Forensics and Security 7 (3),
    2012, doi:10.1109/TIFS.2012.2187516, over whole tables instead of single frequencies.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.ones((1, 2049), np.int64)
    >>> last = np.array([3])
    >>> twice = requantized_counts(reference, np.array([7]), last) // COUNT_UNIT
    >>> gains = compression_gains(twice, reference, last, np.array([[5], [7]]), [0.5, 0.99])
    >>> [int(index) for index in np.unravel_index(gains.argmax(), gains.shape)]
    [0, 1, 1]
    """
    counts = _counts(reference, "reference", MAGNITUDE_CLASSES)
    levels = _counts(observed, "observed", LEVELS)
    later = _steps(last, "last", "(frequencies,)", 1)
    earlier = _steps(tables, "tables", "(tables, frequencies)", 2)
    _one_each("observed", len(levels), len(counts))
    _one_each("last", len(later), len(counts))
    _one_each("each table", earlier.shape[1], len(counts))
    numbers = [real_number(share, "shares") for share in shares]
    if not all(0 <= share < 1 for share in numbers):
        raise ValueError(f"shares must be at least 0 and below 1, got {numbers}")
    return _core.compression_gains(
        levels, counts, later, earlier, numbers, thread_count(num_threads)
    )
