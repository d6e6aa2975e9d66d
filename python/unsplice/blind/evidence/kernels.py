"""Checked calls into the core that the evidence maps need.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import dense_array, dense_rgb, thread_count, whole_number
from unsplice.kernels import gaussian_weights

__all__ = [
    "block_noise",
    "blur_shares",
    "count_cooccurrences",
    "count_zeros",
    "green_lattice",
    "grid_contrasts",
    "requantization_errors",
]

_WHOLE_NUMBERS: Final = ("uint8", "uint16", "uint32", "int16", "int32", "int64")


def _step_tables(steps: NDArray[Any]) -> NDArray[np.int64]:
    """Return quantisation steps of any width as a dense array of int64."""
    tables = dense_array(steps, "steps", _WHOLE_NUMBERS, "(n, 8, 8)", (3,), free_axes=0)
    if tables.shape[1:] != (8, 8):
        raise ValueError(f"steps must have shape (n, 8, 8), got {steps.shape}")
    outside = tables[(tables < 1) | (tables > 65535)]
    if outside.size:
        raise ValueError(f"steps must be in 1..65535, got {outside[0]}")
    return tables.astype(np.int64, copy=False)


def requantization_errors(
    image: NDArray[np.uint8],
    steps: NDArray[Any],
    *,
    row: int = 0,
    col: int = 0,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Return what another quantisation would change in each 8x8 block.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    steps : (n, 8, 8) array of int
        Quantisation steps of each table; rows are vertical frequencies.
    row, col : int
        Where the 8x8 grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (n, block rows, block cols) array of float32
        ``log(mean of (C - q rint(C / q))^2 + 0.02)`` for every table and whole block, over the 63
        frequencies but the lowest; C is the orthonormal DCT of luma less 128, q its step.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    A flat block has nothing to lose.

    >>> import numpy as np
    >>> image = np.full((8, 16, 3), 90, np.uint8)
    >>> image[:, 8:] = np.random.default_rng(0).integers(0, 256, (8, 8, 3))
    >>> errors = requantization_errors(image, np.full((2, 8, 8), [[[1]], [[50]]]))
    >>> errors.shape
    (2, 1, 2)
    >>> (errors[:, 0] > 0).tolist()
    [[False, False], [False, True]]
    """
    pixels = dense_rgb(image)
    tables = _step_tables(steps)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.requantization_errors(pixels, tables, top, left, thread_count(num_threads))


def blur_shares(
    counts: NDArray[np.uint8], total: int, sigma: float, *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Turn counts into the square roots of blurred shares.

    Parameters
    ----------
    counts : (n, rows, cols) array of uint8
        Planes of counts.
    total : int
        The count whose share is 1, at least 1.
    sigma : float
        Of the Gaussian, as `unsplice.kernels.gaussian_blur` takes it.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (n, rows, cols) array of float32
        ``sqrt(gaussian_blur(counts * float32(1 / total), sigma))``.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> blur_shares(np.full((1, 1, 3), 32, np.uint8), 128, 1.0)
    array([[[0.5, 0.5, 0.5]]], dtype=float32)
    """
    planes = dense_array(counts, "counts", ("uint8",), "(n, rows, cols)", (3,), free_axes=2)
    unit = 1 / whole_number(total, "total", 1)
    return _core.blur_shares(planes, unit, gaussian_weights(sigma), thread_count(num_threads))


def count_cooccurrences(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Count how often four neighbours of a residual of luma show each pattern, a block.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    row, col : int
        Where the 8x8 grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (50, block rows, block cols) array of uint8
        For every whole block the counts of 25 classes of patterns along the residuals, then those
        across; each 25 sum to 128.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Notes
    -----
    In whole numbers, with y continued beyond the picture by its edge::

        y       = (77 R + 150 G + 29 B + 128) // 256
        d(r, c) = y(r, c - 1) - 3 y(r, c) + 3 y(r, c + 1) - y(r, c + 2)
        t(r, c) = 1 where d >= 2, -1 where d <= -2, else 0

    and the same downwards. Each of the two residuals t gives each pixel two patterns of four: those
    at c - 2, c - 1, c, c + 1 in the direction of its differences (along), so that the seven pixels
    around the pixel decide, and those at -2, -1, 0, 1 in the other direction (across). The 81
    patterns make 25 classes whose members become each other by a change of sign, reversal, or both;
    they are numbered by the first member in the order -1, 0, 1 of the samples from left to right.
    Class 0 is a sample of one sign four times, class 24 four zeros.

    Examples
    --------
    >>> import numpy as np
    >>> counts = count_cooccurrences(np.full((8, 8, 3), 7, np.uint8))
    >>> counts[24].tolist(), counts[49].tolist(), int(counts.sum())
    ([[128]], [[128]], 256)
    """
    pixels = dense_rgb(image)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.count_cooccurrences(pixels, top, left, thread_count(num_threads))


def count_zeros(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Count the DCT coefficients near zero of the 8x8 window at every pixel.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    row, col : int
        Where the 8x8 grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (8 block rows, 8 block cols) array of uint8
        How many of the 64 coefficients of luma of the window that begins at the pixel have
        ``|C| < 0.5``, for every pixel of the whole blocks. Where the window would leave the
        picture downwards, the count 8 rows above, of the block before; without such a block that
        of the last window that fits. Likewise to the right.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Notes
    -----
    After T. Nikoukhah et al., "ZERO: a Local JPEG Grid Origin Detector Based on the Number of DCT
    Zeros and its Applications in Image Forensics", Image Processing On Line 11, 2021,
    doi:10.5201/ipol.2021.390.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).integers(0, 256, (24, 24, 3), np.uint8)
    >>> image[3:11, 5:13] = 90
    >>> counts = count_zeros(image)
    >>> int(counts[3, 5]), np.argwhere(counts > 20).tolist()
    (63, [[3, 5]])
    """
    pixels = dense_rgb(image)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.count_zeros(pixels, top, left, thread_count(num_threads))


def grid_contrasts(
    counts: NDArray[np.uint8], *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Compare the counts of zeros at the 64 places of an 8x8 grid, block by block.

    Parameters
    ----------
    counts : (8 block rows, 8 block cols) array of uint8
        As `count_zeros` gives them.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (3, block rows, block cols) array of float32
        With s(y, x) the mean of the counts at place (y, x) of the 5x5 blocks around (those that
        exist), m the mean of s over the 64 places and o its maximum over the places but (0, 0):
        ``s(0, 0) - m``, ``o - m`` and ``s(0, 0) - o``, in zeros a block.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.full((8, 16), 10, np.uint8)
    >>> counts[0, ::8] = 42
    >>> grid_contrasts(counts)[:, 0]
    array([[31.5, 31.5],
           [-0.5, -0.5],
           [32. , 32. ]], dtype=float32)
    """
    numbers = dense_array(counts, "counts", ("uint8",), "(8 block rows, 8 block cols)", (2,))
    if numbers.shape[0] % 8 or numbers.shape[1] % 8:
        raise ValueError(f"counts must hold whole 8x8 blocks, got shape {numbers.shape}")
    return _core.grid_contrasts(numbers, thread_count(num_threads))


def block_noise(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return what the noise of each 8x8 block is like.

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
    (15, block rows, block cols) array of float32
        The maps of `unsplice.blind.evidence.noise.noise_maps`, but for the last one.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> gray = np.full((8, 16, 3), 90, np.uint8)
    >>> block_noise(gray)[8].tolist()
    [[90.0, 90.0]]
    """
    pixels = dense_rgb(image)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.block_noise(pixels, top, left, thread_count(num_threads))


def green_lattice(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Compare the two quincunx lattices of green in each 8x8 block.

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
    (block rows, block cols) array of float32
        ``log((even + 1/16) / (odd + 1/16))`` of the means of d^2 over the pixels with even and with
        odd row + column; d is green less the mean of its four neighbors.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((8, 8, 3), np.uint8)
    >>> green_lattice(image).tolist()
    [[0.0]]
    """
    pixels = dense_rgb(image)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.green_lattice(pixels, top, left, thread_count(num_threads))
