"""Evidence of the earlier JPEG compression, as `unsplice.blind.compression` measures it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.compression import Compression, History, no_history
from unsplice.blind.parameters import JpegHistoryParameters

__all__ = ["HISTORY_NAMES", "HISTORY_SCALARS", "history_maps", "history_scalars"]

HISTORY_NAMES: Final = (
    *("history_ratio", "history_found", "history_information"),
    *("deeper_ratio", "deeper_found", "deeper_information"),
)
HISTORY_SCALARS: Final = (
    *("table_known", "grid_seen", "history_gain", "history_share"),
    *("deeper_gain", "deeper_share"),
)

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
    (6, block rows, block cols) array of float32
        The share of the evidence for a single compression that there would be, 0 to 1 for most
        blocks; that evidence block by block, in nats; and the nats that there would be. Then the
        same below the last compression. All 0 where no earlier compression is seen.
    """
    return np.concatenate(
        [_maps(one, parameters, shape) for one in (history.compression, history.deeper)]
    )


def _maps(
    compression: Compression | None, parameters: JpegHistoryParameters, shape: tuple[int, int]
) -> NDArray[np.float32]:
    if compression is None or no_history(compression, parameters):
        return np.zeros((3, *shape), np.float32)
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
    (6,) array of float32
        1 where the file tells its table; 1 where the pixels show a grid; log(1 + gain a block);
        the share of blocks with the earlier compression; the last two again, below the last
        compression.
    """
    grid = history.grid
    known = grid is not None and grid.has_table
    told = [float(known), float(history.compression is not None)]
    return np.array([*told, *_scalars(history.compression), *_scalars(history.deeper)], np.float32)


def _scalars(compression: Compression | None) -> tuple[float, float]:
    if compression is None:
        return 0.0, 0.0
    # In steps of 1/4096, so that the logarithms of two C libraries cannot differ.
    gain = max(compression.earlier.gain, 0.0) / compression.ratio.size
    return round(4096 * math.log1p(gain)) / 4096, compression.earlier.share
