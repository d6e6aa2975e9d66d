"""What the noise of a picture is like, block by block: its level, its shape and its colors.

Each camera, and each way of saving, leaves noise of its own. What was pasted brings other noise
along, or lost its noise when it was scaled, blurred or saved harder.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import require_block
from unsplice.blind.evidence.kernels import block_noise
from unsplice.blind.history_kernels import clipped_samples

__all__ = ["NOISE_NAMES", "noise_maps"]

NOISE_NAMES: Final[tuple[str, ...]] = (
    "laplacian_y",
    "laplacian_cb",
    "laplacian_cr",
    "diagonal_y",
    "diagonal_cb",
    "diagonal_cr",
    "chroma_phase_h",
    "chroma_phase_v",
    "mean_y",
    "mean_cb",
    "mean_cr",
    "flat_share",
    "correlation_rg",
    "correlation_bg",
    "kurtosis",
    "clipped",
)
_BLOCK_SAMPLES = 64


def noise_maps(
    image: NDArray[np.uint8], *, row: int = 0, col: int = 0, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return maps of the noise of a picture, one number for each 8x8 block.

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
    (16, block rows, block cols) array of float32
        A map for each of `NOISE_NAMES`, on the whole blocks of the grid.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, a number out of range, or a picture without a whole
        block.

    Notes
    -----
    Luma and chroma in gray levels: ``Y = (77 R + 150 G + 29 B) / 256``,
    ``Cb = (-43 R - 85 G + 128 B) / 256``, ``Cr = (128 R - 107 G - 21 B) / 256``. Beyond the picture
    its edge is repeated. L is four times a pixel less its four neighbors, H the diagonal difference
    ``x(r, c) - x(r, c + 1) - x(r + 1, c) + x(r + 1, c + 1)``. Logarithms are natural.

    ========================  =====================================================================
    laplacian_y, _cb, _cr     ``log(mean |L| + 0.05)``: noise and texture [1]_. A paste from a
                              noisier or sharper picture is bright.
    diagonal_y, _cb, _cr      ``log(median |H| + 0.05)``, ``|H|`` in steps of 1/64: noise with less
                              of the texture, as edges are few in a block, and no straight one up or
                              across counts. The median of 64 is the mean of the middle two.
    chroma_phase_h, _v        ``log((odd + 0.05) / (even + 0.05))`` of the mean differences of Cb
                              and Cr between the columns c and c + 1 (rows, downwards) with odd and
                              even c, counted from the picture's corner. Chroma at half the
                              resolution changes where its samples meet, behind odd columns: above 0
                              where a decoder repeated them, another sign where a crop began at an
                              odd column. 0 where chroma was not subsampled, or hardly varies; the
                              last save of the whole picture puts its own phase everywhere.
    mean_y, _cb, _cr          Means, in gray levels: not evidence, but noise depends on brightness.
    flat_share                Share of the pixels that equal their right neighbor.
    correlation_rg, _bg       Correlation of the L of two channels: high after demosaicing and
                              chroma subsampling, low for the noise of a sensor alone; 0 where one
                              of the two does not vary.
    kurtosis                  ``log((mean d^4 + 1/16) / (mean d^2 + 1/4)^2)``, d = L of Y to 1/16
                              gray level: log 3 for Gaussian noise, more for edges on a flat
                              ground, and near 0 or below for a flat block.
    clipped                   Share of the pixels with a channel at 0 or 255: there, noise says
                              nothing.
    ========================  =====================================================================

    After a strong compression of the whole picture, or blur, the noise that told parts apart is
    gone; and a flat sky differs from grass in any picture: these maps are for a judge who sees the
    others, too.

    References
    ----------
    .. [1] B. Mahdian and S. Saic, "Using noise inconsistencies for blind image forensics", Image
       and Vision Computing 27 (10), 2009, doi:10.1016/j.imavis.2009.02.001.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((16, 32, 3), 120, np.uint8)
    >>> image[:, 16:] += np.random.default_rng(1).integers(0, 9, (16, 16, 3), np.uint8)
    >>> maps = dict(zip(NOISE_NAMES, noise_maps(image), strict=True))
    >>> (maps["diagonal_y"] > 0).tolist()
    [[False, False, True, True], [False, False, True, True]]
    """
    found = block_noise(image, row=row, col=col, num_threads=num_threads)
    require_block(found, image, row, col)
    clipped = clipped_samples(image, row=row, col=col, num_threads=num_threads)
    share = clipped.astype(np.float32) / np.float32(_BLOCK_SAMPLES)
    return np.concatenate([found, share[None]])
