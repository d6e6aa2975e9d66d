"""Every limit, in one table: how much may come in, and how old OpenCV may be.

Light, so that the command line knows it at once. `unsplice doctor` prints the table, and
docs/configuration.md explains it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "DEFAULT_TIMEOUT",
    "EVERY_LIMIT",
    "LARGEST_CONFIGURATION",
    "LARGEST_JPEG_SIDE",
    "LARGEST_MAX_PIXELS",
    "LARGEST_RECORD",
    "LARGEST_SIDE",
    "LARGEST_TABLE",
    "MOST_EXPANDED",
    "MOST_JOBS",
    "MOST_PAGES",
    "MOST_PIXELS_A_BYTE",
    "MOST_SCANS",
    "OLDEST_OPENCV",
    "Limit",
    "most_bytes",
    "opencv_is_too_old",
]

DEFAULT_MAX_PIXELS: Final = 256_000_000  # above the 200 MP of today's phones
DEFAULT_TIMEOUT: Final = 300.0
LARGEST_CONFIGURATION: Final = 2**15  # time grows by the square of the parts of a dotted key
LARGEST_JPEG_SIDE: Final = 65_500  # of libjpeg, below the 65,535 of the format
LARGEST_MAX_PIXELS: Final = 2**30  # of OpenCV itself, fixed when cv2 is imported
LARGEST_RECORD: Final = 2**26
LARGEST_SIDE: Final = 2**20  # of OpenCV
LARGEST_TABLE: Final = 2**30  # ten million lines of a hundred bytes; a device never ends
MOST_EXPANDED: Final = 8_000_000  # what libpng lets a chunk expand to
MOST_JOBS: Final = 1024
MOST_PAGES: Final = 10_000
MOST_PIXELS_A_BYTE: Final = 2000  # the flattest files have 64 to 474: a block costs a bit at least
MOST_SCANS: Final = 100  # encoders write 1 to 20; hundreds of full scans are a bomb
OLDEST_OPENCV: Final = (4, 14)  # earlier ones fill a damaged JPEG with the picture before it


def most_bytes(max_pixels: int) -> int:
    """Return how large a file may be: of 16-bit RGBA, hardly compressed, and some metadata.

    Examples
    --------
    >>> most_bytes(1_000_000)
    76108864
    """
    return 9 * max_pixels + 2**26


class Limit(NamedTuple):
    """A limit, and what becomes of what is beyond it.

    Attributes
    ----------
    name : str
        What is limited; of a limit that can be set, its key in the table ``[limits]``.
    value : int, float or None
        The default; None for one that follows from the machine.
    what : str
        In words.
    code : str
        What is told where it is exceeded; "" where nothing can exceed it.
    option : str
        The option of the command line that sets it; "" where it is fixed.
    """

    name: str
    value: float | None
    what: str
    code: str
    option: str = ""


EVERY_LIMIT: Final = (
    Limit("max_pixels", DEFAULT_MAX_PIXELS, "pixels of a picture", "E130", "--max-pixels"),
    Limit("timeout", DEFAULT_TIMEOUT, "seconds for an input in a worker", "E193", "--timeout"),
    Limit("threads", None, "threads; by default all cores", "", "--threads"),
    Limit("jobs", None, "worker processes; by default one a core", "", "--jobs"),
    Limit("most max_pixels", LARGEST_MAX_PIXELS, "that can be set", "E184"),
    Limit("most jobs", MOST_JOBS, "that can be set", "E184"),
    Limit("side", LARGEST_SIDE, "pixels of a side", "E130"),
    Limit("side of a JPEG", LARGEST_JPEG_SIDE, "pixels, where a method saves one", "E133"),
    Limit("file", most_bytes(DEFAULT_MAX_PIXELS), "bytes; 9 x max_pixels + 64 MiB", "E135"),
    Limit("pixels a byte", MOST_PIXELS_A_BYTE, "of a file, of JPEG, TIFF and WebP", "E131"),
    Limit("scans", MOST_SCANS, "of a progressive JPEG", "E132"),
    Limit("text of a PNG", MOST_EXPANDED, "bytes, or of its profile, expanded", "W203"),
    Limit("pages", MOST_PAGES, "of a TIFF that are counted", "N303"),
    Limit("table", LARGEST_TABLE, "bytes of a CSV file or a list", "E181"),
    Limit("record", LARGEST_RECORD, "bytes", "E141"),
    Limit("configuration", LARGEST_CONFIGURATION, "bytes of the file", "E200"),
)


def opencv_is_too_old(version: str) -> bool:
    """Return whether OpenCV of that version must not read pictures; one that is no number may.

    Examples
    --------
    >>> opencv_is_too_old("4.9.0"), opencv_is_too_old("4.14.0"), opencv_is_too_old("5.0.0-dev")
    (True, False, False)
    """
    number = re.match(r"(\d+)\.(\d+)", version)
    return number is not None and (int(number[1]), int(number[2])) < OLDEST_OPENCV
