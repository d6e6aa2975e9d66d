"""Scores of a mask and of a heat map against the truth, pixel by pixel.

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

from unsplice.arguments import require_array

__all__ = ["HeatmapScores", "MaskScores", "as_masks", "ratio", "score_heatmap", "score_mask"]


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

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.array([[True, True], [False, False]])
    >>> scores = score_mask(np.array([[True, False], [False, False]]), truth)
    >>> scores.tpr, scores.precision, round(scores.f1, 3)
    (0.5, 1.0, 0.667)
    """

    tpr: float
    fpr: float
    precision: float
    f1: float
    iou: float
    mcc: float


def as_masks(mask: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[np.bool_], ...]:
    """Return `mask` and `truth` if they are masks of one shape, or say what is wrong."""
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


def ratio(numerator: float, denominator: float, empty: float = math.nan) -> float:
    """Return the quotient, or `empty` where there is nothing to divide by."""
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

    Notes
    -----
    `tpr`, `fpr`, `precision` and `f1` are equations 9 to 12 of the paper whose pipeline the method
    "paper" follows, TP / (TP + FN), FP / (FP + TN), TP / (TP + FP) and the harmonic mean of
    precision and TPR, written so that F1 is defined where one of the two is not.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.array([[True, True, False, False]])
    >>> scores = score_mask(np.array([[True, False, True, False]]), truth)
    >>> scores.tpr, scores.fpr, scores.precision, scores.f1, scores.mcc
    (0.5, 0.5, 0.5, 0.5, 0.0)
    """
    mask, truth = as_masks(mask, truth)
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
        tpr=ratio(true_positives, spliced),
        fpr=ratio(false_positives, mask.size - spliced),
        precision=ratio(true_positives, flagged),
        f1=ratio(2 * true_positives, 2 * true_positives + errors, empty=1.0),
        iou=ratio(true_positives, true_positives + errors, empty=1.0),
        mcc=mcc_value,
    )


@dataclass(frozen=True)
class HeatmapScores:
    """How well a heat map ranks spliced pixels above authentic ones.

    Attributes
    ----------
    auc : float
        Area under the receiver operating characteristic over the pixels: the probability that a
        spliced pixel is hotter than an authentic one, equal ones counting half. nan if the truth
        is empty or covers the whole picture.
    best_f1 : float
        The largest F1 (see `MaskScores`) of the masks ``heatmap >= t`` over all thresholds t. nan
        if the truth is empty: a threshold above every value would score 1 there for any heat map.
        If the truth covers the whole picture it is 1, for any heat map.
    best_threshold : float
        The t of `best_f1`; where several masks reach it, the highest t, which flags the fewest
        pixels. It is always a value of the heat map at a spliced pixel. nan if the truth is empty.

    Examples
    --------
    >>> import numpy as np
    >>> heatmap = np.array([[0.9, 0.2], [0.6, 0.1]], np.float32)
    >>> scores = score_heatmap(heatmap, heatmap > 0.5)
    >>> scores.auc, scores.best_f1
    (1.0, 1.0)
    """

    auc: float
    best_f1: float
    best_threshold: float


def score_heatmap(heatmap: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> HeatmapScores:
    """Score a heat map against the truth at every threshold at once.

    Parameters
    ----------
    heatmap : (rows, cols) array of float32 or float64
        Higher = more suspicious, in any range; infinities rank as the highest and lowest.
    truth : (rows, cols) array of bool
        True = spliced.

    Returns
    -------
    HeatmapScores
        Which values are nan, and when, stands there.

    Raises
    ------
    TypeError
        If `heatmap` is no array of float32 or float64, or `truth` no array of bool.
    ValueError
        If one of the two has not 2 dimensions, their shapes differ, or `heatmap` holds a nan.

    Notes
    -----
    `best_f1` takes its threshold from the truth, which nobody has who looks at a suspicious
    picture: it bounds what a method could reach with this heat map, and is no result of a method.

    The area is the statistic of Mann and Whitney divided by its maximum [1]_, from integer counts
    of pairs, so that both figures are exact to the last rounding. Time is that of sorting.

    References
    ----------
    .. [1] J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating
       characteristic (ROC) curve", Radiology 143(1):29-36, 1982,
       :doi:`10.1148/radiology.143.1.7063747`.

    Examples
    --------
    Of the 2 x 2 pairs of a spliced and an authentic pixel three are in order and one is equal:

    >>> import numpy as np
    >>> truth = np.array([[True, True, False, False]])
    >>> score_heatmap(np.array([[0.9, 0.4, 0.4, 0.1]]), truth)
    HeatmapScores(auc=0.875, best_f1=0.8, best_threshold=0.4)
    """
    require_array(heatmap, "heatmap", ("float32", "float64"))
    require_array(truth, "truth", ("bool",))
    if heatmap.ndim != 2 or heatmap.shape != truth.shape:
        raise ValueError(
            "heatmap and truth must have one shape (rows, cols), got "
            f"{heatmap.shape} and {truth.shape}"
        )
    values = heatmap.astype(heatmap.dtype.newbyteorder("="), copy=False)
    if np.isnan(values).any():
        raise ValueError("heatmap must hold no nan")

    spliced, authentic = np.sort(values[truth]), np.sort(values[~truth])
    if spliced.size == 0:
        return HeatmapScores(math.nan, math.nan, math.nan)
    # Lowering a threshold to a value that only authentic pixels have can but add false positives,
    # so the values of the spliced pixels are all the thresholds that count.
    first = np.concatenate(([0], 1 + np.flatnonzero(spliced[1:] != spliced[:-1])))
    thresholds = spliced[first]
    colder = np.searchsorted(authentic, thresholds, "left")
    not_hotter = colder.copy()
    tied = np.append(authentic, np.inf)[colder] == thresholds  # few, in a map of many values
    not_hotter[tied] = np.searchsorted(authentic, thresholds[tied], "right")
    members = np.diff(first, append=spliced.size)
    half_pairs = int(np.sum(members * (colder + not_hotter)))

    true_positives = spliced.size - first
    false_positives = authentic.size - colder
    f1 = 2 * true_positives / (true_positives + false_positives + spliced.size)
    best = f1.size - 1 - int(np.argmax(f1[::-1]))
    return HeatmapScores(
        auc=ratio(half_pairs, 2 * spliced.size * authentic.size),
        best_f1=float(f1[best]),
        best_threshold=float(thresholds[best]) + 0.0,  # a zero without a sign
    )
