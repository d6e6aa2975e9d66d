"""Pixel-wise localization: forensic feature points, and where they crowd."""

from __future__ import annotations

from math import isqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_array, dense_mask, one_of, real_number, whole_number
from unsplice.blind.kernels import level_counts

__all__ = ["feature_points", "point_density"]

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
    share = real_number(sigma, "sigma")
    if not 0 <= share <= 100:
        raise ValueError(f"sigma must be in 0..100, got {sigma}")
    counts = level_counts(pixels, num_threads=num_threads)
    above = pixels.size - np.cumsum(counts)  # pixels that exceed each level
    return np.asarray(pixels > int(np.argmax(100 * above <= share * pixels.size)))


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
    sums = np.zeros((rows, cols + 1), np.int32)
    np.cumsum(pixels, axis=1, out=sums[:, 1:])
    density = np.zeros((rows, cols), np.int32)
    index = np.arange(cols)
    for down in range(-min(reach, rows - 1), min(reach, rows - 1) + 1):
        width = isqrt(reach * reach - down * down)
        left, right = np.maximum(index - width, 0), np.minimum(index + width + 1, cols)
        lines = sums[max(down, 0) : rows + min(down, 0)]
        density[max(-down, 0) : rows + min(-down, 0)] += lines[:, right] - lines[:, left]
    return density
