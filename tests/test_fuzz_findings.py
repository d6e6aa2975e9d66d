"""What fuzzing found, one test each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fuzz import tiff_files
from unsplice import _core, decode_image
from unsplice.errors import ImageError


def page() -> tiff_files.Directory:
    """Return an uncompressed picture in three strips, of which the last has a row alone."""
    found = tiff_files.parsed(tiff_files.made(9, 13))
    assert found is not None
    return found


def test_strips_that_libtiff_takes_for_wrong_are_refused() -> None:
    # The rest of the first strip means nothing, but libtiff 4.7 then guesses the sizes of all, too
    # small: 8 of 9 rows came out black, and OpenCV passed over it.
    longer = page()
    longer.strips[0] += bytes(30)
    with pytest.raises(ImageError, match="different sizes") as caught:
        decode_image(tiff_files.stored(longer))
    assert caught.value.code == "E123"


@pytest.mark.parametrize("tag", [257, 259, 277, 278, 279])
def test_a_tag_that_stands_there_twice_is_refused(tag: int) -> None:
    # Which one counts differs between what was checked and what was decoded.
    twice = page()
    entry = next(entry for entry in twice.entries if entry[0] == tag)
    twice.entries.insert(twice.entries.index(entry), (tag, 8, [n + 1 for n in entry[2]]))
    with pytest.raises(ImageError, match="E123"):
        decode_image(tiff_files.stored(twice, keep_offsets=True))


@pytest.mark.parametrize(("tag", "kind"), [(277, 8), (273, 1), (279, 9), (258, 6), (256, 2)])
def test_a_tag_of_a_type_that_decoders_pass_over_is_refused(tag: int, kind: int) -> None:
    other = page()
    other.entries = [(t, kind if t == tag else k, values) for t, k, values in other.entries]
    with pytest.raises(ImageError, match="type") as caught:
        decode_image(tiff_files.stored(other))
    assert caught.value.code == "E123"


@pytest.mark.parametrize("count", [0, 2])
def test_a_tag_of_more_values_than_decoders_take_is_refused(count: int) -> None:
    # OpenCV ignores such a predictor or orientation.
    many = page()
    many.entries.append((317, 3, [2] * count))
    with pytest.raises(ImageError, match=f"{count} values"):
        decode_image(tiff_files.stored(many))


def scattered(values: np.ndarray[Any, Any], before: int) -> np.ndarray[Any, Any]:
    """Return the values as a field of records: a stride that is no multiple of their size."""
    record = np.dtype([("before", np.uint8, (before,)), ("value", values.dtype), ("after", "u1")])
    records = np.zeros(values.shape, record)
    records["value"] = values
    return records["value"]


@pytest.mark.parametrize("before", [0, 1, 3])
def test_filters_are_read_at_any_stride(before: int) -> None:
    # They were read as if strides were multiples of 8 bytes, and so from elsewhere.
    image = np.arange(60, dtype=np.float32).reshape(6, 10) ** 2
    taps = np.array([[0.1, 0.5, 0.7, 0.2], [0.3, -0.4, 0.6, -0.5]])
    moved = scattered(taps, before)
    assert moved.strides[1] % 8 != 0
    bands = _core.dwt2(image, taps, 1)
    np.testing.assert_array_equal(_core.dwt2(image, moved, 1), bands)
    np.testing.assert_array_equal(
        _core.idwt2(bands, moved, 6, 10, 1), _core.idwt2(bands, taps, 6, 10, 1)
    )


def test_indices_of_samples_are_read_at_any_stride() -> None:
    first, second = np.random.default_rng(1).integers(0, 256, (2, 20, 30, 3), np.uint8)
    indices, kinds = np.arange(0, 600, 7), np.zeros(86, np.uint8)
    more = (kinds, 1, [[1.0]], 0.5, 1)
    np.testing.assert_array_equal(
        _core.difference_quantiles(first, second, scattered(indices, 4), *more),
        _core.difference_quantiles(first, second, indices, *more),
    )


def test_an_amplitude_that_is_no_number_is_the_highest_level() -> None:
    # The conversion of NaN to a whole number is undefined.
    first, second = np.zeros((2, 9, 40, 3), np.uint8)
    levels = _core.amplitude_levels(first, second, [float("nan"), 1.0], 1)
    assert set(levels.ravel()) == {255}


@pytest.mark.parametrize(
    ("kernel", "shape", "more"),
    [
        ("scaled_levels", (2**40, 0), (1.0,)),
        ("weighted_sum", (2**40, 0, 3), ([0.2, 0.5, 0.3],)),
        ("sum_blocks", (2**40, 0), (0, 0)),
        ("clipped_samples", (2**40, 0, 3), (0, 0)),
        ("median_filter", (2**30, 2**30, 0), ()),
        ("blur_shares", (2**40, 0, 3), (1.0, [1.0])),
        # Of such a row there is none, but room was made for one.
        ("grid_contrasts", (0, 2**40), ()),
        ("log_cascade_saturating", (0, 2**40), (1,)),
        ("scaled_levels", (0, 2**21), (1.0,)),
    ],
)
def test_neither_many_rows_of_nothing_nor_no_rows_of_much_are_gone_through(
    kernel: str, shape: tuple[int, ...], more: tuple[Any, ...]
) -> None:
    with pytest.raises(ValueError, match="fewer rows and columns"):
        getattr(_core, kernel)(np.empty(shape, np.uint8), *more, 1)


def test_rows_of_no_pixels_are_not_painted_one_by_one() -> None:
    blocks = np.ones((2, 2), np.float32)
    assert _core.pixels_of_blocks(blocks, 2**60, 0, 0, 0, 1).shape == (2**60, 0)


@pytest.mark.parametrize("shape", [(0, 2**17), (2**17, 0), (0, 0)])
def test_empty_pictures_of_a_size_that_occurs_are_answered(shape: tuple[int, int]) -> None:
    assert _core.scaled_levels(np.empty(shape, np.uint8), 1.0, 1).shape == shape
    assert _core.grid_contrasts(np.empty((0, 8 * shape[1]), np.uint8), 1).shape == (3, 0, shape[1])


def test_sizes_without_a_successor_are_refused() -> None:
    # 2^63 - 1 and what rounds it up to whole cells is no number.
    sums = np.zeros((4, 1, 1), np.int32)
    with pytest.raises(ValueError, match="size"):
        _core.fit_lines(sums, 2**63 - 1, 4, 1, 1e-3, 1)


def test_a_component_without_a_successor_is_refused() -> None:
    # It is painted as its number and one.
    words = np.array([[5]], np.uint64)
    painted = _core.paint_labels(words, np.array([6, 2**31 - 2], np.int32), 4, 1)
    np.testing.assert_array_equal(painted, [[7, 0, 2**31 - 1, 0]])
    with pytest.raises(ValueError, match="below 2147483647"):
        _core.paint_labels(words, np.array([6, 2**31 - 1], np.int32), 4, 1)


@pytest.mark.parametrize("shape", [(2**62, 2**62), (3, 2**62), (2**63 - 1, 1)])
def test_a_result_of_more_bytes_than_can_be_counted_is_a_memory_error(
    shape: tuple[int, int],
) -> None:
    # The product was computed nevertheless, and what it overflows to is undefined.
    with pytest.raises(MemoryError):
        _core.pixels_of_blocks(np.ones((2, 2), np.float32), *shape, 0, 0, 1)


def test_patches_larger_than_the_picture_are_refused_before_memory_is_taken_for_them() -> None:
    image, corners = np.zeros((4, 4, 4), np.float32), np.zeros((5, 2), np.int64)
    with pytest.raises(ValueError, match="inside the image"):  # not a MemoryError, of 80 GB
        _core.extract_patches(image, corners, 2**15, 1)
    assert _core.extract_patches(image, corners, 4, 1).shape == (5, 4, 4, 4)
    assert _core.extract_patches(image, corners[:0], 2**15, 1).shape == (0, 2**15, 2**15, 4)
