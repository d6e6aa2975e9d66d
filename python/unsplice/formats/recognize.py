"""What a file is, by its first bytes, whatever its name says."""

from __future__ import annotations

from typing import Final

from unsplice.errors import ImageError

__all__ = ["recognize"]

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
