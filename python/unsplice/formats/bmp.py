"""BMP files: sizes against data."""

from __future__ import annotations

import struct

from unsplice.errors import ImageError, Notice
from unsplice.formats.container import Container, require_size

__all__ = ["inspect_bmp"]

_RGB, _BITFIELDS, _ALPHA_BITFIELDS = 0, 3, 6


def inspect_bmp(data: bytes, name: str, max_pixels: int) -> Container:
    """Check that an uncompressed BMP holds all of its rows."""

    def damaged(detail: str) -> ImageError:
        return ImageError("E123", path=name, format="BMP", detail=detail)

    start, size = struct.unpack_from("<II", data, 10)
    if len(data) < 14 + size:
        raise damaged("the file ends within its header")
    if size < 40:
        raise ImageError("E113", path=name, kind="BMP of OS/2")  # OpenCV misreads it
    cols, rows, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    colors = struct.unpack_from("<I", data, 46)[0]
    rows = abs(rows)  # negative: the first row comes first
    require_size(rows, cols, name, max_pixels)
    if bits not in (1, 4, 8, 16, 24, 32):
        raise damaged(f"{bits} bits a pixel")
    if compression not in (_RGB, _BITFIELDS, _ALPHA_BITFIELDS):
        kinds = {1: "run-length coded BMP", 2: "run-length coded BMP"}
        kind = kinds.get(compression, f"BMP with compression {compression}")
        raise ImageError("E113", path=name, kind=kind)
    row_bytes = (cols * bits + 31) // 32 * 4
    if start < 14 + size or start > len(data):
        raise damaged(f"pixel data cannot start at byte {start}")
    intact = (len(data) - start) // row_bytes
    if intact < rows:
        raise damaged(f"pixel data ends at row {intact} of {rows}")
    container = Container(format="BMP", data=data, rows=rows, cols=cols)
    if bits <= 8:
        used = 4 * (min(colors, 2**bits) or 2**bits)
        palette = data[14 + size : min(14 + size + used, start)]
        levels = [palette[at : at + 3] for at in range(0, len(palette), 4)]
        container.gray = all(len(set(level)) == 1 for level in levels)
        if not container.gray or bits < 8:
            kind = f"{bits}-bit" if bits < 8 else "palette"
            container.notices.append(Notice.of("W206", kind=kind))
    container.note_rest(len(data) - start - rows * row_bytes)
    return container
