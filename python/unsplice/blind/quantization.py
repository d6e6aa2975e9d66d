"""What the levels of a picture's DCT coefficients tell of the quantisation before the last one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.history_kernels import LEVELS, compression_gains, requantized_counts
from unsplice.blind.kernels import level_counts
from unsplice.jpeg import ZIGZAG, standard_tables

__all__ = ["EarlierTable", "Evidence", "earlier_table", "evidence_of", "known_tables", "table_name"]

# Shares of blocks that were compressed before: dense where small pastes lie.
SHARES: Final = (0.05, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96, 0.99)

# Cameras and editors have tables of their own: a step of a known table gives way to one of 1 to
# MOST_OWN_STEP that explains its frequency better by LEAST_OWN_GAIN nats.
MOST_OWN_STEP: Final = 80
LEAST_OWN_GAIN: Final = 10.0
OWN_ADVANTAGE: Final = 1.25
LEAST_OWN_SHARE: Final = 0.85
OWN_ROUNDS: Final = 2

# Levels are compared with others of about their size only: how large they are says what the picture
# shows, which of them are missing says how it was compressed. Level 0 says nothing at all, and 24
# stands for all that are larger.
_SIZES: Final = np.repeat(np.arange(6), (1, 2, 3, 6, 12, 1))

# One coefficient that fits badly (clipped, or at a seam) must not decide a block.
_STRONGEST: Final = 4.0  # nats
_MISFITS: Final = 0.02


@dataclass(frozen=True, eq=False)
class EarlierTable:
    """The earlier compression that explains a picture best.

    Attributes
    ----------
    name : str
        As `table_name` gives it.
    table : (8, 8) array of int64
        Its quantisation steps of luma.
    share : float
        Share of the blocks that underwent it, one of a few values.
    gain : float
        How much better the picture is explained than by a single compression, in nats.
    """

    name: str
    table: NDArray[np.int64]
    share: float
    gain: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """What each level of each frequency says for a single compression.

    Attributes
    ----------
    found : (64, 25) array of float32
        Log-likelihood ratio of a single against a double compression, less what a block of double
        compression has on average; multiples of 2^-12, so that sums of 64 are exact.
    expected : (64, 25) array of float32
        The mean of `found` in a block of single compression; 0 where nothing can be told.
    """

    found: NDArray[np.float32]
    expected: NDArray[np.float32]


@cache
def known_tables() -> tuple[tuple[str, NDArray[np.int64]], ...]:
    """Return the names and luma tables that an earlier compression is looked for among.

    Those of libjpeg, and of the many programs that scale the example tables of ITU-T T.81 as it
    does, for the qualities 40 to 98: below, pictures are rare; above, steps of 1 and 2 leave no
    trace.
    """
    return tuple(
        (f"libjpeg quality {quality}", standard_tables(quality)[0].astype(np.int64))
        for quality in range(40, 99)
    )


def table_name(table: NDArray[Any]) -> str:
    """Return "libjpeg quality 90" or the like for a luma table, "own table" for another one.

    Examples
    --------
    >>> table_name(standard_tables(75)[0])
    'libjpeg quality 75'
    """
    for quality in range(100, 0, -1):
        if np.array_equal(table, standard_tables(quality)[0]):
            return f"libjpeg quality {quality}"
    return "own table"


def ac_frequencies(count: int) -> NDArray[np.int64]:
    """Return the planes of the first `count` frequencies of the zigzag order after the mean."""
    rows, cols = ZIGZAG[1 : count + 1].T
    return np.asarray(8 * rows + cols, np.int64)


def earlier_table(
    levels: NDArray[np.uint8],
    reference: NDArray[np.int64],
    steps: NDArray[np.int64],
    *,
    frequencies: int,
    num_threads: int | None = None,
) -> EarlierTable:
    """Find the earlier compression, and the share of blocks with it, that explain a picture best.

    Parameters
    ----------
    levels : (64, block rows, block cols) array of uint8
        Of the last compression.
    reference : (64, 2049) array of int64
        Magnitudes that blocks of this picture have without compression.
    steps : (8, 8) array of int64
        Of the last compression.
    frequencies : int
        How many are looked at, in zigzag order.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    EarlierTable
        Of the `known_tables`.
    """
    chosen = ac_frequencies(frequencies)
    counts = [level_counts(levels[k], num_threads=num_threads) for k in chosen]
    observed = np.array(counts)[:, :LEVELS]
    before, last = reference[chosen], steps.ravel()[chosen]
    tables = np.array([table.ravel()[chosen] for _, table in known_tables()])
    found = observed, before, last
    gains = _table_gains(*found, tables, num_threads)
    best, share = np.unravel_index(gains.argmax(), gains.shape)
    name, table = known_tables()[best]
    known = EarlierTable(name, table, SHARES[share], float(gains[best, share]))
    own = known
    for _ in range(OWN_ROUNDS):
        steps_found = _own_steps(*found, own.table.ravel()[chosen], own.share, num_threads)
        gains = _table_gains(*found, steps_found[np.newaxis], num_threads)[0]
        table = own.table.copy()
        table.ravel()[chosen] = steps_found
        best_share = int(gains.argmax())
        own = EarlierTable(f"own table near {name}", table, SHARES[best_share], float(gains.max()))
    holds = own.gain > OWN_ADVANTAGE * known.gain and own.share >= LEAST_OWN_SHARE
    return own if holds else known


def _table_gains(
    observed: NDArray[np.int64],
    reference: NDArray[np.int64],
    last: NDArray[np.int64],
    tables: NDArray[np.int64],
    num_threads: int | None,
) -> NDArray[np.float64]:
    """Return the gain of each table for each of the `SHARES`."""
    of_frequencies = compression_gains(
        observed, reference, last, tables, SHARES, num_threads=num_threads
    )
    # One after the other: the order belongs to the sum.
    return np.asarray(sum(of_frequencies))


def _own_steps(
    observed: NDArray[np.int64],
    reference: NDArray[np.int64],
    last: NDArray[np.int64],
    steps: NDArray[np.int64],
    share: float,
    num_threads: int | None,
) -> NDArray[np.int64]:
    """Return earlier steps, each replaced where another one explains its frequency far better."""
    candidates = np.arange(1, MOST_OWN_STEP + 1)[:, np.newaxis].repeat(len(steps), axis=1)
    tried = np.concatenate([candidates, steps[np.newaxis]])
    gains = compression_gains(observed, reference, last, tried, [share], num_threads=num_threads)[
        :, :, 0
    ]
    better = gains.max(axis=1) > gains[:, -1] + LEAST_OWN_GAIN
    return np.where(better, tried[gains.argmax(axis=1), np.arange(len(steps))], steps)


def evidence_of(
    earlier: EarlierTable,
    reference: NDArray[np.int64],
    steps: NDArray[np.int64],
    *,
    frequencies: int,
) -> Evidence:
    """Return what each level says, given the earlier and the last compression.

    Parameters
    ----------
    earlier : EarlierTable
        Of what is not pasted.
    reference, steps, frequencies
        As `earlier_table` takes them.

    Returns
    -------
    Evidence
        With f(k) = log p0(k) / p1(k), p0 and p1 the shares of the levels after one compression and
        after two, and k and j of about one size, level k has
        ``found = f(k) - mean of f(j) under p1``, and ``expected`` is its mean under p0. Both are 0
        for level 0, and for frequencies in which the earlier step divides the last one.
    """
    found, expected = (np.zeros((64, LEVELS), np.float32) for _ in range(2))
    last = steps.ravel()
    first = earlier.table.ravel()
    once = _shares(requantized_counts(reference, np.zeros_like(last), last))
    twice = _shares(requantized_counts(reference, first, last))
    twice = (1 - _MISFITS) * twice + _MISFITS * once
    for k in ac_frequencies(frequencies):
        if last[k] % first[k] == 0:
            continue
        # A multiple of 2^-12, so that the logarithms of two C libraries cannot differ.
        ratio = np.rint(np.clip(np.log(once[k] / twice[k]), -_STRONGEST, _STRONGEST) * 4096) / 4096
        mean_once, mean_twice = (
            np.bincount(_SIZES, shares * ratio) / np.bincount(_SIZES, shares)
            for shares in (once[k], twice[k])
        )
        found[k] = _on_grid(ratio - mean_twice[_SIZES])
        expected[k] = _on_grid(np.maximum(mean_once - mean_twice, 0)[_SIZES])
        found[k, 0] = expected[k, 0] = 0
    return Evidence(found, expected)


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts of `requantized_counts` as shares, with half a block added to each level."""
    smoothed = counts + 2**23
    return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True))


def _on_grid(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return (np.rint(values * 4096) / 4096).astype(np.float32)
