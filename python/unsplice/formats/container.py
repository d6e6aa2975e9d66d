"""What is known of an image file before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field

from unsplice.errors import ImageError, Notice
from unsplice.jpeg import JpegHeader, read_orientation
from unsplice.limits import LARGEST_SIDE

__all__ = ["Container", "implausible", "require_size"]


@dataclass
class Container:
    """A file whose structure was found sound.

    Attributes
    ----------
    format : str
        "JPEG", "PNG", "TIFF", "WebP" or "BMP".
    data : bytes
        What the decoder gets: the file, or the part of it that bears the picture.
    rows, cols : int
        Stored size.
    orientation : int
        Exif orientation, 1 to 8.
    gray : bool
        Whether the file has a single channel of brightness.
    drop_alpha : bool
        Whether a fourth channel from the decoder means nothing.
    jpeg : JpegHeader or None
        What a JPEG says of itself.
    exif : bytes or None
        The Exif block, from its TIFF header on.
    notices : list of Notice
        What a reader of the result has to know.
    """

    format: str
    data: bytes = field(repr=False)
    rows: int
    cols: int
    orientation: int = 1
    gray: bool = False
    drop_alpha: bool = False
    jpeg: JpegHeader | None = None
    exif: bytes | None = field(default=None, repr=False)
    notices: list[Notice] = field(default_factory=list)

    def note_exif(self, exif: bytes) -> None:
        """Take the orientation from an Exif block (from its TIFF header on)."""
        self.exif = exif
        try:
            self.orientation = read_orientation(exif)
        except ValueError:
            self.notices.append(Notice.of("W207"))

    def note_orientation(self) -> None:
        """Record an orientation that viewers follow and the result does not."""
        if self.orientation != 1:
            self.notices.append(
                Notice.of("N304", orientation=self.orientation, rows=self.rows, cols=self.cols)
            )

    def note_rest(self, count: int) -> None:
        """Record what follows the end of the picture."""
        if count:
            self.notices.append(Notice.of("N301", count=count, format=self.format))


def require_size(rows: int, cols: int, name: str, max_pixels: int) -> None:
    """Refuse what has no pixels (E115) or too many (E130)."""
    if rows < 1 or cols < 1:
        raise ImageError("E115", path=name, rows=rows, cols=cols)
    if rows * cols > max_pixels or max(rows, cols) > LARGEST_SIDE:
        raise ImageError(
            "E130",
            path=name,
            rows=rows,
            cols=cols,
            pixels=rows * cols,
            limit=max_pixels,
            memory=3 * rows * cols / 1e6,
        )


def implausible(rows: int, cols: int, data: bytes, name: str) -> ImageError:
    """Return the error for a header that promises more pixels than the data can bear."""
    return ImageError("E131", path=name, megapixels=rows * cols / 1e6, size=len(data))
