"""What a method found in a picture: the mask, and all that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice

__all__ = ["Finding", "Localization", "Region"]

Finding = Literal[
    "spliced",  # there are regions
    "nothing-found",  # the pictures match everywhere (pair), or no evidence (blind)
    "identical",  # the same pixels
    "unrelated",  # the pair does not show the same background
    "misaligned",  # the same background, but not brought to match well enough to be trusted
    "mostly-replaced",  # the majority assumption fails: what is background is uncertain
]


@dataclass(frozen=True)
class Region:
    """One connected spliced region.

    Attributes
    ----------
    area : int
        Pixels.
    bounding_box : tuple of int
        (row, col, row, col): first row and column, and one past the last.
    centroid : tuple of float
        (row, col).
    score : float
        Evidence of the region; higher is surer.
    """

    area: int
    bounding_box: tuple[int, int, int, int]
    centroid: tuple[float, float]
    score: float


@dataclass(frozen=True, eq=False)
class Localization:
    """Where a picture was spliced.

    Attributes
    ----------
    image : (rows, cols, 3) or (rows, cols) array
        The analysed picture, RGB, on its stored pixel grid.
    mask : (rows, cols) array of bool
        True = spliced.
    heatmap : (rows, cols) array of float32
        In [0, 1], higher = more suspicious.
    regions : tuple of Region
        Largest evidence first.
    threshold : float
        Value of `heatmap` that corresponds to the decision border of the mask.
    score : float
        In [0, 1]: how sure it is that anything is spliced.
    finding : str
        The answer in a word; see `Finding`.
    statement : str
        The answer in a sentence, for people.
    method : str
        Name of the method.
    parameters : mapping
        Every parameter after defaults, ready for JSON.
    details : mapping
        What the method measured on the way (geometry, compression, residuals), ready for JSON.
    warnings : tuple of Notice
        What a reader of the result has to know.
    """

    image: NDArray[Any] = field(repr=False)
    mask: NDArray[np.bool_] = field(repr=False)
    heatmap: NDArray[np.float32] = field(repr=False)
    regions: tuple[Region, ...]
    threshold: float
    score: float
    finding: Finding
    statement: str
    method: str
    parameters: Mapping[str, Any] = field(repr=False)
    details: Mapping[str, Any] = field(repr=False)
    warnings: tuple[Notice, ...] = ()
