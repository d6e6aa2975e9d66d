"""Ghosts: the qualities at which saving a block once more would change little."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import require_block
from unsplice.blind.evidence.kernels import requantization_errors
from unsplice.jpeg import standard_tables

__all__ = ["GHOST_NAMES", "ghost_maps"]

# Closer together at the top, where a quality more changes the steps by the largest share.
_QUALITIES: Final = (50, 60, 65, 70, 75, 80, 84, 88, 91, 94, 97)

GHOST_NAMES: Final[tuple[str, ...]] = tuple(f"ghost_{quality}" for quality in _QUALITIES)


@cache
def _tables() -> NDArray[np.uint16]:
    tables = np.stack([standard_tables(quality)[0] for quality in _QUALITIES])
    tables.setflags(write=False)
    return tables


def ghost_maps(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return how much each block would change if it were saved as JPEG at eleven qualities.

    A block that was saved at quality Q has coefficients near multiples of the steps of Q: to
    quantise it with these once more changes hardly anything, even if the picture was saved at a
    higher quality later.

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
    (11, block rows, block cols) array of float32
        The natural logarithm of the mean square, in squared gray levels, of what changes::

            log(1/63 sum (C - q rint(C / q))^2 + 0.02)

        C is the orthonormal DCT of luma, without its mean, and q the luma step of libjpeg at the
        quality that `GHOST_NAMES` has. -3.9 where nothing changes.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, a number out of range, or no whole block.

    Notes
    -----
    H. Farid, "Exposing Digital Forgeries From JPEG Ghosts", IEEE Transactions on Information
    Forensics and Security 4 (1), 2009, doi:10.1109/TIFS.2008.2012215, saves the picture again and
    compares pixels over windows; here the DCT itself is quantised, block by block, and nothing is
    rounded or clipped in between.

    A part that was saved at another quality than the rest stands out in the map of that quality,
    darker than its surroundings; the rest is dark in the map of its own. The part must lie on the
    grid at (row, col) on which it was saved; one that was moved off it shows as a part without a
    ghost. A block says nothing where all coefficients are below half a step, as in the sky: what
    changes is all there is. Nor does a map after a last save at a lower
    quality than its own.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((16, 24, 3), 77, np.uint8)
    >>> ghost_maps(image).shape, len(GHOST_NAMES)
    ((11, 2, 3), 11)
    """
    errors = requantization_errors(image, _tables(), row=row, col=col, num_threads=num_threads)
    require_block(errors, image, row, col)
    return errors
