"""The courage to say "no evidence": whether a picture as a whole shows traces of a splice.

A network that was trained to find the most suspicious part finds one in every picture. The gate
weighs a few numbers of the whole picture by logistic regression, and holds the result against what
untouched photographs reach.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import label_components

__all__ = ["GATE_NAMES", "Gate", "gate_numbers", "gate_of", "shipped_gate"]

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
    *("table_known", "grid_seen", "history_gain", "history_share"),
)
_LIKELY: Final = 0.5
_CERTAIN: Final = 0.9


@dataclass(frozen=True)
class Gate:
    """Logistic regression on the numbers of a picture.

    Attributes
    ----------
    mean, scale, weights : tuple of float
        One number each of `GATE_NAMES`.
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
        numbers : (12,) array of float64
            As `gate_numbers` gives them.
        """
        total = self.bias
        for value, mean, scale, weight in zip(
            numbers.tolist(), self.mean, self.scale, self.weights, strict=True
        ):
            total += weight * min(max((value - mean) / scale, -4.0), 4.0)
        # The rounding hides what the exponential functions of two C libraries may differ by.
        return round(4096 / (1 + math.exp(-min(max(total, -30.0), 30.0)))) / 4096

    def threshold(self, rate: float) -> float:
        """Return the least score of pictures of which untouched ones have at most some share."""
        held = [least for known, least in self.thresholds if known <= rate + 1e-12]
        return held[-1] if held else 2.0  # no score reaches it


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
    logits, probabilities : (block rows, block cols) arrays of float32
        Of the network.
    detection : float
        The network's logit of the whole picture.
    scalars : (4,) array of float32
        Of the compression history, as `history_scalars` gives them.
    history_valid : bool
        Whether a region clearly lacks the earlier compression of the rest.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (12,) array of float64
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
    numbers: list[Any] = [
        detection,
        math.fsum(highest) / count,
        float(steps.sum()) / size / 2**16,
        np.count_nonzero(likely) / size,
        np.count_nonzero(probabilities > np.float32(_CERTAIN)) / size,
        largest_share,
        largest_mean,
        history_valid,
        *scalars.tolist(),
    ]
    # Shares of a small part must count, and those of a large part not much more.
    for index in (2, 3, 4, 5):
        numbers[index] = math.sqrt(numbers[index])
    return np.array(numbers, np.float64)


@cache
def shipped_gate() -> Gate:
    """Return the gate that belongs to the shipped network."""
    text = files("unsplice.blind.fusion").joinpath("gate.json").read_text("utf-8")
    return gate_of(json.loads(text))


def gate_of(record: dict[str, Any]) -> Gate:
    """Make the gate of what its file says.

    Raises
    ------
    ValueError
        If a number is missing, or its names are not `GATE_NAMES`.
    """
    if tuple(record["names"]) != GATE_NAMES:
        raise ValueError(f"the gate must weigh {GATE_NAMES}, got {record['names']}")
    thresholds = tuple((float(rate), float(least)) for rate, least in record["thresholds"])
    return Gate(
        tuple(record["mean"]), tuple(record["scale"]), tuple(record["weights"]),
        float(record["bias"]), tuple(sorted(thresholds)),
    )  # fmt: skip
