"""Where the 8x8 grid of the last JPEG compression lies, and what its steps were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.history_kernels import grid_votes
from unsplice.blind.source import BlindSource

__all__ = ["Grid", "find_grid"]

MOST_VOTERS: Final = 4096
# A compression of which nothing is known but its place is followed by no other: the levels are then
# those of the coefficients themselves, in units that leave most of an earlier quantisation's gaps.
PLAIN_STEP: Final = 2


@dataclass(frozen=True, eq=False)
class Grid:
    """The grid of the last compression.

    Attributes
    ----------
    row, col : int
        Where it begins, 0 to 7.
    steps : (8, 8) array of int64
        Quantisation steps of luma; 2 where they are not known.
    origin : {"file", "estimated"}
        Whether the file says so, or the pixels do.
    has_table : bool
        Whether `steps` are those of the compression.
    z_score : float or None
        How many standard deviations the votes for the place lie above chance, where it is
        estimated.
    """

    row: int
    col: int
    steps: NDArray[np.int64]
    origin: Literal["file", "estimated"]
    has_table: bool
    z_score: float | None = None


def find_grid(source: BlindSource, *, num_threads: int | None = None) -> Grid:
    """Return the grid of the last compression: the file's, or the one that most voters see.

    Parameters
    ----------
    source : BlindSource
        At least 15x15 pixels.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Grid
        For a JPEG that stores luma, what its header says; else an estimate, whose `z_score` says
        what it is worth: with more than 8 it is no chance.
    """
    jpeg = source.jpeg
    if jpeg is not None and jpeg.color_space in ("gray", "ycbcr"):
        return Grid(0, 0, jpeg.quantization[0].astype(np.int64), "file", True)
    return _estimated(source.pixels, num_threads)


def _estimated(image: NDArray[np.uint8], num_threads: int | None) -> Grid:
    rows, cols = ((side - 15) // 8 + 1 for side in image.shape[:2])
    # Evenly spread over the picture, in rows.
    chosen = (
        np.arange(min(rows * cols, MOST_VOTERS)) * (rows * cols) // min(rows * cols, MOST_VOTERS)
    )
    corners = 8 * np.stack([chosen // cols, chosen % cols], axis=1)
    votes = grid_votes(image, corners, num_threads=num_threads)
    row, col = (int(index) for index in np.unravel_index(votes.argmax(), votes.shape))
    count = int(votes.sum())
    expected = count / 64
    # Chance is a binomial distribution with p = 1/64.
    deviation = max(np.sqrt(expected * 63 / 64), 1.0)
    z_score = float((votes[row, col] - expected) / deviation)
    return Grid(row, col, np.full((8, 8), PLAIN_STEP), "estimated", False, z_score)
