"""PNG files: every chunk and checksum (W3C PNG, third edition, clauses 5 and 11)."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from unsplice.errors import ImageError, Notice
from unsplice.formats.container import Container, implausible, require_size
from unsplice.limits import MOST_EXPANDED

__all__ = ["inspect_png"]

_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# What the decoder gets. The rest (text, profiles, Exif, animation) cannot change the pixels, but
# has a history of exhausting or rotating decoders.
_PICTURE: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


@dataclass
class _Chunks:
    header: bytes = b""
    pixel_bytes: int = 0
    picture: list[memoryview] = field(default_factory=list)
    others: dict[bytes, list[memoryview]] = field(default_factory=dict)
    end: int = 0


def inspect_png(data: bytes, name: str, max_pixels: int) -> Container:
    """Check all chunks of a PNG; keep for the decoder what bears the picture."""
    chunks = _walk(data, name, max_pixels)
    cols, rows, bits, color = struct.unpack_from(">IIBB", chunks.header)
    if color == 3 and b"PLTE" not in chunks.others:
        raise ImageError("E122", path=name, detail="no palette")
    if not chunks.pixel_bytes:
        raise ImageError("E122", path=name, detail="no pixel data")
    # Deflate expands a byte to 1032 at most.
    if rows * cols * bits * _CHANNELS[color] // 8 > 1032 * chunks.pixel_bytes + 1032:
        raise implausible(rows, cols, data, name)
    container = Container(
        format="PNG",
        data=b"".join([data[:8], *chunks.picture]),
        rows=rows,
        cols=cols,
        gray=color in (0, 4),
    )
    notices = container.notices
    if color == 3 or bits < 8:
        kind = "palette" if color == 3 else f"{bits}-bit"
        notices.append(Notice.of("W206", kind=kind))
    _note_others(chunks.others, container)
    container.note_rest(len(data) - chunks.end)
    container.note_orientation()
    if bits == 16:
        notices.append(Notice.of("N302"))
    return container


def _walk(data: bytes, name: str, max_pixels: int) -> _Chunks:
    def damaged(detail: str) -> ImageError:
        return ImageError("E122", path=name, detail=detail)

    view = memoryview(data)
    chunks = _Chunks()
    at, kind, previous = 8, b"", b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise damaged("the file ends before the end chunk")
        previous = kind
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"CgBI":
            raise ImageError("E113", path=name, kind="PNG in the private format of Apple (CgBI)")
        if not kind.isalpha() or (at == 8) != (kind == b"IHDR"):
            raise damaged(f"no valid chunk at byte {at}")
        shown = kind.decode("ascii")
        end = at + 12 + length
        if end > len(data):
            raise damaged(f"the file ends within {shown}")
        content = view[at + 8 : end - 4]
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise damaged(f"checksum error in {shown}")
        if kind == b"IHDR":
            chunks.header = _header(bytes(content), name, max_pixels)
        elif kind == b"IDAT":
            if chunks.pixel_bytes and previous != b"IDAT":
                raise damaged("the pixel data is interrupted")
            chunks.pixel_bytes += length
        elif kind != b"IEND":
            if kind[:1].isupper() and kind != b"PLTE":
                raise damaged(f"unknown critical chunk {shown}")
            chunks.others.setdefault(kind, []).append(content)
        if kind in _PICTURE:
            chunks.picture.append(view[at:end])
        at = end
    chunks.end = at
    return chunks


def _header(header: bytes, name: str, max_pixels: int) -> bytes:
    if len(header) != 13:
        raise ImageError("E122", path=name, detail=f"header of {len(header)} bytes")
    cols, rows, bits, color, compression, filtering, interlace = struct.unpack(">IIBBBBB", header)
    if bits not in _DEPTHS.get(color, ()) or compression or filtering or interlace > 1:
        raise ImageError("E122", path=name, detail="invalid header")
    require_size(rows, cols, name, max_pixels)
    return header


def _note_others(others: dict[bytes, list[memoryview]], container: Container) -> None:
    """Record what the chunks beside the picture say."""
    notices = container.notices
    for exif in others.get(b"eXIf", ())[:1]:
        # Some writers repeat the head that JPEG needs.
        container.note_exif(bytes(exif).removeprefix(b"Exif\0\0"))
    left = MOST_EXPANDED
    for kind in (b"zTXt", b"iTXt", b"tEXt"):
        for chunk in others.get(kind, ()):
            left -= len(_expanded(kind, bytes(chunk), left + 1))
            if left < 0:
                break
        if left < 0:
            notices.append(Notice.of("W203", chunk=kind.decode(), limit=MOST_EXPANDED))
            break
    for chunk in others.get(b"iCCP", ())[:1]:
        profile = _expanded(b"iCCP", bytes(chunk), MOST_EXPANDED + 1)
        if len(profile) > MOST_EXPANDED:
            notices.append(Notice.of("W203", chunk="iCCP", limit=MOST_EXPANDED))
        elif profile:
            notices.append(Notice.of("N305", sha256=hashlib.sha256(profile).hexdigest()))
    for control in others.get(b"acTL", ())[:1]:
        pages = int.from_bytes(control[:4], "big")
        if pages > 1:
            notices.append(Notice.of("N303", pages=pages))


def _expanded(kind: bytes, chunk: bytes, limit: int) -> bytes:
    """Return at most `limit` bytes of the text or profile of a chunk; nothing where damaged."""
    _, _, text = chunk.partition(b"\0")  # behind the keyword
    if kind == b"iTXt":
        compressed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
    else:
        compressed, text = kind != b"tEXt", text[1:] if kind != b"tEXt" else text
    if not compressed:
        return text[:limit]
    try:
        return zlib.decompressobj().decompress(text, limit)
    except zlib.error:
        return b""
