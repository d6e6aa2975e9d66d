"""A region as COCO writes it: runs of pixels, or polygons along the edges of its pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import UsageError

__all__ = ["polygon_of", "require_pycocotools", "rle_of"]


def require_pycocotools() -> Any:
    """Return the module of pycocotools that packs runs, or say how to get it (E189)."""
    try:
        from pycocotools import mask
    except ImportError as error:
        raise UsageError(
            "E189", purpose="COCO's run lengths", package="pycocotools", extra="coco", reason=error
        ) from None
    return mask


def rle_of(
    region: NDArray[np.bool_], corner: tuple[int, int], shape: tuple[int, int]
) -> dict[str, Any]:
    """Return a region as compressed run lengths of COCO.

    Parameters
    ----------
    region : (rows, cols) array of bool
        The region within its bounding box. The rest of the picture, of which there is much more,
        is never painted.
    corner : (int, int)
        Row and column of the box in the picture.
    shape : (int, int)
        Rows and columns of the picture.

    Returns
    -------
    dict
        ``size`` (rows, cols) and ``counts``: down the columns, outside and inside in turn.
    """
    rows = shape[0]
    col, row = np.nonzero(region.T)  # down the columns
    at = (col + corner[1]) * rows + row + corner[0]
    breaks = np.flatnonzero(np.diff(at) != 1)
    starts = at[np.concatenate([[0], breaks + 1])]
    ends = at[np.concatenate([breaks, [at.size - 1]])] + 1
    edges = np.concatenate([[0], np.stack([starts, ends], 1).ravel(), [rows * shape[1]]])
    counts = np.diff(edges)
    if counts[-1] == 0:
        counts = counts[:-1]
    plain = {"size": list(shape), "counts": counts.tolist()}
    packed = require_pycocotools().frPyObjects(plain, *shape)
    return {"size": list(shape), "counts": packed["counts"].decode("ascii")}


def polygon_of(region: NDArray[np.bool_], corner: tuple[int, int]) -> list[float]:
    """Return the outer outline of a region, along the edges of its pixels.

    Parameters
    ----------
    region : (rows, cols) array of bool
        One region (8-connected) within its bounding box.
    corner : (int, int)
        Row and column of the box in the picture.

    Returns
    -------
    list of float
        x, y of each corner in turn, in pixels from the outer corner of the first pixel. Filling it
        gives the region with its holes filled: COCO has no polygons with holes.

    Notes
    -----
    OpenCV's contours go through the middle of the outermost pixels, half a pixel too far in. Of the
    region at twice the size, coordinate u of a contour is the left or upper half of pixel u // 2 if
    it is even, else the right or lower half, so that ``(u + 1) // 2`` is the edge of the pixel on
    that side; and the slanted step round an inner corner begins and ends on the same corner.

    Examples
    --------
    >>> import numpy as np
    >>> polygon_of(np.array([[True, True], [True, False]]), (10, 20))
    [20.0, 10.0, 20.0, 12.0, 21.0, 12.0, 21.0, 11.0, 22.0, 11.0, 22.0, 10.0]
    """
    import cv2

    twice = np.kron(region, np.ones((2, 2), np.uint8)).astype(np.uint8)
    (contour,), _ = cv2.findContours(twice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    points = (contour[:, 0, :].astype(np.int64) + 1) // 2
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    ahead = np.roll(points, -1, axis=0) - points
    behind = points - np.roll(points, 1, axis=0)
    corners = points[np.any(np.sign(ahead) != np.sign(behind), axis=1)]
    outline: list[float] = np.add(corners, corner[::-1]).ravel().astype(float).tolist()
    return outline
