"""One intermediate picture of a method, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Step", "levels_of_map", "white"]

Kind = Literal["picture", "map", "mask"]


@dataclass(frozen=True, eq=False)
class Step:
    """One intermediate picture, to be looked at.

    Attributes
    ----------
    number : int
        The figure of the paper that shows this step, 3 to 10; the place in the order for other
        methods.
    name : str
        For file names.
    title : str
        For people.
    caption : str
        For people who are no specialists: what is looked at, what bright means, and what else than
        a splice can cause it.
    kind : {"picture", "map", "mask"}
        Whether it is a picture of the scene, or one number a pixel of which more is brighter, or
        white where it is marked.
    picture : (rows, cols) or (rows, cols, 3) array of uint8
        Signed pictures are drawn around 128; what is beyond 0 and 255 is cut off.
    """

    number: int
    name: str
    title: str
    caption: str
    kind: Kind
    picture: NDArray[np.uint8]

    @property
    def file_name(self) -> str:
        """Of the picture, in the folder of the steps."""
        return f"{self.number:02d}-{self.name}.png"


def white(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a mask as a picture: 255 where it is True, else 0."""
    return mask.astype(np.uint8) * np.uint8(255)


def levels_of_map(values: NDArray[Any], most: float = 1.0) -> NDArray[np.uint8]:
    """Return a map as a picture: 0 to `most` become 0 to 255, what is beyond is cut off.

    Examples
    --------
    >>> levels_of_map(np.array([[-1.0, 0.5, 2.0]]))
    array([[  0, 128, 255]], dtype=uint8)
    """
    scaled = np.asarray(values, np.float32) * np.float32(255 / most)
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)
