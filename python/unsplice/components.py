"""What connected components are described by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Components"]


@dataclass(frozen=True, eq=False)
class Components:
    """The connected components of a mask; row i of each table describes label i + 1.

    Attributes
    ----------
    labels : (rows, cols) array of int32
        Component of each pixel; 0 is the background, and components count from 1 in raster order of
        their first pixels.
    areas : (n,) array of int64
        Pixels.
    bounding_boxes : (n, 4) array of int64
        First row, first column, one past the last row, one past the last column: the component lies
        within ``labels[box[0]:box[2], box[1]:box[3]]``.
    centroids : (n, 2) array of float64
        Mean (row, col) of the pixels.
    """

    labels: NDArray[np.int32]
    areas: NDArray[np.int64]
    bounding_boxes: NDArray[np.int64]
    centroids: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of components; the background is none."""
        return len(self.areas)
