"""TIFF files: the first directory and its strips or tiles (TIFF 6.0, and BigTIFF)."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final, Literal

from unsplice import _core
from unsplice.errors import ImageError, Notice
from unsplice.formats.container import Container, implausible, require_size
from unsplice.limits import MOST_PAGES, MOST_PIXELS_A_BYTE

__all__ = ["inspect_tiff"]

_KIND_OF_PAGE, _RAW_VERSION = 254, 50706
_COLS, _ROWS, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES = 273, 274, 277, 278, 279
_PLANES, _PREDICTOR, _PALETTE = 284, 317, 320
_TILE_COLS, _TILE_ROWS, _TILE_OFFSETS, _TILE_SIZES = 322, 323, 324, 325
_EXTRA, _SAMPLE_FORMAT, _PROFILE = 338, 339, 34675

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 13: 4, 16: 8, 18: 8}  # of the types that matter
_COMPRESSIONS: Final = {
    2: "CCITT (fax) compression",
    3: "CCITT (fax) compression",
    4: "CCITT (fax) compression",
    6: "old JPEG compression",
    7: "JPEG compression",
    33003: "JPEG 2000 compression",
    34712: "JPEG 2000 compression",
    34887: "LERC compression",
    34925: "LZMA compression",
    50000: "Zstandard compression",
    50001: "WebP compression",
    50002: "JPEG XL compression",
}
_NONE, _LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS = 1, 5, 8, 32946, 32773
# Photometric interpretation: name, samples a pixel, bits a sample.
_KINDS: Final = {
    0: ("gray", 1, (1, 8, 16)),
    1: ("gray", 1, (1, 8, 16)),
    2: ("RGB", 3, (8, 16)),
    3: ("palette", 1, (8,)),
    5: ("CMYK", 4, (8,)),
}


@dataclass
class _Directory:
    """Tags of the first page: values, and where the values stand in the file."""

    order: Literal["little", "big"]
    values: dict[int, tuple[int, ...]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    profile: bytes = b""
    pages: int = 1

    def one(self, tag: int, default: int) -> int:
        return self.values.get(tag, (default,))[0]


def inspect_tiff(data: bytes, name: str, max_pixels: int) -> Container:
    """Check that the first page of a TIFF is of a kind that OpenCV reads right, and complete."""
    directory = _read_directory(data, name)
    if not directory.values.keys() >= {_ROWS, _COLS}:
        raise _damaged(name, "the directory does not give the size")
    rows, cols = directory.one(_ROWS, 0), directory.one(_COLS, 0)
    require_size(rows, cols, name, max_pixels)
    kind, bits = _require_kind(directory, name)
    _require_strips(directory, data, name)

    container = Container(format="TIFF", data=data, rows=rows, cols=cols, gray=kind == "gray")
    notices = container.notices
    patched = bytearray()
    orientation = directory.one(_ORIENTATION, 1)
    if 2 <= orientation <= 8:
        # OpenCV rotates TIFF whatever it is told, so it gets to see a copy with orientation 1.
        container.orientation = orientation
        patched = patched or bytearray(data)
        _patch(patched, directory, _ORIENTATION, 1)
    if directory.values.get(_EXTRA, ())[:1] == (2,):
        # OpenCV multiplies colors by unassociated alpha; it leaves associated alpha alone.
        patched = patched or bytearray(data)
        _patch(patched, directory, _EXTRA, 1)
    if patched:
        container.data = bytes(patched)
    container.drop_alpha = kind == "CMYK"
    if kind == "CMYK":
        notices.append(Notice.of("W204", format="TIFF"))
    if kind == "palette" or bits == 1:
        notices.append(Notice.of("W206", kind="palette" if kind == "palette" else "1-bit"))
    if directory.pages > 1:
        notices.append(Notice.of("N303", pages=directory.pages))
    container.note_orientation()
    if bits == 16:
        notices.append(Notice.of("N302"))
    if directory.profile:
        digest = hashlib.sha256(directory.profile).hexdigest()
        notices.append(Notice.of("N305", sha256=digest))
    return container


def _patch(data: bytearray, directory: _Directory, tag: int, value: int) -> None:
    """Overwrite a SHORT that stands in its directory entry."""
    place = directory.places[tag]
    data[place : place + 2] = value.to_bytes(2, directory.order)


def _damaged(name: str, detail: str) -> ImageError:
    return ImageError("E123", path=name, format="TIFF", detail=detail)


def _read_directory(data: bytes, name: str) -> _Directory:
    big = data[2:4] in (b"+\0", b"\0+")
    directory = _Directory("little" if data[:2] == b"II" else "big")
    word, count_size, entry_size = (8, 8, 20) if big else (4, 2, 12)

    def number(at: int, size: int) -> int:
        if at + size > len(data):
            raise _damaged(name, f"the directory leaves the file at byte {at}")
        return int.from_bytes(data[at : at + size], directory.order)

    first = number(8, 8) if big else number(4, 4)
    if first < 8:
        raise _damaged(name, "no directory")
    for index in range(number(first, count_size)):
        at = first + count_size + entry_size * index
        tag, kind, count = number(at, 2), number(at + 2, 2), number(at + 4, word)
        place = at + 4 + word
        size = _SIZES.get(kind)
        number(place, word)
        if tag in _NEEDED:
            _require_entry(tag, kind, count, tag in directory.values, name)
        if size is None:
            continue
        if size * count > word:
            place = number(place, word)
        if place + size * count > len(data):
            # Private tags may point nowhere; the picture does not need them.
            if tag in _NEEDED:
                raise _damaged(name, f"values of tag {tag} lie outside of the file")
            continue
        if tag == _PROFILE:
            directory.profile = data[place : place + count]
        elif tag in _NEEDED and count:
            order = "<" if directory.order == "little" else ">"
            code = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
            directory.values[tag] = struct.unpack_from(f"{order}{count}{code}", data, place)
            directory.places[tag] = place
    seen = {first}
    following = first
    while len(seen) < MOST_PAGES:
        at = following + count_size + entry_size * number(following, count_size)
        following = int.from_bytes(data[at : at + word], directory.order)
        if following in seen or not 8 <= following <= len(data) - count_size:
            break
        seen.add(following)
    directory.pages = len(seen)
    return directory


def _require_entry(tag: int, kind: int, count: int, again: bool, name: str) -> None:
    """Refuse what decoders pass over, to take another value than that which is checked here."""
    places = (_STRIP_OFFSETS, _STRIP_SIZES, _TILE_OFFSETS, _TILE_SIZES)
    if again:
        raise _damaged(name, f"tag {tag} stands there twice")
    if kind not in ((3, 4, 16) if tag in places else (1, 3, 4, 16)):
        raise _damaged(name, f"values of tag {tag} are of type {kind}")
    if tag in _SINGLE and count != 1:
        raise _damaged(name, f"tag {tag} has {count} values")


_SINGLE: Final = frozenset(
    {
        *(_COLS, _ROWS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP),
        *(_PLANES, _PREDICTOR, _TILE_COLS, _TILE_ROWS, _KIND_OF_PAGE),
    }
)
_NEEDED: Final = frozenset(
    {
        *(_COLS, _ROWS, _BITS, _COMPRESSION, _PHOTOMETRIC),
        *(_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES),
        *(_PLANES, _PREDICTOR, _PALETTE, _TILE_COLS, _TILE_ROWS, _TILE_OFFSETS, _TILE_SIZES),
        *(_EXTRA, _SAMPLE_FORMAT, _KIND_OF_PAGE, _RAW_VERSION),
    }
)


def _require_kind(directory: _Directory, name: str) -> tuple[str, int]:
    """Return what the samples are and their bits, if OpenCV gives them back unchanged."""

    def unsupported(kind: str) -> ImageError:
        return ImageError("E113", path=name, kind=f"TIFF with {kind}")

    if directory.one(_KIND_OF_PAGE, 0) & 1 or _RAW_VERSION in directory.values:
        # The first page of a raw file is a thumbnail.
        raise ImageError("E113", path=name, kind="RAW (DNG, NEF, ARW or alike)")
    compression = directory.one(_COMPRESSION, _NONE)
    if compression not in (_NONE, _LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS):
        raise unsupported(_COMPRESSIONS.get(compression, f"compression {compression}"))
    formats = set(directory.values.get(_SAMPLE_FORMAT, (1,)))
    if formats - {1, 4}:
        raise unsupported({3: "floating-point samples"}.get(max(formats), "signed samples"))
    samples, extra = directory.one(_SAMPLES, 1), len(directory.values.get(_EXTRA, ()))
    depths = set(directory.values.get(_BITS, (1,)))
    photometric = directory.one(_PHOTOMETRIC, -1)
    if photometric not in _KINDS:
        raise unsupported(f"photometric interpretation {photometric}")
    kind, channels, allowed = _KINDS[photometric]
    alpha = kind == "RGB" and samples == 4 and extra == 1
    if samples != channels and not alpha:
        raise unsupported(f"{samples} bands" if samples != 2 else "gray and alpha")
    if len(depths) != 1 or not depths <= set(allowed):
        raise unsupported(f"{kind} of {'/'.join(map(str, sorted(depths)))} bits")
    if 16 in depths:
        # OpenCV mixes up the planes, and does not invert.
        if directory.one(_PLANES, 1) == 2 and channels > 1:
            raise unsupported("separate planes of 16 bits")
        if photometric == 0:
            raise unsupported("inverted gray of 16 bits")
    if kind == "palette" and len(directory.values.get(_PALETTE, ())) != 3 * 256:
        raise _damaged(name, "no palette")
    return kind, depths.pop()


def _require_strips(directory: _Directory, data: bytes, name: str) -> None:
    """Check that every strip or tile lies in the file and expands to its size."""
    rows, cols = directory.one(_ROWS, 0), directory.one(_COLS, 0)
    samples, bits = directory.one(_SAMPLES, 1), directory.one(_BITS, 1)
    planes = samples if directory.one(_PLANES, 1) == 2 else 1
    pixel_bits = bits * (samples // planes)
    compression = directory.one(_COMPRESSION, _NONE)

    if _TILE_OFFSETS in directory.values:
        height, width = directory.one(_TILE_ROWS, 0), directory.one(_TILE_COLS, 0)
        if not (0 < height <= 2**16 and 0 < width <= 2**16):
            raise _damaged(name, "invalid tile size")
        across = -(-cols // width)
        offsets = directory.values[_TILE_OFFSETS]
        sizes = directory.values.get(_TILE_SIZES, ())
        last_height = height  # tiles are stored whole
    else:
        height = min(directory.one(_ROWS_PER_STRIP, rows), rows)
        if height < 1:
            raise _damaged(name, "strips without rows")
        width, across = cols, 1
        offsets = directory.values.get(_STRIP_OFFSETS, ())
        sizes = directory.values.get(_STRIP_SIZES, ())
        last_height = rows - (rows - 1) // height * height
    down = -(-rows // height)
    if len(offsets) < planes * down * across or len(sizes) < len(offsets):
        raise _damaged(name, "strips are missing")
    if compression == _NONE and len(offsets) > 2 and sizes[0] != sizes[1]:
        # libtiff takes such sizes for wrong, and its own guess leaves rows out, in silence.
        raise _damaged(name, "strips of one height have different sizes")
    row_bytes = (width * pixel_bits + 7) // 8
    if row_bytes * height * down * across > MOST_PIXELS_A_BYTE * len(data) + 2**20:
        raise implausible(rows, cols, data, name)
    for index in range(planes * down * across):
        row = index // across % down
        expected = row_bytes * (last_height if row == down - 1 else height)
        offset, size = offsets[index], sizes[index]
        strip = data[offset : offset + size]
        if len(strip) < size or _expanded_size(strip, compression, expected) < expected:
            raise _damaged(name, f"pixel data ends or breaks at row {row * height} of {rows}")


def _expanded_size(strip: bytes, compression: int, expected: int) -> int:
    if compression == _NONE:
        return len(strip)
    if compression == _LZW:
        return _core.lzw_size(strip, expected)
    if compression == _PACKBITS:
        return _core.packbits_size(strip, expected)
    inflater = zlib.decompressobj()
    try:
        size = len(inflater.decompress(strip, expected + 1))
        # The checksum is read with the end of the stream.
        if not inflater.eof:
            inflater.decompress(inflater.unconsumed_tail, 1)
    except zlib.error:
        return -1
    return size
