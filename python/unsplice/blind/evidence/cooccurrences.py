"""Co-occurrence maps: which patterns the fine residual of luma shows, a block."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import require_block
from unsplice.blind.evidence.kernels import blur_shares, count_cooccurrences

__all__ = ["COOCCURRENCE_NAMES", "cooccurrence_maps"]

_CLASSES: Final = 25
_COUNTED: Final = 128  # patterns of a block along the residuals, and as many across
_SIGMA: Final = 1.0  # blocks

COOCCURRENCE_NAMES: Final[tuple[str, ...]] = tuple(
    f"cooccurrence_{kind}_{number:02}" for kind in ("along", "across") for number in range(_CLASSES)
)


def cooccurrence_maps(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return the square roots of the shares of the patterns that a residual of luma shows.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB, with a whole block at least.
    row, col : int
        Where the 8x8 grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (50, block rows, block cols) array of float32
        One map a name of `COOCCURRENCE_NAMES`, 0 to 1: 25 classes of patterns along the residuals,
        and 25 across. The squares of either 25 sum to 1.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, a number out of range, or no whole block.

    Notes
    -----
    `count_cooccurrences` of `unsplice.blind.evidence.kernels` defines the patterns and their
    classes. With n of the 128 patterns of a block in a class, and G a Gaussian over the blocks with
    a standard deviation of one block (`unsplice.kernels.gaussian_blur`)::

        map = sqrt(G(n / 128))

    The root makes the distance of two histograms that of Hellinger, in which common and rare
    classes weigh alike.

    Third differences remove the scene where it is smooth; which of their patterns are common
    depends on demosaicking, noise, noise reduction, sharpening and compression. Over a part of
    another origin the 50 numbers differ together from those of the rest, each by little: no map
    shows a splice by itself. They say nothing where the picture is flat or clipped, where class 24
    (four zeros) is everything; strong texture differs from smooth parts of the same picture, too;
    and parts of the same camera that were saved in the same way look alike.

    D. Cozzolino, G. Poggi, L. Verdoliva, "Splicebuster: A New Blind Image Splicing Detector", IEEE
    International Workshop on Information Forensics and Security, 2015,
    doi:10.1109/WIFS.2015.7368565; the patterns and classes after J. Fridrich, J. Kodovsky, "Rich
    Models for Steganalysis of Digital Images", IEEE Transactions on Information Forensics and
    Security 7 (3), 2012, doi:10.1109/TIFS.2012.2190402.

    Examples
    --------
    >>> flat = np.full((8, 16, 3), 128, np.uint8)
    >>> maps = cooccurrence_maps(flat)
    >>> maps.shape, [COOCCURRENCE_NAMES[i] for i in np.flatnonzero(maps[:, 0, 0])]
    ((50, 1, 2), ['cooccurrence_along_24', 'cooccurrence_across_24'])
    """
    counts = count_cooccurrences(image, row=row, col=col, num_threads=num_threads)
    require_block(counts, image, row, col)
    return blur_shares(counts, _COUNTED, _SIGMA, num_threads=num_threads)
