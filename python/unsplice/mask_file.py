"""Reading the mask of a picture from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import ImageError
from unsplice.image import SourceImage, read_image
from unsplice.limits import DEFAULT_MAX_PIXELS

__all__ = ["as_mask", "read_mask", "require_fit"]


def read_mask(
    path: Path, shape: tuple[int, ...], *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> NDArray[np.bool_]:
    """Read a black and white mask of a picture of `shape`; white = spliced.

    A pixel is white from half of the range of its type on; a file of zeros and ones is taken as
    such. Of a color file any channel counts.

    Raises
    ------
    ReadError, ImageError
        If the file is no picture, or (E138) has not the rows and columns of `shape`.
    """
    return as_mask(read_image(path, max_pixels=max_pixels), path, shape)


def as_mask(source: SourceImage, path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the mask that a file holds which is read already; raises E138 as `read_mask`."""
    pixels = source.pixels
    require_fit(path, pixels.shape, shape)
    gray = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    white = 1 if gray.max(initial=0) <= 1 else (np.iinfo(gray.dtype).max + 1) // 2
    mask: NDArray[np.bool_] = gray >= white
    return mask


def require_fit(path: Path, mask: tuple[int, ...], image: tuple[int, ...]) -> None:
    """Raise E138 unless a mask of the shape `mask` has the rows and columns of `image`."""
    if mask[:2] != image[:2]:
        raise ImageError(
            "E138", path=path, mask=f"{mask[0]} x {mask[1]}", image=f"{image[0]} x {image[1]}"
        )
