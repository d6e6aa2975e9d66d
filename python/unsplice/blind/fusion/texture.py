"""What is most suspicious where traces are too few to be evidence: texture and light as well.

After resizing, blur and strong compression the traces are gone, and the network, rightly,
tells nothing. What is pasted still tends to be an object with more texture than what it was pasted
into: that is what the paper's method follows. It accuses nothing: untouched pictures have textured
parts, too. But whoever knows that a picture is spliced can do worse than look there first.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.fusion.kernels import sum_blocks
from unsplice.blind.paper import analyse
from unsplice.blind.parameters import PaperParameters
from unsplice.blind.source import BlindSource
from unsplice.limits import LARGEST_JPEG_SIDE

__all__ = ["with_texture"]

# Fitted by logistic regression, over blocks, on every second one of 181 splices of CASIA v1 as they
# are and after ten edits, where the gate was shut, and rounded: docs/fusion.md.
_OF_LOGIT: Final = np.float32(0.4)
_OF_DENSITY: Final = np.float32(0.6)
_OFFSET: Final = np.float32(-1.2)
_PAPER: Final = PaperParameters()


def with_texture(
    logits: NDArray[np.float32],
    source: BlindSource,
    *,
    row: int,
    col: int,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Weigh the network's logits together with the density of the paper's forensic points.

    Parameters
    ----------
    logits : (block rows, block cols) array of float32
        Of the network.
    source : BlindSource
        The picture.
    row, col : int
        Where the grid of blocks begins.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (block rows, block cols) array of float32
        ``0.4 logit + 0.6 z - 1.2``, where z is the mean density of a block less its mean over the
        picture, in standard deviations. The logits as they are for a picture that is too large for
        the paper's method, which saves it as JPEG.
    """
    if max(source.pixels.shape[:2]) > LARGEST_JPEG_SIDE:
        return logits
    density = analyse(source, _PAPER, num_threads).suspicion
    sums = sum_blocks(density, row=row, col=col, num_threads=num_threads).astype(np.int64)
    # In whole numbers: mean and spread have one value only.
    mean = int(sums.sum()) / sums.size
    spread = sqrt(max(int((sums * sums).sum()) / sums.size - mean * mean, 0.0))
    z = ((sums - mean) / max(spread, 1.0)).astype(np.float32)
    return np.asarray(_OF_LOGIT * logits + _OF_DENSITY * z + _OFFSET, np.float32)
