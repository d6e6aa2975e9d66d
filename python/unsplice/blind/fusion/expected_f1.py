"""Where probabilities become a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["expected_f1_threshold"]

_STEPS = 2**16  # of a probability
_MOST_MARKED = 0.6  # of the blocks: what is more is the rest


def expected_f1_threshold(probabilities: NDArray[np.float32]) -> float | None:
    r"""Return the threshold whose mask can be expected to have the highest F1.

    Parameters
    ----------
    probabilities : array of float32
        That each block is spliced, 0 to 1, any shape; rounded to multiples of 2^-16.

    Returns
    -------
    float or None
        In the middle between the lowest probability that is marked and the highest that is not, so
        that between blocks the border lies in the middle, too; the highest of several as good. No
        more than 0.6 of the blocks are marked. None where that leaves none to mark, or where no
        probability is above 0: then none stands out.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype, an empty one, or numbers out of range.

    Notes
    -----
    With p the probabilities, the mask of those of at least t has about the expected F1

    .. math:: F(t) = \frac{2 \sum_{p \ge t} p}{|\{p \ge t\}| + \sum p},

    a quotient of expectations instead of the expectation of a quotient. So a sure region is marked
    closely, and an unsure one generously. After Z. C. Lipton, C. Elkan, B. Naryanaswamy, "Optimal
    Thresholding of Classifiers to Maximize F1 Measure", 2014, arXiv:1402.1892: the best threshold
    is half of the highest F1.

    Examples
    --------
    >>> import numpy as np
    >>> expected_f1_threshold(np.array([0.75, 0.5, 0.125, 0.125], np.float32))
    0.3125
    """
    if not isinstance(probabilities, np.ndarray) or probabilities.dtype != np.float32:
        found = getattr(probabilities, "dtype", type(probabilities).__name__)
        raise TypeError(f"probabilities must be an array of float32, got {found}")
    # A comparison with NaN is false.
    if not probabilities.size or not 0 <= probabilities.min() <= probabilities.max() <= 1:
        raise ValueError("probabilities must be at least one, in 0..1")
    levels = np.rint(probabilities.ravel().astype(np.float64) * _STEPS).astype(np.int64)
    counts = np.bincount(levels, minlength=_STEPS + 1)
    # In whole numbers, from the highest level down: sums have one value only.
    present = np.flatnonzero(counts)[::-1]
    marked, sums = np.cumsum(counts[present]), np.cumsum(counts[present] * present)
    total = int(sums[-1])
    possible = (present > 0) & (marked <= _MOST_MARKED * levels.size)
    if not possible.any():
        return None
    best = int(np.where(possible, 2 * sums / (marked * _STEPS + total), 0.0).argmax())
    return float(present[best] + present[best + 1]) / (2 * _STEPS)
