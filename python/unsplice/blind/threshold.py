"""Where a feature is high: by one level for all, or by the surroundings of each pixel."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_array, one_of, real_number, whole_number
from unsplice.blind.kernels import level_counts

__all__ = ["adaptive_threshold", "otsu_split", "otsu_threshold"]

Statistic = Literal["mean", "median"]
BINS = 256  # of a feature that is no integer


def adaptive_threshold(
    feature: NDArray[np.uint8],
    *,
    window: int = 11,
    offset: float = 0.0,
    statistic: Statistic = "mean",
) -> NDArray[np.bool_]:
    """Return where a feature is above the mean or median of its surroundings.

    Parameters
    ----------
    feature : (rows, cols) array of uint8
        A feature as a gray picture.
    window : int
        Side of the square window around each pixel; odd, 3 to 255. Beyond the border the edge
        pixel repeats itself.
    offset : float
        Is taken from the mean or median.
    statistic : {"mean", "median"}
        What the window is summed up by.

    Returns
    -------
    (rows, cols) array of bool
        ``feature > statistic - offset``; exact for an `offset` that is a whole number.

    Raises
    ------
    TypeError
        If `feature` is no array of uint8, or another argument is of another type.
    ValueError
        If `feature` has another shape, or an argument is out of range.

    Notes
    -----
    Section 4.4 of the paper (see `unsplice.wavelet_noise_residual`), which gives neither window nor
    offset.

    Examples
    --------
    >>> import numpy as np
    >>> feature = np.tile(np.arange(0, 100, 10, np.uint8), (5, 1))
    >>> feature[2, 5] += 40
    >>> np.argwhere(adaptive_threshold(feature, window=3, offset=-20)).tolist()
    [[2, 5]]
    """
    import cv2

    one_of(statistic, "statistic", Statistic)
    pixels = dense_array(feature, "feature", ("uint8",), "(rows, cols)", (2,))
    side = whole_number(window, "window", 3, 255)
    if side % 2 == 0:
        raise ValueError(f"window must be odd, got {window}")
    below = real_number(offset, "offset")
    if not np.isfinite(below):
        raise ValueError(f"offset must be finite, got {offset}")
    if pixels.size == 0:
        return np.zeros(pixels.shape, bool)
    if statistic == "median":
        return np.asarray(pixels > cv2.medianBlur(pixels, side) - below)
    # Sums rather than means: whole numbers stay whole.
    total = cv2.boxFilter(
        pixels, cv2.CV_32S, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE
    )
    area = side * side
    return np.asarray(pixels * np.int32(area) > total - below * area)


def otsu_threshold(feature: NDArray[Any], *, num_threads: int | None = None) -> float:
    r"""Return the level that separates a feature best into low and high.

    Parameters
    ----------
    feature : array of any shape, of uint8, uint16, float32 or float64
        With at least one element.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    float
        The classes are ``feature <= threshold`` and ``feature > threshold``. A whole number for
        integers; else one of the inner edges of 256 bins of equal width between the smallest and
        the largest value. The lowest of equals; the value itself where all are the same.

    Raises
    ------
    TypeError
        If `feature` is no array of these dtypes.
    ValueError
        If `feature` is empty or not finite.

    Notes
    -----
    Section 4.4 of the paper (see `unsplice.wavelet_noise_residual`): Otsu's method [1]_ takes the
    level of the largest variance between the two classes, of sizes w and means m,

    .. math:: \sigma_B^2 = w_0 w_1 (m_0 - m_1)^2

    which is the smallest variance within them. It is computed in whole numbers, without rounding.

    References
    ----------
    .. [1] N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on
       Systems, Man, and Cybernetics 9, 1979, pp. 62-66, :doi:`10.1109/TSMC.1979.4310076`.

    Examples
    --------
    >>> import numpy as np
    >>> otsu_threshold(np.array([3, 3, 4, 90, 91], np.uint8))
    4.0
    """
    return otsu_split(feature, num_threads=num_threads)[0]


def otsu_split(feature: NDArray[Any], *, num_threads: int | None = None) -> tuple[float, float]:
    """Return the threshold of `otsu_threshold`, and how clearly it separates.

    The second number is the share of the variance that lies between the two classes, in [0, 1]: 1
    for two values, about 0.75 for a uniform distribution, 0 for a single value.

    Examples
    --------
    >>> import numpy as np
    >>> otsu_split(np.array([7, 7, 7, 255], np.uint8)), otsu_split(np.full(4, 7, np.uint8))
    ((7.0, 1.0), (7.0, 0.0))
    """
    dtypes = ("uint8", "uint16", "float32", "float64")
    values = dense_array(feature, "feature", dtypes, "(...)", tuple(range(33)))
    if values.size == 0:
        raise ValueError(f"feature must have elements, got shape {values.shape}")
    if values.dtype.kind == "u":
        picture = values if values.ndim == 2 else values.reshape(1, -1)
        best, share = _best_split(level_counts(picture, num_threads=num_threads).tolist())
        return float(best), share
    _require_finite(values)
    # By halves, for the difference of two floats may not fit one.
    halves = np.linspace(values.min() / 2, values.max() / 2, BINS + 1)[1:]
    edges = (2 * halves).astype(values.dtype)
    edges[-1] = values.max()  # whatever was rounded on the way
    counts = np.bincount(np.searchsorted(edges, values.ravel()), minlength=BINS)
    best, share = _best_split(counts.tolist())
    return float(edges[best]), share


def _best_split(counts: list[int]) -> tuple[int, float]:
    """Return the last level of the low class, and the share of the variance between the classes."""
    present = [(level, count) for level, count in enumerate(counts) if count]
    total = sum(count for _, count in present)
    weighted = sum(level * count for level, count in present)
    spread = total * sum(level * level * count for level, count in present) - weighted**2
    best, largest = present[0][0], (0, 1)
    below = below_weighted = 0
    for level, count in present[:-1]:
        below += count
        below_weighted += level * count
        # Variance between the classes, times total squared, as a fraction.
        difference = total * below_weighted - below * weighted
        between = difference * difference, below * (total - below)
        if between[0] * largest[1] > largest[0] * between[1]:
            best, largest = level, between
    return best, largest[0] / (largest[1] * spread) if spread else 0.0


def _require_finite(values: NDArray[Any]) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError("feature must be finite, got NaN or infinite values")
