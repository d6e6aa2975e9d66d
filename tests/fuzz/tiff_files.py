"""TIFF files as directories of entries (TIFF 6.0, and BigTIFF), in both byte orders."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from fuzz.draws import Draws

__all__ = ["Directory", "made", "mutate", "parsed", "seeds"]

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 11: 4, 12: 8, 13: 4, 16: 8, 18: 8}
TAGS = (
    254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 317, 318, 320, 322, 323, 324,
    325, 330, 338, 339, 340, 347, 530, 532, 33432, 34665, 34675, 50706, 65000,
)  # fmt: skip
OFFSETS, COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
VALUES = (0, 1, 2, 3, 4, 5, 6, 8, 16, 32, 255, 4096, 32773, 65535, 2**16, 2**31, 2**32 - 1)


@dataclass
class Directory:
    """The first page: entries as [tag, type, values], and the bytes of its strips or tiles."""

    order: Literal["little", "big"] = "little"
    big: bool = False  # BigTIFF
    entries: list[tuple[int, int, list[int]]] = field(default_factory=list)
    strips: list[bytes] = field(default_factory=list)


def parsed(data: bytes) -> Directory | None:
    """Return the first page of a TIFF; None where the file does not hold it."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        if at + size > len(data):
            raise ValueError("outside")
        return int.from_bytes(data[at : at + size], order)

    try:
        big = number(2, 2) == 43
        word, count_size, entry_size = (8, 8, 20) if big else (4, 2, 12)
        first = number(8 if big else 4, word)
        found = Directory(order, big)
        for index in range(min(number(first, count_size), 60)):
            at = first + count_size + index * entry_size
            tag, kind, count = number(at, 2), number(at + 2, 2), number(at + 4, word)
            size, place = SIZES.get(kind, 1), at + 4 + word
            if size * count > word:
                place = number(place, word)
            values = [number(place + k * size, size) for k in range(min(count, 1000))]
            found.entries.append((tag, kind, values))
    except ValueError:
        return None
    entries = {tag: values for tag, _, values in found.entries}
    for places, sizes in ((OFFSETS, COUNTS), (TILE_OFFSETS, TILE_COUNTS)):
        for offset, size in zip(entries.get(places, ()), entries.get(sizes, ()), strict=False):
            found.strips.append(data[offset : offset + size])
    return found


def stored(page: Directory, *, keep_offsets: bool = False) -> bytes:
    """Return the file: header, strips, values, directory.

    The offsets and sizes of strips are those of the strips, unless they are kept.
    """
    order, word = page.order, 8 if page.big else 4
    start = b"II" if order == "little" else b"MM"
    out = bytearray(start + (43 if page.big else 42).to_bytes(2, order))
    if page.big:
        out += (8).to_bytes(2, order) + bytes(2)
    pointer = len(out)
    out += bytes(word)
    places = []
    for strip in page.strips:
        places.append(len(out))
        out += strip
    sizes = [len(strip) for strip in page.strips]
    table = bytearray()
    for tag, kind, values in page.entries:
        if not keep_offsets and places and tag in (OFFSETS, TILE_OFFSETS):
            values = places
        elif not keep_offsets and sizes and tag in (COUNTS, TILE_COUNTS):
            values = sizes
        size = SIZES.get(kind, 1)
        raw = b"".join((n % 256**size).to_bytes(size, order) for n in values)
        if len(raw) > word:
            out += bytes(len(out) % 2)
            at, raw = len(out).to_bytes(word, order), raw
            out += raw
            raw = at
        table += tag.to_bytes(2, order) + kind.to_bytes(2, order)
        table += len(values).to_bytes(word, order) + raw.ljust(word, b"\0")
    out += bytes(len(out) % 2)
    out[pointer : pointer + word] = len(out).to_bytes(word, order)
    out += len(page.entries).to_bytes(8 if page.big else 2, order) + table + bytes(word)
    return bytes(out)


def made(
    rows: int,
    cols: int,
    *,
    order: Literal["little", "big"] = "little",
    big: bool = False,
    bits: int = 8,
    samples: int = 3,
    photometric: int = 2,
    more: Sequence[tuple[int, int, list[int]]] = (),
    tile: int = 0,
) -> bytes:
    """Return an uncompressed TIFF in strips of four rows, or in tiles."""
    height, width = (tile, tile) if tile else (4, cols)
    count = -(-rows // height) * (-(-cols // width))
    line = (width * bits * samples + 7) // 8
    strips = [bytes((k * 7 + s) % 256 for k in range(line * height)) for s in range(count)]
    place, size = (TILE_OFFSETS, TILE_COUNTS) if tile else (OFFSETS, COUNTS)
    entries = [
        (256, 3, [cols]), (257, 3, [rows]), (258, 3, [bits] * samples), (259, 3, [1]),
        (262, 3, [photometric]), (277, 3, [samples]), (place, 4, [0] * count),
        (size, 4, [0] * count), *more,
    ]  # fmt: skip
    entries += [(322, 3, [tile]), (323, 3, [tile])] if tile else [(278, 3, [height])]
    return stored(Directory(order, big, sorted(entries), strips))


def seeds() -> tuple[bytes, ...]:
    """Return pages of kinds that OpenCV does not write."""
    palette = (320, 3, [257 * (k % 256) for k in range(768)])
    return (
        made(9, 13, order="big", more=[(274, 3, [6])]),
        made(9, 13, big=True),
        made(9, 13, order="big", big=True, samples=1, photometric=1, more=[(34675, 7, [1, 2, 3])]),
        made(20, 20, tile=32),
        made(9, 13, samples=4, more=[(338, 3, [2])]),
        made(9, 13, samples=1, photometric=3, more=[palette]),
        made(9, 13, samples=4, photometric=5),
        made(9, 13, samples=1, bits=1, photometric=0),
        made(9, 13, samples=3, bits=16, order="big"),
    )


def _packed(strip: bytes) -> bytes:
    """Return PackBits of literal runs."""
    parts = [strip[at : at + 128] for at in range(0, len(strip), 128)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts)


def _edit_entry(page: Directory, at: int, draws: Draws) -> None:
    tag, kind, values = page.entries[at]
    style = draws.integer(0, 4)
    if style == 0:
        kind = draws.choice((*SIZES, 0, 10, 17, 65535))
    elif style == 1:
        tag = draws.choice(TAGS)
    elif style == 2:
        values = values[: draws.integer(0, len(values))]
    elif style == 3:
        values = (values * 4)[: draws.choice((1, 2, 3, 4, 5, 1000))]
    elif values:
        place = draws.integer(0, len(values) - 1)
        values = [*values[:place], draws.choice(VALUES), *values[place + 1 :]]
    page.entries[at] = tag, kind, values


def mutate(data: bytes, draws: Draws) -> bytes:
    """Return the file with one entry, offset or strip changed, or in the other byte order."""
    page = parsed(data)
    if page is None or not page.entries:
        return data + draws.take(8)
    at = draws.integer(0, len(page.entries) - 1)
    style = draws.integer(0, 10)
    keep = False
    if style <= 2:
        _edit_entry(page, at, draws)
    elif style == 3:
        del page.entries[at]
    elif style == 4:
        page.entries.insert(at, page.entries[draws.integer(0, len(page.entries) - 1)])
    elif style == 5:
        values = [draws.choice(VALUES) for _ in range(draws.integer(0, 3))]
        page.entries.insert(at, (draws.choice(TAGS), draws.choice((1, 3, 4, 7, 16)), values))
    elif style == 6:
        page.order = "big" if page.order == "little" else "little"
    elif style == 7:
        page.big = not page.big
    elif style == 8 and page.strips:
        place = draws.integer(0, len(page.strips) - 1)
        strip = page.strips[place]
        cut = draws.integer(0, len(strip))
        page.strips[place] = draws.choice(
            (strip[:cut], strip[:cut] + draws.take(3) + strip[cut + 3 :], strip + strip[cut:])
        )
    elif style == 9:  # the entries of strips point elsewhere
        keep = True
        _edit_entry(page, at, draws)
    else:
        page.strips = [_packed(strip) for strip in page.strips]
        page.entries = [(tag, kind, [32773] if tag == 259 else v) for tag, kind, v in page.entries]
    changed = stored(page, keep_offsets=keep)
    if draws.chance(8):  # the next page: this one, nothing, or anywhere
        word = 8 if page.big else 4
        first = changed[8:16] if page.big else changed[4:8]
        target = draws.choice((first, draws.take(2).rjust(word, b"\0"), struct.pack("<Q", 8)))
        changed = changed[:-word] + target[:word].ljust(word, b"\0")
    return changed
