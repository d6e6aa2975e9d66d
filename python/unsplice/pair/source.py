"""The two pictures of a pair, made comparable: 8-bit RGB, and how the file was saved."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice
from unsplice.image import (
    Picture,
    SourceImage,
    as_image,
    excess_bits,
    read_image,
    rgb_8_bit,
)
from unsplice.pair.kernels import luma
from unsplice.pair.matching import SavedAs

__all__ = ["PairSource", "comparable", "same_pixels"]

_PART = 1 << 16  # samples that are compared at a time


@dataclass(frozen=True, eq=False)
class PairSource:
    """One picture of a pair.

    Attributes
    ----------
    pixels : (rows, cols, 3) array of uint8
        RGB, on the stored grid.
    original : array
        The pixels as they were given, of any depth.
    saved_as : SavedAs or None
        How the file was saved, where it is a JPEG of a kind that can be imitated.
    name : str
        Path, or the argument's name.
    warnings : tuple of Notice
        What reading it had to say.
    """

    pixels: NDArray[np.uint8]
    original: NDArray[Any]
    saved_as: SavedAs | None
    name: str
    warnings: tuple[Notice, ...]


def comparable(authentic: Picture, spliced: Picture) -> tuple[PairSource, PairSource]:
    """Read the pair and bring both to 8-bit RGB.

    16-bit pictures lose the low bits that neither uses: what was pasted differs by more. Where one
    of the two is gray, the luma of the other is compared with it.

    Parameters
    ----------
    authentic, spliced : path, SourceImage, or (rows, cols, 3) or (rows, cols) array
        uint8 or uint16.
    """
    read = [_read(authentic, "authentic"), _read(spliced, "spliced")]
    shift = max(excess_bits(source.original) for source in read)
    first, second = (
        replace(source, pixels=rgb_8_bit(source.original, shift=shift)) for source in read
    )
    if _is_gray(first.pixels) == _is_gray(second.pixels):
        return first, second
    notice = Notice.of("N306")
    return _as_gray(first), replace(_as_gray(second), warnings=(*second.warnings, notice))


def _read(picture: Picture, name: str) -> PairSource:
    if isinstance(picture, np.ndarray):
        pixels = as_image(picture, name=name)
        return PairSource(pixels, pixels, None, name, ())
    if isinstance(picture, str | os.PathLike):
        picture = read_image(picture)
    if not isinstance(picture, SourceImage):
        raise TypeError(
            f"{name} must be a path, a SourceImage or an array, got {type(picture).__name__}"
        )
    return PairSource(
        picture.pixels,
        picture.pixels,
        _saved_as(picture),
        picture.path or name,
        tuple(replace(notice, text=f"{name}: {notice.text}") for notice in picture.warnings),
    )


def same_pixels(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Return whether two pictures are equal; those that are not mostly differ in the first rows."""
    if first.shape != second.shape:
        return False
    step = max(1, _PART // max(1, first[:1].size))
    return all(
        np.array_equal(first[row : row + step], second[row : row + step])
        for row in range(0, len(first), step)
    )


def _is_gray(pixels: NDArray[np.uint8]) -> bool:
    green = pixels[..., 1]
    return same_pixels(pixels[..., 0], green) and same_pixels(pixels[..., 2], green)


def _as_gray(source: PairSource) -> PairSource:
    gray = np.rint(luma(source.pixels)).astype(np.uint8)
    return replace(source, pixels=np.repeat(gray[:, :, np.newaxis], 3, axis=2))


def _saved_as(source: SourceImage) -> SavedAs | None:
    header = source.jpeg
    if header is None or header.color_space not in ("gray", "ycbcr"):
        return None
    (horizontal, vertical), *chroma = header.sampling
    quantization = header.quantization
    if header.color_space == "gray":  # as RGB its chroma is zero under any table
        horizontal = vertical = 1
        quantization = (*quantization, *quantization, *quantization)
    elif chroma != [(1, 1), (1, 1)] or not {horizontal, vertical} <= {1, 2}:
        return None
    tables = np.array(quantization, np.float32)
    if (tables < 1).any():
        return None
    return SavedAs(tables, (horizontal, vertical), "the spliced file's own tables")
