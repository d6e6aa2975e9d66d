"""WebP files as RIFF chunks (RFC 9649)."""

from __future__ import annotations

import struct

from fuzz.draws import Draws

__all__ = ["joined", "mutate", "split"]

KINDS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"XMP ", b"JUNK")

Chunk = tuple[bytes, bytes]


def split(data: bytes) -> list[Chunk]:
    """Return the chunks, of the last what is there."""
    at, chunks = 12, []
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        chunks.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return chunks


def joined(chunks: list[Chunk], size: int | None = None) -> bytes:
    """Return the file; its size is right unless one is given."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def _extended(draws: Draws) -> Chunk:
    """Return a header with flags and a size."""
    sides = [draws.choice((0, 36, 23, 255, 16383, 2**24 - 1)) for _ in range(2)]
    content = bytes([draws.integer(0, 255), 0, 0, 0])
    return b"VP8X", content + b"".join(side.to_bytes(3, "little") for side in sides)


def mutate(data: bytes, draws: Draws) -> bytes:
    """Return the file with one chunk changed."""
    chunks = split(data)
    if not chunks:
        return data + draws.take(8)
    at = draws.integer(0, len(chunks) - 1)
    kind, content = chunks[at]
    style = draws.integer(0, 8)
    size = None
    if style == 0:
        del chunks[at]
    elif style == 1:
        chunks.insert(at, chunks[draws.integer(0, len(chunks) - 1)])
    elif style == 2:
        chunks[at] = draws.choice(KINDS), content
    elif style == 3:
        chunks.insert(0, _extended(draws))
    elif style == 4:
        chunks.insert(at, (draws.choice(KINDS), draws.take(draws.integer(0, 40))))
    elif style == 5:
        chunks[at] = kind, content[: draws.integer(0, len(content))]
    elif style == 6:  # the header of the bit stream, which holds the size
        place = draws.integer(0, 9)
        chunks[at] = kind, content[:place] + draws.take(2) + content[place + 2 :]
    elif style == 7:
        place = draws.integer(0, len(content))
        chunks[at] = kind, content[:place] + draws.take(4) + content[place + 4 :]
    else:
        size = draws.choice((0, 4, 12, len(data), len(data) - 9, 2**31, 2**32 - 1))
    return joined(chunks, size)
