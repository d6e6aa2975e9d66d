"""Checked calls into the core that only blind mode needs.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_mask,
    dense_rgb,
    one_of,
    thread_count,
    whole_number,
)

__all__ = [
    "Arithmetic",
    "Bands",
    "Difference",
    "MeasuredComponents",
    "Subsampling",
    "density_levels",
    "error_levels",
    "haar_noise_residual",
    "level_counts",
    "log_cascade_saturating",
    "measure_components",
    "noise_artifact",
    "pixels_of_blocks",
]

Bands = Literal["all", "details"]
Arithmetic = Literal["saturating", "exact"]
Difference = Literal["absolute", "signed"]
Subsampling = Literal["4:2:0", "4:4:4"]


def log_cascade_saturating(
    image: NDArray[np.uint8], passes: int = 3, *, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Apply the 5x5 Laplacian of Gaussian several times in a row, each time clipped to 0..255.

    Parameters
    ----------
    image : (rows, cols) array of uint8
        One channel of a picture.
    passes : int
        How often the kernel is applied: 1 to 8.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        What ``cv2.filter2D(image, -1, kernel)`` gives, applied `passes` times.

    Raises
    ------
    TypeError
        If `image` is no array of uint8, or `passes` no int.
    ValueError
        If `image` has not 2 dimensions, or `passes` is out of range.

    See Also
    --------
    unsplice.log_cascade : The same without clipping, and the kernel.

    Notes
    -----
    Equation 2 of the paper (see `unsplice.wavelet_noise_residual`), read as a program that keeps
    pictures as bytes from one pass to the next.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((5, 5), 100, np.uint8)
    >>> image[2, 2] = 120
    >>> log_cascade_saturating(image, passes=1)
    array([[  0,   0,   0,   0,   0],
           [  0,   0,   0,   0,   0],
           [  0,   0, 255,   0,   0],
           [  0,   0,   0,   0,   0],
           [  0,   0,   0,   0,   0]], dtype=uint8)
    """
    pixels = dense_array(image, "image", ("uint8",), "(rows, cols)", (2,))
    count = whole_number(passes, "passes", 1, 8)
    return _core.log_cascade_saturating(pixels, count, thread_count(num_threads))


def haar_noise_residual(
    image: NDArray[Any], *, bands: Bands, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Subtract from a picture what is left of it when its Haar components are smoothed.

    Parameters
    ----------
    image : (rows, cols) array of uint8 or uint16
        One channel of a picture.
    bands : {"all", "details"}
        Component images that the median smooths: all four, or the three of details.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        Signed, in gray levels; exact: every value is a multiple of 1/4.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes, or `bands` no str.
    ValueError
        If `image` has not 2 dimensions, or `bands` is unknown.

    Notes
    -----
    Equation 1 of the paper (see `unsplice.wavelet_noise_residual`) for the Haar wavelet: a
    one-level transform, the 3x3 median of the component images (their edge pixels repeat
    themselves), the inverse transform, and the difference. An odd last row or column is repeated
    (mode "symmetric" of PyWavelets).

    Examples
    --------
    A lone bright pixel is in none of the smoothed components.

    >>> import numpy as np
    >>> image = np.full((6, 6), 50, np.uint8)
    >>> image[2, 2] = 90
    >>> haar_noise_residual(image, bands="all")[2:4, 2:4]
    array([[40.,  0.],
           [ 0.,  0.]], dtype=float32)
    >>> haar_noise_residual(image, bands="details")[2:4, 2:4]
    array([[ 30., -10.],
           [-10., -10.]], dtype=float32)
    """
    pixels = dense_array(image, "image", ("uint8", "uint16"), "(rows, cols)", (2,))
    one_of(bands, "bands", Bands)
    return _core.haar_noise_residual(pixels, bands == "all", thread_count(num_threads))


def noise_artifact(
    image: NDArray[np.uint8],
    *,
    bands: Bands,
    arithmetic: Arithmetic,
    difference: Difference,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Return the strongest noise or saliency of the three channels of a picture.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    bands : {"all", "details"}
        Component images that the median smooths; see `haar_noise_residual`.
    arithmetic : {"saturating", "exact"}
        Whether the Laplacian of Gaussian is `log_cascade_saturating`, or `unsplice.log_cascade`.
    difference : {"absolute", "signed"}
        Whether differences count by magnitude, or by value, negative ones as 0.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        For each channel X let ``R = haar_noise_residual(X)`` and ``S = X - LOG(X)``, three passes:
        the maximum over the channels of ``|R|`` and ``|S|``, or of 0, R and S. At least 0, in gray
        levels; exact: every value is a multiple of 1/4.

    Raises
    ------
    TypeError
        If `image` is no array of uint8, or another argument no str.
    ValueError
        If `image` has another shape, or another argument is unknown.

    Notes
    -----
    Equations 1 to 4 of the paper (see `unsplice.wavelet_noise_residual`) in one go; equation 4
    before its result is made a binary picture. No picture in between is held in memory.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((6, 6, 3), 50, np.uint8)
    >>> image[2, 2, 1] = 90
    >>> noise_artifact(image, bands="all", arithmetic="saturating", difference="absolute")
    array([[ 50.,  50.,  50.,  50.,  50.,  50.],
           [ 50.,  50.,  50.,  50.,  50.,  50.],
           [ 50.,  50., 165.,  50.,  50.,  50.],
           [ 50.,  50.,  50.,  50.,  50.,  50.],
           [ 50.,  50.,  50.,  50.,  50.,  50.],
           [ 50.,  50.,  50.,  50.,  50.,  50.]], dtype=float32)
    """
    pixels = dense_rgb(image)
    one_of(bands, "bands", Bands)
    one_of(arithmetic, "arithmetic", Arithmetic)
    one_of(difference, "difference", Difference)
    return _core.noise_artifact(
        pixels,
        bands == "all",
        arithmetic == "saturating",
        difference == "absolute",
        thread_count(num_threads),
    )


def error_levels(
    image: NDArray[np.uint8],
    tables: NDArray[np.uint16],
    *,
    subsampling: Subsampling = "4:2:0",
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return how far each sample lies from itself after a JPEG compression.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of uint8
        RGB or gray.
    tables : (2, 8, 8) array of uint16
        Quantisation steps of luma and chroma, 1 to 255; rows are vertical frequencies. Gray takes
        the first.
    subsampling : str
        "4:2:0", one sample of chroma for two by two pixels, or "4:4:4", one for each pixel; gray
        has none.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of uint8 of the shape of `image`
        Absolute difference, in gray levels: the bits of an encoder and a decoder of the Independent
        JPEG Group's line with their accurate integer DCT and smooth enlargement of chroma.

    Raises
    ------
    TypeError
        If an array is no array of these dtypes, or `subsampling` no str.
    ValueError
        If an array has another shape, a step is out of range, or `subsampling` is another one.

    See Also
    --------
    unsplice.jpeg.standard_tables : The tables of a quality.
    unsplice.pair.kernels.jpeg_round_trip : The same in float32, for any tables and subsampling.

    Notes
    -----
    ITU-T T.81 (baseline) with the colours of JFIF 1.02, and the DCT of C. Loeffler, A. Ligtenberg
    and G. Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989,
    doi:10.1109/ICASSP.1989.266596. The entropy coding is left out, for it is lossless. The
    definition gives each rounding.

    Examples
    --------
    Steps this coarse leave nothing of a block but its mean, and that in units of 160 / 8 levels.

    >>> import numpy as np
    >>> ramp = np.arange(104, 164, 4, dtype=np.uint8).reshape(1, 15)
    >>> coarse = np.full((2, 8, 8), 160, np.uint16)
    >>> error_levels(ramp, coarse)
    array([[ 4,  0,  4,  8, 12, 16, 20, 24, 12,  8,  4,  0,  4,  8, 12]],
          dtype=uint8)
    """
    shape = "(rows, cols, 3) or (rows, cols)"
    pixels = dense_array(image, "image", ("uint8",), shape, (2, 3))
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise ValueError(f"image must have shape {shape}, got {pixels.shape}")
    steps = dense_array(tables, "tables", ("uint16",), "(2, 8, 8)", (3,))
    if steps.shape != (2, 8, 8):
        raise ValueError(f"tables must have shape (2, 8, 8), got {steps.shape}")
    outside = steps[(steps < 1) | (steps > 255)]
    if outside.size:
        raise ValueError(f"tables must hold steps from 1 to 255, got {outside[0]}")
    one_of(subsampling, "subsampling", Subsampling)
    return _core.error_levels(
        pixels, steps.astype(np.uint8), subsampling == "4:2:0", thread_count(num_threads)
    )


def level_counts(image: NDArray[Any], *, num_threads: int | None = None) -> NDArray[np.int64]:
    """Return how often each level of a picture occurs.

    Parameters
    ----------
    image : (rows, cols) array of uint8 or uint16
        One channel of a picture.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (256,) or (65536,) array of int64
        ``numpy.bincount`` of the pixels, out to the last level that the type has.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes.
    ValueError
        If `image` has not 2 dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> level_counts(np.array([[3, 5, 5]], np.uint8))[:7]
    array([0, 0, 0, 1, 0, 2, 0])
    """
    pixels = dense_array(image, "image", ("uint8", "uint16"), "(rows, cols)", (2,))
    return _core.level_counts(pixels, thread_count(num_threads))


class MeasuredComponents(NamedTuple):
    """The components of a mask in raster order of their first pixels, each a row of the tables.

    Attributes
    ----------
    areas, bounding_boxes, centroids : arrays
        As in `unsplice.Components`.
    maxima : (n,) array of uint8
        Largest value of each.
    """

    areas: NDArray[np.int64]
    bounding_boxes: NDArray[np.int64]
    centroids: NDArray[np.float64]
    maxima: NDArray[np.uint8]


def measure_components(
    mask: NDArray[np.bool_], values: NDArray[np.uint8], *, num_threads: int | None = None
) -> MeasuredComponents:
    """Describe the connected components of a mask, each with the largest value within it.

    Parameters
    ----------
    mask : (rows, cols) array of bool
        Pixels that touch at a corner are connected.
    values : (rows, cols) array of uint8
        What is measured.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    MeasuredComponents
        What `unsplice.label_components` finds, without its labels, and the maxima.

    Raises
    ------
    TypeError
        If `mask` is no array of bool, or `values` none of uint8.
    ValueError
        If the arrays have not 2 dimensions and one shape.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.arange(10, dtype=np.uint8).reshape(2, 5)
    >>> mask = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 0]], bool)
    >>> components = measure_components(mask, values)
    >>> components.areas.tolist(), components.maxima.tolist()
    ([3, 1], [5, 4])
    """
    inside = dense_mask(mask)
    measured = dense_array(values, "values", ("uint8",), "(rows, cols)", (2,))
    if measured.shape != inside.shape:
        raise ValueError(f"values must have the shape of mask, {mask.shape}, got {values.shape}")
    return MeasuredComponents(
        *_core.measure_components(inside, measured, thread_count(num_threads))
    )


def density_levels(
    points: NDArray[np.bool_], radius: int, *, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Return how densely points lie around each pixel, as levels of 8 bits.

    Parameters
    ----------
    points : (rows, cols) array of bool
        True = a point.
    radius : int
        Half the side of the box without its centre, in pixels; >= 0.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        `unsplice.point_density` of the box, as shares of its maximum, which becomes 255; rounded to
        the nearest level, halves to the even one. 0 where there is no point at all.

    Raises
    ------
    TypeError
        If `points` is no array of bool, or `radius` no int.
    ValueError
        If `points` has not 2 dimensions, or `radius` is negative, or a box has 2^31 pixels.

    Notes
    -----
    Counts and the factor ``255 / maximum`` are rounded to float32 before they are multiplied.

    Examples
    --------
    >>> import numpy as np
    >>> points = np.zeros((3, 7), bool)
    >>> points[1, [2, 3]] = True
    >>> density_levels(points, 1)[0]
    array([  0, 128, 255, 255, 128,   0,   0], dtype=uint8)
    """
    pixels = dense_array(points, "points", ("bool",), "(rows, cols)", (2,))
    # No box is larger than the picture.
    reach = min(whole_number(radius, "radius", 0), max(pixels.shape))
    return _core.density_levels(pixels, reach, thread_count(num_threads))


def pixels_of_blocks(
    blocks: NDArray[np.float32],
    shape: tuple[int, int],
    *,
    row: int = 0,
    col: int = 0,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Interpolate between the centers of 8x8 blocks, linearly in each direction.

    Parameters
    ----------
    blocks : (block rows, block cols) array of float32
        One number a block, at least one.
    shape : tuple of int
        Rows and columns of the picture.
    row, col : int
        Where the grid begins, 0 to 7.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of float32 of that shape
        Beyond the outermost centers their numbers go on.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Examples
    --------
    >>> import numpy as np
    >>> pixels_of_blocks(np.array([[0.0, 16.0]], np.float32), (1, 16))[0, 2:14]
    array([ 0.,  0.,  1.,  3.,  5.,  7.,  9., 11., 13., 15., 16., 16.],
          dtype=float32)
    """
    numbers = dense_array(blocks, "blocks", ("float32",), "(block rows, block cols)", (2,))
    if not numbers.size:
        raise ValueError(f"blocks must be at least one, got {numbers.shape}")
    rows, cols = (whole_number(side, "shape", 0) for side in shape)
    top, left = whole_number(row, "row", 0, 7), whole_number(col, "col", 0, 7)
    return _core.pixels_of_blocks(numbers, rows, cols, top, left, thread_count(num_threads))
