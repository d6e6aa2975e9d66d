"""JPEG files as segments and scans (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fuzz.draws import Draws

__all__ = ["Segment", "joined", "mutate", "split", "with_exif"]

SOI = b"\xff\xd8"
FRAMES, DHT, EOI, SOS, DQT, DNL, DRI, APP0, APP1, APP2, APP14, COM = (
    (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCA), 0xC4, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xE0, 0xE1,
    0xE2, 0xEE, 0xFE,
)  # fmt: skip
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass
class Segment:
    """A marker, what its length covers, and the entropy-coded data behind it."""

    marker: int
    content: bytes = b""
    scan: bytes = b""

    def stored(self) -> bytes:
        if self.marker in (0x01, EOI) or 0xD0 <= self.marker <= 0xD7:
            return bytes([0xFF, self.marker]) + self.scan
        length = min(len(self.content) + 2, 0xFFFF).to_bytes(2, "big")
        return bytes([0xFF, self.marker]) + length + self.content + self.scan


def split(data: bytes) -> tuple[list[Segment], bytes]:
    """Return the segments of a JPEG, and what follows them."""
    at, segments = 2, []
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0, 0xFF, EOI):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = Segment(data[at + 1], data[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
        if segment.marker == SOS:
            found = _SCAN_END.search(data, at)
            end = found.start() if found else len(data)
            segment.scan = data[at:end]
            at = end
        segments.append(segment)
    return segments, data[at:]


def joined(segments: list[Segment], rest: bytes) -> bytes:
    return SOI + b"".join(segment.stored() for segment in segments) + rest


def exif(orientation: int, order: str = "big") -> bytes:
    """Return an Exif block with nothing but an orientation."""
    start = b"MM\0*" if order == "big" else b"II*\0"
    numbers = ((8, 4), (1, 2), (274, 2), (3, 2), (1, 4), (orientation, 2), (0, 2), (0, 4))
    return start + b"".join(
        n.to_bytes(size, "big" if order == "big" else "little") for n, size in numbers
    )


def with_exif(data: bytes, orientation: int) -> bytes:
    segments, rest = split(data)
    return joined([Segment(APP1, b"Exif\0\0" + exif(orientation)), *segments], rest)


def _edited(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def _edit_frame(content: bytes, draws: Draws) -> bytes:
    """Change precision, size, number of components, a sampling factor or a table."""
    edge = draws.choice((0, 1, 8, 9, 16, 255, 256, 4000, 65500, 65535)).to_bytes(2, "big")
    style = draws.integer(0, 5)
    if style == 0:
        return _edited(content, 0, draws.choice((b"\0", b"\x08", b"\x0c", b"\x10")))
    if style in (1, 2):
        return _edited(content, 2 * style - 1, edge)
    if style == 3:
        count = draws.integer(0, 5)
        whole = content[:5] + bytes([count]) + (content[6:] * 5)[: 3 * count]
        return whole if draws.boolean() else _edited(content, 5, bytes([count]))
    component = draws.integer(0, 3)
    field = b"\x11\x12\x21\x22\x14\x41\x31\x33\x44\x00\x01\x10\x51\xff"
    if style == 4:
        return _edited(content, 7 + 3 * component, bytes([draws.choice(field)]))
    return _edited(content, 6 + 3 * component + 2 * draws.integer(0, 1), draws.take(1))


def _edit_tables(content: bytes, draws: Draws) -> bytes:
    """Change the numbers of codes, a symbol, the selector; repeat or cut the tables."""
    style = draws.integer(0, 5)
    if style == 0:
        return _edited(content, 0, draws.choice((b"\0", b"\1", b"\x03", b"\x10", b"\x13", b"\x20")))
    if style == 1:
        return _edited(content, draws.integer(1, 16), draws.take(1))
    if style == 2:
        return _edited(content, draws.integer(17, max(len(content) - 1, 17)), draws.take(1))
    if style == 3:
        return content * 2
    if style == 4:
        return content[: draws.integer(0, len(content))]
    return content[:1] + draws.take(16) + content[17:]


def _edit_scan_header(content: bytes, draws: Draws) -> bytes:
    """Change the components, their tables, the band or the bits of a scan."""
    count = content[0] if content else 0
    style = draws.integer(0, 3)
    if style == 0:
        chosen = bytes([draws.integer(0, 5)])
        return chosen + (content[1:3] * 5)[: 2 * chosen[0]] + content[1 + 2 * count :]
    if style == 1:
        at = 1 + draws.integer(0, max(2 * count - 1, 0))
        return _edited(content, at, bytes([draws.choice((0, 1, 2, 3, 4, 0x11, 0x22, 0x33, 0xFF))]))
    band = draws.choice(((0, 0), (1, 5), (0, 63), (1, 63), (6, 63), (63, 63), (64, 64), (5, 1)))
    bits = draws.choice((0x00, 0x01, 0x10, 0x21, 0x02, 0x0D, 0xDC, 0x0F, 0xFF))
    if style == 2:
        return content[: 1 + 2 * count] + bytes(band) + content[3 + 2 * count :]
    return content[: 3 + 2 * count] + bytes([bits])


def _edit_scan(scan: bytes, draws: Draws) -> bytes:
    """Change entropy-coded data: bits, stuffing, restart markers, length."""
    at = draws.integer(0, max(len(scan) - 1, 0))
    restarts = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", scan)]
    style = draws.integer(0, 8)
    if style == 0 and scan:
        return _edited(scan, at, bytes([scan[at] ^ 1 << draws.integer(0, 7)]))
    if style == 1:
        return scan[:at]
    if style == 2:
        return scan[:at] + bytes([0xFF, 0xD0 + draws.integer(0, 7)]) + scan[at:]
    if style == 3 and restarts:
        place = draws.choice(restarts)
        return _edited(scan, place + 1, bytes([0xD0 + draws.integer(0, 7)]))
    if style == 4 and restarts:
        place = draws.choice(restarts)
        return scan[:place] + scan[place + 2 :]
    if style == 5:
        return scan[:at] + draws.choice((b"\xff\0", b"\xff\xff", b"\0\0\0\0", b"\xff")) + scan[at:]
    if style == 6:
        return scan[:at] + scan[at + draws.integer(1, 40) :]
    if style == 7:
        return scan + scan[at:]
    return _edited(scan, at, draws.take(8))


def _new_segment(draws: Draws) -> Segment:
    style = draws.integer(0, 8)
    if style == 0:
        order = draws.choice(("big", "little"))
        block = exif(draws.choice((0, 1, 3, 6, 8, 9, 65535)), order)
        if draws.boolean():
            at = draws.integer(0, len(block) - 1)
            block = _edited(block, at, draws.take(2))
        return Segment(APP1, b"Exif\0\0" + block)
    if style == 1:
        return Segment(APP2, b"ICC_PROFILE\0" + draws.take(2) + b"profile")
    if style == 2:
        return Segment(APP14, b"Adobe\0d\0\0\0\0" + bytes([draws.choice((0, 1, 2, 3))]))
    if style == 3:
        return Segment(DRI, draws.choice((0, 1, 2, 3, 7, 65535)).to_bytes(2, "big"))
    if style == 4:
        return Segment(DNL, draws.choice((0, 1, 24, 65535)).to_bytes(2, "big"))
    if style == 5:
        return Segment(COM, draws.take(draws.integer(0, 40)))
    if style == 6:
        return Segment(DQT, bytes([draws.choice((0, 1, 3, 4, 0x10))]) + draws.take(64).ljust(64))
    if style == 7:
        return Segment(draws.integer(1, 0xFE), draws.take(draws.integer(0, 20)))
    header = bytes([1, draws.integer(1, 3), 0]) + bytes([*draws.choice(((1, 5), (0, 0))), 0])
    return Segment(SOS, header, draws.take(draws.integer(0, 40)).replace(b"\xff", b"\xff\0"))


def mutate(data: bytes, draws: Draws) -> bytes:
    """Return the file with one segment, table or scan changed."""
    segments, rest = split(data)
    if not segments:
        return data + draws.take(4)
    at = draws.integer(0, len(segments) - 1)
    style = draws.integer(0, 9)
    if style == 0:
        del segments[at]
    elif style == 1:
        segments.insert(at, segments[draws.integer(0, len(segments) - 1)])
    elif style == 2:
        other = draws.integer(0, len(segments) - 1)
        segments[at], segments[other] = segments[other], segments[at]
    elif style == 3:
        segments.insert(at, _new_segment(draws))
    elif style == 4:
        rest = draws.choice((b"", EOI.to_bytes(1, "big"), rest + rest, rest + draws.take(20)))
    else:
        # What has most to say is changed most often.
        wanted = draws.choice(((SOS,), (SOS,), (SOS,), (*FRAMES,), (DHT,), (DQT, DRI)))
        found = [segment for segment in segments if segment.marker in wanted]
        if not found:
            return joined(segments, rest)
        chosen = draws.choice(found)
        if chosen.marker == SOS and draws.integer(0, 2):
            chosen.scan = _edit_scan(chosen.scan, draws)
        elif chosen.marker == SOS:
            chosen.content = _edit_scan_header(chosen.content, draws)
        elif chosen.marker in FRAMES:
            if draws.chance(3):
                chosen.marker = draws.choice(FRAMES)
            else:
                chosen.content = _edit_frame(chosen.content, draws)
        else:
            chosen.content = _edit_tables(chosen.content, draws)
    return joined(segments, rest)
