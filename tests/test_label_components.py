"""label_components against its definition."""

from __future__ import annotations

from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import Components, label_components, pure_python

connectivities = st.sampled_from([4, 8])


def assert_same(result: Components, expected: Components) -> None:
    for name in ("labels", "areas", "bounding_boxes", "centroids"):
        ours, theirs = getattr(result, name), getattr(expected, name)
        assert ours.dtype == theirs.dtype, name
        np.testing.assert_array_equal(ours, theirs, err_msg=name, strict=True)


@given(strategies.masks(), connectivities)
def test_components_equal_the_definition(mask: NDArray[np.bool_], connectivity: int) -> None:
    before = mask.copy()
    result = label_components(mask, connectivity=connectivity, num_threads=1)
    assert_same(result, pure_python.label_components(mask, connectivity=connectivity))
    assert np.array_equal(mask, before)


@given(strategies.masks(least=60, most=70), connectivities)
def test_rows_longer_than_a_word_equal_the_definition(
    mask: NDArray[np.bool_], connectivity: int
) -> None:
    narrow = mask[:4]
    result = label_components(narrow, connectivity=connectivity)
    assert_same(result, pure_python.label_components(narrow, connectivity=connectivity))


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("density", [0.05, 0.41, 0.59, 0.95])
@pytest.mark.parametrize("num_threads", [1, 2, 3, 64])
def test_large_masks_equal_opencv_for_every_number_of_threads(
    connectivity: int, density: float, num_threads: int
) -> None:
    mask = np.random.default_rng(1).random((901, 1201)) < density
    count, labels, statistics, centroids = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity
    )
    result = label_components(mask, connectivity=connectivity, num_threads=num_threads)
    assert len(result) == count - 1
    # OpenCV numbers in another order: the pixels that share a label must be the same.
    pairs = np.unique(result.labels.astype(np.int64) * count + labels)
    assert len(pairs) == count
    theirs = pairs[1:] % count
    first = np.unique(result.labels, return_index=True)[1][1:]
    assert (np.diff(first) > 0).all()
    left, top, width, height, area = statistics[theirs].T
    np.testing.assert_array_equal(result.areas, area)
    boxes = np.stack([top, left, top + height, left + width], axis=1)
    np.testing.assert_array_equal(result.bounding_boxes, boxes)
    np.testing.assert_allclose(result.centroids, centroids[theirs][:, ::-1], rtol=1e-12)


def test_a_mask_of_any_nonzero_bytes_means_what_numpy_says() -> None:
    mask = np.array([[0, 2, 255, 0, 128]], np.uint8).view(bool)
    assert label_components(mask).labels.tolist() == [[0, 1, 1, 0, 2]]


def test_a_spiral_is_one_component() -> None:
    side = 41
    mask = np.zeros((side, side), bool)
    row, col, d_row, d_col = 0, 0, 0, 1
    mask[0, 0] = True
    for length in [side - 1, *[n for n in range(side - 1, 0, -2) for _ in range(2)]]:
        for _ in range(length):
            row, col = row + d_row, col + d_col
            mask[row, col] = True
        d_row, d_col = d_col, -d_row
    result = label_components(mask, connectivity=4)
    assert result.areas.tolist() == [int(mask.sum())]
    assert not mask.all()


def test_components_cannot_be_replaced() -> None:
    components = label_components(np.ones((2, 2), bool))
    with pytest.raises(AttributeError):
        components.areas = components.areas + 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("mask", "options", "error", "message"),
    [
        (np.zeros((2, 2), np.uint8), {}, TypeError, "dtype bool, got uint8; mask != 0 makes one"),
        (np.zeros((2, 2)), {}, TypeError, "got float64"),
        ([[True]], {}, TypeError, "got list"),
        (np.zeros((2, 2, 1), bool), {}, ValueError, r"\(rows, cols\), got \(2, 2, 1\)"),
        (np.zeros((2, 2), bool), {"connectivity": 6}, ValueError, "4 or 8, got 6"),
        (np.zeros((2, 2), bool), {"connectivity": 8.0}, TypeError, "an int, got float"),
        (np.zeros((2, 2), bool), {"num_threads": 0}, ValueError, ">= 1, got 0"),
        (np.zeros((2, 2), bool), {"num_threads": "2"}, TypeError, "got str"),
    ],
)
def test_bad_arguments_are_named(
    mask: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        label_components(mask, **options)
