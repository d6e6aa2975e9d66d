"""Every file that is no sound picture gets a coded error that says which, why, and what to do."""

from __future__ import annotations

import itertools
import os
import re
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from unsplice import ImageError, ReadError, read_image

ROWS, COLS = 96, 128

# --- sound files, and tools to break them ---------------------------------------------------------


@cache
def picture() -> np.ndarray:
    """Return a picture with edges, slopes and noise, so that every coder has work to do."""
    noise = np.random.default_rng(7).normal(0, 6, (ROWS, COLS, 3))
    row, col = np.mgrid[0:ROWS, 0:COLS]
    planes = [90 + 60 * np.sin(col / 9), 120 + 50 * np.cos(row / 7), (row + col) % 256]
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def encode(extension: str, *options: int, gray: bool = False) -> bytes:
    pixels = picture()[:, :, 0] if gray else picture()
    return bytes(cv2.imencode(extension, pixels, options)[1])


def jpeg(*, progressive: bool = False, restart: int = 0, gray: bool = False) -> bytes:
    options = (cv2.IMWRITE_JPEG_PROGRESSIVE, progressive, cv2.IMWRITE_JPEG_RST_INTERVAL, restart)
    return encode(".jpg", *map(int, options), gray=gray)


def tiff(compression: int = cv2.IMWRITE_TIFF_COMPRESSION_NONE) -> bytes:
    return encode(".tif", cv2.IMWRITE_TIFF_COMPRESSION, compression)


LZW, DEFLATE, PACKBITS = 5, 32946, 32773


def webp(quality: int) -> bytes:
    """Return lossy WebP up to quality 100, lossless above."""
    return encode(".webp", cv2.IMWRITE_WEBP_QUALITY, quality)


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def replace(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def insert(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at:]


def marker(data: bytes, code: int) -> int:
    """Return where a JPEG segment begins; for scans where its data begins, see `scan`."""
    at = 2
    while data[at + 1] != code:
        assert data[at] == 0xFF
        assert data[at + 1] != 0xDA
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def without(data: bytes, code: int) -> bytes:
    at = marker(data, code)
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def in_scan(data: bytes, share: float, new: bytes, *, removed: int = 0) -> bytes:
    """Return `data` with bytes inserted or removed within its only scan."""
    start = marker(data, 0xDA) + 14
    at = start + int((len(data) - start) * share)
    while data[at - 1] == 0xFF or data[at] == 0xFF:  # never between FF and 00
        at += 1
    return data[:at] + new + data[at + removed :]


def frame(
    data: bytes, *, kind: int = 0, rows: int = ROWS, cols: int = COLS, bits: int = 8
) -> bytes:
    at = marker(data, 0xC2 if b"\xff\xc2\0" in data else 0xC0)
    return replace(
        data, at, struct.pack(">BBHBHH", 0xFF, kind or data[at + 1], 17, bits, rows, cols)
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(
    cols: int = 8,
    rows: int = 8,
    bits: int = 8,
    color: int = 0,
    *,
    raw: bytes | None = None,
    before: bytes = b"",
    header: bytes | None = None,
    pixels: bytes | None = None,
    end: bytes = chunk(b"IEND", b""),
) -> bytes:
    if header is None:
        header = struct.pack(">IIBBBBB", cols, rows, bits, color, 0, 0, 0)
    if pixels is None:
        pixels = chunk(b"IDAT", zlib.compress(raw if raw is not None else bytes(72)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + pixels + end


def make_tiff(tags: dict[int, int | tuple[int, ...]], pixels: bytes = bytes(64)) -> bytes:
    """Return a little-endian TIFF of 8 x 8 gray pixels with `tags` changed; -1 removes one."""
    values: dict[int, int | tuple[int, ...]] = {
        256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 8, 279: len(pixels),
    }  # fmt: skip
    values |= tags
    entries, rest = [], b""
    kept = {tag: value for tag, value in values.items() if value != -1}
    directory = 8 + len(pixels)
    behind = directory + 6 + 12 * len(kept)
    for tag, value in sorted(kept.items()):
        several = value if isinstance(value, tuple) else (value,)
        content = struct.pack(f"<{len(several)}I", *several)
        place = content if len(several) == 1 else struct.pack("<I", behind + len(rest))
        entries.append(struct.pack("<HHI", tag, 4, len(several)) + place)
        rest += content if len(several) > 1 else b""
    table = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", directory) + pixels + table + rest


def bmp(cols: int, rows: int, bits: int = 24, compression: int = 0, *, start: int = 54) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, cols, rows, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + header + bytes(1000)


def riff(*chunks: tuple[bytes, bytes], kind: bytes = b"WEBP") -> bytes:
    parts = [
        name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2) for name, body in chunks
    ]
    body = kind + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scan_bomb() -> bytes:
    data = jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")
    table = data.rindex(b"\xff\xc4", 0, last)
    return data[:-2] + 300 * data[table:-2] + data[-2:]


def noise(count: int) -> bytes:
    return bytes(np.random.default_rng(3).integers(1, 255, count, dtype=np.uint8))


# --- the table: name, builder, code (or codes where damage may show in two ways), words ----------

Case = tuple[str, Callable[[], bytes], str, str]
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.99)


def truncated() -> Iterator[Case]:
    for share in SHARES:
        where = "truncated.*(pixel data ends|header|before|data ends|no pixel data|component)"
        yield f"cut{share}.jpg", lambda s=share: cut(jpeg(), s), "E120", where
        yield f"cut{share}-p.jpg", lambda s=share: cut(jpeg(progressive=True), s), "E120", where
        yield f"cut{share}-r.jpg", lambda s=share: cut(jpeg(restart=2), s), "E120", where
        yield f"cut{share}-g.jpg", lambda s=share: cut(jpeg(gray=True), s), "E120", where
        yield f"cut{share}.png", lambda s=share: cut(encode(".png"), s), "E122", "the file ends"
        yield f"cut{share}.bmp", lambda s=share: cut(encode(".bmp"), s), "E123", "row .* of 96"
    for share in SHARES[::2]:
        yield f"cut{share}.tif", lambda s=share: cut(tiff(), s), "E123", "TIFF is damaged"
        yield f"cut{share}-l.tif", lambda s=share: cut(tiff(LZW), s), "E123", "TIFF is damaged"
        yield f"cut{share}-z.tif", lambda s=share: cut(tiff(DEFLATE), s), "E123", "TIFF is damaged"
        yield f"cut{share}.webp", lambda s=share: cut(webp(80), s), "E123", "announced"
        yield f"cut{share}-l.webp", lambda s=share: cut(webp(101), s), "E123", "announced"


def jpegs() -> Iterator[Case]:
    for share in (0.02, 0.2, 0.5, 0.8):
        yield (
            f"marker{share}.jpg", lambda s=share: in_scan(jpeg(), s, b"\xff\x3a"),
            "E121", "invalid marker",
        )  # fmt: skip
        yield (
            f"restart{share}.jpg", lambda s=share: in_scan(jpeg(), s, b"\xff\xd3"),
            "E121", "restart marker|left over",
        )  # fmt: skip
        yield (
            f"inserted{share}.jpg", lambda s=share: in_scan(jpeg(), s, noise(90)),
            "E12[01]", "JPEG (data )?is (corrupt|truncated)",
        )  # fmt: skip
        yield (
            f"removed{share}.jpg", lambda s=share: in_scan(jpeg(), s, b"", removed=200),
            "E12[01]", "JPEG (data )?is (corrupt|truncated)",
        )  # fmt: skip
    yield "early-end.jpg", lambda: in_scan(jpeg(), 0.5, b"\xff\xd9"), "E120", "row (32|48|64) of 96"
    yield "tall.jpg", lambda: frame(jpeg(), rows=2 * ROWS), "E120", "row 96 of 192"
    yield "short.jpg", lambda: frame(jpeg(), rows=ROWS // 2), "E121", "left over"
    yield "narrow.jpg", lambda: frame(jpeg(), cols=COLS // 2), "E121", "left over"
    yield "tall-p.jpg", lambda: frame(jpeg(progressive=True), rows=2 * ROWS), "E12[01]", "of 192"
    yield "124-bytes.jpg", lambda: insert(jpeg(), len(jpeg()) - 2, noise(124)), "E121", "left over"
    yield (
        "rst-order.jpg",
        lambda: jpeg(restart=2).replace(b"\xff\xd1", b"\xff\xd5", 1),
        "E121",
        "out of",
    )
    yield "rst-gone.jpg", lambda: jpeg(restart=2).replace(b"\xff\xd1", b"", 1), "E121", ""
    yield "two-starts.jpg", lambda: insert(jpeg(), 2, b"\xff\xd8"), "E121", "second start"
    yield (
        "between.jpg",
        lambda: insert(jpeg(), marker(jpeg(), 0xDB), b"abc"),
        "E121",
        "3 extraneous",
    )
    yield "no-size.jpg", lambda: without(jpeg(), 0xC0), "E12[01]", "frame header|size"
    yield "no-huffman.jpg", lambda: without(jpeg(), 0xC4), "E121", "Huffman"
    yield (
        "no-tables.jpg",
        lambda: without(without(jpeg(), 0xDB), 0xDB),
        "E121",
        "quantization table",
    )
    yield (
        "zero-step.jpg", lambda: replace(jpeg(), marker(jpeg(), 0xDB) + 9, b"\0"),
        "E121", "quantization step of 0",
    )  # fmt: skip
    yield (
        "two-sizes.jpg",
        lambda: (data := jpeg())[: (at := marker(data, 0xC0) + 19)] + data[at - 19 :],
        "E121", "two frame headers",
    )  # fmt: skip
    yield (
        "sampling.jpg", lambda: replace(jpeg(), marker(jpeg(), 0xC0) + 11, b"\x70"),
        "E121", "sampling factors 7x0",
    )  # fmt: skip
    yield (
        "same-component.jpg", lambda: replace(jpeg(), marker(jpeg(), 0xC0) + 13, b"\1"),
        "E121", "twice",
    )  # fmt: skip
    yield (
        "bad-table.jpg", lambda: replace(jpeg(), marker(jpeg(), 0xC4) + 5, b"\3" * 4),
        "E12[014]", "",
    )  # fmt: skip
    yield "length.jpg", lambda: replace(jpeg(), 4, b"\0\0"), "E121", "length 0"
    yield (
        "two-components.jpg",
        lambda: b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 14, 8, 8, 8, 2) + b"\1\x11\0\2\x11\0",
        "E113", "2 color components",
    )  # fmt: skip
    yield "12-bit.jpg", lambda: frame(jpeg(), bits=12), "E113", "12-bit JPEG"
    yield "arithmetic.jpg", lambda: frame(jpeg(), kind=0xC9), "E113", "arithmetic"
    yield "lossless.jpg", lambda: frame(jpeg(), kind=0xC3), "E113", "lossless"
    yield "hierarchical.jpg", lambda: frame(jpeg(), kind=0xC5), "E113", "hierarchical"
    yield "ls.jpg", lambda: frame(jpeg(), kind=0xF7), "E113", "JPEG-LS"
    yield "no-rows.jpg", lambda: frame(jpeg(), rows=0), "E115", r"no pixels \(128 x 0\)"
    yield "no-cols.jpg", lambda: frame(jpeg(), cols=0), "E115", r"no pixels \(0 x 96\)"
    yield (
        "huge.jpg",
        lambda: frame(jpeg(), rows=65500, cols=65500),
        "E130",
        "4,290,250,000 pixels, limit 256,000,000",
    )
    yield "900mp.jpg", lambda: frame(jpeg(), rows=30000, cols=30000), "E130", "900,000,000 pixels"
    yield "225mp.jpg", lambda: frame(jpeg(), rows=15000, cols=15000), "E131", "225.0 MP in"
    yield "scans.jpg", scan_bomb, "E132", r"\d{3} progressive scans.*limit 100"
    yield "ten-bytes.jpg", lambda: noise(10) + jpeg(), "E114", "starts at byte 10"
    yield "newline.jpg", lambda: b"\r\n" + jpeg(), "E114", "starts at byte 2"
    yield "start-end.jpg", lambda: b"\xff\xd8\xff\xd9", "E120", "before the size"
    yield "start.jpg", lambda: b"\xff\xd8", "E120", "before the size"
    yield (
        "zero-tail.jpg", lambda: in_scan(jpeg(), 0.5, b"", removed=10**6) + bytes(20000),
        "E12[01]", "zeros|corrupt|row",
    )  # fmt: skip
    yield (
        "scans-missing.jpg",
        lambda: (data := jpeg(progressive=True))[: data.rindex(b"\xff\xc4")],
        "E120", "data ends after scan",
    )  # fmt: skip


def pngs() -> Iterator[Case]:
    good = png()
    yield "no-end.png", lambda: good[:-12], "E122", "before the end chunk"
    yield "header-sum.png", lambda: replace(good, 29, b"abcd"), "E122", "checksum error in IHDR"
    yield "data-sum.png", lambda: replace(good, 45, b"\1"), "E122", "checksum error in IDAT"
    yield "end-sum.png", lambda: good[:-1] + b"x", "E122", "checksum error in IEND"
    yield "flip.png", lambda: replace(encode(".png"), 9000, b"\0\1\2"), "E122", "checksum error"
    yield "no-data.png", lambda: png(pixels=b""), "E122", "no pixel data"
    yield "empty-data.png", lambda: png(pixels=chunk(b"IDAT", b"")), "E122", "no pixel data"
    two = chunk(b"IDAT", b"x\x9c") + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", b"abc")
    yield "interrupted.png", lambda: png(pixels=two), "E122", "interrupted"
    yield "critical.png", lambda: png(before=chunk(b"ABCD", b"")), "E122", "critical chunk ABCD"
    yield "depth.png", lambda: png(bits=3), "E122", "invalid header"
    yield "color.png", lambda: png(color=5), "E122", "invalid header"
    yield (
        "method.png",
        lambda: png(header=struct.pack(">IIBBBBB", 8, 8, 8, 0, 1, 0, 0)),
        "E122",
        "inv",
    )
    yield (
        "interlace.png",
        lambda: png(header=struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 2)),
        "E122",
        "inv",
    )
    yield "header-14.png", lambda: png(header=bytes(14)), "E122", "header of 14 bytes"
    yield "two-headers.png", lambda: png(before=chunk(b"IHDR", bytes(13))), "E122", "no valid chunk"
    yield (
        "first.png",
        lambda: good[:8] + chunk(b"tEXt", b"a\0b") + good[8:],
        "E122",
        "no valid chunk",
    )
    yield "garbage.png", lambda: good[:33] + noise(400), "E122", ""
    yield "no-palette.png", lambda: png(color=3), "E122", "no palette"
    yield "apple.png", lambda: good[:8] + chunk(b"CgBI", b"abcd") + good[8:], "E113", "CgBI"
    yield "no-cols.png", lambda: png(cols=0), "E115", r"0 x 8"
    yield "no-rows.png", lambda: png(rows=0), "E115", r"8 x 0"
    yield "100k.png", lambda: png(100_000, 100_000), "E130", "10,000,000,000 pixels"
    yield "2-31.png", lambda: png(2**31 - 1, 2**31 - 1), "E130", "limit 256,000,000"
    yield "wide.png", lambda: png(1_048_577, 1), "E130", "1048577 x 1"
    yield "bomb.png", lambda: png(15000, 15000), "E131", "225.0 MP in 69 bytes"
    yield "signature.png", lambda: good[:8], "E122", "before the end chunk"


def tiffs() -> Iterator[Case]:
    def changed(**tags: int) -> Callable[[], bytes]:
        return lambda: make_tiff({int(name[1:]): value for name, value in tags.items()})

    yield "header.tif", lambda: b"II*\0", "E123", "directory"
    yield "no-directory.tif", lambda: b"II*\0" + bytes(40), "E123", "no directory"
    yield "far-directory.tif", lambda: b"MM\0*\xff\xff\xff\0" + bytes(40), "E123", "leaves the file"
    yield "empty-directory.tif", lambda: b"II*\0\x08\0\0\0" + bytes(40), "E123", "the size"
    yield "no-rows.tif", changed(t257=0), "E115", "8 x 0"
    yield "huge.tif", changed(t256=60000, t257=60000), "E130", "3,600,000,000 pixels"
    yield "bomb.tif", changed(t256=12000, t257=12000, t259=5, t278=12000), "E131", "144.0 MP"
    yield "strip-outside.tif", changed(t273=10**6), "E123", "row 0 of 8"
    yield "strip-short.tif", changed(t279=60), "E123", "row 0 of 8"
    yield "no-strips.tif", changed(t273=-1), "E123", "strips are missing"
    yield "no-sizes.tif", changed(t279=-1), "E123", "strips are missing"
    yield "few-strips.tif", changed(t278=4), "E123", "strips are missing"
    yield "flat-strips.tif", changed(t278=0), "E123", "without rows"
    yield "flat-tiles.tif", changed(t322=0, t323=0, t324=8, t325=64), "E123", "tile size"
    yield "float.tif", changed(t258=32, t339=3), "E113", "floating-point"
    yield "signed.tif", changed(t339=2), "E113", "signed"
    yield "32-bit.tif", changed(t258=32), "E113", "gray of 32 bits"
    yield "five-bands.tif", changed(t277=5, t262=2), "E113", "5 bands"
    yield "gray-alpha.tif", changed(t277=2, t338=2), "E113", "gray and alpha"
    yield "mixed.tif", lambda: make_tiff({258: (8, 16, 8), 262: 2, 277: 3}), "E113", "8/16 bits"
    yield "lab.tif", changed(t262=8), "E113", "photometric interpretation 8"
    yield "bayer.tif", changed(t262=32803), "E113", "photometric interpretation 32803"
    yield "fax.tif", changed(t259=4), "E113", "CCITT"
    yield "jpeg.tif", changed(t259=7), "E113", "JPEG compression"
    yield "zstd.tif", changed(t259=50000), "E113", "Zstandard"
    yield "unknown.tif", changed(t259=4711), "E113", "compression 4711"
    yield "raw.dng", changed(t50706=1), "E113", "RAW"
    yield "thumbnail.nef", changed(t254=1), "E113", "RAW"
    yield "planes-16.tif", changed(t258=16, t277=3, t262=2, t284=2), "E113", "separate planes"
    yield "inverted-16.tif", changed(t258=16, t262=0), "E113", "inverted gray"
    yield "no-palette.tif", changed(t262=3), "E123", "no palette"
    for compression in (LZW, DEFLATE, PACKBITS):
        name = f"noise-{compression}.tif"
        yield name, lambda c=compression: make_tiff({259: c}, noise(64)), "E123", "row 0 of 8"
    yield "flip-lzw.tif", lambda: replace(tiff(LZW), 3000, noise(40)), "E123", "breaks at row"
    yield "flip-zip.tif", lambda: replace(tiff(DEFLATE), 3000, noise(40)), "E123", "breaks at row"


def others() -> Iterator[Case]:
    lossy = webp(80)
    yield "header.webp", lambda: lossy[:14], "E123", "within its header"
    yield "no-chunk.webp", lambda: riff((b"ABCD", bytes(20))), "E123", "no valid picture"
    yield "start-code.webp", lambda: replace(lossy, 23, b"abc"), "E123", "no valid picture"
    yield "canvas.webp", lambda: riff((b"VP8X", bytes(10))), "E123", "no valid picture"
    yield "long-chunk.webp", lambda: replace(lossy, 16, b"\xff\xff"), "E123", "leaves the file"
    big = b"\x10\0\0\0" + b"\xff\xff\x3f" * 2
    yield "huge.webp", lambda: riff((b"VP8X", big), (b"VP8L", b"/abcd")), "E130", "4194304 x"
    yield "lossless.webp", lambda: riff((b"VP8L", b"\x2f\7\0\0\0")), "E124", "WebP data cannot"
    yield "header.bmp", lambda: bmp(8, 8)[:40], "E123", "within its header"
    yield "rows.bmp", lambda: bmp(8, 800), "E123", "row 41 of 800"
    yield "top-down.bmp", lambda: bmp(8, -800), "E123", "row 41 of 800"
    yield "rle.bmp", lambda: bmp(8, 8, 8, 1), "E113", "run-length"
    yield "embedded.bmp", lambda: bmp(8, 8, 0, 4), "E123|E113", ""
    yield "compressed.bmp", lambda: bmp(8, 8, 24, 5), "E113", "compression 5"
    yield "seven.bmp", lambda: bmp(8, 8, 7), "E123", "7 bits"
    yield "no-cols.bmp", lambda: bmp(0, 8), "E115", "0 x 8"
    yield "negative.bmp", lambda: bmp(-8, 8), "E115", "-8 x 8"
    yield "60k.bmp", lambda: bmp(60000, 60000), "E130", "3,600,000,000 pixels"
    yield "start.bmp", lambda: bmp(8, 8, start=20), "E123", "cannot start at byte 20"
    yield "far.bmp", lambda: bmp(8, 8, start=10**6), "E123", "cannot start"
    yield "os2.bmp", lambda: b"BM" + bytes(12) + b"\x0c\0\0\0" + bytes(400), "E123|E113", "BMP"


def foreign() -> Iterator[Case]:
    box = b"\0\0\0\x18ftyp"
    rows = [
        ("empty.jpg", b"", "E110", "0 bytes"),
        ("page.jpg", b"<!DOCTYPE html><html><title>404</title>", "E111", "HTML"),
        ("page2.jpg", b"\n  <HTML lang=en>", "E111", "HTML"),
        ("paper.jpg", b"%PDF-1.7\n", "E111", "PDF"),
        ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "E111", "SVG"),
        ("drawing2.png", b'<?xml version="1.0"?><svg/>', "E111", "XML"),
        ("archive.jpg", b"PK\3\4" + bytes(60), "E111", "zip"),
        ("packed.jpg", b"\x1f\x8b\x08" + bytes(60), "E111", "gzip"),
        ("pointer.jpg", b"version https://git-lfs.github.com/spec/v1\n", "E111", "git lfs pull"),
        ("note.jpg", b"no picture here", "E111", "text"),
        ("note16.jpg", "no picture here".encode("utf-16"), "E111", "text"),
        ("answer.jpg", b'{"error": 404}', "E111", "JSON"),
        ("film.jpg", box + b"isom" + bytes(40), "E111", "video"),
        ("film2.jpg", b"\x1aE\xdf\xa3" + bytes(40), "E111", "Matroska"),
        ("film3.jpg", riff(kind=b"AVI ") + bytes(30), "E111", "RIFF"),
        ("program.jpg", b"\x7fELF" + bytes(60), "E111", "program"),
        ("array.jpg", b"\x93NUMPY\1\0" + bytes(60), "E111", "NumPy"),
        ("zeros.jpg", bytes(5000), "E111", "zeros"),
        ("noise.jpg", noise(500), "E111", "no known format"),
        ("letter.jpg", b"BMW is a car", "E111", "text"),
        ("moving.gif", b"GIF89a" + bytes(60), "E112", "GIF"),
        ("figure.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n", "E112", "EPS"),
        ("figure.eps", b"\xc5\xd0\xd3\xc6" + bytes(60), "E112", "EPS"),
        ("wavelet.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "E112", "JPEG 2000"),
        ("wavelet.j2k", b"\xff\x4f\xff\x51" + bytes(40), "E112", "JPEG 2000"),
        ("plain.ppm", b"P6\n8 8\n255\n" + bytes(192), "E112", "PNM"),
        ("layers.psd", b"8BPS\0\1" + bytes(60), "E112", "Photoshop"),
        ("light.exr", b"v/1\x01" + bytes(60), "E112", "OpenEXR"),
        ("small.ico", b"\0\0\1\0" + bytes(60), "E112", "icon"),
        ("phone.heic", box + b"heic" + bytes(40), "E113", "HEIC"),
        ("phone.jpg", box + b"mif1" + bytes(40), "E113", "HEIC"),
        ("web.avif", box + b"avif" + bytes(40), "E113", "AVIF"),
        ("new.jxl", b"\xff\x0a" + bytes(40), "E113", "JPEG XL"),
        ("new2.jxl", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "E113", "JPEG XL"),
        ("camera.cr3", box + b"crx " + bytes(40), "E113", "RAW"),
        ("camera.cr2", b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "E113", "RAW"),
        ("camera.raf", b"FUJIFILMCCD-RAW " + bytes(40), "E113", "RAW"),
    ]
    for name, content, code, words in rows:
        yield name, lambda c=content: c, code, words


CASES = list(itertools.chain(truncated(), jpegs(), pngs(), tiffs(), others(), foreign()))


def require_help(error: ImageError | ReadError, path: Path) -> None:
    assert path.name in error.what
    assert error.cause
    assert error.help
    assert f"[{error.code}]" in str(error)


def test_the_table_is_long_and_has_no_name_twice() -> None:
    names = [case[0] for case in CASES]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "build", "code", "words"), CASES, ids=[c[0] for c in CASES])
def test_a_bad_file_is_named_explained_and_refused(
    name: str,
    build: Callable[[], bytes],
    code: str,
    words: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    path.write_bytes(build())
    capfd.readouterr()
    with pytest.raises(ImageError) as caught:
        read_image(path)
    error = caught.value
    assert re.fullmatch(code, error.code), str(error)
    assert re.search(words, str(error)), str(error)
    require_help(error, path)
    assert capfd.readouterr() == ("", "")  # the decoder has not been reached


# What only the decoder can find: it says so on stderr, which cannot be helped.
DECODER_CASES: list[tuple[str, Callable[[], bytes]]] = [
    ("short-stream.png", lambda: png(raw=bytes(40))),
    ("no-stream.png", lambda: png(pixels=chunk(b"IDAT", noise(60)))),
    ("filter.png", lambda: png(raw=b"\x09" * 72)),
    ("checksum.png", lambda: png(pixels=chunk(b"IDAT", zlib.compress(bytes(72))[:-1] + b"x"))),
]


@pytest.mark.parametrize(("name", "build"), DECODER_CASES, ids=[c[0] for c in DECODER_CASES])
def test_what_the_decoder_refuses_is_a_coded_error_too(
    name: str, build: Callable[[], bytes], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(build())
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert caught.value.code == "E124"
    require_help(caught.value, path)


# --- paths that lead to no regular file -----------------------------------------------------------


def missing(folder: Path) -> Path:
    return folder / "missing.jpg"


def broken_link(folder: Path) -> Path:
    (folder / "link.jpg").symlink_to("nowhere.jpg")
    return folder / "link.jpg"


def circular_link(folder: Path) -> Path:
    (folder / "a.jpg").symlink_to("b.jpg")
    (folder / "b.jpg").symlink_to("a.jpg")
    return folder / "a.jpg"


def file_as_folder(folder: Path) -> Path:
    (folder / "file").write_bytes(b"x")
    return folder / "file" / "x.jpg"


def folder_itself(folder: Path) -> Path:
    (folder / "folder.jpg").mkdir()
    return folder / "folder.jpg"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.jpg")
    return folder / "pipe.jpg"


def device(folder: Path) -> Path:  # noqa: ARG001, all builders take the folder
    return Path("/dev/zero")


def long_name(folder: Path) -> Path:
    return folder / ("x" * 300 + ".jpg")


def unreadable(folder: Path) -> Path:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = folder / "secret.jpg"
    path.write_bytes(jpeg())
    path.chmod(0)
    return path


PATHS = [
    (missing, "E101"),
    (broken_link, "E101"),
    (circular_link, "E101"),
    (file_as_folder, "E101"),
    (folder_itself, "E102"),
    (pipe, "E103"),
    (device, "E103"),
    (unreadable, "E104"),
    (long_name, "E105"),
]


@pytest.mark.parametrize(("make", "code"), PATHS, ids=[make.__name__ for make, _ in PATHS])
def test_a_path_that_leads_to_no_regular_file_is_refused_at_once(
    make: Callable[[Path], Path], code: str, tmp_path: Path
) -> None:
    path = make(tmp_path)
    with pytest.raises(ReadError) as caught:
        read_image(path)
    assert caught.value.code == code
    require_help(caught.value, path)


def test_a_socket_is_no_regular_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # socket names are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        with pytest.raises(ReadError, match=r"\[E103\].*socket"):
            read_image("s.jpg")


def test_a_name_with_a_zero_byte_reads_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    with pytest.raises(ReadError, match=r"\[E105\]"):
        read_image(f"{tmp_path}/a.jpg\0.png")


def test_a_control_sequence_in_a_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read_image(tmp_path / "a\x1b[2J\n.jpg")
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_huge_sparse_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "sparse.jpg"
    path.write_bytes(jpeg())
    os.truncate(path, 2**40)
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert caught.value.code == "E135"
    require_help(caught.value, path)
