"""Evidence of the earlier JPEG compression, as `unsplice.blind.compression` measures it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.compression import History, no_history
from unsplice.blind.parameters import JpegHistoryParameters

__all__ = ["HISTORY_NAMES", "HISTORY_SCALARS", "history_maps", "history_scalars"]

HISTORY_NAMES: Final = ("history_ratio", "history_found", "history_information")
HISTORY_SCALARS: Final = ("table_known", "grid_seen", "history_gain", "history_share")

_MOST_FOUND: Final = 30.0  # nats a block: beyond, more says nothing more


def history_maps(
    history: History, parameters: JpegHistoryParameters, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Return what each block tells of the compression before the last one.

    Parameters
    ----------
    history : History
        Of the picture.
    parameters : JpegHistoryParameters
        When a history counts as one.
    shape : tuple of int
        Rows and columns of blocks; what is returned where there is no history.

    Returns
    -------
    (3, block rows, block cols) array of float32
        The share of the evidence for a single compression that there would be, 0 to 1 for most
        blocks; that evidence block by block, in nats; and the nats that there would be. All 0 where
        no earlier compression is seen.
    """
    compression = history.compression
    if compression is None or no_history(compression, parameters):
        return np.zeros((len(HISTORY_NAMES), *shape), np.float32)
    maps = np.stack(
        [
            np.clip(compression.ratio, -1, 2),
            np.clip(compression.found, -_MOST_FOUND, _MOST_FOUND),
            np.minimum(compression.information, np.float32(_MOST_FOUND)),
        ]
    )
    return np.asarray(maps, np.float32)


def history_scalars(history: History) -> NDArray[np.float32]:
    """Return what the whole picture tells of its compressions.

    Returns
    -------
    (4,) array of float32
        1 where the file tells its table; 1 where the pixels show a grid; log(1 + gain a block);
        the share of blocks with the earlier compression.
    """
    grid, compression = history.grid, history.compression
    gain = share = 0.0
    if compression is not None:
        # In steps of 1/4096, so that the logarithms of two C libraries cannot differ.
        gain = max(compression.earlier.gain, 0.0) / compression.ratio.size
        gain = round(4096 * math.log1p(gain)) / 4096
        share = compression.earlier.share
    known = grid is not None and grid.has_table
    return np.array([known, compression is not None, gain, share], np.float32)
