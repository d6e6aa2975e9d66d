"""JPEG headers, and the walk over the scans."""

from __future__ import annotations

import hashlib
import io
import itertools
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from unsplice import ImageError, _core
from unsplice.jpeg import parse_jpeg, read_orientation, standard_tables

QUALITIES = range(1, 101)
SAMPLINGS = {
    "4:4:4": 0x111111,
    "4:2:2": 0x211111,
    "4:2:0": 0x221111,
    "4:4:0": 0x121111,
    "4:1:1": 0x411111,
}


def picture(rows: int = 61, cols: int = 83) -> np.ndarray:
    noise = np.random.default_rng(5).normal(0, 12, (rows, cols, 3))
    row, col = np.mgrid[0:rows, 0:cols]
    planes = [90 + 60 * np.sin(col / 9), 120 + 50 * np.cos(row / 7), (3 * row + col) % 256]
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def encode(pixels: np.ndarray, *options: int) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels, options)[1])


def saved(pixels: np.ndarray, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("quality", QUALITIES)
def test_standard_tables_are_those_that_opencv_writes(quality: int) -> None:
    header = parse_jpeg(encode(picture(8, 8), cv2.IMWRITE_JPEG_QUALITY, quality))
    luma, chroma = standard_tables(quality)
    assert luma.dtype == chroma.dtype == np.uint16
    for written, table in zip(header.quantization, (luma, chroma, chroma), strict=True):
        assert (written == table).all()


def test_a_table_has_vertical_frequencies_in_rows() -> None:
    luma, _ = standard_tables(50)
    assert luma[0, :4].tolist() == [16, 11, 10, 16]
    assert luma[:4, 0].tolist() == [16, 12, 14, 14]


@pytest.mark.parametrize("quality", [0, 101, -3])
def test_a_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(ValueError, match=f"1..100, got {quality}"):
        standard_tables(quality)


@pytest.mark.parametrize("quality", [75.0, "75", True, None])
def test_a_quality_that_is_no_whole_number_is_refused(quality: object) -> None:
    with pytest.raises(TypeError, match="quality must be an int"):
        standard_tables(quality)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SAMPLINGS)
def test_the_subsampling_has_its_common_name(name: str) -> None:
    data = encode(picture(), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[name])
    assert parse_jpeg(data).subsampling == name


def test_unusual_sampling_is_given_as_factors() -> None:
    data = bytearray(encode(picture()))
    data[data.index(b"\xff\xc0") + 14] = 0x12  # Cb 1x2
    assert parse_jpeg(bytes(data)).subsampling == "2x2,1x2,1x1"


def test_the_header_of_a_plain_picture() -> None:
    header = parse_jpeg(encode(picture()))
    assert (header.rows, header.cols, header.precision, header.components) == (61, 83, 8, 3)
    assert header.sampling == ((2, 2), (1, 1), (1, 1))
    assert (header.progressive, header.scans, header.color_space) == (False, 1, "ycbcr")
    assert (header.orientation, header.exif_readable, header.icc_sha256) == (1, True, None)
    assert (header.trailing_bytes, header.has_end_marker) == (0, True)
    assert not header.quantization[0].flags.writeable


def test_a_progressive_picture_has_several_scans() -> None:
    header = parse_jpeg(encode(picture(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    assert header.progressive
    assert header.scans == 10


@pytest.mark.parametrize(
    ("mode", "options", "space", "sampling"),
    [
        ("L", {}, "gray", None),
        ("RGB", {}, "ycbcr", "4:2:0"),
        ("RGB", {"keep_rgb": True}, "rgb", "4:4:4"),
        ("CMYK", {}, "cmyk", "4:4:4"),
    ],
)
def test_the_color_space_follows_the_markers(
    mode: str, options: dict[str, object], space: str, sampling: str | None
) -> None:
    header = parse_jpeg(saved(picture(), mode, **options))
    assert header.color_space == space
    assert header.subsampling == sampling


def test_the_adobe_transform_tells_ycck_from_cmyk() -> None:
    data = bytearray(saved(picture(), "CMYK"))
    data[data.index(b"Adobe") + 11] = 2
    assert parse_jpeg(bytes(data)).color_space == "ycck"


def test_tables_of_two_bytes_and_tables_before_a_later_scan_are_read() -> None:
    data = encode(picture())
    at = data.index(b"\xff\xdb")
    narrow = data[at + 5 : at + 69]
    wide = struct.pack(">HHB", 0xFFDB, 131, 0x10) + struct.pack(">64H", *narrow)
    changed = data[:at] + wide + data[at + 69 :]
    assert (parse_jpeg(changed).quantization[0] == parse_jpeg(data).quantization[0]).all()
    assert _core.check_jpeg_scan(changed)[0] == "complete"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_read_in_both_byte_orders(orientation: int, order: str) -> None:
    head = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}IHHHIHH", 8, 1, 274, 3, 1, orientation, 0)
    assert read_orientation(head + entry + bytes(4)) == orientation


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_without_meaning_counts_as_none(value: int) -> None:
    assert read_orientation(b"II*\0" + struct.pack("<IHHHIHH", 8, 1, 274, 3, 1, value, 0)) == 1


@pytest.mark.parametrize(
    "exif",
    [b"", b"junk", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff" + bytes(30)],
)
def test_a_damaged_exif_block_is_noticed(exif: bytes) -> None:
    with pytest.raises(ValueError, match=r"no TIFF header|leaves the block"):
        read_orientation(exif)


def test_a_profile_in_several_segments_is_hashed_as_one() -> None:
    profile = bytes(range(256)) * 600
    header = parse_jpeg(saved(picture(), icc_profile=profile))
    assert header.icc_sha256 == hashlib.sha256(profile).hexdigest()


def test_what_follows_the_end_is_counted() -> None:
    data = encode(picture())
    assert parse_jpeg(data + b"PK\3\4" + bytes(96)).trailing_bytes == 100
    assert parse_jpeg(data + data).trailing_bytes == len(data)


def test_fill_bytes_before_a_marker_are_no_damage() -> None:
    data = encode(picture())
    at = data.index(b"\xff\xdb")
    filled = data[:at] + b"\xff\xff\xff" + data[at:-2] + b"\xff\xff" + data[-2:]
    assert parse_jpeg(filled).has_end_marker
    assert _core.check_jpeg_scan(filled)[0] == "complete"


def test_messages_use_the_name_they_are_given() -> None:
    with pytest.raises(ImageError, match=r"\[E111\] not an image: tower\.jpg"):
        parse_jpeg(b"nothing", name="tower.jpg")


# --- the walk over the scans ----------------------------------------------------------------------

OPTIONS = list(
    itertools.product(
        ["RGB", "L", "CMYK"], [35, 95], [0, 1, 2], [False, True], [False, True], [0, 1, 5]
    )
)


@pytest.mark.parametrize(("mode", "quality", "sampling", "progressive", "optimize", "rst"), OPTIONS)
def test_intact_scans_are_complete_up_to_the_end_marker(
    mode: str, quality: int, sampling: int, progressive: bool, optimize: bool, rst: int
) -> None:
    options = {"subsampling": sampling} if mode == "RGB" else {}
    data = saved(
        picture(),
        mode,
        quality=quality,
        progressive=progressive,
        optimize=optimize,
        restart_marker_blocks=rst,
        **options,
    )
    state, reason, _, rows, position, full = _core.check_jpeg_scan(data)
    assert (state, reason, rows, position, full) == ("complete", "", 61, len(data), True)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (8, 8), (16, 16), (17, 33), (1, 300), (300, 1)])
@pytest.mark.parametrize("name", SAMPLINGS)
@pytest.mark.parametrize("progressive", [0, 1])
def test_scans_of_any_size_and_sampling_are_complete(
    size: tuple[int, int], name: str, progressive: int
) -> None:
    options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[name]]
    data = encode(picture(*size), *options, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    assert _core.check_jpeg_scan(data)[0] == "complete"


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_RST_INTERVAL, 2)])
def test_no_prefix_of_a_sequential_picture_is_complete(options: tuple[int, ...]) -> None:
    data = encode(picture(24, 40), *options)
    for end in range(len(data) - 2):
        assert _core.check_jpeg_scan(data[:end])[0] != "complete", end
    assert _core.check_jpeg_scan(data[:-2])[0] == "complete"  # all but the end marker


def test_no_prefix_of_a_progressive_picture_is_complete_at_full_precision() -> None:
    data = encode(picture(24, 40), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    for end in range(len(data) - 2):
        state, *_, full = _core.check_jpeg_scan(data[:end])
        assert (state, full) != ("complete", True), end


def test_the_row_where_data_ends_is_told() -> None:
    pixels = picture(160, 32)
    data = encode(pixels)
    rows = [_core.check_jpeg_scan(data[:end])[3] for end in range(700, len(data))]
    assert set(rows) == set(range(0, 161, 16))
    assert rows == sorted(rows)


def test_a_bit_flipped_in_a_scan_never_stops_the_walk_unnoticed_outside_the_data() -> None:
    data = encode(picture(24, 40), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    states = set()
    for byte, bit in itertools.product(range(2, len(data), 3), range(0, 8, 3)):
        changed = bytearray(data)
        changed[byte] ^= 1 << bit
        state, _, _, rows, position, _ = _core.check_jpeg_scan(bytes(changed))
        states.add(state)
        assert 0 <= position <= len(data)
        assert rows >= 0
    assert states == {"complete", "truncated", "corrupt"}


def test_a_table_that_asks_for_too_many_codes_is_refused() -> None:
    data = encode(picture())
    at = data.index(b"\xff\xc4") + 5
    for counts in (bytes([255] * 16), bytes([3]) + bytes(15), bytes([2, 1]) + bytes(14)):
        changed = data[:at] + counts + data[at + 16 :]
        assert _core.check_jpeg_scan(changed)[:2] == ("corrupt", "invalid Huffman table")


def lzw_literals(count: int) -> bytes:
    """Return `count` zero bytes as 9-bit codes, with a clear code before and an end code behind."""
    bits = "100000000" + "000000000" * count + "100000001"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_lzw_sizes() -> None:
    assert _core.lzw_size(lzw_literals(50), 1000) == 50
    assert _core.lzw_size(lzw_literals(50), 50) == 50
    assert _core.lzw_size(lzw_literals(50)[:28], 1000) == 23
    assert _core.lzw_size(b"", 10) == 0
    assert _core.lzw_size(b"\xff" * 9, 10) == -1


@pytest.mark.parametrize(
    ("data", "limit", "size"),
    [
        (b"", 9, 0),
        (b"\2abc", 9, 3),
        (b"\2ab", 9, -1),
        (b"\xfea", 9, 3),
        (b"\xfe", 9, -1),
        (b"\x80\x80\0a", 9, 1),
        (b"\xf8a", 9, 9),
        (b"\xf7a", 9, -1),
    ],
)
def test_packbits_sizes(data: bytes, limit: int, size: int) -> None:
    assert _core.packbits_size(data, limit) == size
