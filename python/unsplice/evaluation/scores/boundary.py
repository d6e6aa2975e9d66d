"""Scores of a mask's border, and of the components that should not be there.

Pixels cannot tell a rim that is one pixel off all around from a false component far away; these
scores can. The positive class is "spliced", as in `unsplice.evaluation.scores.pixels`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from unsplice.evaluation.scores.pixels import as_masks, ratio

__all__ = ["count_false_components", "score_boundary"]


def _inner_boundary(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of `mask` with a 4-neighbor in the picture that is not of `mask`."""
    # Repeating the edge makes the frame no boundary: beyond it the mask goes on.
    padded = np.pad(mask, 1, mode="edge")
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~surrounded


def score_boundary(
    mask: NDArray[np.bool_], truth: NDArray[np.bool_], *, tolerance: float = 2.0
) -> float:
    """Return the boundary F1: how well the border of a mask follows the border of the truth.

    Parameters
    ----------
    mask, truth : (rows, cols) arrays of bool
        True = spliced.
    tolerance : float
        Distance in pixels, Euclidean, up to which two boundary pixels match; >= 0.

    Returns
    -------
    float
        Harmonic mean of precision (share of the boundary pixels of `mask` within `tolerance` of
        one of `truth`) and recall (the same the other way round). Boundary pixels are those inside
        the region with one of their four neighbors outside it; the frame of the picture is no
        boundary. If neither has a boundary: 1 if mask and truth are the same, else 0. If only one
        of the two has a boundary: 0.

    Raises
    ------
    TypeError
        If `mask` or `truth` is no array of bool.
    ValueError
        If `mask` or `truth` has not 2 dimensions, their shapes differ, or `tolerance` is negative
        or not finite.

    Notes
    -----
    The measure of [1]_ for one class.

    References
    ----------
    .. [1] G. Csurka, D. Larlus, F. Perronnin, "What is a good evaluation measure for semantic
       segmentation?", BMVC 2013, :doi:`10.5244/C.27.32`.

    Examples
    --------
    A border that lies one pixel off is right within 2 pixels, and in no place within 0:

    >>> import numpy as np
    >>> truth = np.zeros((20, 20), bool)
    >>> truth[:, 8:] = True
    >>> mask = np.zeros((20, 20), bool)
    >>> mask[:, 9:] = True
    >>> score_boundary(mask, truth), score_boundary(mask, truth, tolerance=0)
    (1.0, 0.0)
    """
    import cv2

    mask, truth = as_masks(mask, truth)
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance must be finite and >= 0, got {tolerance}")
    found, wanted = _inner_boundary(mask), _inner_boundary(truth)
    if not found.any() and not wanted.any():
        return 1.0 if np.array_equal(mask, truth) else 0.0
    if not found.any() or not wanted.any():
        return 0.0

    radius = math.floor(tolerance)
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disc = (y * y + x * x <= tolerance * tolerance).astype(np.uint8)

    def share_near(points: NDArray[np.bool_], others: NDArray[np.bool_]) -> float:
        near = cv2.dilate(others.astype(np.uint8), disc).astype(bool)
        return float(np.count_nonzero(points & near) / np.count_nonzero(points))

    precision, recall = share_near(found, wanted), share_near(wanted, found)
    return ratio(2 * precision * recall, precision + recall, empty=0.0)


def count_false_components(
    mask: NDArray[np.bool_], truth: NDArray[np.bool_], *, distance: int = 4
) -> int:
    """Count the 8-connected components of a mask that have nothing to do with the truth.

    Parameters
    ----------
    mask, truth : (rows, cols) arrays of bool
        True = spliced. With an empty truth every component of `mask` is false.
    distance : int
        A component with a pixel at most so many pixels (rows and columns) from the truth is not
        false: it is a badly drawn rim, which the other scores count.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If `mask` or `truth` is no array of bool.
    ValueError
        If `mask` or `truth` has not 2 dimensions, their shapes differ, or `distance` is negative.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.zeros((30, 30), bool)
    >>> truth[2:9, 2:9] = True
    >>> mask = truth.copy()
    >>> mask[20:25, 20:25] = True
    >>> count_false_components(mask, truth)
    1
    """
    import cv2

    mask, truth = as_masks(mask, truth)
    if distance < 0:
        raise ValueError(f"distance must be >= 0, got {distance}")
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    near = cv2.dilate(truth.astype(np.uint8), np.ones((2 * distance + 1,) * 2, np.uint8))
    touched = np.unique(labels[near.astype(bool)])
    return int(count - 1 - np.count_nonzero(touched))
