"""Where the grid of an earlier JPEG compression lies, block by block."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import require_block
from unsplice.blind.evidence.kernels import count_zeros, grid_contrasts

__all__ = ["GRID_VOTE_NAMES", "grid_vote_maps"]

GRID_VOTE_NAMES: Final[tuple[str, ...]] = ("grid_aligned", "grid_other", "grid_contrast")


def grid_vote_maps(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return how clearly the surroundings of each block were compressed on a grid, and on which.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    row, col : int
        Where the grid of the last compression begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (3, block rows, block cols) array of float32
        One map for each of `GRID_VOTE_NAMES`, in zeros a block: ``s(0, 0) - m``, ``o - m`` and
        ``s(0, 0) - o`` (see Notes).

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, a number out of range, or no whole block.

    Notes
    -----
    Quantisation makes coefficients zero, and only on the grid where it happened they stay so. Let
    s(y, x) be the number of the 64 DCT coefficients of luma with ``|C| < 0.5`` of the 8x8 window
    that begins (y, x) pixels from the corner of a block, as a mean over the 5x5 blocks around
    (those that exist); m is the mean of s over the 64 places, and o its maximum over the places
    but (0, 0). Windows that would leave the picture take the count of the block before
    (`unsplice.blind.evidence.kernels.count_zeros`).

    Where a picture was compressed on the grid, ``grid_aligned`` and ``grid_contrast`` are high, in
    the tens. A splice that was compressed on another grid, and not again, turns the sign:
    ``grid_other`` rises as high and ``grid_contrast`` falls as far below 0. Over one that was never
    compressed all three are near 0. A save of the whole picture at quality 98 or more leaves that
    visible; one at a lower quality puts its own zeros everywhere, and what remains is that a part
    with an earlier compression on the grid has more of them than one without.

    The maps say nothing where hardly any coefficient is zero (a single save at a high quality),
    where almost all are at every place (flat or clipped pixels), and of a splice whose grid happens
    to fit, 1 of 64. Scaling and rotation after the compression end it, too.

    References
    ----------
    T. Nikoukhah, J. Anger, M. Colom, J.-M. Morel, R. Grompone von Gioi, "ZERO: a Local JPEG Grid
    Origin Detector Based on the Number of DCT Zeros and its Applications in Image Forensics",
    Image Processing On Line 11, 2021, doi:10.5201/ipol.2021.390. There every pixel votes for one
    place; here the counts themselves are compared.

    Examples
    --------
    >>> import numpy as np
    >>> flat_blocks = np.random.default_rng(1).integers(0, 256, (6, 6, 3), np.uint8)
    >>> image = flat_blocks.repeat(8, axis=0).repeat(8, axis=1)
    >>> grid_vote_maps(image)[2].min(), grid_vote_maps(image, col=3)[2].max()
    (np.float32(4.0), np.float32(-7.0))
    """
    counts = count_zeros(image, row=row, col=col, num_threads=num_threads)
    require_block(counts, image, row, col)
    return grid_contrasts(counts, num_threads=num_threads)
