"""What a picture tells of its compressions, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.grid import Grid, find_grid
from unsplice.blind.history_kernels import (
    block_levels,
    clipped_samples,
    count_magnitudes,
    sum_levels,
)
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.quantization import EarlierTable, earlier_table, evidence_of
from unsplice.blind.source import BlindSource
from unsplice.kernels import gaussian_blur

__all__ = ["Compression", "History", "measure_history", "no_history", "too_small"]

LEAST_BLOCKS: Final = 64  # whole ones on any grid: fewer make no histogram
LEAST_SIDE: Final = 16
LEAST_Z_SCORE: Final = 8.0  # of an estimated grid
MOST_REFERENCES: Final = 16_000
# Where the uncompressed coefficients are taken from: off the grid, its blocks mix four of them.
SHIFTS: Final = ((4, 4), (3, 5), (5, 2))
NO_INFORMATION: Final = 0.5  # nats: where blocks have as little, their evidence counts half
LEAST_SHARE_OF_LAST: Final = 0.9  # of blocks: the last compression was that of all
# Pixels of a block that were clipped: with more, its levels say nothing, or prove nothing.
MOST_CLIPPED: Final = 16
MOST_CLIPPED_OF_PROOF: Final = 4


@dataclass(frozen=True, eq=False)
class Compression:
    """What is measured before anything is decided; arrays have one element a block.

    Attributes
    ----------
    grid, earlier
        The last compression and the one before.
    found, expected : arrays of float32
        Evidence for a single compression, in nats: what there is, and what there would be; none
        where samples were clipped.
    ratio : array of float32
        Their quotient, each gathered from the blocks around: about 0 where the picture was
        compressed twice, about 1 where it was compressed once.
    information : array of float32
        `expected`, gathered.
    clean : array of bool
        Blocks that may prove something: hardly a sample was clipped.
    """

    grid: Grid
    earlier: EarlierTable
    found: NDArray[np.float32]
    expected: NDArray[np.float32]
    ratio: NDArray[np.float32]
    information: NDArray[np.float32]
    clean: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class History:
    """What `measure_history` found.

    Attributes
    ----------
    grid : Grid or None
        None where the picture is too small for an estimate.
    compression : Compression or None
        None where there is too little to measure, for the `reason`.
    reason : str
        Empty where there is a `compression`.
    deeper : Compression or None
        The one below `compression`: where the whole picture had the earlier table, that takes the
        place of the last one, and what was before it is looked for. None where nothing is seen.
    """

    grid: Grid | None
    compression: Compression | None
    reason: str = ""
    deeper: Compression | None = None


def too_small(shape: tuple[int, ...]) -> bool:
    """Return whether a picture of some shape has too few blocks, on any grid, to compare them."""
    rows, cols = shape[:2]
    return min(rows, cols) < LEAST_SIDE or (rows - 7) // 8 * ((cols - 7) // 8) < LEAST_BLOCKS


def measure_history(
    source: BlindSource, parameters: JpegHistoryParameters, *, num_threads: int | None = None
) -> History:
    """Measure how a picture was compressed, and before that.

    Parameters
    ----------
    source : BlindSource
        Any picture.
    parameters : JpegHistoryParameters
        How many frequencies are looked at, and when a history counts as one.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    History
    """
    if too_small(source.pixels.shape):
        return History(None, None, "too small: its blocks make no histogram")
    grid = find_grid(source, num_threads=num_threads)
    if grid.z_score is not None and grid.z_score <= LEAST_Z_SCORE:
        return History(grid, None, "the pixels show no 8x8 grid of a JPEG compression")
    compression, deeper = _measured(source.pixels, grid, parameters, num_threads)
    return History(grid, compression, deeper=deeper)


def _measured(
    image: NDArray[np.uint8],
    grid: Grid,
    parameters: JpegHistoryParameters,
    num_threads: int | None,
) -> tuple[Compression, Compression | None]:
    """Measure a picture, and below its last compression where that was the whole picture's."""
    reference = count_magnitudes(
        image, _reference_blocks(image.shape, grid), num_threads=num_threads
    )

    def below(upper: Compression) -> Compression | None:
        if upper.earlier.share < LEAST_SHARE_OF_LAST or no_history(upper, parameters):
            return None
        known = replace(grid, steps=upper.earlier.table, has_table=True)
        found = _measured_on(image, known, reference, parameters, num_threads)
        return None if no_history(found, parameters) else found

    compression = _measured_on(image, grid, reference, parameters, num_threads)
    deeper = below(compression)
    if deeper is not None and not grid.has_table:
        # What no file told was found: the table of the last compression.
        return deeper, below(deeper)
    return compression, deeper


def _measured_on(
    image: NDArray[np.uint8],
    grid: Grid,
    reference: NDArray[np.int64],
    parameters: JpegHistoryParameters,
    num_threads: int | None,
) -> Compression:
    place: Any = {"row": grid.row, "col": grid.col, "num_threads": num_threads}
    levels = block_levels(image, grid.steps, **place)
    frequencies = parameters.frequencies
    earlier = earlier_table(
        levels, reference, grid.steps, frequencies=frequencies, num_threads=num_threads
    )
    evidence = evidence_of(earlier, reference, grid.steps, frequencies=frequencies)
    both = np.stack(
        [
            sum_levels(levels, values, num_threads=num_threads)
            for values in (evidence.found, evidence.expected)
        ]
    )
    clipped = clipped_samples(image, **place)
    both *= clipped <= MOST_CLIPPED
    found, information = gaussian_blur(both, parameters.sigma, num_threads=num_threads)
    ratio = found / (information + np.float32(NO_INFORMATION))
    clean = clipped <= MOST_CLIPPED_OF_PROOF
    return Compression(grid, earlier, both[0], both[1], ratio, information, clean)


def _reference_blocks(shape: tuple[int, ...], grid: Grid) -> NDArray[np.int64]:
    """Return the corners of blocks off the grid, evenly spread."""
    places = []  # where the blocks of each shift begin, and how many there are down and across
    for down, right in SHIFTS:
        top, left = (grid.row + down) % 8, (grid.col + right) % 8
        places.append((top, left, max(shape[0] - top, 0) // 8, max(shape[1] - left, 0) // 8))
    total = sum(rows * cols for *_, rows, cols in places)
    count = min(total, MOST_REFERENCES)
    chosen = np.arange(count) * total // max(count, 1)
    corners = []
    for top, left, rows, cols in places:
        inside = chosen[(chosen >= 0) & (chosen < rows * cols)]
        corners.append(np.stack([top + 8 * (inside // cols), left + 8 * (inside % cols)], axis=1))
        chosen = chosen - rows * cols
    return np.concatenate(corners)


def no_history(compression: Compression, parameters: JpegHistoryParameters) -> str:
    """Return why the blocks of a picture cannot be compared by their history, or nothing."""
    grid, earlier = compression.grid, compression.earlier
    if earlier.gain < parameters.min_gain * compression.ratio.size:
        if not grid.has_table:
            return "no known quantisation is seen on the 8x8 grid of the pixels"
        return "no sign of a JPEG compression before the last one, on the same grid"
    if earlier.share < parameters.min_share:
        return (
            f"signs of an earlier JPEG compression ({earlier.name}) in too small a part of the "
            f"picture ({100 * earlier.share:.0f} %)"
        )
    return ""
