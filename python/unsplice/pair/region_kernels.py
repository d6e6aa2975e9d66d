"""Checked calls into the core that make clean regions out of evidence.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

from math import inf, isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_mask,
    real_number,
    require_array,
    thread_count,
    whole_number,
)
from unsplice.kernels import uses_diagonals

__all__ = [
    "WeighedComponents",
    "close_mask",
    "keep_components",
    "weigh_components",
]

_MOST_REACH = 64


def close_mask(
    mask: NDArray[np.bool_], half_widths: tuple[int, ...], *, num_threads: int | None = None
) -> NDArray[np.bool_]:
    """Close the gaps of a mask that a neighborhood does not fit into.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        On a plane without end, on which nothing else is true: the frame does not attract it.
    half_widths : tuple of int
        Shape of the neighborhood: in the pixel's own row it reaches the first number of columns to
        either side, in the rows next to that the second, and so on; at most 65 numbers, each 0 to
        64.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of bool
        Where all pixels of the neighborhood are true in the dilated mask: in that where any pixel
        of it is true in `mask`.

    Raises
    ------
    TypeError
        If `mask` is no array of bool, or `half_widths` no tuple of ints.
    ValueError
        If `mask` has not 2 dimensions, or `half_widths` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.array([[1, 0, 0, 1, 0, 0, 0, 1]], bool)
    >>> close_mask(mask, (1,)).astype(int)
    array([[1, 1, 1, 1, 0, 0, 0, 1]])
    """
    reach = _checked_half_widths(half_widths)
    return _core.close_mask(dense_mask(mask), reach, thread_count(num_threads))


def _checked_half_widths(half_widths: object) -> tuple[int, ...]:
    if not isinstance(half_widths, tuple):
        raise TypeError(f"half_widths must be a tuple, got {type(half_widths).__name__}")
    if not 1 <= len(half_widths) <= _MOST_REACH + 1:
        raise ValueError(
            f"half_widths must have 1 to {_MOST_REACH + 1} numbers, got {len(half_widths)}"
        )
    return tuple(whole_number(width, "half_widths", 0, _MOST_REACH) for width in half_widths)


class WeighedComponents(NamedTuple):
    """The components of a mask in raster order of their first pixels, each a row of the tables.

    Attributes
    ----------
    areas, bounding_boxes, centroids : arrays
        As in `unsplice.Components`.
    weights : (n,) array of float64
        Sum of the values within each.
    marks : (n,) array of int64
        Number of marked pixels within each.
    """

    areas: NDArray[np.int64]
    bounding_boxes: NDArray[np.int64]
    centroids: NDArray[np.float64]
    weights: NDArray[np.float64]
    marks: NDArray[np.int64]


def weigh_components(
    mask: NDArray[np.bool_],
    values: NDArray[np.float32],
    marked: NDArray[np.bool_],
    *,
    floor: float = 0.0,
    ceiling: float = inf,
    num_threads: int | None = None,
) -> WeighedComponents:
    """Describe the connected components of a mask, each with the sum of the values within it.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        Pixels that touch at a corner are connected.
    values : (rows, cols) array of float32
        What is summed up.
    marked : (rows, cols) array of bool
        What is counted.
    floor, ceiling : float
        Of a value, the part above `floor` counts, and what is above `ceiling` does not.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    WeighedComponents
        What `unsplice.label_components` finds, without its labels, the sums and the counts. The
        sums are taken in double precision and raster order.

    Raises
    ------
    TypeError
        If an array is no array of its dtype.
    ValueError
        If the arrays have not 2 dimensions and one shape, or `floor` is above `ceiling`.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.arange(10, dtype=np.float32).reshape(2, 5)
    >>> mask = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 0]], bool)
    >>> components = weigh_components(mask, values, values > 3, floor=0.5)
    >>> components.weights.tolist(), components.marks.tolist()
    ([5.0, 3.5], [1, 1])
    """
    inside = dense_mask(mask)
    marks = dense_mask(marked, "marked")
    summed = dense_array(values, "values", ("float32",), "(rows, cols)", (2,))
    for name, array in (("values", summed), ("marked", marks)):
        if array.shape != inside.shape:
            raise ValueError(f"{name} must have the shape of mask, {mask.shape}, got {array.shape}")
    low, high = real_number(floor, "floor"), real_number(ceiling, "ceiling")
    if isnan(high - low) or low > high:
        raise ValueError(f"floor must be finite and at most ceiling = {ceiling}, got {floor}")
    return WeighedComponents(
        *_core.weigh_components(inside, summed, marks, low, high, thread_count(num_threads))
    )


def keep_components(
    mask: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    *,
    connectivity: int = 8,
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Keep some of the connected components of a mask.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        True where a component may be.
    kept : (n,) array of bool
        Which stay, in the order of `unsplice.label_components`.
    connectivity : {8, 4}
        As `unsplice.label_components` takes it.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of bool
        `mask` without the others.

    Raises
    ------
    TypeError
        If an array is no array of bool, or `connectivity` no int.
    ValueError
        If an array has another shape, `kept` has not an element a component, or `connectivity` is
        neither 4 nor 8.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 0]], bool)
    >>> keep_components(mask, np.array([False, True])).astype(int)
    array([[0, 0, 0, 0, 1],
           [0, 0, 0, 0, 0]])
    """
    inside = dense_mask(mask)
    require_array(kept, "kept", ("bool",))
    if kept.ndim != 1:
        raise ValueError(f"kept must have shape (n,), got {kept.shape}")
    diagonal = uses_diagonals(connectivity)
    return _core.keep_components(inside, kept, diagonal, thread_count(num_threads))
