"""Files that were made to exhaust or to steer who reads them, names of files, and odd pairs.

A case is what `test_bad_files` has: name, builder, code (a regular expression; empty if there is
nothing to tell), words. Each of the first table has to be answered within seconds and megabytes.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import cv2
import numpy as np
from PIL import Image

import test_bad_files as bad
import test_image as odd

__all__ = ["EXHAUSTING", "NAMES", "ORIENTED", "PAIRS", "STEERING"]

Case = tuple[str, Callable[[], bytes], str, str]
MANY = 100_000


def _with_segments(*segments: bytes) -> bytes:
    """Return a JPEG with segments behind its start."""
    return bad.insert(bad.jpeg(), 2, b"".join(segments))


def _segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _with_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    data = odd.opencv(".png", odd.RGB)
    return data[:33] + b"".join(bad.chunk(kind, body) for kind, body in chunks) + data[33:]


@cache
def _zeros(count: int) -> bytes:
    """Return `count` zeros as a stream of zlib, made without holding them."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    parts = [
        packer.compress(block[: min(len(block), count - at)]) for at in range(0, count, 1 << 20)
    ]
    return b"".join([*parts, packer.flush()])


def _large_png(cols: int, rows: int, bits: int, color: int) -> bytes:
    """Return a PNG of zeros throughout, whole and sound."""
    channels = {0: 1, 2: 3, 6: 4}[color]
    size = rows * (1 + cols * channels * bits // 8)
    return bad.png(cols, rows, bits, color, pixels=bad.chunk(b"IDAT", _zeros(size)))


def many_scans(side: int, scans: int, components: int) -> bytes:
    """Return a gray or color picture in that many progressive scans, each of them a valid one.

    Of every component each frequency has a scan of its own, which is empty: a run of blocks
    without a coefficient takes 15 bits for 16,384 to 32,767 of them. `side` is 1024 at least.
    """
    blocks = (side // 8) ** 2
    runs = []
    while blocks > 2 * 16384:
        runs.append(min(32767, blocks - 16384))
        blocks -= runs[-1]
    runs.append(blocks)
    bits = "".join("0" + format(run - 16384, "014b") for run in runs)
    bits += "1" * (-len(bits) % 8)
    empty = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    numbers = range(1, components + 1)
    frame = b"".join(bytes((number, 0x11, 0)) for number in numbers)
    shortest = bytes((1,)) + bytes(15)  # one code, of one bit
    parts = [
        b"\xff\xd8",
        _segment(0xDB, b"\0" + b"\1" * 64),
        _segment(0xC2, struct.pack(">BHHB", 8, side, side, components) + frame),
        _segment(0xC4, b"\0" + shortest + b"\0"),
        _segment(0xC4, b"\x10" + shortest + b"\xe0"),
        _segment(0xDA, bytes((components, *(b for n in numbers for b in (n, 0)), 0, 0, 0))),
        bytes(components * (side // 8) ** 2 // 8),
    ]
    frequencies = [(number, k) for number in numbers for k in range(1, 64)]
    for number, k in frequencies[: scans - 1]:
        parts += [_segment(0xDA, bytes((1, number, 0, k, k, 0))), empty]
    return b"".join([*parts, b"\xff\xd9"])


def _exif(directories: int, *, entries: int, following: int | None = None) -> bytes:
    """Return an Exif block of directories that lead to each other, the last one to the first."""
    size = 2 + 12 * entries + 4
    parts = [b"Exif\0\0II*\0\x08\0\0\0"]
    for number in range(directories):
        entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
        behind = 8 + size * ((number + 1) % directories) if following is None else following
        parts.append(struct.pack("<H", entries) + entry * entries + struct.pack("<I", behind))
    return b"".join(parts)


def _circling_tiff() -> bytes:
    data = bytearray(bad.make_tiff({}))
    directory = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, directory)[0]
    struct.pack_into("<I", data, directory + 2 + 12 * count, directory)
    return bytes(data)


def _tiff_of_pages(pages: int) -> bytes:
    """Return a sound page, and that many empty ones behind it."""
    data = bytearray(bad.make_tiff({}))
    at = struct.unpack_from("<I", data, 4)[0]
    at += 2 + 12 * struct.unpack_from("<H", data, at)[0]
    for _ in range(pages):
        struct.pack_into("<I", data, at, len(data))
        data += struct.pack("<HI", 0, 0)
        at = len(data) - 4
    return bytes(data)


def _big_tiff(count: int) -> bytes:
    """Return a BigTIFF whose strips are said to be so many."""
    entry = struct.pack("<HHQQ", 273, 16, count, 16)
    return b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 1) + entry + bytes(8)


def exhausting() -> Iterator[Case]:
    """Little to store, much to read."""
    yield (
        "65500.jpg",
        lambda: bad.frame(bad.jpeg(), rows=65500, cols=65500),
        "E130",
        "4,290,250,000",
    )
    yield "30000.jpg", lambda: bad.frame(bad.jpeg(), rows=30000, cols=30000), "E130", "900,000,000"
    yield "16000.jpg", lambda: bad.frame(bad.jpeg(), rows=15999, cols=15999), "E131", "256.0 MP in"
    yield "300-scans.jpg", bad.scan_bomb, "E132", "scans"
    yield "189-scans.jpg", lambda: many_scans(1024, 189, 3), "E132", "189 progressive scans"
    yield "100-scans.jpg", lambda: many_scans(2400, 100, 3), "W208", "full precision"
    yield "64-scans.jpg", lambda: many_scans(4800, 64, 1), "", ""
    yield "segments.jpg", lambda: _with_segments(MANY * _segment(0xFE, b"")), "", ""
    yield "comments.jpg", lambda: _with_segments(200 * _segment(0xFE, bytes(65533))), "", ""
    yield "fill.jpg", lambda: bad.insert(bad.jpeg(), 2, b"\xff" * 5_000_000), "", ""
    yield (
        "tables.jpg",
        lambda: _with_segments(MANY // 4 * _segment(0xDB, b"\0" + b"\1" * 64)),
        "",
        "",
    )
    yield (
        "profile.jpg",
        lambda: _with_segments(*(
            _segment(0xE2, b"ICC_PROFILE\0" + bytes((number, 255)) + bytes(65519))
            for number in range(1, 256)
        )),
        "N305", "sha256",
    )  # fmt: skip
    yield (
        "exif-circle.jpg", lambda: _with_segments(_segment(0xE1, _exif(2, entries=60))),
        "|W207", "",
    )  # fmt: skip
    yield (
        "exif-entries.jpg",
        lambda: _with_segments(_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(60000))),
        "|W207", "",
    )  # fmt: skip
    yield (
        "exif-far.jpg",
        lambda: _with_segments(_segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(9))),
        "W207", "",
    )  # fmt: skip
    yield "restarts.jpg", lambda: bad.in_scan(bad.jpeg(), 0.5, b"\xff\xd0" * MANY), "E121", ""
    yield "18000.png", lambda: _large_png(18000, 18000, 1, 0), "E130", "324,000,000 pixels"
    yield "32000.png", lambda: bad.png(32000, 32000), "E130", "1,024,000,000 pixels"
    yield "15000.png", lambda: bad.png(15000, 15000, 16, 6), "E131", "225.0 MP"
    yield "long.png", lambda: bad.png(2**31 - 1, 1), "E130", "2147483647 x 1"
    yield "short.png", lambda: bad.png(1, 2**20 + 1), "E130", "1 x 1048577"
    yield (
        "text.png",
        lambda: _with_chunks((b"zTXt", b"a\0\0" + _zeros(100_000_000))),
        "W203",
        "zTXt",
    )
    yield (
        "itext.png",
        lambda: _with_chunks((b"iTXt", b"a\0\1\0\0\0" + _zeros(100_000_000))),
        "W203",
        "",
    )
    yield "profile.png", lambda: _with_chunks((b"iCCP", b"a\0\0" + _zeros(100_000_000))), "W203", ""
    yield (
        "texts.png", lambda: _with_chunks(*100 * [(b"zTXt", b"a\0\0" + _zeros(7_900_000))]),
        "W203", "zTXt",
    )  # fmt: skip
    yield "chunks.png", lambda: _with_chunks(*MANY * [(b"tEXt", b"")]), "", ""
    yield "chunk-length.png", lambda: odd.opencv(".png", odd.RGB)[:33] + b"\xff" * 400, "E122", ""
    yield (
        "stream.png",  # more than the header asks for
        lambda: bad.png(pixels=bad.chunk(b"IDAT", _zeros(100_000_000))), "", "",
    )  # fmt: skip
    yield "frames.png", lambda: _with_chunks((b"acTL", b"\xff" * 8)), "N303", "4294967295 pages"
    yield "circle.tif", _circling_tiff, "", ""
    yield "pages.tif", lambda: _tiff_of_pages(9000), "N303", "9001 pages"
    yield "endless.tif", lambda: _tiff_of_pages(50_000), "N303", "10000 pages"
    yield (
        "entries.tif", lambda: b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 256, 4, 1, 8) * 9,
        "E123", "",
    )  # fmt: skip
    yield "2-63.tif", lambda: _big_tiff(2**63), "E123", ""
    yield "2-32.tif", lambda: _big_tiff(2**32), "E123", ""
    yield (
        "strip.tif", lambda: bad.make_tiff({259: 8}, pixels=_zeros(100_000_000)), "", "",
    )  # fmt: skip
    yield (
        "strips.tif",
        lambda: bad.make_tiff({257: 60_000, 278: 1, 273: 60_000 * (8,), 279: 60_000 * (8,)}),
        "", "",
    )  # fmt: skip
    yield "16000.tif", lambda: bad.make_tiff({256: 15999, 257: 15999, 259: 8}), "E131|E123", ""
    yield "4294967295.tif", lambda: bad.make_tiff({256: 2**32 - 1, 257: 2**32 - 1}), "E130", ""
    yield (
        "tiles.tif",
        lambda: bad.make_tiff({322: 65536, 323: 65536, 324: 8, 325: 64}),
        "E131|E123",
        "",
    )
    yield (
        "16000.webp",
        lambda: bad.riff((b"VP8L", b"\x2f" + (15998 | 15998 << 14).to_bytes(4, "little"))),
        "E131", "256.0 MP in",
    )  # fmt: skip
    yield (
        "canvas.webp",
        lambda: bad.riff((b"VP8X", b"\x10\0\0\0" + b"\xff\xff\xff" * 2), (b"VP8L", b"/abcd")),
        "E130", "16777216 x 16777216",
    )  # fmt: skip
    yield (
        "chunks.webp",
        lambda: bad.riff((b"VP8 ", bad.webp(80)[20:]), *MANY * [(b"ABCD", b"")]), "", "",
    )  # fmt: skip
    yield "2-31.bmp", lambda: bad.bmp(2**31 - 1, 2**31 - 1), "E130", ""
    yield "upside-down.bmp", lambda: bad.bmp(8, -(2**31)), "E130", ""
    yield "16000.bmp", lambda: bad.bmp(15999, 15999), "E123", "row 0 of 15999"
    yield "packed.jpg", lambda: gzip.compress(bytes(10_000_000)), "E111", "gzip"
    yield "letters.svg", lambda: b'<?xml version="1.0"?>' + b"<!ENTITY a 'b'>" * MANY, "E111", "XML"


def steering() -> Iterator[Case]:
    """Text in a file that wants to be read by something else than a person."""
    text = b"\x1b]0;x\x07\x1b[2J=cmd|' /C calc'!A0<script>alert(1)</script>{{7*7}}%n%s"
    tag = struct.pack("<HHII", 0x0131, 2, len(text), 26)
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + tag + bytes(4) + text
    yield "software.jpg", lambda: _with_segments(_segment(0xE1, exif)), "", ""
    yield "comment.jpg", lambda: _with_segments(_segment(0xFE, text)), "", ""
    yield "text.png", lambda: _with_chunks((b"tEXt", b"Comment\0" + text)), "", ""
    yield "chunk-name.png", lambda: bad.png(before=bad.chunk(b"\x1b[2J", b"")), "E122", "chunk"
    yield "ghost.jpg", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run quit\n", "E112", "EPS"
    yield "ghost-dos.jpg", lambda: b"\xc5\xd0\xd3\xc6" + bytes(60), "E112", "EPS"
    yield (
        "entity.svg",
        lambda: b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "E111",
        "SVG",
    )
    yield "script.svg", lambda: b"<svg onload='alert(1)'/>", "E111", "SVG"
    yield "pickle.jpg", lambda: b"\x80\4\x95cos\nsystem\n(S'true'\ntR.", "E111", ""
    yield "object.npy", lambda: b"\x93NUMPY\1\0v\0{'descr': '|O'}" + bytes(40), "E111", "NumPy"
    yield (
        "page-and-picture.jpg",
        lambda: bad.jpeg() + b"<html><script>alert(1)</script>",
        "N301",
        "",
    )
    yield "picture-in-page.jpg", lambda: b"<html>" + bad.jpeg(), "E114", "byte 6"
    yield "stretched.jpg", lambda: odd.jpeg() + odd.jpeg(), "N301", "follow the end"


def oriented() -> Iterator[Case]:
    """Every orientation in every format: told, and never applied."""
    for orientation in range(2, 9):
        for form, data in odd.orientation_files(orientation, odd.RGB).items():
            extension = {"JPEG": "jpg", "PNG": "png", "WebP": "webp"}.get(form, "tif")
            name = f"turned{orientation}{'-big' if '>' in form else ''}.{extension}"
            yield name, lambda data=data: data, "N304", f"EXIF orientation {orientation}"


EXHAUSTING: list[Case] = list(exhausting())
STEERING: list[Case] = list(steering())
ORIENTED: list[Case] = list(oriented())

# Of files that hold a picture; the largest that a file system takes has 255 bytes.
NAMES: list[bytes] = [
    b"\xff\xfe.jpg", b"caf\xe9.jpg", b"new\nline.jpg", b"return\r.jpg", b"\ttab.jpg",
    b"esc\x1b[2J.jpg", b"title\x1b]0;x\x07.jpg", b"bell\x07.jpg", b"delete\x7f.jpg",
    "\x9b2J.jpg".encode(), "\u202egpj.exe.jpg".encode(), "\u2028.jpg".encode(),
    "\ufeffmark.jpg".encode(), "\u200bnothing.jpg".encode(), "\U000e0041tag.jpg".encode(),
    "e\u0301.jpg".encode(), "\u00e9.jpg".encode(), "\N{GRINNING FACE}.jpg".encode(),
    "\u5199\u771f.jpg".encode(), b"-dash.jpg", b"--help", b"--help.jpg", b"-o.jpg",
    b"=cmd|' C calc'!A0.jpg", b"+1+1.jpg", b"@SUM(A1).jpg", b" =1.jpg", "\uff1d1.jpg".encode(),
    b"a;=1.jpg", b"a,b.jpg", b"a\"b.jpg", b"'quoted'.jpg", b" lead.jpg", b"trail .jpg",
    b".hidden.jpg", b"..jpg", b"two..dots.jpg", b"dot.", b"no-extension", b"UPPER.JPG",
    b"Mixed.jPg", b"double.png.jpg", b"a.run.json", b"summary.csv", b"index.html", b"CON.jpg",
    b"nul", b"a:b.jpg", b"a\\b.jpg", b"C:\\x.jpg", b"back\\..\\slash.jpg", b"[a].jpg", b"*.jpg",
    b"?.jpg", b"{path}.jpg", b"{0.__class__}.jpg", b"{{7*7}}.jpg", b"%s%n.jpg", b"%2e%2e.jpg",
    b"$(touch x).jpg", b"`touch x`.jpg", b"${HOME}.jpg", b"$x^{.jpg", b"~.jpg", b"~root.jpg",
    b"a&b.jpg", b"<script>alert(1)<.jpg", b"javascript:alert(1).jpg",
    b"\"><img src=x onerror=alert(1)>.jpg", b"data:text,x.jpg", b"#fragment.jpg", b"a?b=c.jpg",
    b"x" * 251 + b".jpg", ("\u00e9" * 125).encode() + b".jpg", b"y" * 255, b"none", b"-",
]  # fmt: skip


def _turned(way: Image.Transpose, orientation: int) -> Callable[[bytes], bytes]:
    """Return what turns a JPEG, and says so in its Exif block unless that is 1."""

    def turn(data: bytes) -> bytes:
        stream = io.BytesIO()
        exif = Image.Exif()
        exif[274] = orientation
        options = {"exif": exif} if orientation > 1 else {}
        Image.open(io.BytesIO(data)).transpose(way).save(stream, "JPEG", quality=92, **options)
        return stream.getvalue()

    return turn


def _resized(factor: float) -> Callable[[bytes], bytes]:
    def resize(data: bytes) -> bytes:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return bytes(cv2.imencode(".png", image)[1])

    return resize


def _cropped(data: bytes) -> bytes:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return bytes(cv2.imencode(".png", image[3:, 5:])[1])


# What is done to the authentic picture, and the code or, in words, the finding of the pair.
PAIRS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    *(
        (f"{way.name.lower()} {tag or 'untold'}", _turned(way, tag or 1), "spliced")
        for way, number in (
            (Image.Transpose.ROTATE_180, 3), (Image.Transpose.ROTATE_90, 6),
            (Image.Transpose.ROTATE_270, 8), (Image.Transpose.FLIP_LEFT_RIGHT, 2),
            (Image.Transpose.FLIP_TOP_BOTTOM, 4), (Image.Transpose.TRANSPOSE, 5),
            (Image.Transpose.TRANSVERSE, 7),
        )
        for tag in (number, 0)
    ),
    ("smaller", _resized(0.8), "spliced"),
    ("larger", _resized(1.25), "spliced"),
    ("cropped", _cropped, "spliced"),
    ("another picture", lambda _: bad.encode(".png"), "unrelated|misaligned"),
    ("one pixel", lambda _: bad.png(1, 1, raw=bytes(2)), "unrelated|misaligned"),
    ("a long row", lambda _: bad.png(5000, 1, raw=bytes(5001)), "unrelated|misaligned"),
    ("cut in two", lambda data: data[: len(data) // 2], "E120"),
    ("nothing", lambda _: b"", "E110"),
    ("a page", lambda _: b"<html>", "E111"),
]  # fmt: skip
