"""The suspicious picture, made ready for features that are defined on 8-bit RGB."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice
from unsplice.image import Picture, SourceImage, as_image, excess_bits, read_image, rgb_8_bit
from unsplice.jpeg import JpegHeader

__all__ = ["BlindSource", "blind_source"]


@dataclass(frozen=True, eq=False)
class BlindSource:
    """One picture without a partner.

    Attributes
    ----------
    pixels : (rows, cols, 3) array of uint8
        RGB, on the stored grid; the three channels of a gray picture are equal.
    name : str
        Path, or the argument's name.
    jpeg : JpegHeader or None
        What the file says of itself; None for other formats and for arrays.
    warnings : tuple of Notice
        What reading it had to say.
    """

    pixels: NDArray[np.uint8]
    name: str
    jpeg: JpegHeader | None
    warnings: tuple[Notice, ...]


def blind_source(image: Picture) -> BlindSource:
    """Read a picture and bring it to 8-bit RGB, with a note where that takes depth away."""
    if isinstance(image, str | os.PathLike):
        image = read_image(image)
    warnings: tuple[Notice, ...] = ()
    name, jpeg = "image", None
    if isinstance(image, SourceImage):
        jpeg = image.jpeg
        warnings, name, original = image.warnings, image.path or name, image.pixels
    elif isinstance(image, np.ndarray):
        original = as_image(image)
    else:
        raise TypeError(
            f"image must be a path, a SourceImage or an array, got {type(image).__name__}"
        )
    shift = excess_bits(original)
    if shift:
        warnings = (*warnings, Notice.of("N307", bits=8 + shift))
    return BlindSource(rgb_8_bit(original, shift=shift), name, jpeg, warnings)
