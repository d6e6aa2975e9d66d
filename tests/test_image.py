"""Sound pictures: right pixels, on the stored grid, with what the reader has to know."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from unsplice import SourceImage, UnspliceError, decode_image, read_image
from unsplice.image import as_image

RNG = np.random.default_rng(11)
RGB = RNG.integers(0, 256, (61, 97, 3), dtype=np.uint8)
RGB[:, :50] //= 64  # something for coders that pack runs
RGB16 = RNG.integers(0, 65536, (61, 97, 3), dtype=np.uint16)
GRAY, GRAY16 = np.ascontiguousarray(RGB[:, :, 0]), np.ascontiguousarray(RGB16[:, :, 0])
ALPHA = np.full((61, 97, 1), 255, np.uint8)
ALPHA[:30] = 100
RGBA = np.concatenate([RGB, ALPHA], -1)


def saved(form: str, pixels: np.ndarray = RGB, mode: str | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(stream, form, **options)
    return stream.getvalue()


def tiff(pixels: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, **options)
    return stream.getvalue()


def opencv(extension: str, pixels: np.ndarray, *options: int) -> bytes:
    if pixels.ndim == 3:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    return bytes(cv2.imencode(extension, pixels, options)[1])


def jpeg(*options: int) -> bytes:
    return opencv(".jpg", RGB, *options)


def codes(source: SourceImage) -> list[str]:
    return [notice.code for notice in source.warnings]


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[274] = orientation
    return block


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def with_chunk(data: bytes, kind: bytes, content: bytes) -> bytes:
    return data[:33] + chunk(kind, content) + data[33:]


# --- pixels ---------------------------------------------------------------------------------------

LOSSLESS: dict[str, tuple[bytes, np.ndarray]] = {
    "png": (opencv(".png", RGB), RGB),
    "png gray": (opencv(".png", GRAY), GRAY),
    "png 16": (opencv(".png", RGB16), RGB16),
    "png gray 16": (opencv(".png", GRAY16), GRAY16),
    "png rgba": (opencv(".png", RGBA), RGB),
    "png interlaced text": (with_chunk(opencv(".png", RGB), b"tEXt", b"Title\0x"), RGB),
    "webp": (opencv(".webp", RGB, cv2.IMWRITE_WEBP_QUALITY, 101), RGB),
    "webp rgba": (saved("WEBP", RGBA, lossless=True, exact=True), RGB),
    "webp 1x1": (saved("WEBP", RGB[:1, :1].copy(), lossless=True), RGB[:1, :1]),
    "bmp": (opencv(".bmp", RGB), RGB),
    "bmp gray": (opencv(".bmp", GRAY), GRAY),
    "bmp rgba": (opencv(".bmp", RGBA), RGB),
    "tiff lzw": (saved("TIFF", compression="tiff_lzw"), RGB),
    "tiff lzw gray": (saved("TIFF", GRAY, compression="tiff_lzw"), GRAY),
    "tiff lzw rgba": (saved("TIFF", RGBA, compression="tiff_lzw"), RGB),
    "tiff lzw predictor": (saved("TIFF", compression="tiff_lzw", tiffinfo={317: 2}), RGB),
    "tiff lzw flat": (saved("TIFF", np.zeros_like(RGB), compression="tiff_lzw"), 0 * RGB),
    "tiff packbits": (saved("TIFF", compression="packbits"), RGB),
    "tiff 1 bit": (
        saved("TIFF", mode="1"),
        255 * np.asarray(Image.fromarray(RGB).convert("1"), np.uint8),
    ),
}
for title, pixels in {"rgb": RGB, "rgb16": RGB16, "gray": GRAY, "gray16": GRAY16}.items():
    meaning = {"photometric": "rgb" if pixels.ndim == 3 else "minisblack"}
    for label, variant in {
        "plain": {},
        "deflate": {"compression": "zlib"},
        "predictor": {"compression": "zlib", "predictor": True},
        "tiles": {"tile": (32, 32)},
        "strips": {"rowsperstrip": 7, "compression": "zlib"},
        "big-endian": {"byteorder": ">"},
        "BigTIFF": {"bigtiff": True},
    }.items():
        LOSSLESS[f"tiff {title} {label}"] = (tiff(pixels, **meaning, **variant), pixels)
PLANES = np.ascontiguousarray(np.moveaxis(RGB, -1, 0))
LOSSLESS |= {
    "tiff planes": (tiff(PLANES, photometric="rgb", planarconfig="separate"), RGB),
    "tiff inverted": (tiff(GRAY, photometric="miniswhite"), 255 - GRAY),
    "tiff alpha": (tiff(RGBA, photometric="rgb", extrasamples=["unassalpha"]), RGB),
    "tiff alpha >": (
        tiff(RGBA, photometric="rgb", extrasamples=["unassalpha"], byteorder=">", tile=(16, 16)),
        RGB,
    ),
    "tiff premultiplied": (tiff(RGBA, photometric="rgb", extrasamples=["assocalpha"]), RGB),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_pictures_come_back_as_they_were(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data, truth = LOSSLESS[name]
    pixels = decode_image(data).pixels
    assert pixels.dtype == truth.dtype
    assert pixels.shape == truth.shape
    assert (pixels == truth).all()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
        opencv(".jpg", GRAY),
        saved("JPEG", mode="CMYK"),
        opencv(".webp", RGB, cv2.IMWRITE_WEBP_QUALITY, 80),
        saved("TIFF", mode="CMYK"),
    ],
    ids=["sequential", "progressive", "restarts", "gray", "cmyk", "webp", "cmyk tiff"],
)
def test_lossy_pictures_are_what_opencv_decodes(data: bytes) -> None:
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION
    truth = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    pixels = decode_image(data).pixels
    assert (pixels == (truth if truth.ndim == 2 else truth[:, :, ::-1])).all()


def test_a_source_knows_its_file(tmp_path: Path) -> None:
    data = jpeg(cv2.IMWRITE_JPEG_QUALITY, 90)
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    source = read_image(path)
    assert source.path == str(path)
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    assert (source.size, source.format, source.orientation) == (len(data), "JPEG", 1)
    assert source.subsampling == "4:2:0"
    assert len(source.quantization) == 3
    assert source.warnings == ()
    assert not source.pixels.flags.writeable
    assert source.pixels.flags.c_contiguous


def test_a_source_from_memory_has_no_path_and_no_tables_unless_it_is_a_jpeg() -> None:
    source = decode_image(bytearray(opencv(".png", RGB)))
    assert (source.path, source.jpeg, source.quantization) == (None, None, ())
    assert source.subsampling is None
    assert decode_image(memoryview(jpeg())).format == "JPEG"


@pytest.mark.parametrize(
    "name",
    ["with space.jpg", " lead.jpg", "-dash.jpg", "new\nline.jpg", "ünïcödé 写真.jpg", "[a]*?.jpg",
     "'\".jpg", "x" * 251 + ".jpg"],
)  # fmt: skip
def test_any_name_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(jpeg())
    assert read_image(path).path == str(path)
    assert read_image(str(path)).warnings == ()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems store names as text")
def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    with open(raw, "wb") as file:  # noqa: PTH123, a path of bytes
        file.write(jpeg())
    for path in (raw, os.fsdecode(raw), Path(os.fsdecode(raw))):
        source = read_image(path)
        assert source.path is not None
        assert os.fsencode(source.path) == raw


def open_descriptors() -> list[str]:
    return sorted(entry.name for entry in Path("/proc/self/fd").iterdir())


def test_reading_leaves_no_descriptor_open(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(jpeg())
    bad.write_bytes(b"nothing")
    before = open_descriptors()
    for path in (good, bad, tmp_path, tmp_path / "missing"):
        try:
            read_image(path)
        except UnspliceError as error:
            assert path != good, error  # noqa: PT017, the good one must not raise
    assert open_descriptors() == before


@pytest.mark.skipif(not hasattr(os, "O_NOATIME"), reason="Linux only")
def test_reading_leaves_the_times_of_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    os.utime(path, ns=(10**18, 10**18))
    read_image(path)
    state = path.stat()
    assert (state.st_atime_ns, state.st_mtime_ns) == (10**18, 10**18)


def test_threads_read_the_same() -> None:
    files = [data for data, _ in LOSSLESS.values()]
    alone = [decode_image(data).pixels.tobytes() for data in files]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda data: decode_image(data).pixels.tobytes(), files))
    assert together == alone


@pytest.mark.parametrize("path", [None, 3, 4.5, ["a.jpg"], RGB])
def test_a_path_of_another_kind_is_refused(path: Any) -> None:
    with pytest.raises(TypeError, match=f"path must be .* got {type(path).__name__}"):
        read_image(path)


@pytest.mark.parametrize("data", [None, "text", [1, 2], RGB])
def test_data_of_another_kind_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match=f"data must be bytes, got {type(data).__name__}"):
        decode_image(data)


@pytest.mark.parametrize("limit", [0, -1, 2**30 + 1])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=rf"max_pixels must be in 1\.\.1073741824.*got {limit}"):
        decode_image(jpeg(), max_pixels=limit)


@pytest.mark.parametrize("limit", [1e6, "1", True, None])
def test_a_limit_of_another_kind_is_refused(limit: Any) -> None:
    with pytest.raises(TypeError, match="max_pixels must be an int"):
        decode_image(jpeg(), max_pixels=limit)


def test_the_limit_is_counted_in_pixels() -> None:
    assert decode_image(jpeg(), max_pixels=61 * 97).pixels.shape == RGB.shape
    with pytest.raises(UnspliceError, match=r"\[E130\].*97 x 61"):
        decode_image(jpeg(), max_pixels=61 * 97 - 1)


# --- surprising, but fine -------------------------------------------------------------------------


def orientation_files(orientation: int, pixels: np.ndarray) -> dict[str, bytes]:
    block = exif(orientation)
    return {
        "JPEG": saved("JPEG", pixels, exif=block),
        "PNG": saved("PNG", pixels, exif=block),
        "WebP": saved("WEBP", pixels, exif=block, lossless=True),
        "TIFF": tiff(pixels, photometric="rgb", extratags=[(274, 3, 1, orientation, True)]),
        "TIFF >": tiff(
            pixels, photometric="rgb", byteorder=">", extratags=[(274, 3, 1, orientation, True)]
        ),
    }


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WebP", "TIFF", "TIFF >"])
def test_every_orientation_lands_on_the_stored_grid(
    form: str, orientation: int, square: bool
) -> None:
    pixels = np.ascontiguousarray(RGB[:, :61]) if square else RGB
    source = decode_image(orientation_files(orientation, pixels)[form])
    plain = decode_image(orientation_files(1, pixels)[form])
    assert (source.pixels == plain.pixels).all()
    if form != "JPEG":
        assert (source.pixels == pixels).all()
    assert source.orientation == orientation
    assert codes(source) == ([] if orientation == 1 else ["N304"])


def animation(form: str) -> bytes:
    stream = io.BytesIO()
    frames = [Image.fromarray(np.roll(RGB, shift, 0)) for shift in (0, 5, 9)]
    options = {"lossless": True} if form == "WEBP" else {}
    frames[0].save(stream, form, save_all=True, append_images=frames[1:], **options)
    return stream.getvalue()


BOMB = with_chunk(opencv(".png", RGB), b"zTXt", b"a\0\0" + zlib.compress(bytes(20_000_000), 9))
PROFILE = bytes(range(200))
FINE: list[tuple[str, Callable[[], bytes], list[str], str]] = [
    ("png.jpg", lambda: opencv(".png", RGB), ["W201"], "contains PNG data; analysed as PNG"),
    ("jpg.png", jpeg, ["W201"], "contains JPEG data"),
    ("bmp.tif", lambda: opencv(".bmp", RGB), ["W201"], "contains BMP data"),
    ("no-extension", jpeg, ["W201"], "JPEG"),
    ("upper.JPG", jpeg, [], ""),
    ("no-end.jpg", lambda: jpeg()[:-2], ["W202"], "all 61 rows present"),
    ("half-end.jpg", lambda: jpeg()[:-1], ["W202"], "all 61 rows present"),
    ("fill-end.jpg", lambda: jpeg()[:-2] + b"\xff\xff\xff", ["W202"], "all 61 rows"),
    ("no-end-p.jpg", lambda: jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)[:-2], ["W202"], "all 61 rows"),
    ("zip.jpg", lambda: jpeg() + b"PK\3\4" + bytes(4996), ["N301"], "5000 bytes follow"),
    ("phone.mpo", lambda: animation("MPO"), ["N301"], "follow the end of the JPEG"),
    ("more.png", lambda: opencv(".png", RGB) + b"more", ["N301"], "4 bytes follow"),
    ("more.webp", lambda: opencv(".webp", RGB) + b"more", ["N301"], "4 bytes follow"),
    ("more.bmp", lambda: opencv(".bmp", RGB) + b"more", ["N301"], "4 bytes follow"),
    ("bomb.png", lambda: BOMB, ["W203"], "oversized zTXt chunk ignored"),
    ("print.jpg", lambda: saved("JPEG", mode="CMYK"), ["W204"], "CMYK JPEG converted to RGB"),
    ("print.tif", lambda: saved("TIFF", mode="CMYK"), ["W204"], "CMYK TIFF converted"),
    ("alpha.png", lambda: opencv(".png", RGBA), ["W205"], "49 % of pixels transparent"),
    ("alpha.webp", lambda: saved("WEBP", RGBA, lossless=True), ["W205"], "49 %"),
    ("alpha.tif", lambda: saved("TIFF", RGBA), ["W205"], "49 %"),
    ("alpha.bmp", lambda: opencv(".bmp", RGBA), ["W205"], "49 %"),
    ("gray-alpha.png", lambda: saved("PNG", RGBA, "LA"), ["W205"], "49 %"),
    ("palette.png", lambda: saved("PNG", mode="P"), ["W206"], "palette image"),
    ("palette.bmp", lambda: saved("BMP", mode="P"), ["W206"], "palette image"),
    ("palette.tif", lambda: saved("TIFF", mode="P"), ["W206"], "palette image"),
    ("two.png", lambda: saved("PNG", mode="1"), ["W206"], "1-bit image"),
    ("two.tif", lambda: saved("TIFF", mode="1"), ["W206"], "1-bit image"),
    ("two.bmp", lambda: saved("BMP", mode="1"), ["W206"], "1-bit image"),
    ("exif.jpg", lambda: saved("JPEG", exif=b"Exif\0\0garbage"), ["W207"], "unreadable"),
    ("exif.png", lambda: with_chunk(opencv(".png", RGB), b"eXIf", b"x"), ["W207"], "unreadable"),
    ("deep.png", lambda: opencv(".png", RGB16), ["N302"], "16 bits"),
    ("deep.tif", lambda: tiff(GRAY16), ["N302"], "16 bits"),
    ("moving.webp", lambda: animation("WEBP"), ["N303", "W205"], "pages; analysed the first"),
    ("moving.png", lambda: animation("PNG"), ["N303"], "3 pages; analysed the first"),
    ("pages.tif", lambda: animation("TIFF"), ["N303"], "3 pages; analysed the first"),
    ("color.jpg", lambda: saved("JPEG", icc_profile=PROFILE), ["N305"], "sha256"),
    ("color.png", lambda: saved("PNG", icc_profile=PROFILE), ["N305"], "sha256"),
    ("color.webp", lambda: saved("WEBP", icc_profile=PROFILE), ["N305"], "sha256"),
    ("color.tif", lambda: saved("TIFF", icc_profile=PROFILE), ["N305"], "sha256"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "build", "expected", "words"), FINE, ids=[f[0] for f in FINE])
def test_a_surprising_file_is_read_and_the_surprise_told(
    name: str,
    build: Callable[[], bytes],
    expected: list[str],
    words: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    path.write_bytes(build())
    capfd.readouterr()
    source = read_image(path)
    assert codes(source) == expected
    assert words in " ".join(notice.text for notice in source.warnings)
    assert source.pixels.shape[:2] == RGB.shape[:2]
    assert capfd.readouterr() == ("", "")
    if "N305" in expected:
        assert hashlib.sha256(PROFILE).hexdigest() in source.warnings[0].text


def test_a_jpeg_without_its_end_has_the_same_pixels() -> None:
    for whole in (jpeg(), jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1), opencv(".jpg", GRAY)):
        assert (decode_image(whole[:-2]).pixels == decode_image(whole).pixels).all()


def test_a_progressive_jpeg_that_ends_early_with_an_end_marker_is_noticed() -> None:
    whole = jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    early = whole[: whole.rindex(b"\xff\xc4")] + b"\xff\xd9"
    assert codes(decode_image(early)) == ["W208"]


def test_colors_under_transparent_pixels_are_kept() -> None:
    hidden = np.concatenate([RGB, np.zeros_like(ALPHA)], -1)
    source = decode_image(opencv(".png", hidden))
    assert (source.pixels == RGB).all()
    assert "100 %" in source.warnings[0].text


# --- arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        RGB,
        GRAY,
        RGB16,
        RGB16.astype(">u2"),
        GRAY16.astype("<u2"),
        RGB[::-1, ::-2],
        RGB[:, :, ::-1],
        np.asfortranarray(RGB),
        RGB[3:4, 5:6],
        np.broadcast_to(np.uint8(7), (4, 5)),
        GRAY.view(np.ndarray).T,
    ],
)  # fmt: skip
def test_any_layout_of_a_picture_is_taken(array: np.ndarray) -> None:
    before = array.copy()
    taken = as_image(array)
    assert taken.flags.c_contiguous
    assert taken.dtype.isnative
    assert (taken == before).all()
    assert (array == before).all()


def test_a_dense_picture_is_not_copied() -> None:
    assert np.shares_memory(as_image(RGB), RGB)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (RGB > 3, "got bool array.*astype"),
        (RGB / 255, "got float64 array of shape .61, 97, 3.; convert"),
        (RGB.astype(np.float32), "convert values in 0..1"),
        (RGB.astype(np.int64), "got int64 array"),
        (RGB.astype(np.int8), "got int8 array"),
        (RGB.astype(np.uint32), "got uint32 array"),
        (RGB.astype(complex), "got complex128"),
        (RGB.astype(object), "got object array"),
        (np.array("text"), "got <U4 array"),
        (np.ma.masked_array(RGB), "got a masked array"),
        (RGB.tolist(), "got list"),
        (None, "got NoneType"),
        ("a.jpg", "got str; for files use read_image"),
        (Image.fromarray(RGB), "got Image"),
        (np.float64(3), "got float64"),
    ],
)
def test_what_is_no_picture_array_is_a_type_error(image: object, words: str) -> None:
    with pytest.raises(TypeError, match=f"^spliced must be a uint8 or uint16 array.*{words}"):
        as_image(image, name="spliced")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.array(3, np.uint8), r"got shape \(\)"),
        (GRAY[0], r"got shape \(97,\)"),
        (RGBA, r"got shape \(61, 97, 4\); drop alpha"),
        (GRAY[:, :, None], r"got shape \(61, 97, 1\); drop the last axis"),
        (RGB[:, :, :2], r"got shape \(61, 97, 2\)$"),
        (RGB[None], r"got shape \(1, 61, 97, 3\)"),
        (RGB[:0], r"have pixels, got shape \(0, 97, 3\)"),
        (GRAY[:, :0], r"have pixels, got shape \(61, 0\)"),
    ],
)
def test_a_picture_array_of_wrong_shape_is_a_value_error(image: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^image must .*{words}"):
        as_image(image)


# --- mutations ------------------------------------------------------------------------------------

SEEDS: dict[str, bytes] = {
    "jpeg": jpeg(),
    "progressive": jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "restarts": jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
    "cmyk": saved("JPEG", mode="CMYK"),
    "exif": saved("JPEG", exif=exif(6), icc_profile=PROFILE),
    "png": opencv(".png", RGB),
    "palette": saved("PNG", mode="P"),
    "tiff": tiff(RGB, photometric="rgb"),
    "lzw": saved("TIFF", compression="tiff_lzw"),
    "deflate": tiff(RGB16, photometric="rgb", compression="zlib", tile=(16, 16)),
    "packbits": saved("TIFF", compression="packbits"),
    "bmp": opencv(".bmp", RGB),
    "bmp palette": saved("BMP", mode="P"),
    "webp": opencv(".webp", RGB, cv2.IMWRITE_WEBP_QUALITY, 80),
    "lossless webp": opencv(".webp", RGB, cv2.IMWRITE_WEBP_QUALITY, 101),
}


def repaired(data: bytes) -> bytes:
    """Return a PNG with right checksums, so that mutations get past them."""
    result, at = data[:8], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        result += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length
    return result


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        end = len(changed) if rng.random() < 0.5 else min(len(changed), 700)
        at, kind = int(rng.integers(0, max(end, 1))), int(rng.integers(6))
        few = rng.integers(0, 256, int(rng.integers(1, 5)), dtype=np.uint8).tobytes()
        if kind == 0:
            changed[at : at + 1] = bytes(
                [changed[at] ^ 1 << int(rng.integers(8))] if changed else []
            )
        elif kind == 1:
            changed[at : at + len(few)] = few
        elif kind == 2:
            changed[at : at + len(few)] = b""
        elif kind == 3:
            changed[at:at] = few
        elif kind == 4:
            changed[at : at + 4] = [b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"][at % 3]
        elif rng.random() < 0.2:
            changed[at:] = b""
    return bytes(changed)


@pytest.mark.parametrize("name", SEEDS)
def test_a_mutated_file_is_read_or_refused_with_a_code(name: str) -> None:
    rng = np.random.default_rng(2024)
    for trial in range(300):
        data = mutated(SEEDS[name], rng)
        if data[:4] == b"\x89PNG" and trial % 2:
            data = repaired(data)
        try:
            source = decode_image(data, max_pixels=4_000_000)
        except UnspliceError as error:
            assert error.help  # noqa: PT017, either outcome is right
            continue
        assert source.pixels.size > 0
        assert source.sha256 == hashlib.sha256(data).hexdigest()
