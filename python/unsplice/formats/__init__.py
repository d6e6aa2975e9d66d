"""Image files before decoding: what they are, how large, and whether all of their data is there.

Decoders answer damage with invented pixels and a line on stderr, so the structure of a file is
checked here first. Nothing here decodes pixels.
"""

from __future__ import annotations

from unsplice.formats.bmp import inspect_bmp
from unsplice.formats.container import Container
from unsplice.formats.jpeg_file import inspect_jpeg
from unsplice.formats.png import inspect_png
from unsplice.formats.recognize import recognize
from unsplice.formats.tiff import inspect_tiff
from unsplice.formats.webp import inspect_webp

__all__ = ["Container", "inspect", "recognize"]

_INSPECTORS = {
    "JPEG": inspect_jpeg,
    "PNG": inspect_png,
    "TIFF": inspect_tiff,
    "WebP": inspect_webp,
    "BMP": inspect_bmp,
}


def inspect(data: bytes, name: str, max_pixels: int) -> Container:
    """Check the structure of an image file.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What messages call it.
    max_pixels : int
        Refuse more pixels than this.

    Returns
    -------
    Container
        What it is, and what the decoder needs of it.

    Raises
    ------
    ImageError
        E110 to E132; see `unsplice.read_image`.
    """
    return _INSPECTORS[recognize(data[:64], name)](data, name, max_pixels)
