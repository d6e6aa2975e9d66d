"""warp_cubic against its definition, and against what it replaces in OpenCV."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from scenes import scene
from strategies import in_layout, layouts_of, sizes
from unsplice import _core, pure_python
from unsplice.pair.kernels import warp_cubic

IDENTITY = np.array([[1.0, 0, 0], [0, 1.0, 0]])
TURNED = np.array([[0.98, 0.11, 3.3], [-0.1, 1.02, 7.9]])


def picture(random: np.random.Generator, rows: int, cols: int, kind: str) -> NDArray[Any]:
    if kind == "float32":
        return random.normal(90, 60, (rows, cols)).astype(np.float32)
    return random.integers(0, 256, (rows, cols, 3), np.uint8)


@st.composite
def maps(draw: st.DrawFn) -> NDArray[np.float64]:
    """Near the identity, or any; offsets also between steps and far outside."""
    numbers = st.one_of(
        st.integers(-512, 512).map(lambda n: n / 256),
        st.floats(-3, 3),
        st.floats(allow_nan=False, allow_infinity=False),
    )
    if draw(st.booleans()):
        turn = np.array(draw(st.lists(st.floats(-0.2, 0.2), min_size=6, max_size=6)))
        return IDENTITY + turn.reshape(2, 3) * [1, 1, 20]
    matrix = np.array(draw(st.lists(numbers, min_size=6, max_size=6))).reshape(2, 3)
    if draw(st.booleans()):  # scales and shifts alone, which takes another way
        matrix[[0, 1], [1, 0]] = draw(st.sampled_from([0.0, -0.0]))
    return matrix


@settings(max_examples=100)
@given(st.data(), sizes(most=9), sizes(least=0, most=6), maps())
def test_it_equals_its_definition_in_any_layout(
    data: st.DataObject, size: tuple[int, int], shape: tuple[int, int], matrix: Any
) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    image = picture(random, *size, data.draw(st.sampled_from(["rgb", "float32"])))
    layout = data.draw(st.sampled_from(layouts_of(image)[:-1]))
    with np.errstate(over="ignore", invalid="ignore"):
        expected = pure_python.warp_cubic(image, matrix, shape)
    found = warp_cubic(in_layout(image, layout), matrix, shape)
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("kind", ["rgb", "float32"])
def test_the_number_of_threads_makes_no_difference(kind: str) -> None:
    image = picture(np.random.default_rng(1), 300, 500, kind)
    for matrix in (TURNED, TURNED * np.eye(2, 3) + [[0, 0, -7.3], [0, 0, 5.1]]):
        one, two, eight = (warp_cubic(image, matrix, (290, 480), num_threads=n) for n in (1, 2, 8))
        assert one.tobytes() == two.tobytes() == eight.tobytes()


@pytest.mark.parametrize("kind", ["rgb", "float32"])
def test_whole_pixels_are_moved_and_not_mixed(kind: str) -> None:
    image = picture(np.random.default_rng(2), 20, 30, kind)
    np.testing.assert_array_equal(warp_cubic(image, IDENTITY, (20, 30)), image)
    moved = warp_cubic(image, np.array([[1.0, 0, 4], [0, 1.0, -3]]), (20, 30))
    np.testing.assert_array_equal(moved[3:, :-4], image[:-3, 4:])
    np.testing.assert_array_equal(moved[:3, :-4], np.repeat(image[:1, 4:], 3, axis=0))


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_a_flat_picture_stays_flat(level: int) -> None:
    for dtype in (np.uint8, np.float32):
        image = np.full((9, 11, 3) if dtype == np.uint8 else (9, 11), level, dtype)
        warped = warp_cubic(image, TURNED / 3, (40, 50))
        np.testing.assert_allclose(warped, level, rtol=1e-6)


def test_it_is_the_filter_of_opencv_within_a_level() -> None:
    image = scene()
    options = {"flags": cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REPLICATE}
    for matrix in (TURNED, np.array([[1.1, 0, 0.05], [0, 1.2, 0.1]])):
        # At places that both know exactly: OpenCV 4 has 32 steps a pixel.
        steps = np.rint(matrix * 32) / 32
        expected = cv2.warpAffine(image, steps, (200, 150), **options)  # type: ignore[call-overload]
        found = warp_cubic(image, steps, (150, 200))
        assert np.abs(found.astype(int) - expected).max() <= 1


RGB = np.zeros((5, 6, 3), np.uint8)
GRAY = np.zeros((5, 6), np.float32)


@pytest.mark.parametrize("matrix", [IDENTITY, TURNED])
@pytest.mark.parametrize("shape", [(2**31 - 1, 0), (0, 2**31 - 1), (0, 0)])
def test_no_pixels_take_no_time(matrix: Any, shape: tuple[int, int]) -> None:
    for image in (RGB, GRAY):
        assert warp_cubic(image, matrix, shape).shape[:2] == shape


BAD: list[tuple[tuple[Any, ...], type[Exception], str]] = [
    ((GRAY.astype(np.uint16), IDENTITY, (2, 2)), TypeError, "image must .*got uint16"),
    ((GRAY[0], IDENTITY, (2, 2)), ValueError, r"image must .*got \(6,\)"),
    ((RGB[..., 0], IDENTITY, (2, 2)), ValueError, r"image must .*got \(5, 6\)"),
    ((RGB.astype(np.float32), IDENTITY, (2, 2)), ValueError, r"image must .*got \(5, 6, 3\)"),
    ((GRAY[:0], IDENTITY, (2, 2)), ValueError, "image must have pixels"),
    ((GRAY, IDENTITY.tolist(), (2, 2)), TypeError, "matrix must .*got list"),
    ((GRAY, IDENTITY.astype(np.float32), (2, 2)), TypeError, "matrix must .*got float32"),
    ((GRAY, IDENTITY.T, (2, 2)), ValueError, r"matrix must .*got \(3, 2\)"),
    ((GRAY, IDENTITY * nan, (2, 2)), ValueError, "matrix must be finite"),
    ((GRAY, IDENTITY + inf, (2, 2)), ValueError, "matrix must be finite"),
    ((GRAY, IDENTITY, (2, -1)), ValueError, "shape must be .*got -1"),
    ((GRAY, IDENTITY, (2, 2.0)), TypeError, "shape must be .*got float"),
    ((GRAY, IDENTITY, (2, 2, 2)), ValueError, r"shape must be two ints, got \(2, 2, 2\)"),
    ((GRAY, IDENTITY, 7), TypeError, "shape must be two ints, got int"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        warp_cubic(*arguments)


@pytest.mark.parametrize("num_threads", [0, -1])
def test_a_bad_number_of_threads_is_named(num_threads: int) -> None:
    with pytest.raises(ValueError, match="num_threads must be >= 1"):
        warp_cubic(GRAY, IDENTITY, (2, 2), num_threads=num_threads)


def test_the_core_itself_refuses_what_it_cannot_do() -> None:
    matrix = IDENTITY.ravel().tolist()
    for arguments, message in (
        ((GRAY[:0], matrix, 2, 2, 1), "at least one pixel"),
        ((GRAY, [nan, *matrix[1:]], 2, 2, 1), "finite numbers"),
        ((GRAY, matrix, 2, -1, 1), "negative size"),
        ((GRAY, matrix, 2, 2, 0), "num_threads >= 1"),
        ((np.asfortranarray(GRAY), matrix, 2, 2, 1), "adjacent, aligned"),
        ((GRAY[0], matrix, 2, 2, 1), "2 dimensions"),
        ((RGB[..., 0], matrix, 2, 2, 1), "RGB image"),
    ):
        with pytest.raises(ValueError, match=message):
            _core.warp_cubic(*arguments)
    for bad in (matrix[:5], None, "map"):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            _core.warp_cubic(GRAY, bad, 2, 2, 1)  # type: ignore[call-overload]
