"""How large a picture may be, how old OpenCV; light, so that the command line knows it at once."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "LARGEST_JPEG_SIDE",
    "LARGEST_MAX_PIXELS",
    "OLDEST_OPENCV",
    "opencv_is_too_old",
]

DEFAULT_MAX_PIXELS: Final = 256_000_000  # above the 200 MP of today's phones
LARGEST_JPEG_SIDE: Final = 65_500  # of libjpeg, below the 65,535 of the format
LARGEST_MAX_PIXELS: Final = 2**30  # of OpenCV itself, fixed when cv2 is imported
OLDEST_OPENCV: Final = (4, 14)  # earlier ones fill a damaged JPEG with the picture before it


def opencv_is_too_old(version: str) -> bool:
    """Return whether OpenCV of that version must not read pictures; one that is no number may.

    Examples
    --------
    >>> opencv_is_too_old("4.9.0"), opencv_is_too_old("4.14.0"), opencv_is_too_old("5.0.0-dev")
    (True, False, False)
    """
    number = re.match(r"(\d+)\.(\d+)", version)
    return number is not None and (int(number[1]), int(number[2])) < OLDEST_OPENCV
