"""Scores of a mask against the truth.

The positive class is "spliced". A rate whose denominator is empty is not a number: with nothing to
find there is no true-positive rate, and 0 or 1 would flatter or punish a method for nothing. The
scores that compare two sets as a whole, F1, IoU, MCC and the boundary F1, stay defined.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MaskScores", "count_false_components", "score_boundary", "score_mask"]


@dataclass(frozen=True)
class MaskScores:
    """How well a mask agrees with the truth, pixel by pixel.

    Attributes
    ----------
    tpr : float
        True-positive rate (recall), TP / (TP + FN); nan if the truth is empty.
    fpr : float
        False-positive rate, FP / (FP + TN); nan if the truth covers the whole picture.
    precision : float
        TP / (TP + FP); nan if the mask is empty.
    f1 : float
        2 TP / (2 TP + FP + FN); 1 if mask and truth are both empty.
    iou : float
        TP / (TP + FP + FN); 1 if mask and truth are both empty.
    mcc : float
        Matthews correlation coefficient. Where its denominator is zero: 1 if mask and truth are
        the same, -1 if they are opposite everywhere, else 0 [1]_.

    References
    ----------
    .. [1] D. Chicco, G. Jurman, "The advantages of the Matthews correlation coefficient (MCC) over
       F1 score and accuracy in binary classification evaluation", BMC Genomics 21:6, 2020,
       :doi:`10.1186/s12864-019-6413-7`.
    """

    tpr: float
    fpr: float
    precision: float
    f1: float
    iou: float
    mcc: float


def _as_masks(mask: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[np.bool_], ...]:
    for name, array in (("mask", mask), ("truth", truth)):
        if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
            raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}")
        if array.dtype != np.bool_:
            raise TypeError(f"{name} must have dtype bool, got {array.dtype}")
        if array.ndim != 2:
            raise ValueError(f"{name} must have shape (rows, cols), got {array.shape}")
    if mask.shape != truth.shape:
        raise ValueError(
            f"mask and truth must have the same shape, got {mask.shape} and {truth.shape}"
        )
    return mask, truth


def _ratio(numerator: float, denominator: float, empty: float = math.nan) -> float:
    return numerator / denominator if denominator else empty


def score_mask(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> MaskScores:
    """Score a mask against the truth, pixel by pixel.

    Parameters
    ----------
    mask, truth : (rows, cols) arrays of bool
        True = spliced.

    Returns
    -------
    MaskScores
        Which values are nan, and when, stands there.

    Raises
    ------
    TypeError
        If one of the two is no array of bool.
    ValueError
        If one of the two has not 2 dimensions, or their shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.array([[True, True, False, False]])
    >>> scores = score_mask(np.array([[True, False, True, False]]), truth)
    >>> scores.tpr, scores.fpr, scores.precision, scores.f1, scores.mcc
    (0.5, 0.5, 0.5, 0.5, 0.0)
    """
    mask, truth = _as_masks(mask, truth)
    flagged, spliced = int(np.count_nonzero(mask)), int(np.count_nonzero(truth))
    true_positives = int(np.count_nonzero(mask & truth))
    false_positives = flagged - true_positives
    false_negatives = spliced - true_positives
    true_negatives = mask.size - flagged - false_negatives
    errors = false_positives + false_negatives

    # Exact integers up to the root: the products of four counts overflow 64 bits.
    margins = flagged * spliced * (mask.size - flagged) * (mask.size - spliced)
    if margins:
        mcc = true_positives * true_negatives - false_positives * false_negatives
        mcc_value = mcc / math.sqrt(margins)
    else:
        mcc_value = 1.0 if errors == 0 else -1.0 if errors == mask.size else 0.0

    return MaskScores(
        tpr=_ratio(true_positives, spliced),
        fpr=_ratio(false_positives, mask.size - spliced),
        precision=_ratio(true_positives, flagged),
        f1=_ratio(2 * true_positives, 2 * true_positives + errors, empty=1.0),
        iou=_ratio(true_positives, true_positives + errors, empty=1.0),
        mcc=mcc_value,
    )


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

    mask, truth = _as_masks(mask, truth)
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
    return _ratio(2 * precision * recall, precision + recall, empty=0.0)


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

    mask, truth = _as_masks(mask, truth)
    if distance < 0:
        raise ValueError(f"distance must be >= 0, got {distance}")
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    near = cv2.dilate(truth.astype(np.uint8), np.ones((2 * distance + 1,) * 2, np.uint8))
    touched = np.unique(labels[near.astype(bool)])
    return int(count - 1 - np.count_nonzero(touched))
