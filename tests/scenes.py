"""Pictures and pairs that the tests of pair mode share, made once a run."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from unsplice.synthetic.forging import Saving, decode
from unsplice.synthetic.pairs import SyntheticPair, make_pair, make_scene

__all__ = ["disc", "made_pair", "pasted", "saved", "scene"]

Image = NDArray[np.uint8]


@cache
def scene(seed: int = 1, rows: int = 192, cols: int = 256) -> Image:
    """Return a landscape, read-only."""
    image = make_scene(rows, cols, seed=seed)
    image.flags.writeable = False
    return image


@cache
def made_pair(difficulty: str, seed: int, rows: int = 192, cols: int = 256) -> SyntheticPair:
    """Return a pair of two landscapes."""
    photographs = scene(1, rows, cols), scene(2, rows, cols)
    return make_pair(*photographs, difficulty=difficulty, seed=seed)


def saved(image: Image, quality: int, subsampling: str = "4:2:0") -> Image:
    """Return `image` as it comes back from a JPEG file."""
    return decode(Saving(quality, subsampling).encode(image))


def disc(shape: tuple[int, int], row: float, col: float, radius: float) -> NDArray[np.bool_]:
    """Return a disc as a mask."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((y - row) ** 2 + (x - col) ** 2 <= radius**2)


def pasted(image: Image, where: NDArray[np.bool_], donor: Image) -> Image:
    """Return `image` with the pixels `where` taken from `donor`."""
    return np.where(where[..., np.newaxis], donor, image)
