"""CLAHE against its definition, OpenCV's, and what bad arguments are told."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from skimage import data

import strategies
from unsplice import _core, equalize_clahe, pure_python

Array = NDArray[Any]

FEW_TILES = st.one_of(st.just(1), st.integers(1, 12))
# Many along one side at most, for the definition is slow.
TILES = st.one_of(
    st.tuples(FEW_TILES, FEW_TILES),
    st.tuples(st.sampled_from([64, 256]), st.integers(1, 2)),
    st.tuples(st.integers(1, 2), st.sampled_from([64, 256])),
)
LIMITS = st.one_of(st.just(inf), st.floats(1e-3, 300), st.sampled_from([1e-300, 1.0, 2.0, 1e300]))


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


def of_opencv(image: Array, clip_limit: float, tiles: tuple[int, int]) -> Array:
    # OpenCV takes 0 for no limit, and counts the columns of tiles first.
    limit = 0.0 if clip_limit == inf else clip_limit
    return np.asarray(cv2.createCLAHE(limit, tiles[::-1]).apply(np.ascontiguousarray(image)))


@given(strategies.images(("uint8",), least=0, most=24), LIMITS, TILES)
def test_the_bits_are_those_of_the_definition(
    image: Array, clip_limit: float, tiles: tuple[int, int]
) -> None:
    before = image.copy()
    result = equalize_clahe(image, clip_limit=clip_limit, tiles=tiles, num_threads=1)
    assert_same_bits(result, pure_python.equalize_clahe(image, clip_limit=clip_limit, tiles=tiles))
    assert_same_bits(image, before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (37, 129), (64, 96), (64, 97)])
@pytest.mark.parametrize("tiles", [(1, 1), (8, 8), (2, 5), (256, 1), (1, 256)])
def test_the_bits_of_any_shape_are_those_of_the_definition(
    shape: tuple[int, int], tiles: tuple[int, int]
) -> None:
    image = np.random.default_rng(shape[1]).integers(0, 60, shape, np.uint8)
    assert_same_bits(
        equalize_clahe(image, clip_limit=2.0, tiles=tiles),
        pure_python.equalize_clahe(image, clip_limit=2.0, tiles=tiles),
    )


@given(strategies.images(("uint8",), most=24), st.floats(0.1, 50) | st.just(inf), TILES)
def test_opencv_is_never_more_than_a_level_away(
    image: Array, clip_limit: float, tiles: tuple[int, int]
) -> None:
    result = equalize_clahe(image, clip_limit=clip_limit, tiles=tiles)
    peer = of_opencv(image, clip_limit, tiles)
    assert np.abs(result.astype(int) - peer).max() <= 1


@pytest.mark.parametrize("tiles", [(8, 8), (1, 1), (3, 5), (16, 8)])
@pytest.mark.parametrize("clip_limit", [1.0, 2.0, 40.0])
@pytest.mark.parametrize("name", ["camera", "astronaut", "moon"])
def test_photographs_come_out_as_from_opencv(
    name: str, clip_limit: float, tiles: tuple[int, int]
) -> None:
    picture = getattr(data, name)()
    image = np.ascontiguousarray(picture if picture.ndim == 2 else picture[..., 1])
    result = equalize_clahe(image, clip_limit=clip_limit, tiles=tiles)
    distance = np.abs(result.astype(int) - of_opencv(image, clip_limit, tiles))
    assert distance.max() <= 1
    # Where a share of a tile is half a level, OpenCV's rounding of the product decides. That is
    # rare but where tiles are small.
    assert np.count_nonzero(distance) <= 1e-3 * distance.size


@pytest.mark.parametrize("num_threads", [2, 3, 64])
@pytest.mark.parametrize("shape", [(901, 1203), (904, 1200)])
def test_the_number_of_threads_changes_no_bit(shape: tuple[int, int], num_threads: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for tiles in ((1, 1), (8, 8), (7, 3)):
        assert_same_bits(
            equalize_clahe(image, tiles=tiles, num_threads=num_threads),
            equalize_clahe(image, tiles=tiles, num_threads=1),
        )


def test_a_picture_without_pixels_stays_without() -> None:
    assert equalize_clahe(np.empty((0, 5), np.uint8)).shape == (0, 5)
    assert equalize_clahe(np.empty((5, 0), np.uint8)).shape == (5, 0)


GRAY = np.zeros((3, 4), np.uint8)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: equalize_clahe(GRAY.astype("uint16")), TypeError, "uint8, got uint16"),
        (lambda: equalize_clahe(GRAY[0]), ValueError, r"\(rows, cols\), got \(4,\)"),
        (lambda: equalize_clahe(GRAY, clip_limit=0), ValueError, "above 0, got 0"),
        (lambda: equalize_clahe(GRAY, clip_limit=nan), ValueError, "above 0, got nan"),
        (lambda: equalize_clahe(GRAY, clip_limit="2"), TypeError, "clip_limit must be a number"),
        (lambda: equalize_clahe(GRAY, tiles=8), TypeError, "tiles must be two ints, got int"),
        (lambda: equalize_clahe(GRAY, tiles=(8,)), ValueError, "tiles must be two ints, got 1"),
        (lambda: equalize_clahe(GRAY, tiles=(0, 8)), ValueError, "tiles must be in 1..256, got 0"),
        (lambda: equalize_clahe(GRAY, tiles=(8, 257)), ValueError, "1..256, got 257"),
        (lambda: equalize_clahe(GRAY, num_threads=0), ValueError, "num_threads must be >= 1"),
    ],
)
def test_bad_arguments_are_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_tile_of_too_many_pixels_is_refused() -> None:
    row = np.zeros((1, 2**16), np.uint8)
    image = np.lib.stride_tricks.as_strided(row, (2**15, 2**16), (0, 1))
    with pytest.raises(ValueError, match=r"tiles of less than 2\^31 pixels"):
        _core.equalize_clahe(image, 2.0, 1, 1, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.equalize_clahe(GRAY[..., np.newaxis], 2.0, 8, 8, 1),
        lambda: _core.equalize_clahe(GRAY[:, ::2], 2.0, 8, 8, 1),
        lambda: _core.equalize_clahe(GRAY, 0.0, 8, 8, 1),
        lambda: _core.equalize_clahe(GRAY, nan, 8, 8, 1),
        lambda: _core.equalize_clahe(GRAY, 2.0, 0, 8, 1),
        lambda: _core.equalize_clahe(GRAY, 2.0, 8, 257, 1),
        lambda: _core.equalize_clahe(GRAY, 2.0, 8, 8, 0),
    ],
)
def test_the_core_guards_its_memory(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
