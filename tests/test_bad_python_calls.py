"""Bad Python calls of every public function: told by name, with what was expected and what came."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import unsplice
from unsplice.evaluation.scores.boundary import count_false_components, score_boundary
from unsplice.evaluation.scores.pixels import score_mask

RGB = np.zeros((16, 24, 3), np.uint8)
GRAY = RGB[..., 0]
MASK = np.zeros((16, 24), np.bool_)
CORNERS = np.zeros((1, 2), np.int64)
OBJECTS = np.full((16, 24), None, object)
FIELDS = np.zeros((16, 24), [("r", "u1"), ("g", "u1")])
DATES = np.zeros((16, 24), "datetime64[s]")


def call(function: Callable[..., Any], *arguments: Any, **options: Any) -> Callable[[], Any]:
    return lambda: function(*arguments, **options)


def compared(first: Any, second: Any = RGB, **options: Any) -> Callable[[], Any]:
    return call(unsplice.compare, first, second, **options)


THRESHOLD = unsplice.neighborhood_threshold
PATCHES = unsplice.extract_patches
SAMPLE = unsplice.sample_patches
LABEL = unsplice.label_components
REMOVE = unsplice.remove_small_components
BASELINE = {"method": "neighborhood-threshold"}

# The call, the kind of error, and what its message must say.
BAD_CALLS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    # compare
    "compare: nothing": (call(unsplice.compare), TypeError, "authentic"),
    "compare: one picture": (call(unsplice.compare, RGB), TypeError, "spliced"),
    "compare: method by position": (
        call(unsplice.compare, RGB, RGB, "evidence"), TypeError, "positional",
    ),
    "compare: unknown option": (compared(RGB, threads=2), TypeError, "threads"),
    "compare: a number": (compared(7), TypeError, "authentic must be .*got int"),
    "compare: a scalar": (compared(np.uint8(7)), TypeError, "authentic must be .*got uint8"),
    "compare: no dimensions": (compared(np.array(7, np.uint8)), ValueError, r"got shape \(\)"),
    "compare: a stack": (compared(RGB[np.newaxis]), ValueError, r"got shape \(1, 16, 24, 3\)"),
    "compare: channels first": (
        compared(RGB.transpose(2, 0, 1)), ValueError, r"got shape \(3, 16, 24\)",
    ),
    "compare: one channel": (compared(RGB[..., :1]), ValueError, r"got shape \(16, 24, 1\)"),
    "compare: no channels": (compared(RGB[..., :0]), ValueError, r"got shape \(16, 24, 0\)"),
    "compare: nothing in it": (compared(RGB[:0, :0]), ValueError, "must have pixels"),
    "compare: objects": (compared(OBJECTS), TypeError, "got object"),
    "compare: fields": (compared(FIELDS), TypeError, "got .*'r'"),
    "compare: dates": (compared(DATES), TypeError, "got datetime64"),
    "compare: complex": (compared(GRAY.astype(complex)), TypeError, "got complex128"),
    "compare: half floats": (compared(GRAY.astype(np.float16)), TypeError, "got float16"),
    "compare: 32 bits": (compared(GRAY.astype(np.uint32)), TypeError, "got uint32"),
    "compare: 64 bits": (compared(GRAY.astype(np.int64)), TypeError, "got int64"),
    "compare: words": (compared(np.full((9, 9), "a")), TypeError, "got <U1"),
    "compare: a set": (compared({1}), TypeError, "got set"),
    "compare: a file's bytes": (compared(bytearray(b"\xff\xd8")), TypeError, "got bytearray"),
    "compare: a second list": (compared(RGB, [[0]]), TypeError, "spliced must be .*got list"),
    "compare: a second None": (compared(RGB, None), TypeError, "spliced must be .*got NoneType"),
    "compare: a second masked array": (
        compared(RGB, np.ma.masked_array(RGB)), TypeError, "spliced must be .*masked",
    ),
    "compare: a second stack": (
        compared(RGB, RGB[np.newaxis]), ValueError, r"spliced must .*\(1, 16, 24, 3\)",
    ),
    "compare: method in capitals": (
        compared(RGB, method="Evidence"), ValueError, "method must be .*Evidence",
    ),
    "compare: method as a number": (compared(RGB, method=0), ValueError, "method must be .*0"),
    "compare: the class of parameters": (
        compared(RGB, parameters=unsplice.EvidenceParameters), TypeError, "got type",
    ),
    "compare: parameters as a number": (compared(RGB, parameters=8), TypeError, "got int"),
    "compare: parameters of evidence for the threshold": (
        compared(RGB, parameters=unsplice.EvidenceParameters(), **BASELINE), TypeError,
        "NeighborhoodThresholdParameters",
    ),
    "compare: less than no threads": (compared(RGB, num_threads=-1), ValueError, "got -1"),
    "compare: threads as a word": (compared(RGB, num_threads="2"), TypeError, "got str"),
    "compare: threads as a truth": (compared(RGB, num_threads=True), TypeError, "got bool"),
    "compare: threads as nan": (compared(RGB, num_threads=nan), TypeError, "got float"),
    "threshold of the question: no picture": (
        compared([0], **BASELINE), TypeError, "authentic must be .*got list",
    ),
    # Reading
    "read: a set": (call(unsplice.read_image, {"a.jpg"}), TypeError, "path must be .*got set"),
    "read: a truth": (call(unsplice.read_image, True), TypeError, "path must be .*got bool"),
    "read: limit as a word": (
        call(unsplice.read_image, "a.jpg", max_pixels="9"), TypeError, "max_pixels must be an int",
    ),
    "read: infinite limit": (
        call(unsplice.read_image, "a.jpg", max_pixels=inf), TypeError, "max_pixels must be an int",
    ),
    "decode: a path": (
        call(unsplice.decode_image, "a.jpg"), TypeError, "data must be bytes, got str",
    ),
    "decode: a picture": (
        call(unsplice.decode_image, RGB), TypeError, "data must be bytes, got ndarray",
    ),
    "decode: negative limit": (
        call(unsplice.decode_image, b"", max_pixels=-9), ValueError, "max_pixels must .*got -9",
    ),
    # Kernels
    "threshold: words": (call(THRESHOLD, "a.jpg", 8), TypeError, "image must be .*got str"),
    "threshold: objects": (call(THRESHOLD, OBJECTS, 8), TypeError, "got object"),
    "threshold: signed": (call(THRESHOLD, GRAY.astype(np.int16), 8), TypeError, "got int16"),
    "threshold: a scalar": (call(THRESHOLD, np.array(3, np.uint8), 8), ValueError, r"got \(\)"),
    "threshold: four dimensions": (
        call(THRESHOLD, RGB[np.newaxis], 8), ValueError, r"got \(1, 16, 24, 3\)",
    ),
    "threshold: nothing": (call(THRESHOLD, RGB, None), TypeError, "threshold must .*NoneType"),
    "threshold: complex": (call(THRESHOLD, RGB, 8j), TypeError, "threshold must .*complex"),
    "threshold: minus infinity": (call(THRESHOLD, RGB, -inf), ValueError, "got -inf"),
    "threshold: beyond floats": (call(THRESHOLD, RGB, 10**400), ValueError, "must fit a float"),
    "threshold: no threads": (
        call(THRESHOLD, RGB, 8, num_threads=0), ValueError, "num_threads must be >= 1, got 0",
    ),
    "median: a mask": (call(unsplice.median_filter, MASK), TypeError, "got bool"),
    "median: complex": (call(unsplice.median_filter, GRAY * 1j), TypeError, "got complex128"),
    "median: one dimension": (call(unsplice.median_filter, GRAY[0]), ValueError, r"got \(24,\)"),
    "median: nan": (call(unsplice.median_filter, np.full((3, 3), nan)), ValueError, "row 0"),
    "cascade: no passes": (call(unsplice.log_cascade, GRAY, 0), ValueError, "passes .*got 0"),
    "cascade: half a pass": (call(unsplice.log_cascade, GRAY, 0.5), TypeError, "passes .*float"),
    "cascade: too many passes": (call(unsplice.log_cascade, GRAY, 6), ValueError, "got 6"),
    "cascade: a color picture": (
        call(unsplice.log_cascade, RGB), ValueError, r"got \(16, 24, 3\)",
    ),
    "cascade: doubles": (call(unsplice.log_cascade, GRAY / 2), TypeError, "got float64"),
    "label: a picture": (call(LABEL, GRAY), TypeError, "got uint8; mask != 0"),
    "label: a list": (call(LABEL, [[True]]), TypeError, "mask must be .*got list"),
    "label: one dimension": (call(LABEL, MASK[0]), ValueError, r"got \(24,\)"),
    "label: six neighbors": (call(LABEL, MASK, connectivity=6), ValueError, "got 6"),
    "label: neighbors as a word": (call(LABEL, MASK, connectivity="8"), TypeError, "got str"),
    "remove: no area": (call(REMOVE, MASK), TypeError, "min_area"),
    "remove: negative area": (call(REMOVE, MASK, -1), ValueError, "min_area must .*got -1"),
    "remove: area as a float": (call(REMOVE, MASK, 4.0), TypeError, "min_area .*got float"),
    "remove: area nan": (call(REMOVE, MASK, nan), TypeError, "min_area .*got float"),
    "remove: a picture": (call(REMOVE, GRAY, 4), TypeError, "got uint8"),
    "boundary: a picture": (call(unsplice.find_boundary, GRAY), TypeError, "got uint8"),
    "boundary: unknown mode": (
        call(unsplice.find_boundary, MASK, mode="both"), ValueError, "mode must .*got 'both'",
    ),
    "boundary: no mode": (
        call(unsplice.find_boundary, MASK, mode=None), TypeError, "mode must .*got NoneType",
    ),
    "patches: a list of corners": (
        call(PATCHES, RGB, [[0, 0]], 8), TypeError, "corners must .*got list",
    ),
    "patches: corners as floats": (
        call(PATCHES, RGB, CORNERS / 2, 8), TypeError, "corners must .*float64",
    ),
    "patches: one corner": (call(PATCHES, RGB, CORNERS[0], 8), ValueError, r"got \(2,\)"),
    "patches: corner outside": (call(PATCHES, RGB, CORNERS + 20, 8), ValueError, "20"),
    "patches: negative corner": (call(PATCHES, RGB, CORNERS - 1, 8), ValueError, "-1"),
    "patches: no size": (call(PATCHES, RGB, CORNERS, 0), ValueError, "size must be >= 1, got 0"),
    "patches: size as a pair": (call(PATCHES, RGB, CORNERS, (8, 8)), TypeError, "got tuple"),
    "patches: too large": (call(PATCHES, RGB, CORNERS, 17), ValueError, "17"),
    # Patches along the border
    "sample: no mask": (call(SAMPLE, RGB), TypeError, "mask"),
    "sample: a float mask": (call(SAMPLE, RGB, MASK / 2), TypeError, "dtype bool, got float"),
    "sample: a mask of channels": (
        call(SAMPLE, RGB, RGB > 0), ValueError, r"mask must .*got \(16, 24, 3\)",
    ),
    "sample: a transposed mask": (call(SAMPLE, RGB, MASK.T), ValueError, r"got \(24, 16\)"),
    "sample: size as a word": (call(SAMPLE, RGB, MASK, size="8"), TypeError, "size .*got str"),
    "sample: seed as a float": (call(SAMPLE, RGB, MASK, seed=0.0), TypeError, "seed .*got float"),
    "sample: three bounds": (
        call(SAMPLE, RGB, MASK, size=8, tampered_fraction=(0, 0.5, 1)), TypeError, "pair",
    ),
    "sample: negatives in words": (
        call(SAMPLE, RGB, MASK, size=8, negatives="many"), ValueError, "got 'many'",
    ),
    # Scores
    "score: a picture": (call(score_mask, GRAY, MASK), TypeError, "mask must .*got uint8"),
    "score: two sizes": (call(score_mask, MASK, MASK[1:]), ValueError, r"\(15, 24\)"),
    "score: the rim by a negative distance": (
        call(score_boundary, MASK, MASK, tolerance=-2), ValueError, "tolerance must .*got -2",
    ),
    "score: a list": (call(count_false_components, [[1]], MASK), TypeError, "got list"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_bad_python_call_is_named_with_what_was_expected(name: str) -> None:
    bad, error, message = BAD_CALLS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=message) as caught:
            bad()
    assert type(caught.value) is error  # a plain one: coded errors are for files


def test_the_table_is_long_enough() -> None:
    assert len(BAD_CALLS) >= 90
    given = (RGB, GRAY, MASK, CORNERS)
    assert not any(array.any() for array in given)  # and no call has written to them
