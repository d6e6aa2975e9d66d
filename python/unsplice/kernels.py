"""Checked calls into the C++ core.

Every bad argument is answered with what was expected and what came. The definition of each kernel
is the function of the same name in `unsplice.pure_python`; the same input gives the same bits for
every number of threads and every processor.
"""

from __future__ import annotations

from math import ceil, exp, floor, inf, prod
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_mask,
    dense_planes,
    dense_rgb,
    one_of,
    real_number,
    thread_count,
    three_numbers,
    whole_number,
)
from unsplice.components import Components

__all__ = [
    "extract_patches",
    "find_boundary",
    "gaussian_blur",
    "gaussian_weights",
    "label_components",
    "log_cascade",
    "median_filter",
    "neighborhood_threshold",
    "neighborhood_threshold_of_pair",
    "remove_small_components",
    "weighted_sum",
]

BoundaryMode = Literal["inner", "outer", "thick"]
Pixel = TypeVar("Pixel", bound=np.generic)


def uses_diagonals(connectivity: int) -> bool:
    """Return whether pixels that touch at a corner are connected."""
    if whole_number(connectivity, "connectivity", 0) not in (4, 8):
        raise ValueError(f"connectivity must be 4 or 8, got {connectivity}")
    return connectivity == 8


def neighborhood_threshold(
    image: NDArray[Any], threshold: float, *, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Threshold the sum of a pixel and its four neighbors, the same where any channel is low.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, channels) array of uint8 or uint16
        Absolute difference of two pictures.
    threshold : float
        Mean difference, in gray levels, up to which a pixel counts as unchanged; >= 0.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        255 where for any channel the sum over the pixel and its neighbors above, below, left and
        right is <= 5 * threshold (unchanged), else 0 (changed). The outermost rows and columns are
        filled by reflection without repeating the edge (``BORDER_REFLECT_101``); a picture with
        fewer than 3 rows or columns has no interior and gives zeros.

    Raises
    ------
    TypeError
        If `image` is no array of uint8 or uint16, or `threshold` no number.
    ValueError
        If `image` has neither 2 nor 3 dimensions, or `threshold` is negative or not finite.

    Notes
    -----
    This is the function of the question "How to separate spliced (photoshopped) part from the rest
    of the spliced image?" with one difference: the question adds uint8 scalars, whose sums wrap
    around at 256; the sums here are wide.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> difference = np.zeros((8, 9), np.uint8)
    >>> difference[3:5, 3:6] = 40
    >>> unsplice.neighborhood_threshold(difference, 9)
    array([[255, 255, 255, 255, 255, 255, 255, 255, 255],
           [255, 255, 255, 255, 255, 255, 255, 255, 255],
           [255, 255, 255, 255, 255, 255, 255, 255, 255],
           [255, 255, 255,   0,   0,   0, 255, 255, 255],
           [255, 255, 255,   0,   0,   0, 255, 255, 255],
           [255, 255, 255, 255, 255, 255, 255, 255, 255],
           [255, 255, 255, 255, 255, 255, 255, 255, 255],
           [255, 255, 255, 255, 255, 255, 255, 255, 255]], dtype=uint8)
    """
    pixels = dense_array(
        image, "image", ("uint8", "uint16"), "(rows, cols) or (rows, cols, channels)", (2, 3)
    )
    limit = _limit_of_sums(threshold)
    return _core.neighborhood_threshold(pixels, limit, thread_count(num_threads))


def _limit_of_sums(threshold: float) -> int:
    level = real_number(threshold, "threshold")
    if not 0 <= level < inf:
        raise ValueError(f"threshold must be finite and >= 0, got {threshold}")
    return floor(5 * min(level, 2.0**40))


def neighborhood_threshold_of_pair(
    authentic: NDArray[Any],
    spliced: NDArray[Any],
    threshold: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Apply `neighborhood_threshold` to the absolute difference of two pictures, in one pass.

    Parameters
    ----------
    authentic, spliced : (rows, cols) or (rows, cols, channels) arrays of uint8 or uint16
        Two pictures of one shape and dtype; which is which makes no difference.
    threshold : float
        As `neighborhood_threshold` takes it.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        255 where the pictures are alike, 0 where they differ: what `neighborhood_threshold` makes
        of ``|authentic - spliced|``, which is never stored.

    Raises
    ------
    TypeError
        If an array is no array of uint8 or uint16, the dtypes differ, or `threshold` is no number.
    ValueError
        If an array has neither 2 nor 3 dimensions, the shapes differ, or `threshold` is negative or
        not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> authentic = np.full((7, 9), 90, np.uint8)
    >>> spliced = authentic.copy()
    >>> spliced[3, 3:6] = 50
    >>> alike = unsplice.neighborhood_threshold_of_pair(authentic, spliced, 9)
    >>> np.argwhere(alike == 0)
    array([[3, 3],
           [3, 4],
           [3, 5]])
    """
    shape = "(rows, cols) or (rows, cols, channels)"
    first, second = (
        dense_array(image, name, ("uint8", "uint16"), shape, (2, 3))
        for image, name in ((authentic, "authentic"), (spliced, "spliced"))
    )
    if first.dtype != second.dtype:
        raise TypeError(
            f"authentic and spliced must have one dtype, got {first.dtype} and {second.dtype}"
        )
    if first.shape != second.shape:
        raise ValueError(
            f"authentic and spliced must have one shape, got {first.shape} and {second.shape}"
        )
    limit = _limit_of_sums(threshold)
    return _core.neighborhood_threshold_of_pair(first, second, limit, thread_count(num_threads))


def median_filter(image: NDArray[Pixel], *, num_threads: int | None = None) -> NDArray[Pixel]:
    """Take the median of each pixel's 3x3 neighborhood.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array of uint8, uint16, float32 or float64
        A picture, or a stack of pictures that are filtered one by one. Beyond the border the edge
        pixel repeats itself (``BORDER_REPLICATE``).
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of the shape and dtype of `image`
        A zero is always +0.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes.
    ValueError
        If `image` has neither 2 nor 3 dimensions, or contains NaN, which has no rank. Infinities
        are values like any other.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> image = np.zeros((4, 6), np.uint8)
    >>> image[1, 1] = 255
    >>> image[:, 4:] = 9
    >>> unsplice.median_filter(image)
    array([[0, 0, 0, 0, 9, 9],
           [0, 0, 0, 0, 9, 9],
           [0, 0, 0, 0, 9, 9],
           [0, 0, 0, 0, 9, 9]], dtype=uint8)
    """
    pixels = dense_array(
        image,
        "image",
        ("uint8", "uint16", "float32", "float64"),
        "(rows, cols) or (n, rows, cols)",
        (2, 3),
        free_axes=getattr(image, "ndim", 2) - 1,  # np.ndim is slow
    )
    return _core.median_filter(pixels, thread_count(num_threads))


def log_cascade(image: NDArray[Any], passes: int = 3, *, num_threads: int | None = None) -> Any:
    """Apply the 5x5 Laplacian of Gaussian several times in a row.

    Parameters
    ----------
    image : (rows, cols) array of uint8, uint16 or float32
        One channel of a picture.
    passes : int
        How often the kernel is applied: 1 to 5 for uint8, 1 to 3 for uint16, 1 to 8 for float32.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of int32, or of float32 where `image` is float32
        Exact for uint8 and uint16. For float32 the sums are taken in the order of the definition in
        `unsplice.pure_python`, so the bits are the same everywhere; values that are not finite
        spread as in any sum.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes, or `passes` no int.
    ValueError
        If `image` has not 2 dimensions, or `passes` is out of range.

    Notes
    -----
    Equation 2 of the paper that blind mode starts from (see `unsplice.log_saliency`), with its
    kernel ::

         0  0 -1  0  0
         0 -1 -2 -1  0
        -1 -2 16 -2 -1
         0 -1 -2 -1  0
         0  0 -1  0  0

    At each pass the border is reflected without repeating the edge (``BORDER_REFLECT_101``). The
    magnitude of a result is at most the largest pixel times 16, 392, 8840, 191872 or 4078856 after
    1 to 5 passes; this is what bounds `passes` where the result is int32.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> image = np.zeros((7, 7), np.uint8)
    >>> image[3, 3] = 1
    >>> unsplice.log_cascade(image, passes=1)
    array([[ 0,  0,  0,  0,  0,  0,  0],
           [ 0,  0,  0, -1,  0,  0,  0],
           [ 0,  0, -1, -2, -1,  0,  0],
           [ 0, -1, -2, 16, -2, -1,  0],
           [ 0,  0, -1, -2, -1,  0,  0],
           [ 0,  0,  0, -1,  0,  0,  0],
           [ 0,  0,  0,  0,  0,  0,  0]], dtype=int32)
    """
    pixels = dense_array(image, "image", ("uint8", "uint16", "float32"), "(rows, cols)", (2,))
    most = {"uint8": 5, "uint16": 3, "float32": 8}[pixels.dtype.name]
    if whole_number(passes, "passes", 1) > most:
        raise ValueError(
            f"passes must be at most {most} for a {pixels.dtype} image, got {passes}"
            + ("" if most == 8 else "; more do not fit int32 (float32 images take up to 8)")
        )
    return _core.log_cascade(pixels, int(passes), thread_count(num_threads))


class _Runs(NamedTuple):
    """A mask as bits, 64 pixels a word, and the component of each of its runs of true pixels."""

    words: NDArray[np.uint64]
    components: NDArray[np.int32]
    cols: int
    num_threads: int | None

    def paint(self) -> NDArray[np.int32]:
        """Return the component of each pixel, 0 in the background."""
        return _core.paint_labels(*self[:3], thread_count(self.num_threads))


def label_components(
    mask: NDArray[np.bool_], *, connectivity: int = 8, num_threads: int | None = None
) -> Components:
    """Find the connected components of a mask, number them and describe each.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        True where a component may be.
    connectivity : {8, 4}
        8: pixels that touch at a corner are connected; 4: only those that share a side.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Components
        Areas, bounding boxes and centroids; labels are painted when they are first asked for.

    Raises
    ------
    TypeError
        If `mask` is no array of bool, or `connectivity` no int.
    ValueError
        If `mask` has not 2 dimensions, or `connectivity` is neither 4 nor 8.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> mask = np.array([[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [1, 0, 0, 0, 0]]) != 0
    >>> components = unsplice.label_components(mask)
    >>> components.labels
    array([[0, 1, 1, 0, 0],
           [0, 0, 0, 1, 0],
           [2, 0, 0, 0, 0]], dtype=int32)
    >>> components.areas
    array([3, 1])
    >>> components.bounding_boxes
    array([[0, 1, 2, 4],
           [2, 0, 3, 1]])
    >>> components.centroids.round(2)
    array([[0.33, 2.  ],
           [2.  , 0.  ]])
    """
    pixels = dense_mask(mask)
    diagonal = uses_diagonals(connectivity)
    words, components, areas, boxes, centroids = _core.label_components(
        pixels, diagonal, thread_count(num_threads)
    )
    runs = _Runs(words, components, pixels.shape[1], num_threads)
    return Components(areas, boxes, centroids, runs)


def remove_small_components(
    mask: NDArray[np.bool_],
    min_area: int,
    *,
    connectivity: int = 8,
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Keep the connected components of a mask that have at least `min_area` pixels.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        True where a component may be.
    min_area : int
        Pixels of the smallest component that stays; >= 0.
    connectivity : {8, 4}
        8: pixels that touch at a corner are connected; 4: only those that share a side.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of bool
        `mask` without its small components.

    Raises
    ------
    TypeError
        If `mask` is no array of bool, or `min_area` or `connectivity` no int.
    ValueError
        If `mask` has not 2 dimensions, `min_area` is negative, or `connectivity` is neither 4 nor
        8.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> mask = np.array([[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [1, 0, 0, 0, 0]]) != 0
    >>> unsplice.remove_small_components(mask, 3).astype(int)
    array([[0, 1, 1, 0, 0],
           [0, 0, 0, 1, 0],
           [0, 0, 0, 0, 0]])
    >>> unsplice.remove_small_components(mask, 3, connectivity=4).any()
    np.False_
    """
    pixels = dense_mask(mask)
    least = min(whole_number(min_area, "min_area", 0), 2**62)
    diagonal = uses_diagonals(connectivity)
    return _core.remove_small_components(pixels, least, diagonal, thread_count(num_threads))


def find_boundary(
    mask: NDArray[np.bool_],
    *,
    mode: BoundaryMode = "inner",
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Find the pixels where a mask ends.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        True inside.
    mode : {"inner", "outer", "thick"}
        "inner": pixels inside that have a neighbor outside; "outer": pixels outside that have a
        neighbor inside; "thick": both.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of bool
        True on the boundary. Neighbors are the pixels above, below, left and right within the
        picture: its frame is no boundary.

    Raises
    ------
    TypeError
        If `mask` is no array of bool, or `mode` no str.
    ValueError
        If `mask` has not 2 dimensions, or `mode` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> mask = np.zeros((5, 7), bool)
    >>> mask[:4, 1:6] = True
    >>> unsplice.find_boundary(mask).astype(int)
    array([[0, 1, 0, 0, 0, 1, 0],
           [0, 1, 0, 0, 0, 1, 0],
           [0, 1, 0, 0, 0, 1, 0],
           [0, 1, 1, 1, 1, 1, 0],
           [0, 0, 0, 0, 0, 0, 0]])
    """
    pixels = dense_mask(mask)
    one_of(mode, "mode", BoundaryMode)
    inner, outer = mode != "outer", mode != "inner"
    return _core.find_boundary(pixels, inner, outer, thread_count(num_threads))


def extract_patches(
    image: NDArray[Pixel],
    corners: NDArray[np.integer[Any]],
    size: int,
    *,
    num_threads: int | None = None,
) -> NDArray[Pixel]:
    """Copy square windows out of a picture.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, channels) array of bool, uint8, uint16 or float32
        Where the windows are taken from.
    corners : (n, 2) array of integers
        (row, col) of the upper left pixel of each window; n may be 0.
    size : int
        Side of the windows in pixels; >= 1.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (n, size, size) or (n, size, size, channels) array of the dtype of `image`
        The windows, in the order of `corners`.

    Raises
    ------
    TypeError
        If `image` or `corners` is no array of these dtypes, or `size` no int.
    ValueError
        If `image` or `corners` has another shape, `size` is below 1, or a window leaves the image.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> image = np.arange(20, dtype=np.uint8).reshape(4, 5)
    >>> unsplice.extract_patches(image, np.array([[0, 0], [2, 3]]), 2)
    array([[[ 0,  1],
            [ 5,  6]],
           [[13, 14],
            [18, 19]]], dtype=uint8)
    """
    pixels = dense_array(
        image,
        "image",
        ("bool", "uint8", "uint16", "float32"),
        "(rows, cols) or (rows, cols, channels)",
        (2, 3),
    )
    if not isinstance(corners, np.ndarray) or corners.dtype.kind not in "iu":
        kind = corners.dtype if isinstance(corners, np.ndarray) else type(corners).__name__
        raise TypeError(f"corners must be a NumPy array of integers, got {kind}")
    if corners.ndim != 2 or corners.shape[1] != 2:
        raise ValueError(f"corners must have shape (n, 2), got {corners.shape}")
    # What int64 cannot hold is outside of any image, as its largest value is.
    largest = min(np.iinfo(corners.dtype).max, np.iinfo(np.int64).max)
    signed = np.minimum(corners, largest).astype(np.int64, order="C")
    side = whole_number(size, "size", 1)
    patch_bytes = side * side * prod(pixels.shape[2:]) * pixels.itemsize
    if side >= 2**31 or patch_bytes * max(len(signed), 1) >= 2**62:
        raise ValueError(f"size must leave room for the patches in memory, got {side}")
    return _core.extract_patches(pixels, signed, side, thread_count(num_threads))


def weighted_sum(
    image: NDArray[np.uint8],
    weights: tuple[float, float, float],
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Add the channels of an RGB picture up, each with its weight.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    weights : tuple of three floats
        Of red, green and blue; finite.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        ``(w0 R + w1 G) + w2 B``, each operation rounded to float32.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or weights that are not three finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_sum(np.array([[[8, 20, 4]]], np.uint8), (0.25, 0.5, 0.25))
    array([[13.]], dtype=float32)
    """
    pixels = dense_rgb(image)
    return _core.weighted_sum(pixels, three_numbers(weights, "weights"), thread_count(num_threads))


def gaussian_weights(sigma: float) -> list[float]:
    """Return the weights of `gaussian_blur` from the centre outwards.

    Cut off at ``ceil(3 sigma)``, rounded to multiples of 2^-24 so that the exponential function of
    a C library cannot differ, and summing to 1 with their mirror images.
    """
    width = real_number(sigma, "sigma")
    if not 0 < width <= 1000:
        raise ValueError(f"sigma must be above 0 and at most 1000, got {sigma}")
    raw = [exp(-0.5 * (k / width) * (k / width)) for k in range(ceil(3 * width) + 1)]
    total = raw[0] + 2 * sum(raw[1:])
    side = [round(2**24 * weight / total) / 2**24 for weight in raw[1:]]
    return [1 - 2 * sum(side), *side]


def gaussian_blur(
    planes: NDArray[np.float32], sigma: float, *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Blur a stack of planes with a Gaussian; the same bits on every processor.

    Parameters
    ----------
    planes : (n, rows, cols) array of float32
        The picture is continued by reflection without repeating the edge (BORDER_REFLECT_101).
    sigma : float
        Standard deviation in pixels, above 0 and at most 1000; see `gaussian_weights`.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (n, rows, cols) array of float32
        The blurred planes.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a `sigma` out of range.

    Examples
    --------
    >>> import numpy as np
    >>> point = np.zeros((1, 1, 5), np.float32)
    >>> point[0, 0, 2] = 1
    >>> gaussian_blur(point, 0.5).round(3)
    array([[[0.001, 0.106, 0.787, 0.106, 0.001]]], dtype=float32)
    """
    stack = dense_planes(planes)
    return _core.gaussian_blur(stack, gaussian_weights(sigma), thread_count(num_threads))
