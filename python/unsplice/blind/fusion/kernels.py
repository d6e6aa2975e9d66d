"""Checked calls into the core that the network and the edges need.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_heatmap,
    dense_planes,
    real_number,
    thread_count,
    whole_number,
)

__all__ = [
    "CELL_SIDE",
    "FURTHEST",
    "MOST_REACH",
    "apply_lines",
    "convolve_blocks",
    "fit_lines",
    "normalize_maps",
    "plane_moments",
    "sum_blocks",
    "sum_cells",
]

CELL_SIDE = 4  # pixels a side of a cell of the guided filter
FURTHEST = 1024  # the largest dilation
LEAST_EPSILON = 1e-9  # below, rounding makes slopes of what is flat
MOST_REACH = 250  # cells on either side of one, so that the sums of a window fit


def convolve_blocks(
    maps: NDArray[np.float32],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    *,
    gain: NDArray[np.float32] | None = None,
    dilation: int = 1,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    r"""Filter a stack of maps into another one: a convolution layer.

    Parameters
    ----------
    maps : (inputs, rows, cols) array of float32
        One number a block; zeros are all around.
    weights : (outputs, inputs, side, side) array of float32
        A filter for each pair of maps, with a side of 1 or 3.
    bias : (outputs,) array of float32
        Where each sum begins.
    gain : (outputs,) array of float32, optional
        Makes it a residual layer, whose outputs are as many as its inputs.
    dilation : int
        Distance of the taps of a 3x3 filter in blocks, 1 to 1024.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (outputs, rows, cols) array of float32
        .. math:: y_n(r, c) = b_n + \sum_{m, i, j} w_{nm}(i, j) \, x_m(r + (i-1) d, c + (j-1) d)

        for a side of 3, a correlation as networks have it. The sum is taken in single precision
        from left to right: bias, input by input, tap by tap. Values that are not finite spread as
        in any sum. With a gain, ``x_n + gain_n max(y_n, 0)`` instead.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> maps = np.array([[[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]], np.float32)
    >>> weights = np.arange(1, 10, dtype=np.float32).reshape(1, 1, 3, 3)
    >>> convolve_blocks(maps, weights, np.array([100], np.float32))
    array([[[109., 108., 107., 100.],
            [106., 105., 104., 100.],
            [103., 102., 101., 100.]]], dtype=float32)
    """
    stack = dense_planes(maps, "maps")
    shape = "(outputs, inputs, 1, 1) or (outputs, inputs, 3, 3)"
    filters = dense_array(weights, "weights", ("float32",), shape, (4,), free_axes=0)
    if filters.shape[2:] not in ((1, 1), (3, 3)):
        raise ValueError(f"weights must have shape {shape}, got {filters.shape}")
    if filters.shape[1] != len(stack):
        raise ValueError(f"weights must have {len(stack)} inputs, got {filters.shape[1]}")
    starts = dense_array(bias, "bias", ("float32",), "(outputs,)", (1,), free_axes=0)
    if len(starts) != len(filters):
        raise ValueError(f"bias must have {len(filters)} numbers, got {len(starts)}")
    gains = None
    if gain is not None:
        gains = dense_array(gain, "gain", ("float32",), "(outputs,)", (1,), free_axes=0)
        if not len(gains) == len(filters) == len(stack):
            raise ValueError(
                f"gain must have as many numbers as there are outputs and maps, got {len(gains)} "
                f"for {len(filters)} outputs of {len(stack)} maps"
            )
    distance = whole_number(dilation, "dilation", 1, FURTHEST)
    return _core.convolve_blocks(stack, filters, starts, gains, distance, thread_count(num_threads))


def normalize_maps(
    maps: NDArray[np.float32],
    centered: NDArray[np.bool_],
    scale: NDArray[np.float32],
    limit: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Take the median off maps, and bring their numbers to a common range.

    Parameters
    ----------
    maps : (n, rows, cols) array of float32
        At least one element each.
    centered : (n,) array of bool
        Whose median is taken off.
    scale : (n,) array of float32
        What each map is divided by.
    limit : float
        Above 0: largest magnitude of the result.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (n, rows, cols) array of float32
        ``clip((map - median) / scale, -limit, limit)``, where the median of an even number is the
        lower one of the two in the middle. NaN throughout a map with a number that is not finite.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, maps without elements, or a limit out of range.

    Examples
    --------
    >>> import numpy as np
    >>> maps = np.array([[[1, 2, 4, 90]], [[1, 2, 4, 90]]], np.float32)
    >>> normalize_maps(maps, np.array([True, False]), np.array([2, 10], np.float32), 6)
    array([[[-0.5,  0. ,  1. ,  6. ]],
    <BLANKLINE>
           [[ 0.1,  0.2,  0.4,  6. ]]], dtype=float32)
    """
    stack = dense_planes(maps, "maps")
    if 0 in stack.shape[1:]:
        raise ValueError(f"maps must have elements, got {stack.shape}")
    chosen = dense_array(centered, "centered", ("bool",), "(n,)", (1,), free_axes=0)
    scales = dense_array(scale, "scale", ("float32",), "(n,)", (1,), free_axes=0)
    for name, array in (("centered", chosen), ("scale", scales)):
        if len(array) != len(stack):
            raise ValueError(f"{name} must have {len(stack)} elements, got {len(array)}")
    most = real_number(limit, "limit")
    if not most > 0:
        raise ValueError(f"limit must be above 0, got {limit}")
    return _core.normalize_maps(stack, chosen, scales, most, thread_count(num_threads))


def plane_moments(
    planes: NDArray[np.float32], *, num_threads: int | None = None
) -> NDArray[np.float64]:
    """Return the mean of each plane and of its squares.

    Parameters
    ----------
    planes : (n, rows, cols) array of float32
        At least one element each.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (n, 2) array of float64
        Mean, mean square. Summed in double precision and in an order of its own: column c of every
        row into lane c % 8, row after row, and the eight lanes from the first to the last.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or planes without elements.

    Examples
    --------
    >>> import numpy as np
    >>> plane_moments(np.array([[[1, 2, 6]]], np.float32))
    array([[ 3.        , 13.66666667]])
    """
    stack = dense_planes(planes)
    if 0 in stack.shape[1:]:
        raise ValueError(f"planes must have elements, got {stack.shape}")
    return _core.plane_moments(stack, thread_count(num_threads))


def _plane(array: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    return dense_array(array, name, ("float32",), "(rows, cols)", (2,))


def sum_blocks(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.int32]:
    """Sum the levels of each 8x8 block.

    Parameters
    ----------
    image : (rows, cols) array of uint8
        A gray picture, or levels of anything else.
    row, col : int
        Where the grid of blocks begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (block rows, block cols) array of int32
        One sum a whole block.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> sum_blocks(np.full((9, 17), 2, np.uint8)).tolist()
    [[128, 128]]
    """
    levels = dense_array(image, "image", ("uint8",), "(rows, cols)", (2,))
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.sum_blocks(levels, top, left, thread_count(num_threads))


def sum_cells(
    image: NDArray[np.uint8], heatmap: NDArray[np.float32], *, num_threads: int | None = None
) -> NDArray[np.int32]:
    """Sum gray levels and a heatmap over cells of 4x4 pixels.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB. Gray is ``I = (77 R + 150 G + 29 B + 128) >> 8``.
    heatmap : (rows, cols) array of float32
        Clipped to 0..1 and rounded to a multiple of 2^-16, halves to even; P of them.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (4, cell rows, cell cols) array of int32
        Sums of I, I I, P and I P. The last cells of a row or column may have fewer pixels.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((4, 5, 3), 10, np.uint8)
    >>> sum_cells(image, np.full((4, 5), 0.5, np.float32)).tolist()
    [[[160, 40]], [[1600, 400]], [[524288, 131072]], [[5242880, 1310720]]]
    """
    pixels, heats = dense_heatmap(image, heatmap)
    return _core.sum_cells(pixels, heats, thread_count(num_threads))


def fit_lines(
    sums: NDArray[np.int32],
    shape: tuple[int, int],
    reach: int,
    epsilon: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    r"""Return the lines of a guided filter, from the sums of its cells.

    Parameters
    ----------
    sums : (4, cell rows, cell cols) array of int32
        Of a picture and its heatmap, as `sum_cells` gives them.
    shape : tuple of int
        Rows and columns of the picture.
    reach : int
        Cells on either side of the one in the middle of a window, 1 to 250.
    epsilon : float
        At least 1e-9: variance of gray levels, as 0 to 1, that counts as little.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (2, cell rows, cell cols) array of float32
        Slope and offset of each cell:

        .. math:: a = \frac{\overline{IP} - \bar I \bar P}
                  {\overline{I^2} - \bar I^2 + 255^2 \epsilon} \, 2^{-16}, \quad b = -a \bar I

        with the means over the pixels of the window around a cell, in double precision; both are
        rounded to multiples of 2^-32, halves to even, and averaged over the cells of the window.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((4, 8, 3), np.uint8)
    >>> image[:, 4:] = 255
    >>> sums = sum_cells(image, (image[..., 0] / 510).astype(np.float32))
    >>> (fit_lines(sums, (4, 8), 1, 1e-9) * 510).round(3)
    array([[[   1. ,    1. ]],
    <BLANKLINE>
           [[-127.5, -127.5]]], dtype=float32)
    """
    planes = dense_array(sums, "sums", ("int32",), "(4, rows, cols)", (3,), free_axes=2)
    rows, cols = (whole_number(side, "shape", 0) for side in shape)
    expected = (4, -(-rows // CELL_SIDE), -(-cols // CELL_SIDE))
    if planes.shape != expected:
        raise ValueError(f"sums must have shape {expected}, got {planes.shape}")
    cells = whole_number(reach, "reach", 1, MOST_REACH)
    least = real_number(epsilon, "epsilon")
    if not LEAST_EPSILON <= least < inf:
        raise ValueError(f"epsilon must be at least {LEAST_EPSILON:g} and finite, got {epsilon}")
    return _core.fit_lines(planes, rows, cols, cells, least, thread_count(num_threads))


def apply_lines(
    image: NDArray[np.uint8],
    heatmap: NDArray[np.float32],
    slopes: NDArray[np.float32],
    offsets: NDArray[np.float32],
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Add a line on the gray level, interpolated between cells of 4x4 pixels, to a heatmap.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB. Gray is ``I = (77 R + 150 G + 29 B + 128) >> 8``.
    heatmap : (rows, cols) array of float32
        p, the number that is added to.
    slopes, offsets : (cell rows, cell cols) array of float32
        a and b of each cell; bilinear between the centres of cells, continued beyond the outermost.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        ``p + (a I + b)``, clipped to 0..1.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((1, 8, 3), 10, np.uint8)
    >>> heatmap = np.full((1, 8), 0.5, np.float32)
    >>> slopes, offsets = np.zeros((1, 2), np.float32), np.array([[0, 0.25]], np.float32)
    >>> apply_lines(image, heatmap, slopes, offsets).round(2)
    array([[0.5 , 0.5 , 0.53, 0.59, 0.66, 0.72, 0.75, 0.75]], dtype=float32)
    """
    pixels, heats = dense_heatmap(image, heatmap)
    lines = [_plane(slopes, "slopes"), _plane(offsets, "offsets")]
    cells = tuple(-(-side // CELL_SIDE) for side in pixels.shape[:2])
    for name, array in zip(("slopes", "offsets"), lines, strict=True):
        if array.shape != cells:
            raise ValueError(f"{name} must have shape {cells}, got {array.shape}")
    return _core.apply_lines(pixels, heats, lines[0], lines[1], thread_count(num_threads))
