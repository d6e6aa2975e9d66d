"""The kernels that make clean regions, against their definitions and OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import _core, pure_python
from unsplice.kernels import label_components
from unsplice.pair.region_kernels import (
    close_mask,
    keep_components,
    weigh_components,
)
from unsplice.pair.regions import _disc

Array = NDArray[Any]
Mask = NDArray[np.bool_]

WIDTHS = [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130]
SHAPES = [(0,), (1,), (1, 0), (2, 2, 1), (0, 3), (7, 6, 2, 0), (64,)]

half_widths = st.lists(st.integers(0, 9), min_size=1, max_size=6).map(tuple)


def random_mask(rows: int, cols: int, share: float = 0.1, seed: int = 0) -> Mask:
    return np.random.default_rng((rows, cols, seed)).random((rows, cols)) < share


def blobs(rows: int, cols: int) -> Mask:
    """Return a mask with wide areas of both values."""
    noise = np.random.default_rng(1).random((rows, cols)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 12) > 0.505


@given(strategies.masks(), half_widths)
def test_close_mask_is_as_defined(mask: Mask, shape: tuple[int, ...]) -> None:
    before = mask.copy()
    expected = pure_python.close_mask(mask, shape)
    np.testing.assert_array_equal(close_mask(mask, shape, num_threads=1), expected)
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cols", WIDTHS)
def test_masks_of_every_width_are_as_defined(cols: int, shape: tuple[int, ...]) -> None:
    mask = random_mask(9, cols)
    np.testing.assert_array_equal(close_mask(mask, shape), pure_python.close_mask(mask, shape))


@pytest.mark.parametrize("radius", [*range(13), 30, 50, 64])
def test_discs_are_those_of_opencv(radius: int) -> None:
    expected = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, 2 * (2 * radius + 1,))
    away = abs(np.arange(-radius, radius + 1))
    np.testing.assert_array_equal(away <= np.array(_disc(radius))[away, np.newaxis], expected)


@pytest.mark.parametrize("radius", [1, 4, 12, 30, 64])
def test_closing_by_a_disc_equals_opencv_with_room_around(radius: int) -> None:
    mask = blobs(140, 301)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(mask.view(np.uint8), 2 * radius)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)
    expected = closed[2 * radius : 2 * radius + 140, 2 * radius : 2 * radius + 301]
    result = close_mask(mask, _disc(radius))
    np.testing.assert_array_equal(result, expected)
    assert result[mask].all()


@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_nothing(num_threads: int) -> None:
    mask, shape = blobs(700, 900), _disc(9)
    values = np.random.default_rng(0).exponential(5, mask.shape).astype(np.float32)
    kept = label_components(mask).areas > 500
    calls: list[Callable[[int], tuple[Array, ...]]] = [
        lambda n: (close_mask(mask, shape, num_threads=n),),
        lambda n: (keep_components(mask, kept, num_threads=n),),
        lambda n: weigh_components(mask, values, values > 4, floor=0.3, num_threads=n),
    ]
    for call in calls:
        for array, alone in zip(call(num_threads), call(1), strict=True):
            np.testing.assert_array_equal(array, alone)


@given(strategies.masks(), st.floats(-3, 3), st.floats(0, 9), st.data())
def test_weigh_components_is_as_defined(
    mask: Mask, floor: float, above: float, drawn: st.DataObject
) -> None:
    draw = np.random.default_rng(drawn.draw(st.integers(0, 9)))
    in_layout = strategies.in_layout
    values = in_layout(draw.normal(0, 5, mask.shape).astype("f4"), drawn.draw(strategies.layouts))
    marked = in_layout(draw.random(mask.shape) < 0.4, drawn.draw(strategies.layouts))
    options = {"floor": floor, "ceiling": floor + above}
    result = weigh_components(mask, values, marked, **options, num_threads=1)
    expected = pure_python.weigh_components(mask, values, marked, **options)
    for array, defined in zip(result, expected, strict=True):
        assert array.dtype == defined.dtype
        np.testing.assert_array_equal(array, defined)


@given(strategies.masks(), st.sampled_from([4, 8]), st.integers(0, 2**16))
def test_keep_components_is_as_defined(mask: Mask, connectivity: int, seed: int) -> None:
    count = len(label_components(mask, connectivity=connectivity))
    kept = np.random.default_rng(seed).random(2 * count)[::2] < 0.5
    options: dict[str, Any] = {"connectivity": connectivity}
    expected = pure_python.keep_components(mask, kept, **options)
    np.testing.assert_array_equal(keep_components(mask, kept, **options, num_threads=1), expected)


MASK = random_mask(4, 6, 0.5)
VALUES = np.ones((4, 6), np.float32)
KEPT = np.ones(len(label_components(MASK)), bool)
Call = Callable[..., Any]

BAD_CALLS: list[tuple[Call, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (close_mask, (VALUES, (1,)), {}, TypeError, "mask must have dtype bool"),
    (close_mask, (MASK[0], (1,)), {}, ValueError, r"\(rows, cols\), got \(6,\)"),
    (close_mask, (MASK, [1]), {}, TypeError, "half_widths must be a tuple, got list"),
    (close_mask, (MASK, ()), {}, ValueError, "1 to 65 numbers, got 0"),
    (close_mask, (MASK, 66 * (1,)), {}, ValueError, "1 to 65 numbers, got 66"),
    (close_mask, (MASK, (1, 65)), {}, ValueError, "half_widths must be in 0..64, got 65"),
    (close_mask, (MASK, (1, -1)), {}, ValueError, "half_widths must be in 0..64, got -1"),
    (close_mask, (MASK, (1.0,)), {}, TypeError, "half_widths must be an int"),
    (close_mask, (MASK, (1,)), {"num_threads": 0}, ValueError, "num_threads"),
    (weigh_components, (MASK, MASK, MASK), {}, TypeError, "values must .* float32, got bool"),
    (weigh_components, (MASK, VALUES, VALUES), {}, TypeError, "marked must .* bool"),
    (weigh_components, (MASK, VALUES[1:], MASK), {}, ValueError, r"values .* got \(3, 6\)"),
    (weigh_components, (MASK, VALUES, MASK[1:]), {}, ValueError, r"marked .* got \(3, 6\)"),
    (weigh_components, (MASK, VALUES, MASK), {"floor": 2, "ceiling": 1}, ValueError, "got 2"),
    (weigh_components, (MASK, VALUES, MASK), {"floor": np.inf}, ValueError, "got inf"),
    (weigh_components, (MASK, VALUES, MASK), {"ceiling": np.nan}, ValueError, "nan"),
    (weigh_components, (MASK, VALUES, MASK), {"num_threads": 0}, ValueError, "num_threads"),
    (keep_components, (MASK, VALUES), {}, TypeError, "kept must have dtype bool"),
    (keep_components, (MASK, MASK), {}, ValueError, r"\(n,\), got \(4, 6\)"),
    (keep_components, (MASK, KEPT[1:]), {}, ValueError, "expected an element a component"),
    (keep_components, (MASK, KEPT), {"connectivity": 6}, ValueError, "4 or 8, got 6"),
    (keep_components, (MASK, KEPT), {"num_threads": 0}, ValueError, "num_threads"),
]


@pytest.mark.parametrize(("call", "arguments", "options", "error", "message"), BAD_CALLS)
def test_bad_arguments_are_named(
    call: Call, arguments: tuple[Any, ...], options: dict[str, Any], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*arguments, **options)


CORE: dict[str, tuple[Call, list[Any]]] = {
    "close_mask": (_core.close_mask, [MASK, [1, 0], 1]),
    "weigh_components": (_core.weigh_components, [MASK, VALUES, MASK, 0.0, 1.0, 1]),
    "keep_components": (_core.keep_components, [MASK, KEPT, True, 1]),
}
REFUSED: list[tuple[str, int, Any]] = [
    ("close_mask", 0, MASK[0]),
    ("close_mask", 0, MASK[:, ::2]),
    ("close_mask", 1, []),
    ("close_mask", 1, [65]),
    ("close_mask", 1, 66 * [0]),
    ("weigh_components", 0, MASK[1:]),
    ("weigh_components", 1, VALUES[1:]),
    ("weigh_components", 1, np.ones((4, 6, 1), np.float32)),
    ("weigh_components", 2, MASK[:, 1:]),
    ("weigh_components", 3, 2.0),
    ("keep_components", 1, KEPT[1:]),
    ("keep_components", 1, MASK),
]


@pytest.mark.parametrize(("name", "position", "value"), REFUSED)
def test_the_core_itself_refuses_what_does_not_fit(name: str, position: int, value: Any) -> None:
    call, arguments = CORE[name]
    call(*arguments)
    with pytest.raises(ValueError, match="expected"):
        call(*arguments[:position], value, *arguments[position + 1 :])
    with pytest.raises(ValueError, match="expected num_threads >= 1, got 0"):
        call(*arguments[:-1], 0)
