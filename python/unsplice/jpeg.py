"""What a JPEG says of itself: size, tables, sampling, colors, orientation; no pixel is decoded.

Markers are those of ITU-T T.81 (JPEG), JFIF, Exif 2.32 and ICC.1 annex B.4. Whether the scans hold
every block of the picture is a question to the core (`_core.check_jpeg_scan`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import whole_number
from unsplice.errors import ImageError
from unsplice.limits import MOST_SCANS

__all__ = [
    "ZIGZAG",
    "ColorSpace",
    "JpegHeader",
    "parse_jpeg",
    "read_orientation",
    "standard_tables",
]

ColorSpace = Literal["gray", "ycbcr", "rgb", "cmyk", "ycck"]

# (row, col) of the k-th coefficient of the zigzag sequence (T.81, figure A.6): along the
# diagonals, upwards and downwards in turn.
ZIGZAG: Final = np.array(
    sorted(
        ((row, col) for row in range(8) for col in range(8)),
        key=lambda at: (sum(at), at[sum(at) % 2 - 1]),
    )
)

# T.81, tables K.1 and K.2: rows are vertical frequencies.
_LUMA: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA: Final = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)

_SOI, _EOI, _SOS, _DQT, _APP1, _APP2, _APP14 = 0xD8, 0xD9, 0xDA, 0xDB, 0xE1, 0xE2, 0xEE
_BASELINE, _EXTENDED, _PROGRESSIVE, _DHT, _JPG, _DAC = 0xC0, 0xC1, 0xC2, 0xC4, 0xC8, 0xCC
_UNSUPPORTED: Final = {
    **dict.fromkeys((0xC3, 0xC7, 0xCB, 0xCF), "lossless JPEG"),
    **dict.fromkeys((0xC5, 0xC6, 0xDE), "hierarchical JPEG"),
    **dict.fromkeys((0xC9, 0xCA, 0xCD, 0xCE, _DAC), "JPEG with arithmetic coding"),
    0xF7: "JPEG-LS",
}

# In entropy-coded data an FF is followed by 00 (stuffing) or a restart marker; anything else, after
# any number of fill bytes FF, ends the scan.
_SCAN_END: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass(frozen=True, eq=False)
class JpegHeader:
    """What the markers of a JPEG say.

    Attributes
    ----------
    rows, cols : int
        Stored size, before any rotation.
    precision : int
        Bits per sample; always 8 here.
    progressive : bool
        Whether the coefficients come in successive approximations.
    scans : int
        Number of start-of-scan markers.
    components : int
        1, 3 or 4.
    sampling : tuple of (int, int)
        Horizontal and vertical sampling factor of each component.
    quantization : tuple of (8, 8) arrays of uint16
        One table per component; rows are vertical, columns horizontal frequencies.
    color_space : {"gray", "ycbcr", "rgb", "cmyk", "ycck"}
        What the components mean, by the rules that decoders follow.
    orientation : int
        Exif orientation, 1 to 8; 1 where there is none.
    exif_readable : bool
        False where an Exif block is there and damaged.
    icc_sha256 : str or None
        Hash of the embedded ICC profile.
    trailing_bytes : int
        Bytes after the end marker.
    has_end_marker : bool
        False where the file stops without one.
    exif : bytes or None
        The Exif block, from its TIFF header on.
    """

    rows: int
    cols: int
    precision: int
    progressive: bool
    scans: int
    components: int
    sampling: tuple[tuple[int, int], ...]
    quantization: tuple[NDArray[np.uint16], ...] = field(repr=False)
    color_space: ColorSpace
    orientation: int
    exif_readable: bool
    icc_sha256: str | None
    trailing_bytes: int
    has_end_marker: bool
    exif: bytes | None = field(default=None, repr=False)

    @property
    def subsampling(self) -> str | None:
        """Chroma subsampling such as "4:2:0"; None for gray.

        Sampling without a common name is given as factors: "2x2,1x2,1x1".
        """
        if self.components == 1:
            return None
        first, second, third = self.sampling[:3]
        if second == third and first[0] % second[0] == 0 and first[1] % second[1] == 0:
            ratio = (first[0] // second[0], first[1] // second[1])
            names = {
                (1, 1): "4:4:4",
                (2, 1): "4:2:2",
                (2, 2): "4:2:0",
                (1, 2): "4:4:0",
                (4, 1): "4:1:1",
                (4, 2): "4:1:0",
                (1, 4): "4:4:1",
            }
            if ratio in names:
                return names[ratio]
        return ",".join(f"{h}x{v}" for h, v in self.sampling)


def standard_tables(quality: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return the quantization tables that libjpeg, and what is built on it, uses for a quality.

    The example tables of ITU-T T.81, annex K.1, scaled the way of the Independent JPEG Group and
    kept in 1..255.

    Parameters
    ----------
    quality : int
        1 to 100.

    Returns
    -------
    luma, chroma : (8, 8) arrays of uint16
        Rows are vertical, columns horizontal frequencies.

    Raises
    ------
    TypeError
        If `quality` is no whole number.
    ValueError
        If `quality` is not in 1..100.

    Examples
    --------
    >>> luma, chroma = standard_tables(75)
    >>> luma[0]
    array([ 8,  6,  5,  8, 12, 20, 26, 31], dtype=uint16)
    """
    number = whole_number(quality, "quality", 1, 100)
    percent = 5000 // number if number < 50 else 200 - 2 * number
    luma, chroma = (
        np.clip((np.array(base, np.int64) * percent + 50) // 100, 1, 255).astype(np.uint16)
        for base in (_LUMA, _CHROMA)
    )
    return luma, chroma


def read_orientation(exif: bytes) -> int:
    """Return the orientation (1 to 8) of an Exif block that starts with its TIFF header.

    Raises
    ------
    ValueError
        If the block is damaged.
    """
    order: Literal["little", "big"]
    if exif[:4] == b"II*\0":
        order = "little"
    elif exif[:4] == b"MM\0*":
        order = "big"
    else:
        raise ValueError("no TIFF header")

    def number(at: int, size: int) -> int:
        if at + size > len(exif):
            raise ValueError("the directory leaves the block")
        return int.from_bytes(exif[at : at + size], order)

    directory = number(4, 4)
    for entry in range(number(directory, 2)):
        at = directory + 2 + 12 * entry
        if number(at, 2) == 274:  # SHORT, count 1
            value = number(at + 8, 2) if number(at + 2, 2) == 3 else 0
            # Other values occur, mean nothing, and are ignored by viewers.
            return value if 1 <= value <= 8 else 1
        number(at, 12)
    return 1


def parse_jpeg(data: bytes, *, name: str = "JPEG data") -> JpegHeader:
    """Read the markers of a JPEG.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What messages call it; a path where there is one.

    Returns
    -------
    JpegHeader
        Size, tables, sampling, colors, orientation and what surrounds the picture.

    Raises
    ------
    ImageError
        E111 or E114 where the data does not start as a JPEG, E113 for kinds of JPEG that are not
        supported, E115 without pixels, E120 where the header is cut off, E121 where it is corrupt,
        E132 with more than 100 scans.

    Examples
    --------
    >>> import cv2, numpy as np
    >>> _, data = cv2.imencode(".jpg", np.zeros((30, 40, 3), np.uint8))
    >>> header = parse_jpeg(data.tobytes())
    >>> header.rows, header.cols, header.subsampling, header.scans
    (30, 40, '4:2:0', 1)
    """
    return _Parser(data, name).parse()


class _Parser:
    """One walk over the markers."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.kind = 0  # marker of the frame, 0 before it
        self.rows = self.cols = 0
        self.identifiers: list[int] = []
        self.sampling: list[tuple[int, int]] = []
        self.selectors: list[int] = []
        self.tables: dict[int, NDArray[np.uint16]] = {}
        self.used: dict[int, NDArray[np.uint16]] = {}  # component -> table at its first scan
        self.scans = 0
        self.jfif = False
        self.transform: int | None = None  # of the Adobe segment
        self.exif: bytes | None = None
        self.profile: dict[int, bytes] = {}

    def truncated(self, detail: str) -> ImageError:
        return ImageError("E120", path=self.name, detail=detail)

    def corrupt(self, detail: str) -> ImageError:
        return ImageError("E121", path=self.name, detail=detail)

    def unsupported(self, kind: str) -> ImageError:
        return ImageError("E113", path=self.name, kind=kind)

    def parse(self) -> JpegHeader:
        data = self.data
        if data[:2] != b"\xff\xd8":
            start = data.find(b"\xff\xd8\xff")
            if start > 0:
                raise ImageError("E114", path=self.name, offset=start)
            raise ImageError("E111", path=self.name, content="no JPEG start marker")
        at, ended = 2, False
        while True:
            at, marker = self.next_marker(at)
            if marker is None:
                break
            if marker == _EOI:
                ended = True
                break
            segment = self.segment(at, marker)
            at += 2 + len(segment)
            self.take(marker, segment)
            if marker == _SOS:
                found = _SCAN_END.search(data, at)
                at = found.start() if found else len(data)
        if not self.kind:
            raise self.truncated("the data ends before the size is given")
        if not self.scans:
            raise self.truncated(f"no pixel data: row 0 of {self.rows}")
        for component in range(len(self.sampling)):
            if component not in self.used:
                raise self.truncated(f"color component {component + 1} has no data")
        orientation, readable = 1, True
        if self.exif is not None:
            try:
                orientation = read_orientation(self.exif)
            except ValueError:
                readable = False
        icc = b"".join(self.profile[index] for index in sorted(self.profile))
        return JpegHeader(
            rows=self.rows,
            cols=self.cols,
            precision=8,
            progressive=self.kind == _PROGRESSIVE,
            scans=self.scans,
            components=len(self.sampling),
            sampling=tuple(self.sampling),
            quantization=tuple(self.used[index] for index in range(len(self.sampling))),
            color_space=self.color_space(),
            orientation=orientation,
            exif_readable=readable,
            icc_sha256=hashlib.sha256(icc).hexdigest() if icc else None,
            trailing_bytes=len(data) - at if ended else 0,
            has_end_marker=ended,
            exif=self.exif,
        )

    def next_marker(self, at: int) -> tuple[int, int | None]:
        """Return the next marker and the place after it; None where the data ends."""
        data = self.data
        start = at
        while at < len(data) and data[at] == 0xFF:
            at += 1
        if at == len(data):
            return at, None
        if at == start:
            following = _SCAN_END.search(data, at)
            count = (following.start() if following else len(data)) - at
            raise self.corrupt(f"{count} extraneous bytes at byte {at}")
        return at + 1, data[at]

    def segment(self, at: int, marker: int) -> bytes:
        """Return the content of the segment whose length field is at `at`."""
        if marker == _SOI:
            raise self.corrupt(f"a second start marker at byte {at - 2}")
        if marker < _BASELINE or 0xD0 <= marker <= 0xD7 or 0xF0 <= marker < 0xF7 or marker == _JPG:
            raise self.corrupt(f"invalid marker 0x{marker:02x} at byte {at - 2}")
        length = int.from_bytes(self.data[at : at + 2], "big")
        if at + max(length, 2) > len(self.data):
            where = f"after {self.scans} scans" if self.scans else "before any pixel data"
            raise self.truncated(f"the header ends {where}")
        if length < 2:
            raise self.corrupt(f"segment of length {length} at byte {at}")
        return self.data[at + 2 : at + length]

    def take(self, marker: int, segment: bytes) -> None:
        if marker in _UNSUPPORTED:
            raise self.unsupported(_UNSUPPORTED[marker])
        if marker in (_BASELINE, _EXTENDED, _PROGRESSIVE):
            self.take_frame(marker, segment)
        elif marker == _DQT:
            self.take_tables(segment)
        elif marker == _SOS:
            self.take_scan(segment)
        elif marker == 0xE0 and segment[:5] == b"JFIF\0":
            self.jfif = True
        elif marker == _APP14 and segment[:5] == b"Adobe" and len(segment) >= 12:
            self.transform = segment[11]
        elif marker == _APP1 and segment[:6] == b"Exif\0\0" and self.exif is None:
            self.exif = segment[6:]
        elif marker == _APP2 and segment[:12] == b"ICC_PROFILE\0" and len(segment) > 14:
            self.profile.setdefault(segment[12], segment[14:])

    def take_frame(self, marker: int, segment: bytes) -> None:
        if self.kind:
            raise self.corrupt("two frame headers")
        if len(segment) < 6 or len(segment) != 6 + 3 * segment[5]:
            raise self.corrupt(f"frame header of {len(segment)} bytes")
        if segment[0] != 8:
            raise self.unsupported(f"{segment[0]}-bit JPEG")
        self.rows = int.from_bytes(segment[1:3], "big")
        self.cols = int.from_bytes(segment[3:5], "big")
        if not self.rows or not self.cols:
            raise ImageError("E115", path=self.name, rows=self.rows, cols=self.cols)
        if segment[5] not in (1, 3, 4):
            raise self.unsupported(f"JPEG with {segment[5]} color components")
        for at in range(6, len(segment), 3):
            identifier, factors, selector = segment[at : at + 3]
            horizontal, vertical = factors >> 4, factors & 15
            if not (1 <= horizontal <= 4 and 1 <= vertical <= 4):
                raise self.corrupt(f"sampling factors {horizontal}x{vertical}")
            if identifier in self.identifiers:
                raise self.corrupt(f"color component {identifier} twice")
            if selector > 3:
                raise self.corrupt(f"quantization table {selector}")
            self.identifiers.append(identifier)
            self.sampling.append((horizontal, vertical))
            self.selectors.append(selector)
        self.kind = marker

    def take_tables(self, segment: bytes) -> None:
        at = 0
        while at < len(segment):
            wide, selector = segment[at] >> 4, segment[at] & 15
            size = 64 * (wide + 1)
            if wide > 1 or selector > 3 or at + 1 + size > len(segment):
                raise self.corrupt("invalid quantization table")
            values = np.frombuffer(segment, ">u2" if wide else "u1", 64, at + 1)
            if not values.all():
                raise self.corrupt("quantization step of 0")
            table = np.empty((8, 8), np.uint16)
            table[ZIGZAG[:, 0], ZIGZAG[:, 1]] = values
            table.flags.writeable = False
            self.tables[selector] = table
            at += 1 + size

    def take_scan(self, segment: bytes) -> None:
        if not self.kind:
            raise self.corrupt("a scan before the frame header")
        if not segment or len(segment) != 4 + 2 * segment[0]:
            raise self.corrupt(f"scan header of {len(segment)} bytes")
        self.scans += 1
        if self.scans > MOST_SCANS:
            raise ImageError(
                "E132", path=self.name, scans=self.data.count(b"\xff\xda"), limit=MOST_SCANS
            )
        for identifier in segment[1:-3:2]:
            if identifier not in self.identifiers:
                raise self.corrupt(f"a scan of the unknown color component {identifier}")
            component = self.identifiers.index(identifier)
            if component in self.used:
                continue
            if self.selectors[component] not in self.tables:
                raise self.corrupt(f"quantization table {self.selectors[component]} is missing")
            self.used[component] = self.tables[self.selectors[component]]

    def color_space(self) -> ColorSpace:
        """Tell what the components mean, by the rules of libjpeg's default_decompress_parms."""
        if len(self.sampling) == 1:
            return "gray"
        if len(self.sampling) == 4:
            return "ycck" if self.transform == 2 else "cmyk"
        if self.jfif:
            return "ycbcr"
        if self.transform is not None:
            return "rgb" if self.transform == 0 else "ycbcr"
        return "rgb" if bytes(self.identifiers) == b"RGB" else "ycbcr"
