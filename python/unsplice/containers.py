"""Image files before decoding: what they are, how large, and whether all of their data is there.

Decoders answer damage with invented pixels and a line on stderr, so the structure of a file is
checked here first. Nothing here decodes pixels.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from unsplice.errors import ImageError, Notice
from unsplice.jpeg import JpegHeader, parse_jpeg

__all__ = ["Container", "inspect", "recognize"]


@dataclass
class Container:
    """A file whose structure was found sound.

    Attributes
    ----------
    format : str
        "JPEG", "PNG", "TIFF", "WebP" or "BMP".
    data : bytes
        What the decoder gets: the file, or the part of it that bears the picture.
    rows, cols : int
        Stored size.
    orientation : int
        Exif orientation, 1 to 8.
    gray : bool
        Whether the file has a single channel of brightness.
    drop_alpha : bool
        Whether a fourth channel from the decoder means nothing.
    jpeg : JpegHeader or None
        What a JPEG says of itself.
    notices : list of Notice
        What a reader of the result has to know.
    """

    format: str
    data: bytes = field(repr=False)
    rows: int
    cols: int
    orientation: int = 1
    gray: bool = False
    drop_alpha: bool = False
    jpeg: JpegHeader | None = None
    notices: list[Notice] = field(default_factory=list)


# What else a file may be, by its first bytes: (offset, bytes, name).
_FOREIGN: Final = (
    (0, b"GIF8", "GIF"),
    (0, b"%!PS", "EPS"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"qoif", "QOI"),
    (0, b"8BPS", "Photoshop"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"\0\0\1\0", "icon"),
    (0, b"DDS ", "DDS"),
    (0, b"\x59\xa6\x6a\x95", "Sun raster"),
    (0, b"gimp xcf", "GIMP"),
)
_UNSUPPORTED: Final = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (0, b"FUJIFILMCCD-RAW", "RAW (Fujifilm)"),
    (0, b"IIRO", "RAW (Olympus)"),
    (0, b"IIU\0", "RAW (Panasonic)"),
    (8, b"CR\2\0", "RAW (Canon)"),
    (0, b"II\xbc\x01", "JPEG XR"),
    (0, b"BPG\xfb", "BPG"),
)
_NO_IMAGE: Final = (
    (0, b"%PDF", "PDF"),
    (0, b"PK\3\4", "a zip archive (or an office document)"),
    (0, b"PK\5\6", "an empty zip archive"),
    (0, b"\x1f\x8b", "gzip data"),
    (0, b"BZh", "bzip2 data"),
    (0, b"\xfd7zXZ\0", "xz data"),
    (0, b"(\xb5/\xfd", "Zstandard data"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (0, b"OggS", "Ogg audio or video"),
    (0, b"ID3", "MP3 audio"),
    (0, b"fLaC", "FLAC audio"),
    (0, b"\0\0\1\xba", "an MPEG video"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, b"\x93NUMPY", "a NumPy array (load it and pass the array)"),
    (0, b"PAR1", "Parquet data"),
    (0, b"\xd0\xcf\x11\xe0", "an old office document"),
    (0, b"version https://git-lfs", "a git-lfs pointer; run git lfs pull"),
)
# Brands of ISO base media files (bytes 8 to 12, after "ftyp").
_HEIC: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


def recognize(head: bytes, name: str) -> str:
    """Return the format that the first bytes of a file show.

    Parameters
    ----------
    head : bytes
        At least the first 32 bytes, or the whole of a shorter file.
    name : str
        What messages call the file.

    Returns
    -------
    str
        "JPEG", "PNG", "TIFF", "WebP" or "BMP".

    Raises
    ------
    ImageError
        E110 for no bytes at all, E111 to E114 for anything else, naming what it is.
    """
    if not head:
        raise ImageError("E110", path=name)
    for at, magic, kind in _UNSUPPORTED:
        if head.startswith(magic, at):
            raise ImageError("E113", path=name, kind=kind)
    if head[:2] == b"\xff\xd8":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return "WebP"
        raise ImageError("E111", path=name, content="RIFF data (a video or sound?)")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIC:
            raise ImageError("E113", path=name, kind="HEIC")
        if brand in (b"avif", b"avis"):
            raise ImageError("E113", path=name, kind="AVIF")
        if brand == b"crx ":
            raise ImageError("E113", path=name, kind="RAW (Canon)")
        raise ImageError("E111", path=name, content="a video (MP4 or QuickTime)")
    for at, magic, kind in _FOREIGN:
        if head.startswith(magic, at):
            raise ImageError("E112", path=name, format=kind)
    if head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        raise ImageError("E112", path=name, format="PNM")
    # Two letters are little to go by: the size of the header has to fit, too.
    if head[:2] == b"BM" and len(head) >= 18 and head[14] in (12, 16, 40, 52, 56, 64, 108, 124):
        return "BMP"
    start = head.find(b"\xff\xd8\xff")
    if start > 0:
        raise ImageError("E114", path=name, offset=start)
    raise ImageError("E111", path=name, content=_describe(head))


def _describe(head: bytes) -> str:
    for at, magic, kind in _NO_IMAGE:
        if head.startswith(magic, at):
            return kind
    if not any(head):
        return "zeros only (a failed recovery or an unfinished download?)"
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n").lower()
    if text.startswith(("<!doctype html", "<html", "<head", "<body", "<!doctype  html")):
        return "HTML; a saved error page?"
    if text.startswith("<svg") or ("<!doctype svg" in text):
        return "SVG, a drawing without pixels"
    if text.startswith("<?xml"):
        return "XML (SVG, perhaps)"
    if text.startswith(("{", "[")) and text.isascii():
        return "JSON, or text like it"
    # The last character may be cut in two.
    if text and all(char.isprintable() or char in "\t\r\n" for char in text[:-1]):
        return "text" if "\ufffd" not in text[:-1] else "of no known format"
    return "of no known format"


def inspect(data: bytes, name: str, max_pixels: int) -> Container:
    """Check the structure of an image file.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What messages call it.
    max_pixels : int
        Refuse more pixels than this.

    Returns
    -------
    Container
        What it is, and what the decoder needs of it.

    Raises
    ------
    ImageError
        E110 to E135; see `unsplice.read_image`.
    """
    inspectors = {
        "JPEG": _inspect_jpeg,
        "PNG": _inspect_png,
    }
    return inspectors[recognize(data[:64], name)](data, name, max_pixels)


def _require_size(rows: int, cols: int, data: bytes, name: str, max_pixels: int) -> None:
    if rows < 1 or cols < 1:
        raise ImageError("E115", path=name, rows=rows, cols=cols)
    # OpenCV takes no side longer than 2**20.
    if rows * cols > max_pixels or max(rows, cols) > 2**20:
        raise ImageError(
            "E130",
            path=name,
            rows=rows,
            cols=cols,
            megapixels=rows * cols / 1e6,
            limit=max_pixels / 1e6,
            memory=3 * rows * cols / 1e9,
        )


def _implausible(rows: int, cols: int, data: bytes, name: str) -> ImageError:
    return ImageError("E131", path=name, megapixels=rows * cols / 1e6, size=len(data))


def _inspect_jpeg(data: bytes, name: str, max_pixels: int) -> Container:
    header = parse_jpeg(data, name=name)
    rows, cols = header.rows, header.cols
    _require_size(rows, cols, data, name, max_pixels)
    # The flattest pictures measure 1/64 to 1/341 byte a pixel: a block costs a bit at least.
    if rows * cols > 2000 * len(data):
        raise _implausible(rows, cols, data, name)
    notices = []
    if header.color_space in ("cmyk", "ycck"):
        notices.append(Notice.of("W204", format="JPEG"))
    if not header.exif_readable:
        notices.append(Notice.of("W207"))
    if header.trailing_bytes:
        notices.append(Notice.of("N301", count=header.trailing_bytes, format="JPEG"))
    if header.orientation != 1:
        notices.append(_orientation_notice(header.orientation, rows, cols))
    if header.icc_sha256:
        notices.append(Notice.of("N305", sha256=header.icc_sha256))
    if not header.has_end_marker:
        notices.append(Notice.of("W202", rows=rows))
        data = data.rstrip(b"\xff") + b"\xff\xd9"
    return Container(
        format="JPEG",
        data=data,
        rows=rows,
        cols=cols,
        orientation=header.orientation,
        gray=header.components == 1,
        jpeg=header,
        notices=notices,
    )


def _orientation_notice(orientation: int, rows: int, cols: int) -> Notice:
    return Notice.of("N304", orientation=orientation, rows=rows, cols=cols)


_TEXT_LIMIT: Final = 8_000_000  # what libpng allows a chunk to expand to


def _inspect_png(data: bytes, name: str, max_pixels: int) -> Container:
    """Check every chunk (PNG specification, third edition); keep what bears the pixels."""

    def damaged(detail: str) -> ImageError:
        return ImageError("E122", path=name, detail=detail)

    size = len(data)
    rows = cols = bits = color = 0
    kept = [data[:8]]
    seen: dict[bytes, int] = {}
    orientation, notices, text_left = 1, [], _TEXT_LIMIT
    at = 8
    while b"IEND" not in seen:
        if at + 12 > size:
            raise damaged(f"the file ends after {size} bytes, before its end chunk")
        length, kind = struct.unpack_from(">I4s", data, at)
        shown = kind.decode("ascii", "backslashreplace")
        if not kind.isalpha() or (at == 8) != (kind == b"IHDR"):
            raise damaged(f"no valid chunk at byte {at}")
        if at + 12 + length > size:
            raise damaged(f"the file ends within chunk {shown}")
        content = memoryview(data)[at + 8 : at + 8 + length]
        checksum = zlib.crc32(content, zlib.crc32(kind))
        if checksum != int.from_bytes(data[at + 8 + length : at + 12 + length], "big"):
            raise damaged(f"checksum error in {shown}")
        if kind == b"IHDR":
            if length != 13:
                raise damaged("header of wrong length")
            cols, rows, bits, color = struct.unpack_from(">IIBB", content)
            _require_size(rows, cols, data, name, max_pixels)
        seen[kind] = seen.get(kind, 0) + 1
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(data[at : at + 12 + length])
        elif kind == b"eXIf":
            pass
        at += 12 + length
    if b"IDAT" not in seen:
        raise damaged("no pixel data")
    return Container(
        format="PNG",
        data=b"".join(kept),
        rows=rows,
        cols=cols,
        orientation=orientation,
        gray=color in (0, 4),
        notices=notices,
    )
