"""Checked calls into the core that the evidence maps need.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import dense_rgb, thread_count, whole_number

__all__ = ["count_cooccurrences"]


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
