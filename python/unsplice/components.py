"""What connected components are described by."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Components", "Paintable"]


class Paintable(Protocol):
    """What labels can be painted from."""

    def paint(self) -> NDArray[np.int32]:
        """Return the component of each pixel, 0 in the background."""


@dataclass(frozen=True, eq=False)
class Components:
    """The connected components of a mask; row i of each table describes label i + 1.

    Attributes
    ----------
    areas : (n,) array of int64
        Pixels.
    bounding_boxes : (n, 4) array of int64
        First row, first column, one past the last row, one past the last column: the component lies
        within ``labels[box[0]:box[2], box[1]:box[3]]``.
    centroids : (n, 2) array of float64
        Mean (row, col) of the pixels.

    Notes
    -----
    `labels` are painted when they are first asked for, by as many threads as found the
    components; until then the mask stands as 1 bit a pixel, and each of its runs as 4 bytes. Who
    asks for areas alone pays for no picture. Results may be shared between threads, copied and
    pickled, before and after.

    Examples
    --------
    >>> import numpy as np
    >>> from unsplice import label_components
    >>> mask = np.zeros((6, 8), bool)
    >>> mask[1:3, 1:4] = mask[4, 6] = True
    >>> components = label_components(mask)
    >>> components.areas.tolist(), components.bounding_boxes[0].tolist()
    ([6, 1], [1, 1, 3, 4])
    """

    areas: NDArray[np.int64]
    bounding_boxes: NDArray[np.int64]
    centroids: NDArray[np.float64]
    # The labels, or what they are painted from. No field: `asdict` and `fields` tell the tables.
    pixels: InitVar[NDArray[np.int32] | Paintable]

    def __post_init__(self, pixels: NDArray[np.int32] | Paintable) -> None:
        self.__dict__["_pixels"] = pixels

    @property
    def labels(self) -> NDArray[np.int32]:
        """Component of each pixel, (rows, cols) of int32.

        0 is the background, and components count from 1 in raster order of their first pixels.
        """
        pixels: NDArray[np.int32] | Paintable = self.__dict__["_pixels"]
        if isinstance(pixels, np.ndarray):
            return pixels
        # Threads that ask at once may all paint, but get one array: setting a default is atomic.
        labels: NDArray[np.int32] = self.__dict__.setdefault("_labels", pixels.paint())
        self.__dict__["_pixels"] = labels  # lets go of what they were painted from
        return labels

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes an equal one, for pickle and copy.

        Left alone these walk through `__dict__`, which grows where another thread has just painted.
        """
        tables = (self.areas, self.bounding_boxes, self.centroids)
        return type(self), (*tables, self.__dict__["_pixels"])

    def __len__(self) -> int:
        """Return the number of components; the background is none."""
        return len(self.areas)
