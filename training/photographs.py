"""The photographs that everything is made from, split by photograph."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from unsplice import read_image
from unsplice.blind.source import blind_source

__all__ = ["SPLITS", "Split", "list_photographs", "load", "split_of", "tables_of"]

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)

# Shares of the splits. With few photographs the false alarms on unseen cameras are what needs them
# most: no figure about them is worth anything on a handful.
_TEST: Final = 0.48
_VALIDATION: Final = 0.62

_SUFFIXES: Final = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}


def split_of(photograph: Path) -> Split:
    """Return the split of a photograph: a matter of its name alone, so that it never changes."""
    digest = hashlib.sha256(photograph.name.encode("utf-8", "surrogateescape")).digest()
    place = int.from_bytes(digest[4:8], "big") / 2**32
    return "test" if place < _TEST else "validation" if place < _VALIDATION else "train"


def list_photographs(folders: Sequence[Path], split: Split) -> list[Path]:
    """Return the photographs of a split below some folders, by name."""
    found = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES and split_of(path) == split
    ]
    return sorted(found, key=lambda path: (path.name, str(path)))


@lru_cache(maxsize=12)
def load(photograph: Path) -> NDArray[np.uint8]:
    """Return the RGB pixels of a photograph."""
    pixels = blind_source(photograph).pixels
    pixels.setflags(write=False)
    return pixels


@lru_cache(maxsize=256)
def tables_of(photograph: Path) -> tuple[tuple[int, ...], ...]:
    """Return the quantisation tables of a photograph's file, in row order; none if it is no JPEG.

    Those of cameras and of their owners' programs differ from libjpeg's.
    """
    jpeg = read_image(photograph).jpeg
    if jpeg is None or not jpeg.quantization:
        return ()
    tables = [tuple(int(step) for step in np.ravel(table)) for table in jpeg.quantization]
    return tuple(tables[:2]) if len(tables) > 1 else (tables[0], tables[0])
