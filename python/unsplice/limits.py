"""How large a picture may be; imports nothing, so that the command line knows it at once."""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT_MAX_PIXELS", "LARGEST_JPEG_SIDE", "LARGEST_MAX_PIXELS", "OLDEST_OPENCV"]

DEFAULT_MAX_PIXELS: Final = 256_000_000  # above the 200 MP of today's phones
LARGEST_JPEG_SIDE: Final = 65_500  # of libjpeg, below the 65,535 of the format
LARGEST_MAX_PIXELS: Final = 2**30  # of OpenCV itself, fixed when cv2 is imported
OLDEST_OPENCV: Final = (4, 14)  # earlier ones fill a damaged JPEG with the picture before it
