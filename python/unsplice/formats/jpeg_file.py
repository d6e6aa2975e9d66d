"""JPEG files: markers by `unsplice.jpeg`, scans by the core."""

from __future__ import annotations

from unsplice import _core
from unsplice.errors import ImageError, Notice
from unsplice.formats.container import Container, implausible, require_size
from unsplice.jpeg import parse_jpeg
from unsplice.limits import MOST_PIXELS_A_BYTE

__all__ = ["inspect_jpeg"]


def inspect_jpeg(data: bytes, name: str, max_pixels: int) -> Container:
    """Check that a JPEG holds every block of its picture, and nothing else within the scans."""
    header = parse_jpeg(data, name=name)
    rows, cols = header.rows, header.cols
    require_size(rows, cols, name, max_pixels)
    if rows * cols > MOST_PIXELS_A_BYTE * len(data):
        raise implausible(rows, cols, data, name)

    state, reason, scan, intact, position, full_precision = _core.check_jpeg_scan(data)
    where = f"row {intact} of {rows}" + (f" in scan {scan}" if header.scans > 1 else "")
    if state == "corrupt":
        raise ImageError("E121", path=name, detail=f"{reason}, near {where}")
    if state == "truncated":
        raise ImageError("E120", path=name, detail=reason or f"pixel data ends at {where}")
    complete = data
    if not header.has_end_marker:
        # All blocks are there; but without an end, more scans may have followed, and zeros at the
        # end may stand for lost data rather than for a flat picture.
        if not full_precision:
            raise ImageError("E120", path=name, detail=f"data ends after scan {scan}")
        if not any(data[position - 16 : position]):
            raise ImageError("E120", path=name, detail="data ends in zeros, without an end marker")
        complete = data[:position].rstrip(b"\xff") + b"\xff\xd9"

    container = Container(
        format="JPEG",
        data=complete,
        rows=rows,
        cols=cols,
        orientation=header.orientation,
        gray=header.components == 1,
        jpeg=header,
        exif=header.exif,
    )
    notices = container.notices
    if not header.has_end_marker:
        notices.append(Notice.of("W202", rows=rows))
    elif not full_precision:
        notices.append(Notice.of("W208"))
    if header.color_space in ("cmyk", "ycck"):
        notices.append(Notice.of("W204", format="JPEG"))
    if not header.exif_readable:
        notices.append(Notice.of("W207"))
    container.note_rest(header.trailing_bytes)
    container.note_orientation()
    if header.icc_sha256:
        notices.append(Notice.of("N305", sha256=header.icc_sha256))
    return container
