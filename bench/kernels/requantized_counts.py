"""requantized_counts and compression_gains against formulations in NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import erf, sqrt
from typing import Any

import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.kernels.count_magnitudes import MOST_BLOCKS, corners_in
from unsplice.blind.history_kernels import (
    COUNT_UNIT,
    LEVELS,
    MAGNITUDE_CLASSES,
    block_levels,
    compression_gains,
    count_magnitudes,
    requantized_counts,
)
from unsplice.jpeg import standard_tables

LAST = standard_tables(90)[0].astype(np.int64).ravel()
EARLIER = np.array([standard_tables(quality)[0].ravel() for quality in range(60, 90, 3)], np.int64)
SHARES = (0.05, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96, 0.99)
FEW = slice(1, 3)  # frequencies of the crop

HALF_UNITS = np.arange(MAGNITUDE_CLASSES)
REACH = 12  # half units, beyond which there is no noise
NOISE = np.array(
    [
        round(COUNT_UNIT * 0.5 * (1 + erf(half_units / 2 / 0.3 / sqrt(2))))
        for half_units in range(-REACH, REACH + 1)
    ]
)


def counts_by_numpy(reference: Any, first: Any, last: Any) -> Any:
    result = np.zeros((len(reference), LEVELS), np.int64)
    for counts, q1, q2, row in zip(reference, first.tolist(), last.tolist(), result, strict=True):
        if q1 == 0:
            level = np.minimum((HALF_UNITS + q2) // (2 * q2), LEVELS - 1)
            row += COUNT_UNIT * np.bincount(level, counts, LEVELS).astype(np.int64)
            continue
        sums = np.bincount((HALF_UNITS + q1) // (2 * q1), counts).astype(np.int64)
        values = 2 * q1 * np.arange(len(sums))
        borders = (2 * np.arange(LEVELS - 1)[:, np.newaxis] + 1) * q2
        below, above = (
            NOISE[(sign * borders - values).clip(-REACH, REACH) + REACH] for sign in (1, -1)
        )
        up_to = (below - above) @ sums
        row[0], row[1:-1], row[-1] = up_to[0], np.diff(up_to), COUNT_UNIT * sums.sum() - up_to[-1]
    return result


def shares_by_numpy(reference: Any, first: Any, last: Any) -> Any:
    counts = counts_by_numpy(reference, first, last) + COUNT_UNIT // 2
    return counts / counts.sum(axis=1, keepdims=True)


def gains_by_numpy(
    observed: Any, reference: Any, last: Any, tables: Any, shares: Sequence[float]
) -> Any:
    once = shares_by_numpy(reference, np.zeros_like(last), last)
    mix = np.array(shares)[:, np.newaxis, np.newaxis]
    gains = np.zeros((len(last), len(tables), len(shares)))
    for t, first in enumerate(tables):
        told = np.flatnonzero(last % first)
        twice = shares_by_numpy(reference[told], first[told], last[told])
        ratios = np.log(((1 - mix) * once[told] + mix * twice) / once[told])
        gains[told, t] = np.maximum(np.einsum("sfl,fl->fs", ratios, observed[told]), -30)
    return gains


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the 64 frequencies of a picture, and ten candidates."""
    image = pictures.rgb(size)
    reference = count_magnitudes(image, corners_in(image, MOST_BLOCKS))
    levels = block_levels(image, LAST.reshape(8, 8)).reshape(64, -1)
    observed = np.array([np.bincount(plane, minlength=LEVELS) for plane in levels])
    first = EARLIER[4]
    few = reference[FEW], first[FEW], LAST[FEW]
    yield Contest(
        "requantized_counts",
        "64 frequencies",
        lambda: requantized_counts(reference, first, LAST),
        {"NumPy": lambda: counts_by_numpy(reference, first, LAST)},
        crop=Crop(
            lambda: requantized_counts(*few),
            lambda: pure_python.requantized_counts(*few),
            64 / len(few[0]),
        ),
    )
    part = observed[FEW], reference[FEW], LAST[FEW], EARLIER[:, FEW], SHARES
    yield Contest(
        "compression_gains",
        f"{len(EARLIER)} tables, {len(SHARES)} shares",
        lambda: compression_gains(observed, reference, LAST, EARLIER, SHARES, num_threads=1),
        {"NumPy": lambda: gains_by_numpy(observed, reference, LAST, EARLIER, SHARES)},
        tolerance=1e-5,
        crop=Crop(
            lambda: compression_gains(*part, num_threads=1),
            lambda: pure_python.compression_gains(*part),
            64 / len(few[0]),
        ),
    )
