"""Contrast limited adaptive histogram equalisation, and how features become 8-bit pictures."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import dense_array, real_number, thread_count, whole_number

__all__ = ["equalize_clahe", "levels_of"]


def equalize_clahe(
    feature: NDArray[np.uint8],
    *,
    clip_limit: float | None = 2.0,
    tiles: tuple[int, int] = (8, 8),
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    r"""Spread the levels of a feature evenly, tile by tile, with limited contrast.

    Parameters
    ----------
    feature : (rows, cols) array of uint8
        A feature as a gray picture; see `levels_of`.
    clip_limit : float or None
        No level counts more often than so many times the average; what is above is shared out
        among all levels. Above 0; None for no limit.
    tiles : tuple of two ints
        (rows, cols): into how many tiles the picture is divided; 1 to 256 each.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        The equalised feature. Each pixel is mapped by its level, bilinearly between the maps of the
        four nearest tiles; a picture that the tiles do not divide is continued by reflection.

    Raises
    ------
    TypeError
        If `feature` is no array of uint8, or another argument is of another type.
    ValueError
        If `feature` has another shape, or an argument is out of range, or a tile would have 2^31
        pixels.

    Notes
    -----
    With ``clip_limit=None`` and ``tiles=(1, 1)`` this is the equalisation of section 4.3 of the
    paper (see `unsplice.wavelet_noise_residual`), equations 6 to 8, with L = 256 levels and N
    pixels:

    .. math::

        C(r_k) = \sum_{j=0}^{k} h(r_j), \quad C_{norm}(r_k) = C(r_k) / N, \quad
        T(r_k) = round((L - 1) \, C_{norm}(r_k))

    where halves become the even number. The limit and the tiles are those of [1]_, which the
    section is named after; the paper gives no numbers for them. All details are as in
    ``cv2.createCLAHE``, except that the map of a tile is exact: OpenCV computes it in single
    precision, and where a share is half a level it may go the other way.

    References
    ----------
    .. [1] K. Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV,
       1994, pp. 474-485.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.array([[0, 1, 1, 2]], np.uint8)
    >>> equalize_clahe(feature, clip_limit=None, tiles=(1, 1))
    array([[ 64, 191, 191, 255]], dtype=uint8)
    """
    pixels = dense_array(feature, "feature", ("uint8",), "(rows, cols)", (2,))
    limit = inf if clip_limit is None else real_number(clip_limit, "clip_limit")
    if not limit > 0:
        raise ValueError(f"clip_limit must be above 0, got {clip_limit}")
    down, across = checked_tiles(tiles)
    return _core.equalize_clahe(pixels, limit, down, across, thread_count(num_threads))


def checked_tiles(tiles: object) -> tuple[int, int]:
    """Return `tiles` as two ints, or say what is wrong."""
    if not isinstance(tiles, tuple | list):
        raise TypeError(f"tiles must be two ints, got {type(tiles).__name__}")
    if len(tiles) != 2:
        raise ValueError(f"tiles must be two ints, got {len(tiles)}")
    down, across = (whole_number(count, "tiles", 1, 256) for count in tiles)
    return down, across


def levels_of(feature: NDArray[np.float32], gain: float | None) -> NDArray[np.uint8]:
    """Return a feature as a picture of 8 bits.

    Parameters
    ----------
    feature : (rows, cols) array of float32
        >= 0 and finite.
    gain : float or None
        Levels a unit; what comes out above 255 becomes 255. None makes the largest value 255.

    Returns
    -------
    (rows, cols) array of uint8
        Rounded to the nearest level, halves to the even one.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.array([[0, 0.25, 2, 90]], np.float32)
    >>> levels_of(feature, 4), levels_of(feature, None)
    (array([[  0,   1,   8, 255]], dtype=uint8), array([[  0,   1,   6, 255]], dtype=uint8))
    """
    import cv2

    if gain is None:
        largest = float(feature.max(initial=0))
        gain = 255 / largest if largest > 0 else 1.0
    # Powers of two are exact; any other factor is rounded to float32 first, everywhere alike.
    return np.asarray(cv2.convertScaleAbs(feature, alpha=float(np.float32(gain))), np.uint8)
