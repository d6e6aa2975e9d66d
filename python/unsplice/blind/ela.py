"""Error level analysis: what a fixed JPEG compression changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_array, three_numbers
from unsplice.blind.kernels import Subsampling, error_levels
from unsplice.errors import ImageError
from unsplice.jpeg import standard_tables
from unsplice.kernels import weighted_sum
from unsplice.limits import LARGEST_JPEG_SIDE

__all__ = ["ela_feature", "error_level_analysis"]

LARGEST_WEIGHT = 65536  # keeps every sum far inside float32


def error_level_analysis(
    image: NDArray[np.uint8],
    quality: int = 90,
    *,
    subsampling: Subsampling = "4:2:0",
    num_threads: int | None = None,
) -> NDArray[np.uint8]:
    r"""Return how far each sample lies from itself after a JPEG compression.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of uint8
        RGB or gray; gray is compressed as a gray JPEG.
    quality : int
        Quality of the compression, 1 to 100, as libjpeg scales its tables.
    subsampling : str
        Of the chroma of RGB: "4:2:0", one sample for two by two pixels, as most encoders have it,
        or "4:4:4", one for each pixel.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    array of uint8 of the shape of `image`
        Absolute difference, in gray levels.

    Raises
    ------
    TypeError
        If `image` is no array of uint8, `quality` no int, or `subsampling` no str.
    ValueError
        If `image` has another shape or no pixels, `quality` is out of range, or `subsampling` is
        another one.
    ImageError
        E133 if a side has more than 65,500 pixels, which no JPEG holds.

    Notes
    -----
    Step 1 of section 4.2.2 of the paper (see `unsplice.wavelet_noise_residual`):

    .. math:: I_{ELA}(x, y) = |I(x, y) - JPEG_{90}(I)(x, y)|

    The bits are those of ``cv2.imencode`` and ``cv2.imdecode`` with libjpeg-turbo, without a file
    in between: see `unsplice.blind.kernels.error_levels`.

    Where the picture was saved as a JPEG of a lower quality before, less is left to change [1]_;
    but edges and texture always change more than plain areas, spliced or not.

    References
    ----------
    .. [1] N. Krawetz, "A Picture's Worth... Digital Image Analysis and Forensics", Black Hat USA,
       2007.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((16, 16, 3), 90, np.uint8)
    >>> image[4:8, 4:8] = 200
    >>> levels = error_level_analysis(image)
    >>> levels.shape, levels.dtype, bool(levels.any())
    ((16, 16, 3), dtype('uint8'), True)
    """
    shape = "(rows, cols, 3) or (rows, cols)"
    pixels = dense_array(image, "image", ("uint8",), shape, (2, 3))
    if pixels.size == 0 or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"image must have shape {shape} and pixels, got {image.shape}")
    tables = np.stack(standard_tables(quality))
    require_jpeg_size(pixels, "image")
    return error_levels(pixels, tables, subsampling=subsampling, num_threads=num_threads)


def require_jpeg_size(image: NDArray[np.uint8], name: str) -> None:
    """Raise E133 if no JPEG holds a picture of that size; `name` is what the message calls it."""
    rows, cols = image.shape[:2]
    if max(rows, cols) > LARGEST_JPEG_SIDE:
        raise ImageError("E133", path=name, rows=rows, cols=cols, limit=LARGEST_JPEG_SIDE)


def ela_feature(
    image: NDArray[np.uint8],
    quality: int = 90,
    weights: tuple[float, float, float] = (0.25, 0.5, 0.25),
    *,
    subsampling: Subsampling = "4:2:0",
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    r"""Return the weighted sum of the error levels of red, green and blue.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of uint8
        RGB or gray; gray counts as three equal channels.
    quality : int
        As `error_level_analysis` takes it.
    weights : tuple of three floats
        Of red, green and blue; 0 to 65536.
    subsampling : str
        As `error_level_analysis` takes it.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        F2, >= 0, in gray levels; exact for weights that are multiples of 1/256 below 256.

    Raises
    ------
    TypeError, ValueError, ImageError
        As `error_level_analysis`; ValueError if there are not three weights in range.

    Notes
    -----
    Equation 5 of the paper (see `unsplice.wavelet_noise_residual`), before it is made binary:

    .. math:: F_2 = \omega_1 ELA(I_R) + \omega_2 ELA(I_G) + \omega_3 ELA(I_B)

    The weights 1/4, 1/2, 1/4 are the shares of the colours in a Bayer matrix.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((16, 16, 3), np.uint8)
    >>> image[4:8, 4:8] = 200
    >>> feature = ela_feature(image)
    >>> feature.shape, feature.dtype, bool((feature * 4 == np.round(feature * 4)).all())
    ((16, 16), dtype('float32'), True)
    """
    factors = three_numbers(weights, "weights")
    if not 0 <= min(factors) <= max(factors) <= LARGEST_WEIGHT:
        raise ValueError(f"weights must be in 0..{LARGEST_WEIGHT}, got {factors}")
    levels = error_level_analysis(image, quality, subsampling=subsampling, num_threads=num_threads)
    if levels.ndim == 2:
        return np.asarray(levels * np.float32(sum(factors)), np.float32)
    return weighted_sum(levels, factors, num_threads=num_threads)
