"""WebP files: the RIFF chunks (RFC 9649)."""

from __future__ import annotations

import hashlib
import struct

from unsplice.errors import ImageError, Notice
from unsplice.formats.container import Container, implausible, require_size
from unsplice.limits import MOST_PIXELS_A_BYTE

__all__ = ["inspect_webp"]


def inspect_webp(data: bytes, name: str, max_pixels: int) -> Container:
    """Check that all chunks of a WebP are there. It has no checksums: flipped bits go unseen."""

    def damaged(detail: str) -> ImageError:
        return ImageError("E123", path=name, format="WebP", detail=detail)

    if len(data) < 20:
        raise damaged("the file ends within its header")
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise damaged(f"{end} bytes announced, {len(data)} present")
    chunks: dict[bytes, bytes] = {}
    frames = 0
    at = 12
    while at < end:
        if at + 8 > end:
            raise damaged("a chunk is cut off")
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise damaged("a chunk leaves the file")
        chunks.setdefault(kind, data[at + 8 : at + 8 + length])
        frames += kind == b"ANMF"
        at += 8 + length + length % 2
    size = _size(chunks)
    if size is None:
        raise damaged("no valid picture chunk")
    rows, cols = size
    require_size(rows, cols, name, max_pixels)
    # Lossless coding packs a flat picture of any size into a few bytes: 16 MP may be one.
    if rows * cols > MOST_PIXELS_A_BYTE * len(data) + 2**24:
        raise implausible(rows, cols, data, name)
    # OpenCV wants 32 bytes, more than the smallest pictures have.
    container = Container(format="WebP", data=data[:end].ljust(32, b"\0"), rows=rows, cols=cols)
    if b"EXIF" in chunks:
        container.note_exif(chunks[b"EXIF"].removeprefix(b"Exif\0\0"))
    container.note_rest(len(data) - end)
    if frames > 1:
        container.notices.append(Notice.of("N303", pages=frames))
    container.note_orientation()
    if b"ICCP" in chunks:
        digest = hashlib.sha256(chunks[b"ICCP"]).hexdigest()
        container.notices.append(Notice.of("N305", sha256=digest))
    return container


def _size(chunks: dict[bytes, bytes]) -> tuple[int, int] | None:
    """Return (rows, cols); None where no chunk gives them."""
    extended = chunks.get(b"VP8X")
    if extended is not None:
        if len(extended) < 10 or not chunks.keys() & {b"VP8 ", b"VP8L", b"ANMF"}:
            return None
        cols = 1 + int.from_bytes(extended[4:7], "little")
        return 1 + int.from_bytes(extended[7:10], "little"), cols
    lossy = chunks.get(b"VP8 ", b"")
    # A key frame: lowest bit clear, then the start code (RFC 6386, 9.1).
    if len(lossy) >= 10 and not lossy[0] & 1 and lossy[3:6] == b"\x9d\x01\x2a":
        cols, rows = struct.unpack_from("<HH", lossy, 6)
        return rows & 0x3FFF, cols & 0x3FFF
    lossless = chunks.get(b"VP8L", b"")
    if len(lossless) >= 5 and lossless[0] == 0x2F:
        bits = int.from_bytes(lossless[1:5], "little")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    return None
