"""Pixel-wise localization: forensic feature points, and where they crowd."""

from __future__ import annotations

from math import isqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_array, dense_mask, one_of, real_number, whole_number
from unsplice.blind.kernels import level_counts
from unsplice.blind.paper_kernels import product_above, product_counts

__all__ = ["feature_points", "point_density", "product_points"]

Neighborhood = Literal["box", "disc"]


def feature_points(
    feature: NDArray[Any], sigma: float = 1.0, *, num_threads: int | None = None
) -> NDArray[np.bool_]:
    """Return the forensic feature points: the pixels where a feature is highest.

    Parameters
    ----------
    feature : (rows, cols) array of uint8 or uint16
        Higher = more suspicious.
    sigma : float
        Share of the pixels that become points, in percent; 0 to 100.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of bool
        True above the lowest level that at most `sigma` percent of the pixels exceed. Levels are
        taken or left as a whole, so that no order among equals is made up; where more than `sigma`
        percent of the pixels share the highest level there are no points.

    Raises
    ------
    TypeError
        If `feature` is no array of these dtypes, or `sigma` no number.
    ValueError
        If `feature` has another shape, or `sigma` is out of range.

    Notes
    -----
    Section 5.2 of the paper (see `unsplice.wavelet_noise_residual`) says of sigma that it
    "influences the number of forensic feature points" and is best at 1.00 %; which pixels become
    points it does not say.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.arange(200, dtype=np.uint8).reshape(10, 20)
    >>> np.argwhere(feature_points(feature)).tolist()
    [[9, 18], [9, 19]]
    """
    pixels = dense_array(feature, "feature", ("uint8", "uint16"), "(rows, cols)", (2,))
    share = _percentage(sigma)
    return np.asarray(pixels > _level_below(level_counts(pixels, num_threads=num_threads), share))


def product_points(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    sigma: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Return the feature points of the product of two features, which is never a picture.

    As `feature_points` of their product as uint16.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.arange(200, dtype=np.uint8).reshape(10, 20)
    >>> np.argwhere(product_points(feature, feature, 1.0)).tolist()
    [[9, 18], [9, 19]]
    """
    share = _percentage(sigma)
    level = _level_below(product_counts(first, second, num_threads=num_threads), share)
    return product_above(first, second, level, num_threads=num_threads)


def _percentage(sigma: float) -> float:
    share = real_number(sigma, "sigma")
    if not 0 <= share <= 100:
        raise ValueError(f"sigma must be in 0..100, got {sigma}")
    return share


def _level_below(counts: NDArray[np.int64], share: float) -> int:
    """Return the lowest level that at most `share` percent of the pixels exceed."""
    size = int(counts.sum())
    above = size - np.cumsum(counts)
    return int(np.argmax(100 * above <= share * size))


def point_density(
    points: NDArray[np.bool_], radius: int, *, neighborhood: Neighborhood = "box"
) -> NDArray[np.int32]:
    """Count the points around each pixel.

    Parameters
    ----------
    points : (rows, cols) array of bool
        True = a forensic feature point.
    radius : int
        Half the side of the box without its centre, or the radius of the disc, in pixels; >= 0.
    neighborhood : {"box", "disc"}
        "box" costs the same for any radius; "disc" grows with it.

    Returns
    -------
    (rows, cols) array of int32
        Points at most `radius` away: along each axis ("box"), or in a straight line ("disc"). There
        are none beyond the border.

    Raises
    ------
    TypeError
        If `points` is no array of bool, `radius` no int, or `neighborhood` no str.
    ValueError
        If `points` has another shape, or `radius` is negative, or `neighborhood` is unknown.

    Notes
    -----
    Section 5.2 of the paper (see `unsplice.wavelet_noise_residual`): points "are not uniformly
    spaced", and a "coefficient ratio alpha %" of 14 is "the optimal radius".

    Examples
    --------
    >>> import numpy as np
    >>> points = np.zeros((3, 7), bool)
    >>> points[1, [2, 3]] = True
    >>> point_density(points, 1)
    array([[0, 1, 2, 2, 1, 0, 0],
           [0, 1, 2, 2, 1, 0, 0],
           [0, 1, 2, 2, 1, 0, 0]], dtype=int32)
    """
    pixels = dense_mask(points, "points")
    reach = whole_number(radius, "radius", 0)
    one_of(neighborhood, "neighborhood", Neighborhood)
    rows, cols = pixels.shape
    if pixels.size == 0:
        return np.zeros(pixels.shape, np.int32)
    reach = min(reach, rows + cols)
    if neighborhood == "box":
        import cv2

        side = 2 * reach + 1
        return np.asarray(
            cv2.boxFilter(
                pixels.view(np.uint8), cv2.CV_32S, (side, side), normalize=False,
                borderType=cv2.BORDER_CONSTANT,
            )
        )  # fmt: skip
    # A disc is a box of another width in each row.
    density = np.zeros((rows, cols), np.int32)
    down = min(reach, rows - 1)
    for first, last in _rows_by_width(reach, down):
        width = min(isqrt(reach * reach - first * first), cols)
        sums = np.zeros((rows, cols + 2 * width + 1), np.int32)
        np.cumsum(pixels, axis=1, out=sums[:, width + 1 : width + 1 + cols])
        sums[:, width + 1 + cols :] = sums[:, width + cols, np.newaxis]
        lines = sums[:, 2 * width + 1 :] - sums[:, :cols]
        for away in range(first, last + 1):
            density[away:] += lines[: rows - away]
            if away:
                density[: rows - away] += lines[away:]
    return density


def _rows_by_width(radius: int, down: int) -> list[tuple[int, int]]:
    """Return the rows of a disc, 0 to `down` away from its centre, in runs of equal width."""
    widths = [isqrt(radius * radius - away * away) for away in range(down + 1)]
    starts = [away for away in range(down + 1) if away == 0 or widths[away] != widths[away - 1]]
    return list(zip(starts, [*(start - 1 for start in starts[1:]), down], strict=True))
