"""The courage to say "no evidence": whether a picture as a whole shows traces of a splice.

A network that was trained to find the most suspicious part finds one in every picture. The gate
weighs a few numbers of the whole picture by logistic regression, and holds the result against what
untouched photographs reach.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import real_number
from unsplice.blind.evidence.history import HISTORY_SCALARS
from unsplice.errors import UnspliceError
from unsplice.kernels import label_components

__all__ = ["GATE_LIMIT", "GATE_NAMES", "Gate", "gate_numbers", "gate_of", "shipped_gate"]

# Whether the file tells its table decides which gate it is.
_SCALARS: Final = tuple(name for name in HISTORY_SCALARS if name != "table_known")
# Shares of the picture rather than counts of blocks: its size says nothing for or against a splice.
GATE_NAMES: Final = (
    "detection",
    "highest",
    "mean",
    "likely_share",
    "certain_share",
    "largest_share",
    "largest_mean",
    "history_valid",
    *_SCALARS,
)
# Shares of a small part must count, and those of a large part not much more.
_ROOTS: Final = ("mean", "likely_share", "certain_share", "largest_share")
_LIKELY: Final = 0.5
_CERTAIN: Final = 0.75
_STEPS: Final = 4096  # of the score
GATE_LIMIT: Final = 4.0  # standard deviations, beyond which a number counts no more


@dataclass(frozen=True)
class Gate:
    """Logistic regression on the numbers of a picture.

    Attributes
    ----------
    mean, scale, weights : tuple of float
        One for each of `GATE_NAMES`; a number less its mean, over its scale, is what is weighed.
    bias : float
        Of the regression.
    thresholds : tuple of (float, float)
        False-alarm rate on untouched photographs, and the least score at which it holds; by rate.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    thresholds: tuple[tuple[float, float], ...]

    def score(self, numbers: NDArray[np.float64]) -> float:
        """Return the score of a picture, 0 to 1, in steps of 1/4096.

        Parameters
        ----------
        numbers : (13,) array of float64
            As `gate_numbers` gives them.
        """
        total = self.bias
        for value, mean, scale, weight in zip(
            numbers.tolist(), self.mean, self.scale, self.weights, strict=True
        ):
            total += weight * min(max((value - mean) / scale, -GATE_LIMIT), GATE_LIMIT)
        # The rounding hides what the exponential functions of two C libraries may differ by.
        return round(_STEPS / (1 + math.exp(-min(max(total, -30.0), 30.0)))) / _STEPS

    def threshold(self, rate: float) -> tuple[float, float] | None:
        """Return the largest rate that was measured and is not above some rate, and its score.

        Parameters
        ----------
        rate : float
            Share of untouched photographs, 0 to 1.

        Returns
        -------
        tuple of float, or None
            The rate, and the score that they reach at most so often. None where no rate as small
            was measured.
        """
        held = [pair for pair in self.thresholds if pair[0] <= rate]
        return held[-1] if held else None


_FIELDS: Final = tuple(field.name for field in fields(Gate))


def gate_numbers(
    logits: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    detection: float,
    scalars: NDArray[np.float32],
    *,
    history_valid: bool,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """Return the numbers of a picture that the gate weighs, in the order of `GATE_NAMES`.

    Parameters
    ----------
    logits : (block rows, block cols) array of float32
        Of the network.
    probabilities : (block rows, block cols) array of float32
        Of the blocks, with what the history adds.
    detection : float
        The network's logit of the whole picture.
    scalars : (6,) array of float32
        Of the compression history, as `history_scalars` gives them.
    history_valid : bool
        Whether a region clearly lacks the earlier compression of the rest.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (13,) array of float64
        `detection`; the mean of the highest 1 % of the logits, of one at least; the square roots of
        the mean probability, of the shares of blocks above 0.5 and above 0.75, and of the share of
        the largest component of those above 0.5; the mean probability in that component, the first
        of several as large, 0 where there is none; 1 for `history_valid`, else 0; the scalars.
    """
    size = probabilities.size
    count = max(size // 100, 1)
    # Sorted, and in whole numbers: sums of either have one value only.
    highest = np.sort(np.partition(logits.ravel(), size - count)[-count:]).astype(np.float64)
    steps = np.rint(probabilities.astype(np.float64) * 2**16).astype(np.int64)
    likely = probabilities > np.float32(_LIKELY)
    components = label_components(likely, num_threads=num_threads)
    largest_share = largest_mean = 0.0
    if len(components.areas):
        label = int(np.argmax(components.areas)) + 1
        largest_share = int(components.areas[label - 1]) / size
        largest_mean = float(steps[components.labels == label].mean()) / 2**16
    numbers: list[float] = [
        detection,
        math.fsum(highest) / count,
        float(steps.sum()) / size / 2**16,
        np.count_nonzero(likely) / size,
        np.count_nonzero(probabilities > np.float32(_CERTAIN)) / size,
        largest_share,
        largest_mean,
        float(history_valid),
        *(
            value
            for name, value in zip(HISTORY_SCALARS, scalars.tolist(), strict=True)
            if name in _SCALARS
        ),
    ]
    named = zip(GATE_NAMES, numbers, strict=True)
    return np.array([math.sqrt(n) if name in _ROOTS else n for name, n in named], np.float64)


@cache
def shipped_gate(*, jpeg: bool) -> Gate:
    """Return the gate that belongs to the shipped network.

    Parameters
    ----------
    jpeg : bool
        Whether the file tells the quantisation of its pixels. One that does not shows more, and has
        a gate of its own.

    Raises
    ------
    UnspliceError
        E195 if its file cannot be read, is damaged, or holds something else.
    """
    file = files("unsplice.blind.fusion").joinpath("gate.json")
    try:
        return gate_of(json.loads(file.read_text("utf-8"))["jpeg" if jpeg else "other"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnspliceError("E195", path=str(file), reason=str(error)) from error


def gate_of(record: Mapping[str, Any]) -> Gate:
    """Make the gate of what its file says.

    Parameters
    ----------
    record : mapping
        The fields of `Gate` by name, and ``names``, which must be `GATE_NAMES`; others are notes.

    Raises
    ------
    TypeError, ValueError
        If something is missing, of another kind or length, not finite or out of range, or other
        numbers are weighed.
    """
    missing = [name for name in ("names", *_FIELDS) if name not in record]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    if tuple(record["names"]) != GATE_NAMES:
        raise ValueError(f"the gate must weigh {GATE_NAMES}, got {record['names']}")
    mean, scale, weights = (_row(record[name], name) for name in ("mean", "scale", "weights"))
    if min(scale) <= 0:
        raise ValueError(f"scale must be above 0, got {min(scale)}")
    thresholds = tuple(
        sorted((_finite(rate, "thresholds"), _finite(score, "thresholds"))
               for rate, score in record["thresholds"])
    )  # fmt: skip
    scores = [score for _, score in thresholds]
    if not all(0 <= number <= 1 for pair in thresholds for number in pair):
        raise ValueError(f"thresholds must be in 0..1, got {thresholds}")
    if scores != sorted(scores, reverse=True):
        raise ValueError(f"thresholds must not rise with the rate, got {thresholds}")
    return Gate(mean, scale, weights, _finite(record["bias"], "bias"), thresholds)


def _row(values: Sequence[Any], name: str) -> tuple[float, ...]:
    if len(values) != len(GATE_NAMES):
        raise ValueError(f"{name} must be {len(GATE_NAMES)} numbers, got {len(values)}")
    return tuple(_finite(value, name) for value in values)


def _finite(value: object, name: str) -> float:
    number = real_number(value, name)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {value}")
    return number
