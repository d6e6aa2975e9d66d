"""find_boundary against its definition."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import find_boundary, pure_python

Mode = Literal["inner", "outer", "thick"]
MODES: list[Mode] = ["inner", "outer", "thick"]


@given(strategies.masks(), st.sampled_from(MODES))
def test_the_boundary_equals_the_definition(mask: NDArray[np.bool_], mode: Mode) -> None:
    before = mask.copy()
    result = find_boundary(mask, mode=mode, num_threads=1)
    expected = pure_python.find_boundary(mask, mode=mode)
    np.testing.assert_array_equal(result, expected, strict=True)
    assert np.array_equal(mask, before)


@pytest.mark.parametrize("num_threads", [1, 2, 3, 64])
def test_large_masks_equal_the_morphology_of_opencv(num_threads: int) -> None:
    mask = np.random.default_rng(6).random((901, 1201)) < 0.7
    pixels = mask.view(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = mask & ~(cv2.erode(pixels, cross) != 0)
    outer = (cv2.dilate(pixels, cross) != 0) & ~mask
    threads = {"num_threads": num_threads}
    np.testing.assert_array_equal(find_boundary(mask, **threads), inner)
    np.testing.assert_array_equal(find_boundary(mask, mode="outer", **threads), outer)
    np.testing.assert_array_equal(find_boundary(mask, mode="thick", **threads), inner | outer)


def test_the_frame_is_no_boundary() -> None:
    assert not find_boundary(np.ones((4, 5), bool), mode="thick").any()


def test_a_mask_of_any_nonzero_bytes_means_what_numpy_says() -> None:
    mask = np.array([[1, 2, 255, 0, 128]], np.uint8).view(bool)
    assert find_boundary(mask).view(np.uint8).tolist() == [[0, 0, 1, 0, 1]]
    assert find_boundary(mask, mode="outer").view(np.uint8).tolist() == [[0, 0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("mask", "mode", "error", "message"),
    [
        (np.zeros((2, 2), np.uint8), "inner", TypeError, "mask must have dtype bool, got uint8"),
        (np.zeros(2, bool), "inner", ValueError, r"\(rows, cols\), got \(2,\)"),
        (np.zeros((2, 2), bool), "middle", ValueError, "got 'middle'"),
        (np.zeros((2, 2), bool), 1, TypeError, "mode must be a str, got int"),
    ],
)
def test_bad_arguments_are_named(
    mask: Any, mode: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        find_boundary(mask, mode=mode)
