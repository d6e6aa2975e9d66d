"""The noise artifact feature: what a median in the wavelet domain and three LoGs take away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_array, one_of, thread_count
from unsplice.blind.kernels import (
    Arithmetic,
    Bands,
    Difference,
    haar_noise_residual,
    log_cascade_saturating,
    noise_artifact,
)
from unsplice.kernels import log_cascade, median_filter
from unsplice.wavelets import dwt2, idwt2, is_haar, require_wavelet

__all__ = ["log_saliency", "noise_artifact_feature", "wavelet_noise_residual"]


def wavelet_noise_residual(
    image: NDArray[Any],
    *,
    wavelet: str = "haar",
    bands: Bands = "all",
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    r"""Take from each channel what a median filter in the wavelet domain leaves of it.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, 3) array of uint8, uint16 or float32
        Gray or RGB.
    wavelet : str
        Name of a discrete wavelet, as PyWavelets knows it.
    bands : {"all", "details"}
        Which of the four component images the median filters: all, or all but the approximation.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of float32 of the shape of `image`
        Signed, in gray levels. Exact for the Haar wavelet on uint8 and uint16: a multiple of 1/4.
        Else computed in float32 (see `unsplice.dwt2`): within 1e-5 of the largest pixel.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes, or another argument is of another type.
    ValueError
        If `image` has another shape or is not finite, or `wavelet` or `bands` is unknown.

    Notes
    -----
    Equation 1 of the paper [1]_, for each channel X:

    .. math:: I'_{1X} = I_X - W^{-1}(M_{3 \times 3}(W(I_X)))

    W is one level of the two-dimensional discrete wavelet transform, orthonormal, of the picture
    continued by reflection with the edge repeated (mode "symmetric" of PyWavelets); M is the median
    over 3x3 coefficients, the edge repeated. The paper names neither the wavelet, nor the number of
    levels, nor the component images that are filtered.

    References
    ----------
    .. [1] M. M. Jhansi Rani, G. Fathima, "Multi-Phased Feature Extraction And Adaptive Thresholding
       For Pixel-Wise Localization Of Tampered Regions In An Image Using ELA Based Analysis".

    Examples
    --------
    A lone bright pixel is noise, all of it:

    >>> import numpy as np
    >>> image = np.zeros((8, 8), np.uint8)
    >>> image[3, 4] = 80
    >>> residual = wavelet_noise_residual(image)
    >>> float(residual[3, 4]), float(np.abs(residual).sum())
    (80.0, 80.0)
    """
    planes = _planes(image, ("uint8", "uint16", "float32"))
    threads = thread_count(num_threads)
    one_of(bands, "bands", Bands)
    require_wavelet(wavelet)
    if is_haar(wavelet) and image.dtype.kind == "u":
        residual = [
            haar_noise_residual(plane, bands=bands, num_threads=threads) for plane in planes
        ]
    else:
        residual = [_residual(plane, wavelet, bands, threads) for plane in planes]
    return residual[0] if image.ndim == 2 else np.stack(residual, axis=2)


def _residual(plane: NDArray[Any], wavelet: str, bands: Bands, threads: int) -> NDArray[np.float32]:
    if not np.isfinite(plane).all():
        raise ValueError("image must be finite, got NaN or infinite values")
    if plane.size == 0:
        return plane.astype(np.float32)
    parts = dwt2(plane, wavelet, num_threads=threads)
    first = 0 if bands == "all" else 1
    parts[first:] = median_filter(parts[first:], num_threads=threads)
    rows, cols = plane.shape
    residual: NDArray[np.float32] = idwt2(parts, wavelet, shape=(rows, cols), num_threads=threads)
    np.subtract(plane, residual, out=residual)
    return residual


def log_saliency(
    image: NDArray[Any],
    passes: int = 3,
    *,
    arithmetic: Arithmetic = "saturating",
    num_threads: int | None = None,
) -> NDArray[Any]:
    r"""Take from each channel its Laplacian of Gaussian, applied several times in a row.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, 3) array of uint8, uint16 or float32
        Gray or RGB; "saturating" takes uint8 alone.
    passes : int
        How often the kernel is applied: 1 to 8 for "saturating"; for "exact" as
        `unsplice.log_cascade` takes them.
    arithmetic : {"saturating", "exact"}
        What lies between the passes: pictures of 8 bits, in which values below 0 become 0 and
        values above 255 become 255, or numbers of any size.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of int32, or of float32 where `image` is float32, of the shape of `image`
        Signed, in gray levels.

    Raises
    ------
    TypeError
        If `image` is no array of these dtypes, or another argument is of another type.
    ValueError
        If `image` has another shape, `passes` is out of range, or `arithmetic` is unknown.

    Notes
    -----
    Equations 2 and 3 of the paper (see `wavelet_noise_residual`), for each channel X:

    .. math:: I'_{2X} = I_X - LOG(LOG(LOG(I_X)))

    with the 5x5 kernel that `unsplice.log_cascade` prints. Three exact passes reach 8840 times the
    largest gray level, so that what is left of the picture itself vanishes; with pictures of 8 bits
    between the passes, as image processing libraries keep them by default, it stays in range.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((9, 9), np.uint8)
    >>> image[4, 4] = 10
    >>> int(log_saliency(image)[4, 4]), int(log_saliency(image, arithmetic="exact")[4, 4])
    (-245, -50790)
    """
    one_of(arithmetic, "arithmetic", Arithmetic)
    saturating = arithmetic == "saturating"
    planes = _planes(image, ("uint8",) if saturating else ("uint8", "uint16", "float32"))
    threads = thread_count(num_threads)
    cascade = log_cascade_saturating if saturating else log_cascade
    saliency = [plane - _signed(cascade(plane, passes, num_threads=threads)) for plane in planes]
    return saliency[0] if image.ndim == 2 else np.stack(saliency, axis=2)


def _signed(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.dtype == np.float32 else values.astype(np.int32)


def noise_artifact_feature(
    image: NDArray[np.uint8],
    *,
    wavelet: str = "haar",
    bands: Bands = "all",
    arithmetic: Arithmetic = "saturating",
    difference: Difference = "absolute",
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    r"""Return the largest of the noise and saliency images of all channels.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, 3) array of uint8
        Gray or RGB.
    wavelet : str
        As `wavelet_noise_residual` takes it.
    bands : {"all", "details"}
        As `wavelet_noise_residual` takes them.
    arithmetic : {"saturating", "exact"}
        As `log_saliency` takes it; three passes.
    difference : {"absolute", "signed"}
        Whether the magnitude of the six differences counts, or their value, negative ones as 0.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        F1, >= 0, in gray levels.

    Raises
    ------
    TypeError
        If `image` is no array of uint8, or another argument is of another type.
    ValueError
        If `image` has another shape, or an argument is none of the listed words.

    Notes
    -----
    Equation 4 of the paper (see `wavelet_noise_residual`), before it is made binary:

    .. math:: F_1 = \max\{I'_{1R}, I'_{1G}, I'_{1B}, I'_{2R}, I'_{2G}, I'_{2B}\}

    With the Haar wavelet all of it is one pass over the rows, without pictures in between.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((16, 16, 3), 90, np.uint8)
    >>> image[8, 8] = 130
    >>> feature = noise_artifact_feature(image)
    >>> float(feature[8, 8]) > float(feature[0, 0])
    True
    """
    pixels = _pixels(image, ("uint8",))
    threads = thread_count(num_threads)
    one_of(difference, "difference", Difference)
    require_wavelet(wavelet)
    if is_haar(wavelet):
        rgb = np.stack([pixels] * 3, axis=2) if pixels.ndim == 2 else pixels
        return noise_artifact(
            rgb, bands=bands, arithmetic=arithmetic, difference=difference, num_threads=threads
        )
    feature = np.zeros(image.shape[:2], np.float32)
    for plane in _planes(pixels, ("uint8",)):
        noise = wavelet_noise_residual(plane, wavelet=wavelet, bands=bands, num_threads=threads)
        saliency = log_saliency(plane, arithmetic=arithmetic, num_threads=threads)
        for part in (noise, saliency):
            value = np.abs(part) if difference == "absolute" else part
            np.maximum(feature, value, out=feature, casting="same_kind")
    return feature


def _pixels(image: NDArray[Any], dtypes: tuple[str, ...]) -> NDArray[Any]:
    """Return a picture of one channel or three, dense."""
    pixels = dense_array(image, "image", dtypes, "(rows, cols) or (rows, cols, 3)", (2, 3))
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise ValueError(
            f"image must have shape (rows, cols) or (rows, cols, 3), got {image.shape}"
        )
    return pixels


def _planes(image: NDArray[Any], dtypes: tuple[str, ...]) -> list[NDArray[Any]]:
    """Return the channels of a picture, each dense."""
    pixels = _pixels(image, dtypes)
    if pixels.ndim == 2:
        return [pixels]
    return [np.ascontiguousarray(pixels[:, :, channel]) for channel in range(3)]
