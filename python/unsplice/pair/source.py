"""The two pictures of a pair, made comparable: 8-bit RGB, and how the file was saved."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice
from unsplice.image import SourceImage, as_image, read_image
from unsplice.pair.matching import SavedAs

__all__ = ["PairSource", "Picture", "pair_source"]

Picture = str | os.PathLike[str] | SourceImage | NDArray[Any]


@dataclass(frozen=True, eq=False)
class PairSource:
    """One picture of a pair.

    Attributes
    ----------
    pixels : (rows, cols, 3) array of uint8
        RGB, on the stored grid.
    saved_as : SavedAs or None
        How the file was saved, where it is a JPEG of a kind that can be imitated.
    name : str
        Path, or the argument's name.
    warnings : tuple of Notice
        What reading it had to say.
    """

    pixels: NDArray[np.uint8]
    saved_as: SavedAs | None
    name: str
    warnings: tuple[Notice, ...]


def pair_source(picture: Picture, name: str) -> PairSource:
    """Read and convert one picture of a pair.

    Parameters
    ----------
    picture : path, SourceImage, or (rows, cols, 3) or (rows, cols) array of uint8 or uint16
        The picture.
    name : str
        What messages call it where it has no path.
    """
    if isinstance(picture, np.ndarray):
        return PairSource(_as_rgb8(as_image(picture, name=name)), None, name, ())
    if isinstance(picture, str | os.PathLike):
        picture = read_image(picture)
    if not isinstance(picture, SourceImage):
        raise TypeError(
            f"{name} must be a path, a SourceImage or an array, got {type(picture).__name__}"
        )
    return PairSource(
        _as_rgb8(picture.pixels),
        _saved_as(picture),
        picture.path or name,
        tuple(Notice(notice.code, f"{name}: {notice.text}") for notice in picture.warnings),
    )


def _as_rgb8(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return three channels of 8 bits; what was pasted differs by more than the low byte."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    return pixels


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
