"""One level of the two-dimensional discrete wavelet transform, and back.

The definitions are the functions of the same names in `unsplice.pure_python`: they fix the order of
all sums, so that the same input gives the same bits for every number of threads and every
processor. PyWavelets is asked for the taps of a wavelet other than Haar, and for nothing else.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice import _core
from unsplice.arguments import dense_array, thread_count, whole_number

__all__ = ["dwt2", "filter_taps", "idwt2", "is_haar", "require_wavelet"]


def dwt2(
    image: NDArray[Any], wavelet: str = "haar", *, num_threads: int | None = None
) -> NDArray[Any]:
    r"""Transform a picture: one level of the two-dimensional discrete wavelet transform.

    Parameters
    ----------
    image : (rows, cols) array of uint8, uint16, float32 or float64
        Not empty. Beyond the border it is its own mirror image, the edge repeated (mode "symmetric"
        of PyWavelets).
    wavelet : str
        Name of a discrete wavelet, as PyWavelets knows it.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (4, (rows + taps - 1) // 2, (cols + taps - 1) // 2) array of float32, or float64 for float64
        Approximation, horizontal, vertical and diagonal detail, orthonormal where the wavelet is;
        `taps` is the length of its filters. Values that are not finite spread as in any sum.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes, or `wavelet` no str.
    ValueError
        If `image` has not 2 dimensions or no pixels, or `wavelet` is unknown.
    ModuleNotFoundError
        If `wavelet` is not Haar and PyWavelets is not installed.

    See Also
    --------
    idwt2 : The inverse.

    Notes
    -----
    ``pywt.dwt2(image, wavelet, mode="symmetric")`` as one array, in one pass over the rows. With
    the low and high filter f of n taps and the mirrored picture X, first down, then across:

    .. math:: Y_f(k, x) = \sum_{j=0}^{n-1} f_j X(2k + 1 - j, x)

    float32 results differ from those of double precision by up to ``n * 1e-6`` times the largest
    pixel, less than one thousandth of that for Haar on uint8, which is exact. Haar is computed
    without the square root of 2: of two by two pixels, ``((a + b) + (c + d)) / 2`` and so on.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> image = np.array([[1, 2, 5], [3, 6, 5]], np.uint8)
    >>> unsplice.dwt2(image)
    array([[[ 6., 10.]],
    <BLANKLINE>
           [[-3.,  0.]],
    <BLANKLINE>
           [[-2.,  0.]],
    <BLANKLINE>
           [[ 1.,  0.]]], dtype=float32)
    """
    pixels = dense_array(
        image, "image", ("uint8", "uint16", "float32", "float64"), "(rows, cols)", (2,)
    )
    if pixels.size == 0:
        raise ValueError(f"image must not be empty, got shape {pixels.shape}")
    require_wavelet(wavelet)
    threads = thread_count(num_threads)
    if is_haar(wavelet):
        return _core.haar_dwt2(pixels, threads)
    return _core.dwt2(pixels, filter_taps(wavelet)[0], threads)


def idwt2(
    bands: NDArray[Any],
    wavelet: str = "haar",
    *,
    shape: tuple[int, int] | None = None,
    num_threads: int | None = None,
) -> NDArray[Any]:
    r"""Transform the four bands of `dwt2` back into a picture.

    Parameters
    ----------
    bands : (4, rows, cols) array of float32 or float64
        Approximation, horizontal, vertical and diagonal detail, as `dwt2` gives them;
        ``np.stack([approximation, *details])`` of what ``pywt.dwt2`` gives.
    wavelet : str
        Name of the wavelet that they were made with.
    shape : (int, int), optional
        Rows and columns of the picture; default: the largest that has such bands, of even sides. A
        picture of odd sides has the bands of one that repeats its last row and column.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of `shape` and of the dtype of `bands`
        ``idwt2(dwt2(image), shape=image.shape)`` is `image` but for rounding.

    Raises
    ------
    TypeError
        If `bands` is no array of these dtypes, `wavelet` no str, or `shape` no pair of ints.
    ValueError
        If `bands` has not 3 dimensions, is not four bands or too small for the wavelet, `wavelet`
        is unknown, or no picture of that `shape` has such bands.
    ModuleNotFoundError
        If `wavelet` is not Haar and PyWavelets is not installed.

    See Also
    --------
    dwt2 : The transform.

    Notes
    -----
    ``pywt.idwt2``, in one pass over the rows. With the low and high filter r and s of n taps that
    belong to the inverse, h = n / 2, and the bands A and D, first down, then across, for p = 0, 1:

    .. math:: X(2m + p) = \sum_{j=0}^{h-1} r_{2j+p} A(m + h - 1 - j) + s_{2j+p} D(m + h - 1 - j)

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> image = np.array([[1, 2, 5], [3, 6, 5]], np.uint8)
    >>> unsplice.idwt2(unsplice.dwt2(image), shape=image.shape)
    array([[1., 2., 5.],
           [3., 6., 5.]], dtype=float32)

    The bands of PyWavelets:

    >>> import pywt
    >>> approximation, details = pywt.dwt2(image, "haar")
    >>> unsplice.idwt2(np.stack([approximation, *details]), shape=image.shape).round(9)
    array([[1., 2., 5.],
           [3., 6., 5.]])
    """
    if isinstance(bands, tuple | list):
        raise TypeError(
            f"bands must be a NumPy array, got {type(bands).__name__}; "
            "np.stack([approximation, *details]) makes one of what pywt.dwt2 gives"
        )
    planes = dense_array(
        bands, "bands", ("float32", "float64"), "(4, rows, cols)", (3,), free_axes=2
    )
    if len(planes) != 4:
        raise ValueError(f"bands must have shape (4, rows, cols), got {planes.shape}")
    require_wavelet(wavelet)
    length = 2 if is_haar(wavelet) else filter_taps(wavelet)[1].shape[1]
    rows, cols = _picture_size(planes.shape[1:], length, shape)
    threads = thread_count(num_threads)
    if is_haar(wavelet):
        return _core.haar_idwt2(planes, rows, cols, threads)
    return _core.idwt2(planes, filter_taps(wavelet)[1], rows, cols, threads)


def _picture_size(
    bands: tuple[int, ...], length: int, shape: tuple[int, int] | None
) -> tuple[int, int]:
    """Return the rows and columns of a picture with bands of that size."""
    largest = tuple(2 * side - length + 2 for side in bands)
    if min(largest) < 2:
        raise ValueError(
            f"bands must have at least {length // 2} rows and columns for filters of {length} taps,"
            f" got {bands}"
        )
    if shape is None:
        return largest[0], largest[1]
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise TypeError(f"shape must be two ints or None, got {shape!r}")
    try:
        rows, cols = (whole_number(side, "shape", 1) for side in shape)
    except TypeError:  # would tell of one of the two
        raise TypeError(f"shape must be two ints or None, got {shape!r}") from None
    if not all(most - 1 <= side <= most for side, most in zip((rows, cols), largest, strict=True)):
        raise ValueError(
            f"shape must be {largest}, or less by one row or column, for bands of {bands}, "
            f"got {tuple(shape)}"
        )
    return rows, cols


def is_haar(wavelet: str) -> bool:
    """Return whether that is the wavelet which needs no taps."""
    return wavelet in ("haar", "db1")  # two names of one wavelet


def require_wavelet(wavelet: object) -> None:
    """Raise unless `wavelet` names a discrete wavelet; PyWavelets is asked only if it must be."""
    if not isinstance(wavelet, str):
        raise TypeError(f"wavelet must be a str, got {type(wavelet).__name__}")
    if not is_haar(wavelet) and wavelet not in _names():
        raise ValueError(
            f'wavelet must be a discrete one, such as "haar" or "db4", got {wavelet!r}'
        )


def _pywavelets() -> Any:
    """Return the module, imported late: Haar does without, and starts faster."""
    try:
        import pywt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "wavelets other than Haar need PyWavelets, which is not installed: "
            "python -m pip install PyWavelets",
            name=error.name,
        ) from error
    return pywt


@cache
def _names() -> frozenset[str]:
    return frozenset(_pywavelets().wavelist(kind="discrete"))


@cache
def filter_taps(wavelet: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the taps, low and high, of the transform and of its inverse."""
    filters = _pywavelets().Wavelet(wavelet)
    taps = (
        np.array([filters.dec_lo, filters.dec_hi]),
        np.array([filters.rec_lo, filters.rec_hi]),
    )
    for array in taps:
        array.flags.writeable = False  # every later call gets them too
    return taps
