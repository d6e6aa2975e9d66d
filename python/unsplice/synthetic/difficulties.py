"""Kinds of synthetic pairs: what makes each of them difficult."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unsplice.synthetic.shapes import ShapeKind

__all__ = [
    "DIFFICULTIES",
    "LARGE_DIFFICULTIES",
    "NULL_DIFFICULTIES",
    "SPLICE_DIFFICULTIES",
    "TINY_DIFFICULTIES",
    "Difficulty",
    "Edit",
]

Edit = Literal["none", "graded", "shifted", "resized", "blurred"]


@dataclass(frozen=True)
class Difficulty:
    """What is special about a kind of pair.

    Attributes
    ----------
    share : tuple of float, optional
        Range of the spliced area as a share of the picture.
    pixels : tuple of int, optional
        Range of the spliced area in pixels, instead of `share`. Neither: nothing is pasted.
    edit : str
        What is done to the whole picture after pasting.
    lookalike : bool
        The pasted content takes the mean and spread of the colors that it covers.
    quality : tuple of int
        Range of the JPEG quality of the spliced picture.
    lossless : bool
        The spliced picture is always saved as PNG.
    siblings : bool
        Both files are made from the photograph, instead of the spliced one from the authentic one.
    shapes : tuple of str
        Kinds of shape to choose from.
    """

    share: tuple[float, float] | None = None
    pixels: tuple[int, int] | None = None
    edit: Edit = "none"
    lookalike: bool = False
    quality: tuple[int, int] = (70, 98)
    lossless: bool = False
    siblings: bool = False
    shapes: tuple[ShapeKind, ...] = ("polygon", "blob")


_COMMON = (0.01, 0.30)
_ANY: tuple[ShapeKind, ...] = ("polygon", "blob", "rectangle")

DIFFICULTIES: dict[str, Difficulty] = {
    "easy": Difficulty(_COMMON),
    "small": Difficulty((0.0005, 0.005)),
    "lookalike": Difficulty(_COMMON, lookalike=True),
    "heavy": Difficulty(_COMMON, quality=(50, 70)),
    "lossless": Difficulty(_COMMON, lossless=True),
    "graded": Difficulty(_COMMON, edit="graded"),
    "shifted": Difficulty(_COMMON, edit="shifted"),
    "resized": Difficulty(_COMMON, edit="resized"),
    "blurred": Difficulty(_COMMON, edit="blurred"),
    "tiny_20": Difficulty(pixels=(20, 50), quality=(50, 98)),
    "tiny_50": Difficulty(pixels=(50, 100), quality=(50, 98)),
    "tiny_100": Difficulty(pixels=(100, 200), quality=(50, 98)),
    "large_50": Difficulty((0.48, 0.52), shapes=_ANY),
    "large_60": Difficulty((0.58, 0.62), shapes=_ANY),
    "large_70": Difficulty((0.68, 0.72), shapes=_ANY),
    "null_compression": Difficulty(quality=(50, 98)),
    "null_graded": Difficulty(edit="graded", quality=(50, 98)),
    "null_shifted": Difficulty(edit="shifted", quality=(50, 98)),
    "null_resized": Difficulty(edit="resized", quality=(50, 98)),
    "null_blurred": Difficulty(edit="blurred", quality=(50, 98)),
    "null_siblings": Difficulty(siblings=True, quality=(30, 98)),
}
SPLICE_DIFFICULTIES = tuple(DIFFICULTIES)[:9]
TINY_DIFFICULTIES = tuple(name for name in DIFFICULTIES if name.startswith("tiny_"))
LARGE_DIFFICULTIES = tuple(name for name in DIFFICULTIES if name.startswith("large_"))
NULL_DIFFICULTIES = tuple(name for name in DIFFICULTIES if name.startswith("null_"))
