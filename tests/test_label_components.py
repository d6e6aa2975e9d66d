"""label_components against its definition."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import Components, _core, label_components, pure_python

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


@pytest.mark.parametrize("cols", [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_widths_around_words_equal_the_definition(cols: int, connectivity: int) -> None:
    random = np.random.default_rng(cols)
    for density in (0.2, 0.5, 0.8, 1.0):
        mask = random.random((5, cols)) < density
        result = label_components(mask, connectivity=connectivity)
        assert_same(result, pure_python.label_components(mask, connectivity=connectivity))


def rings(side: int) -> NDArray[np.bool_]:
    """Rings in one another, whose upper and lower halves meet at their sides alone."""
    row, col = np.indices((side, side))
    distance = np.maximum(abs(row - side // 2), abs(col - side // 2))
    return np.asarray(distance % 2 == 0)


@pytest.mark.parametrize("num_threads", [1, 2, 3, 5])
def test_pieces_of_several_threads_become_one_component(num_threads: int) -> None:
    side = 1201
    mask = rings(side)
    alone = label_components(mask, num_threads=1)
    assert_same(label_components(mask, num_threads=num_threads), alone)
    # Teeth that only the last row joins, and teeth that only the first joins.
    comb = np.zeros((side, side), bool)
    comb[:, ::2] = True
    for joined in (0, side - 1):
        teeth = comb.copy()
        teeth[joined] = True
        result = label_components(teeth, num_threads=num_threads)
        assert result.areas.tolist() == [int(teeth.sum())]
        assert result.bounding_boxes.tolist() == [[0, 0, side, side]]
    separate = label_components(comb, num_threads=num_threads)
    assert separate.areas.tolist() == [side] * (side // 2 + 1)
    np.testing.assert_array_equal(separate.labels[-1, ::2], np.arange(side // 2 + 1) + 1)


@pytest.mark.parametrize("shape", [(0, 0), (0, 70), (70, 0)])
def test_a_picture_without_pixels_has_no_components(shape: tuple[int, int]) -> None:
    components = label_components(np.zeros(shape, bool))
    assert len(components) == 0
    assert components.labels.shape == shape


def reloaded(components: Components) -> Components:
    other = pickle.loads(pickle.dumps(components))  # noqa: S301 - bytes of our own
    assert isinstance(other, Components)
    return other


@pytest.mark.parametrize("num_threads", [1, 3])
def test_components_survive_pickling_and_copying_before_and_after_they_are_painted(
    num_threads: int,
) -> None:
    mask = np.random.default_rng(3).random((803, 1005)) < 0.4
    components = label_components(mask, num_threads=num_threads)
    before = [reloaded(components), copy.copy(components)]
    before.append(copy.deepcopy(components))
    assert len(pickle.dumps(components)) < 4 * mask.size
    expected = label_components(mask, num_threads=1)
    assert components.labels is components.labels
    after = [reloaded(components), copy.copy(components)]
    after.append(copy.deepcopy(components))
    for other in before + after:
        assert_same(other, expected)


def test_threads_that_ask_at_once_get_one_array_of_labels() -> None:
    mask = np.random.default_rng(4).random((600, 500)) < 0.4
    expected = pure_python.label_components(mask[:40]).labels[:20]
    for _ in range(20):
        components = label_components(mask)
        barrier = threading.Barrier(4)

        def ask(_: int, components: Components = components, wait: Any = barrier.wait) -> Any:
            wait(timeout=60)
            return components.labels

        with ThreadPoolExecutor(4) as pool:
            labels = list(pool.map(ask, range(4)))
        assert all(one is labels[0] for one in labels)
        assert (labels[0][:20] > 0).tolist() == (expected > 0).tolist()


def test_components_may_be_pickled_and_copied_while_another_thread_paints() -> None:
    mask = np.random.default_rng(5).random((9, 9)) < 0.4
    expected = label_components(mask)
    interval, end = sys.getswitchinterval(), time.monotonic() + 0.5
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as pool:
            while time.monotonic() < end:
                batch = [label_components(mask, num_threads=1) for _ in range(50)]
                painted = pool.submit(lambda batch=batch: [one.labels for one in batch])
                for one in batch:
                    for other in (copy.copy(one), reloaded(one)):
                        np.testing.assert_array_equal(other.areas, expected.areas)
                assert len(painted.result()) == len(batch)
    finally:
        sys.setswitchinterval(interval)


def test_what_labels_are_painted_from_is_no_field() -> None:
    components = label_components(np.ones((2, 2), bool))
    for _ in range(2):
        assert list(asdict(components)) == ["areas", "bounding_boxes", "centroids"]
        assert "pixels" not in repr(components)
        assert components.labels.all()


def test_the_core_paints_no_runs_that_do_not_belong_together() -> None:
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 1]], bool)
    words, components = _core.label_components(mask, True, 1)[:2]
    assert components.tolist() == [0, 1, 1]
    assert words.tolist() == [[0b1011], [0b1000]]
    assert _core.paint_labels(words, components, 4, 1).tolist() == [[1, 1, 0, 2], [0, 0, 0, 2]]
    calls: list[tuple[Any, ...]] = [
        (words[0], components, 4, 1),
        (words, components[:2], 4, 1),
        (words, components[[0, 1, 1, 1]], 4, 1),
        (words, components[:, np.newaxis], 4, 1),
        (words, np.repeat(components, 2)[::2], 4, 1),
        (words, components, 65, 1),
        (words, components, -1, 1),
        (words, components, 4, 0),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="expected"):
            _core.paint_labels(*call)


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
