"""PNG files as chunks (W3C PNG, third edition, clause 5)."""

from __future__ import annotations

import struct
import zlib

from fuzz.draws import Draws

__all__ = ["joined", "mutate", "seeds", "split"]

START = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_LARGEST = 2**20  # bytes that a chunk is expanded to here

Chunk = tuple[bytes, bytes]


def split(data: bytes) -> list[Chunk]:
    """Return the chunks, of the last what is there."""
    at, chunks = 8, []
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def stored(kind: bytes, content: bytes, *, right: bool = True) -> bytes:
    """Return a chunk with its checksum, right or wrong."""
    checksum = zlib.crc32(kind + content) ^ (not right)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def joined(chunks: list[Chunk]) -> bytes:
    return START + b"".join(stored(*chunk) for chunk in chunks)


def made(rows: int, cols: int, bits: int, color: int, *more: Chunk, interlaced: int = 0) -> bytes:
    """Return a PNG of any kind of pixels, which is noise."""
    line = (cols * bits * _CHANNELS[color] + 7) // 8
    rule = bytes((17 * k + k // 7) % 251 for k in range(rows * 4 * (line + 9)))
    lines = b"".join(bytes([row % 5]) + rule[row * line : (row + 1) * line] for row in range(rows))
    pixels = zlib.compress(bytes(len(lines) * 3) if interlaced else lines)
    header = struct.pack(">IIBBBBB", cols, rows, bits, color, 0, 0, interlaced)
    chunks = [(b"IHDR", header), *more, (b"IDAT", pixels), (b"IEND", b"")]
    return joined(chunks)


def seeds() -> tuple[bytes, ...]:
    """Return pictures of kinds that OpenCV does not write."""
    palette = (b"PLTE", bytes(range(48)))
    profile = (b"iCCP", b"name\0\0" + zlib.compress(bytes(3000)))
    return (
        made(9, 13, 1, 0),
        made(9, 13, 4, 3, palette, (b"tRNS", b"\0\x80")),
        made(9, 13, 8, 4, profile),
        made(9, 13, 16, 6, (b"eXIf", b"MM\0*\0\0\0\x08" + bytes(8))),
        made(9, 13, 8, 2, (b"zTXt", b"key\0\0" + zlib.compress(bytes(9000))), interlaced=1),
        made(9, 13, 8, 2, (b"acTL", struct.pack(">II", 2, 0)), (b"fcTL", bytes(26))),
    )


def _edit_header(content: bytes, draws: Draws) -> bytes:
    if len(content) != 13:
        return content
    fields = list(struct.unpack(">IIBBBBB", content))
    at = draws.integer(0, 6)
    sizes = (0, 1, 8, 13, 4096, 2**16, 2**20, 2**31 - 1, 2**31, 2**32 - 1)
    fields[at] = draws.choice(sizes if at < 2 else (0, 1, 2, 3, 4, 6, 8, 16, 255))
    return struct.pack(">IIBBBBB", *fields)


def _edit_stream(content: bytes, draws: Draws) -> bytes:
    """Change what a compressed stream expands to, and compress it again."""
    try:
        plain = bytearray(zlib.decompressobj().decompress(content, _LARGEST))
    except zlib.error:
        return content
    at = draws.integer(0, max(len(plain) - 1, 0))
    style = draws.integer(0, 3)
    if style == 0:
        plain[at : at + 1] = draws.take(1)
    elif style == 1:
        del plain[at:]
    elif style == 2:
        plain += plain[at:]
    else:
        plain += bytes(draws.choice((1, 1000, 100_000)))
    packed = zlib.compress(bytes(plain), draws.integer(0, 9))
    return packed[:-4] if draws.chance(5) else packed


def _new_chunk(draws: Draws) -> Chunk:
    kind = draws.choice(
        (b"eXIf", b"zTXt", b"iTXt", b"tEXt", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"tRNS", b"PLTE",
         b"gAMA", b"sBIT", b"bKGD", b"cHRM", b"sRGB", b"pHYs", b"CgBI", b"QQQQ", b"qqQq", b"IEND",
         b"IDAT", b"IHDR", b"q0Qq"),
    )  # fmt: skip
    content = draws.take(draws.integer(0, 60))
    if kind in (b"zTXt", b"iCCP"):
        bomb = zlib.compress(bytes(draws.choice((10, 10**5, 9 * 10**6))))
        content = b"key\0" + draws.choice((b"\0", b"\1", b"")) + draws.choice((bomb, bomb[:-7]))
    elif kind == b"iTXt":
        content = b"key\0\1\0en\0key\0" + zlib.compress(content)
    elif kind == b"eXIf":
        content = draws.choice((b"Exif\0\0", b"")) + draws.choice((b"II*\0", b"MM\0*")) + content
    return kind, content


def mutate(data: bytes, draws: Draws) -> bytes:
    """Return the file with one chunk changed; checksums are right nine times of ten."""
    chunks = split(data)
    if not chunks:
        return data + draws.take(12)
    at = draws.integer(0, len(chunks) - 1)
    kind, content = chunks[at]
    style = draws.integer(0, 8)
    if style == 0:
        del chunks[at]
    elif style == 1:
        chunks.insert(at, chunks[draws.integer(0, len(chunks) - 1)])
    elif style == 2:
        other = draws.integer(0, len(chunks) - 1)
        chunks[at], chunks[other] = chunks[other], chunks[at]
    elif style == 3:
        chunks.insert(draws.integer(0, len(chunks)), _new_chunk(draws))
    elif style == 4:
        cut = draws.integer(0, len(content))
        chunks[at : at + 1] = [(kind, content[:cut]), (kind, content[cut:])]
    elif style == 5:
        chunks[at] = kind, content[: draws.integer(0, len(content))]
    elif style == 6:
        chunks[0] = chunks[0][0], _edit_header(chunks[0][1], draws)
    else:
        streams = [k for k, chunk in enumerate(chunks) if chunk[0] == b"IDAT"] or [at]
        place = draws.choice(streams)
        chunks[place] = chunks[place][0], _edit_stream(chunks[place][1], draws)
    if not draws.chance(10):
        return joined(chunks)
    wrong = draws.integer(0, max(len(chunks) - 1, 0))
    return START + b"".join(stored(*each, right=k != wrong) for k, each in enumerate(chunks))
