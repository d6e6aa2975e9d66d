"""Checked calls into the core that only pair mode needs.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import (
    dense_array,
    dense_mask,
    dense_rgb,
    real_number,
    require_array,
    thread_count,
    whole_number,
)
from unsplice.kernels import gaussian_weights, weighted_sum

__all__ = [
    "DifferenceEvidence",
    "activity_level",
    "amplitude_levels",
    "color_difference",
    "difference_amplitude",
    "difference_evidence",
    "difference_quantiles",
    "jpeg_round_trip",
    "luma",
    "warp_cubic",
]


Warped = TypeVar("Warped", np.uint8, np.float32)

LUMA_WEIGHTS = (0.299, 0.587, 0.114)


def luma(image: NDArray[np.uint8], *, num_threads: int | None = None) -> NDArray[np.float32]:
    """Return the luma of an RGB picture.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        ``0.299 R + 0.587 G + 0.114 B`` (ITU-R BT.601), in gray levels.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> luma(np.array([[[255, 0, 0], [255, 255, 255]]], np.uint8)).round(2)
    array([[ 76.24, 255.  ]], dtype=float32)
    """
    return weighted_sum(image, LUMA_WEIGHTS, num_threads=num_threads)


def color_difference(
    first: NDArray[np.uint8], second: NDArray[np.uint8], *, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Return the signed difference of two RGB pictures in YCbCr.

    Parameters
    ----------
    first, second : (rows, cols, 3) arrays of uint8
        RGB, of one size.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (3, rows, cols) array of float32
        Y, Cb and Cr (JFIF 1.02) of ``first - second``, in gray levels, not rounded.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or of different sizes.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((1, 1, 3), np.uint8)
    >>> color_difference(black + np.uint8(10), black).ravel().round(3).tolist()
    [10.0, 0.0, 0.0]
    """
    return _core.color_difference(*_same_size(first, second), thread_count(num_threads))


def activity_level(
    image: NDArray[np.uint8], *, num_threads: int | None = None
) -> NDArray[np.uint8]:
    """Return how busy the surroundings of each pixel are, in eighths of an octave.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of uint8
        ``8 log2(g / 324 + 1)``, linear between powers of two and rounded down, where g is the sum
        of the squared Sobel gradient of luma over the 9x9 pixels around, mirrored at the edge
        (BORDER_REFLECT_101).

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape.

    Examples
    --------
    >>> import numpy as np
    >>> flat = np.zeros((9, 9, 3), np.uint8)
    >>> step = flat.copy()
    >>> step[:, 5:] = 100
    >>> int(activity_level(flat)[4, 4]), int(activity_level(step)[4, 4])
    (0, 104)
    """
    return _core.activity_level(dense_rgb(image), thread_count(num_threads))


def difference_quantiles(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    indices: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    scales: Sequence[float],
    *,
    num_kinds: int,
    share: float,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Return quantiles of the averaged difference of two pictures, over samples of several kinds.

    Parameters
    ----------
    first, second : (rows, cols, 3) arrays of uint8
        RGB, of one size.
    indices : (n,) array of int64
        ``row * cols + col`` of each sample, ascending.
    kinds : (n,) array of uint8
        Kind of each sample, below `num_kinds`.
    scales : sequence of float
        Standard deviations, in pixels, of the Gaussians that average; see
        `unsplice.kernels.gaussian_blur`.
    num_kinds : int
        1 to 256.
    share : float
        Share of the samples of a kind, but one, that are smaller; 0 to 1.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (scales, 3, num_kinds) array of float32
        Of the magnitudes of each plane of `color_difference`, averaged, at the samples of each
        kind, the one of rank ``floor(share * (count - 1))``; 0 where a kind has no sample.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or arguments out of range.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((1, 4, 3), np.uint8)
    >>> gray = black + np.arange(0, 40, 10, dtype=np.uint8)[:, np.newaxis]
    >>> indices, kinds = np.arange(4), np.array([0, 0, 1, 1], np.uint8)
    >>> found = difference_quantiles(gray, black, indices, kinds, [0.1], num_kinds=2, share=1)
    >>> found[0, 0].round(3)
    array([10., 30.], dtype=float32)
    """
    a, b = _same_size(first, second)
    places = dense_array(indices, "indices", ("int64",), "(n,)", (1,))
    groups = dense_array(kinds, "kinds", ("uint8",), "(n,)", (1,))
    if groups.shape != places.shape:
        raise ValueError(
            f"indices and kinds must have one shape, got {places.shape} and {groups.shape}"
        )
    if places.size and (places[0] < 0 or places[-1] >= a.shape[0] * a.shape[1]):
        raise ValueError(f"indices must be of pixels, got {places[0]} to {places[-1]}")
    if (np.diff(places) <= 0).any():
        raise ValueError("indices must ascend")
    count = whole_number(num_kinds, "num_kinds", 1, 256)
    if groups.size and int(groups.max()) >= count:
        raise ValueError(f"kinds must be below num_kinds = {count}, got {groups.max()}")
    rank = real_number(share, "share")
    if not 0 <= rank <= 1:
        raise ValueError(f"share must be in 0..1, got {share}")
    weights = [gaussian_weights(sigma) for sigma in scales]
    return _core.difference_quantiles(
        a, b, places, groups, count, weights, rank, thread_count(num_threads)
    )


def difference_amplitude(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    sigma: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Return the length of the averaged difference of two pictures.

    Parameters
    ----------
    first, second : (rows, cols, 3) arrays of uint8
        RGB, of one size.
    sigma : float
        Standard deviation, in pixels, of the Gaussian that averages; see
        `unsplice.kernels.gaussian_blur`.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        ``sqrt(x0^2 + x1^2 + x2^2)``, in gray levels, x being the planes of `color_difference`,
        averaged.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or a `sigma` out of range.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((1, 2, 3), np.uint8)
    >>> difference_amplitude(black + np.uint8(12), black, 0.1).round(3)
    array([[12., 12.]], dtype=float32)
    """
    weights = gaussian_weights(sigma)
    a, b = _same_size(first, second)
    return _core.difference_amplitude(a, b, weights, thread_count(num_threads))


def amplitude_levels(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    sigma: float,
    *,
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return the whole gray levels of `difference_amplitude`, at most 255.

    Parameters, exceptions as for `difference_amplitude`.

    Returns
    -------
    (rows, cols) array of uint8
        Rounded down.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((1, 2, 3), np.uint8)
    >>> amplitude_levels(black + np.uint8(255), black, 0.1)
    array([[255, 255]], dtype=uint8)
    """
    weights = gaussian_weights(sigma)
    a, b = _same_size(first, second)
    return _core.amplitude_levels(a, b, weights, thread_count(num_threads))


class DifferenceEvidence(NamedTuple):
    """What the averaged difference says of each pixel; all of shape (rows, cols).

    Attributes
    ----------
    heat : array of float32
        ``r / (r + 1)``, r being the largest energy over its bound, limited near larger differences.
    candidates, seeds : arrays of bool
        Where r is above 1; where an energy is above its bound for seeds.
    energy : array of float32
        At the first scale.
    """

    heat: NDArray[np.float32]
    candidates: NDArray[np.bool_]
    seeds: NDArray[np.bool_]
    energy: NDArray[np.float32]


def difference_evidence(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    level: NDArray[np.uint8],
    other_level: NDArray[np.uint8],
    nearby: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    scales: Sequence[float],
    precision: NDArray[np.float32],
    *,
    seed_bounds: Sequence[float],
    grow_bounds: Sequence[float],
    rim_share: float,
    factor: float,
    num_threads: int | None = None,
) -> DifferenceEvidence:
    """Weigh the averaged difference of two pictures against its noise, at several scales.

    Parameters
    ----------
    first, second : (rows, cols, 3) arrays of uint8
        RGB, of one size.
    level, other_level : (rows, cols) arrays of uint8
        Activity level of each pixel: of the background, and of what may lie on it.
    nearby : (rows, cols) array of uint8
        Largest amplitude nearby, in gray levels.
    valid : (rows, cols) array of bool
        Elsewhere there are neither heat nor seeds.
    scales : sequence of float
        Standard deviations, in pixels, of the Gaussians that average, at least one; see
        `unsplice.kernels.gaussian_blur`.
    precision : (scales, 3, 256) array of float32
        ``w = 1 / variance`` of each plane at each level; finite.
    seed_bounds, grow_bounds : sequence of float
        Energies, one a scale, that make a seed and a ratio of 1; rounded to float32.
    rim_share : float
        The ratio is at most ``(a + 0.5) / (rim_share * nearby + 0.5)``, a being
        `difference_amplitude` at the first scale; rounded to float32.
    factor : float
        Of the energy of the first scale; rounded to float32.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    DifferenceEvidence
        Of the energies ``sqrt((x0^2 w(0, l) + x1^2 w(1, l) + x2^2 w(2, l)) / 3)``, x being the
        planes of `color_difference`, averaged: for seeds l is `level`, else the higher of the two.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or as many bounds as there are no scales.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((1, 2, 3), np.uint8)
    >>> level, valid = np.zeros((1, 2), np.uint8), np.ones((1, 2), bool)
    >>> found = difference_evidence(
    ...     black + np.uint8(12), black, level, level, level, valid, [0.1],
    ...     np.full((1, 3, 256), 0.75, np.float32),
    ...     seed_bounds=[7], grow_bounds=[2], rim_share=0.15, factor=1,
    ... )
    >>> found.energy.round(3), found.heat.round(3)
    (array([[6., 6.]], dtype=float32), array([[0.75, 0.75]], dtype=float32))
    """
    a, b = _same_size(first, second)
    of_background, of_other, near = (
        dense_array(array, name, ("uint8",), "(rows, cols)", (2,))
        for array, name in ((level, "level"), (other_level, "other_level"), (nearby, "nearby"))
    )
    known = dense_mask(valid, "valid")
    planes = {"level": of_background, "other_level": of_other, "nearby": near, "valid": known}
    for name, array in planes.items():
        if array.shape != a.shape[:2]:
            raise ValueError(f"{name} must have shape {a.shape[:2]}, got {array.shape}")
    table = dense_array(precision, "precision", ("float32",), "(scales, 3, 256)", (3,), free_axes=2)
    weights = [gaussian_weights(sigma) for sigma in scales]
    count = len(weights)
    if count < 1:
        raise ValueError("scales must have at least one element")
    if table.shape != (count, 3, 256):
        raise ValueError(f"precision must have shape {(count, 3, 256)}, got {table.shape}")
    seeds, grows = (
        [real_number(number, name) for number in numbers]
        for name, numbers in (("seed_bounds", seed_bounds), ("grow_bounds", grow_bounds))
    )
    for name, numbers in (("seed_bounds", seeds), ("grow_bounds", grows)):
        if len(numbers) != count:
            raise ValueError(f"{name} must have {count} elements, got {len(numbers)}")
    share, gain = real_number(rim_share, "rim_share"), real_number(factor, "factor")
    return DifferenceEvidence(
        *_core.difference_evidence(
            a, b, of_background, of_other, near, known, share, weights, table, seeds, grows, gain,
            thread_count(num_threads),
        )
    )  # fmt: skip


def _same_size(
    first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    a, b = dense_rgb(first, "first"), dense_rgb(second, "second")
    if a.shape != b.shape:
        raise ValueError(f"first and second must have one shape, got {a.shape} and {b.shape}")
    return a, b


def jpeg_round_trip(
    image: NDArray[np.uint8],
    tables: NDArray[np.float32],
    subsampling: tuple[int, int],
    *,
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return what an RGB picture looks like after it was saved as JPEG and opened again.

    The entropy coding, which is lossless, is left out.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    tables : (3, 8, 8) array of float32
        Quantisation steps of Y, Cb, Cr, 1 to 65535; rows are vertical frequencies.
    subsampling : tuple of int
        Factor by which chroma is reduced: (horizontal, vertical), each 1 or 2.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols, 3) array of uint8
        RGB. Codecs differ in rounding, so a decoded file differs from this by a level here and
        there, and by one quantisation step where a coefficient lay between two.

    Raises
    ------
    TypeError, ValueError
        For arrays of another dtype or shape, or arguments out of range.

    Notes
    -----
    ITU-T T.81 (baseline, 8x8 DCT) with the colour equations and chroma siting of JFIF 1.02. Chroma
    is averaged over boxes and enlarged by the triangle filter (3/4, 1/4), as the common codecs do.
    The definition gives each rounding.

    Examples
    --------
    Steps this coarse leave nothing of a block but its mean, and that in units of 160 / 8 levels.

    >>> import numpy as np
    >>> ramp = np.repeat(np.arange(0, 64, 4, dtype=np.uint8), 3).reshape(1, 16, 3)
    >>> coarse = np.full((3, 8, 8), 160, np.float32)
    >>> jpeg_round_trip(ramp, coarse, (1, 1))[0, :, 0].tolist()
    [8, 8, 8, 8, 8, 8, 8, 8, 48, 48, 48, 48, 48, 48, 48, 48]
    """
    pixels = dense_rgb(image)
    steps = dense_array(tables, "tables", ("float32",), "(3, 8, 8)", (3,), free_axes=2)
    if steps.shape != (3, 8, 8):
        raise ValueError(f"tables must have shape (3, 8, 8), got {steps.shape}")
    outside = steps[~((steps >= 1) & (steps <= 65535))]
    if outside.size:
        raise ValueError(f"tables must hold steps from 1 to 65535, got {outside[0]}")
    if not isinstance(subsampling, tuple):
        raise TypeError(f"subsampling must be a tuple, got {type(subsampling).__name__}")
    if subsampling not in ((1, 1), (1, 2), (2, 1), (2, 2)):
        raise ValueError(f"subsampling must be two of 1 and 2, got {subsampling!r}")
    horizontal, vertical = (int(factor) for factor in subsampling)
    return _core.jpeg_round_trip(pixels, steps, horizontal, vertical, thread_count(num_threads))


def warp_cubic(
    image: NDArray[Warped],
    matrix: NDArray[np.float64],
    shape: tuple[int, int],
    *,
    num_threads: int | None = None,
) -> NDArray[Warped]:
    """Return a picture seen through an affine map, by cubic convolution.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8 or (rows, cols) array of float32
        RGB, or one number a pixel; at least one pixel. Beyond the edge the outermost pixels stand.
    matrix : (2, 3) array of float64
        Maps (col, row, 1) of the result to (col, row) of `image`; finite.
    shape : tuple of int
        (rows, cols) of the result.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (*shape, 3) array of uint8 or (*shape) array of float32
        Sampled at places that are rounded to 1/256 of a pixel, with weights of 1/16384: the same
        bits on every processor, which ``cv2.warpAffine`` does not give, and its own to a level.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    References
    ----------
    R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on
    Acoustics, Speech, and Signal Processing 29 (6), 1981, doi:10.1109/TASSP.1981.1163711; a = -3/4.

    Examples
    --------
    Half a pixel to the right:

    >>> import numpy as np
    >>> image = np.array([[0, 0, 64, 64, 64]], np.float32)
    >>> warp_cubic(image, np.array([[1, 0, 0.5], [0, 1, 0]]), (1, 4))
    array([[-6., 32., 70., 64.]], dtype=float32)
    """
    require_array(image, "image", ("uint8", "float32"))
    pixels: Any
    if image.dtype.kind == "u":
        pixels = dense_rgb(image)
    else:
        pixels = dense_array(image, "image", ("float32",), "(rows, cols)", (2,))
    if 0 in pixels.shape[:2]:
        raise ValueError(f"image must have pixels, got shape {pixels.shape}")
    rows_of_map = dense_array(matrix, "matrix", ("float64",), "(2, 3)", (2,))
    if rows_of_map.shape != (2, 3):
        raise ValueError(f"matrix must have shape (2, 3), got {rows_of_map.shape}")
    if not np.isfinite(rows_of_map).all():
        raise ValueError(f"matrix must be finite, got {rows_of_map.tolist()}")
    if not isinstance(shape, tuple | list):
        raise TypeError(f"shape must be two ints, got {type(shape).__name__}")
    if len(shape) != 2:
        raise ValueError(f"shape must be two ints, got {shape}")
    rows, cols = (whole_number(size, "shape", 0, 2**31 - 1) for size in shape)
    threads = thread_count(num_threads)
    warped: NDArray[Warped] = _core.warp_cubic(
        pixels, rows_of_map.ravel().tolist(), rows, cols, threads
    )
    return warped
