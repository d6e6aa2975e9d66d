"""BMP files: header fields, palette, rows."""

from __future__ import annotations

import struct

from fuzz.draws import Draws

__all__ = ["made", "mutate", "seeds"]

# Offset and size of what the headers say.
FIELDS = (
    (2, 4), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 4), (34, 4), (46, 4),
    (50, 4),
)  # fmt: skip
VALUES = (
    0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 40, 54, 56, 64, 108, 124, 255, 256, 4096, 32768, 65535,
    2**31 - 1, 2**31, 2**32 - 24, 2**32 - 1,
)  # fmt: skip


def made(rows: int, cols: int, bits: int, *, compression: int = 0, header: int = 40) -> bytes:
    """Return a BMP with a palette where it has at most 8 bits; rows below 0 go downwards."""
    palette = bytes(k * 5 % 256 for k in range(4 * 2**bits)) if bits <= 8 else b""
    masks = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF) if compression == 3 else b""
    fields = struct.pack("<IiiHHIIiiII", header, cols, rows, 1, bits, compression, 0, 0, 0, 0, 0)
    above = fields.ljust(header, b"\0") + masks + palette
    pixels = bytes(k * 3 % 256 for k in range((cols * bits + 31) // 32 * 4 * abs(rows)))
    sizes = struct.pack("<IHHI", 14 + len(above) + len(pixels), 0, 0, 14 + len(above))
    return b"BM" + sizes + above + pixels


def seeds() -> tuple[bytes, ...]:
    return (
        made(5, 9, 1),
        made(5, 9, 4),
        made(-5, 9, 8),
        made(5, 9, 16),
        made(5, 9, 32, compression=3),
        made(5, 9, 24, header=124),
    )


def mutate(data: bytes, draws: Draws) -> bytes:
    """Return the file with one field changed, or its palette or pixels."""
    style = draws.integer(0, 3)
    if style == 0 and len(data) > 54:
        at = draws.integer(54, len(data) - 1)
        return draws.choice((data[:at], data[:at] + draws.take(8) + data[at + 8 :]))
    at, size = draws.choice(FIELDS)
    value = draws.choice(VALUES) % 256**size
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]
