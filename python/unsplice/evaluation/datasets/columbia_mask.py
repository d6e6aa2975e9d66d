"""The color code of the edge masks of the Columbia uncompressed set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import ImageError
from unsplice.image import SourceImage
from unsplice.mask_file import require_fit

__all__ = ["columbia_mask"]


def columbia_mask(source: SourceImage, path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return what an edge mask of the Columbia set says: green is spliced, red the background.

    The authors painted four colors: (200, 0, 0) and (0, 200, 0) for what came from the first and
    from the second camera, (255, 0, 0) and (0, 255, 0) for the same close to the border between
    them. The files are JPEGs, so no pixel has exactly its color; which of red and green is larger
    is certain all the same but on the border itself.

    Raises
    ------
    ImageError
        If the picture has not the rows and columns of `shape` (E138), or is not painted in red and
        green (E140): `_edgemask_3.jpg`, for one, has a blue band whose side is not told.
    """
    pixels = source.pixels
    require_fit(path, pixels.shape, shape)
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise ImageError("E140", path=path, reason="an edge mask is an 8-bit color picture")
    red, green, blue = (pixels[..., channel].astype(np.int16) for channel in range(3))
    # The painted colors have 200 levels between the channels; chroma subsampling blurs the border.
    painted = (np.maximum(red, green) >= 100) & (np.abs(red - green) >= 50) & (blue < 100)
    share = np.count_nonzero(painted) / painted.size
    if share < 0.9:
        reason = f"only {share:.0%} of its edge mask is red or green"
        raise ImageError("E140", path=path, reason=reason)
    mask: NDArray[np.bool_] = green > red
    return mask
