"""Traces of the color filter array: which pixels a sensor measured, and which were interpolated."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import require_block
from unsplice.blind.evidence.kernels import green_lattice

__all__ = ["COLOR_FILTER_NAMES", "color_filter_maps"]

COLOR_FILTER_NAMES: Final[tuple[str, ...]] = ("green_lattice",)


def color_filter_maps(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return maps of the color filter array of a picture, one number for each 8x8 block.

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
    (1, block rows, block cols) array of float32
        A map for each of `COLOR_FILTER_NAMES`, on the whole blocks of the grid.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, a number out of range, or a picture without a whole
        block.

    Notes
    -----
    In the pattern of Bayer every second pixel measures green, like the black squares of a
    chessboard; at the white ones it is interpolated, so that it is nearer to the mean of its four
    neighbors [1]_, [2]_. With d = G - mean of the four neighbors, in gray levels,

    ``green_lattice = log((even + 1/16) / (odd + 1/16))``,

    the means of d^2 over the pixels of a block with even and with odd row + column, counted from
    the picture's corner; natural logarithm. The pattern covers an untouched picture with one sign;
    a paste that was moved by an odd number of pixels, down and across together, has the other, and
    one that was scaled, blurred or saved has none (0). Where the whole picture was, the map
    says nothing, and little on a flat ground. Single blocks vary: it is the sign of many that
    counts.

    References
    ----------
    .. [1] A. C. Popescu and H. Farid, "Exposing digital forgeries in color filter array
       interpolated images", IEEE Transactions on Signal Processing 53 (10), 2005,
       doi:10.1109/TSP.2005.855406.
    .. [2] A. E. Dirik and N. Memon, "Image tamper detection based on demosaicing artifacts", IEEE
       International Conference on Image Processing, 2009, doi:10.1109/ICIP.2009.5414611.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8).astype(int)
    >>> row, col = np.indices((16, 24))
    >>> mean = sum(np.roll(image, shift, axis) for shift in (1, -1) for axis in (0, 1)) // 4
    >>> image[(row + col) % 2 == 1] = mean[(row + col) % 2 == 1]
    >>> bool((color_filter_maps(image.astype(np.uint8)) > 2).all())
    True
    """
    found = green_lattice(image, row=row, col=col, num_threads=num_threads)
    require_block(found, image, row, col)
    return found[None]
