"""From blocks to the edges of the picture: the guided filter and GrabCut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scenes import disc, pasted, scene
from unsplice.blind.fusion.edges import cut_edges, refine_edges

Array = NDArray[Any]


def in_blocks(where: NDArray[np.bool_], *, sigma: float = 1.2) -> NDArray[np.float32]:
    """Return the heatmap of a method that knows `where` by blocks of 8x8 pixels alone."""
    rows, cols = where.shape
    shares = where.reshape(rows // 8, 8, cols // 8, 8).mean((1, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(shares, (0, 0), sigma)
    return np.asarray(cv2.resize(blurred, (cols, rows)), np.float32).clip(0, 1)


def overlap(one: Array, other: Array) -> float:
    return float((one & other).sum() / (one | other).sum())


def example(radius: int = 40) -> tuple[Array, Array, Array]:
    """Return a disc of another color on a landscape, where it is, and its heatmap in blocks."""
    where = disc((192, 256), 90, 130, radius)
    donor = np.zeros((192, 256, 3), np.uint8)
    donor[:] = 190, 40, 60
    texture = np.random.default_rng(0).integers(-9, 10, donor.shape)
    image = pasted(scene(), where, (donor + texture).clip(0, 255).astype(np.uint8))
    return image, where, in_blocks(where)


def guided_in_double(image: Array, heatmap: Array, reach: int, epsilon: float) -> Array:
    """Return what the guide adds by its formula, with a window of 4 (2 reach + 1) a cell."""
    gray = ((image.astype(int) @ [77, 150, 29] + 128) >> 8) / 255
    rows, cols = (side // 4 for side in gray.shape)
    window = (2 * reach + 1, 2 * reach + 1)

    def mean(values: Array) -> Array:
        summed = cv2.boxFilter(values, -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed) / cv2.boxFilter(
            np.ones_like(values), -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT
        )

    def cells(values: Array) -> Array:
        return np.asarray(values.reshape(rows, 4, cols, 4).mean((1, 3)))

    i, p = mean(cells(gray)), mean(cells(heatmap.astype(float)))
    slope = (mean(cells(gray * heatmap)) - i * p) / (mean(cells(gray * gray)) - i * i + epsilon)
    size = gray.shape[::-1]
    slopes, offsets = (
        cv2.resize(mean(v), size, interpolation=cv2.INTER_LINEAR) for v in (slope, -slope * i)
    )
    return np.asarray(heatmap + slopes * gray + offsets).clip(0, 1)


@pytest.mark.parametrize(("radius", "reach"), [(1, 1), (5, 1), (8, 2), (16, 4), (40, 10)])
@pytest.mark.parametrize("epsilon", [1e-4, 1e-2])
def test_refined_edges_are_those_of_the_formula(radius: int, reach: int, epsilon: float) -> None:
    image, _, heatmap = example()
    result = refine_edges(image, heatmap, radius=radius, epsilon=epsilon)
    assert result.dtype == np.float32
    expected = guided_in_double(image, heatmap, reach, epsilon)
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_blocks_are_refined_to_the_edge_of_what_was_pasted() -> None:
    image, where, heatmap = example()
    assert overlap(heatmap >= 0.5, where) < 0.95
    assert overlap(refine_edges(image, heatmap) >= 0.5, where) > 0.97


@pytest.mark.parametrize("refine", [refine_edges, cut_edges])
def test_a_small_region_does_not_vanish(refine: Callable[..., Array]) -> None:
    image, where, heatmap = example(9)
    for level in (0.55, 0.75):  # below what is certain, and above
        weak = (heatmap * (level / heatmap.max())).astype(np.float32)
        found = refine(image, weak) >= 0.5
        assert overlap(found, where) > 0.35
        # Where the picture shows no edge at all, too.
        flat = refine(np.full_like(image, 90), weak) >= 0.5
        assert overlap(flat, weak >= 0.5) > 0.9


def test_a_flat_picture_leaves_the_heatmap_as_it_is() -> None:
    heatmap = np.random.default_rng(0).random((37, 53), np.float32)
    for level in (0, 128, 255):
        flat = np.full((37, 53, 3), level, np.uint8)
        np.testing.assert_array_equal(refine_edges(flat, heatmap), heatmap)


@pytest.mark.parametrize("level", [0, 1])
def test_where_nothing_or_all_is_marked_it_stays_so(level: int) -> None:
    image = scene()
    heatmap = np.full(image.shape[:2], level, np.float32)
    np.testing.assert_array_equal(refine_edges(image, heatmap), heatmap)
    np.testing.assert_array_equal(cut_edges(image, heatmap), heatmap)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (4, 4), (9, 30)])
def test_every_size_is_refined(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (*size, 3), np.uint8)
    heatmap = random.random(size, np.float32)
    for radius in (1, 16, 1000):
        result = refine_edges(image, heatmap, radius=radius)
        assert result.shape == size
        assert (result >= 0).all()
        assert (result <= 1).all()
    assert cut_edges(image, heatmap).shape == size


def test_neither_threads_nor_layout_change_a_bit_of_the_filter() -> None:
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (801, 1003, 3), np.uint8)
    heatmap = random.random((801, 1003), np.float32)
    before = image.copy(), heatmap.copy()
    one = refine_edges(image, heatmap, num_threads=1)
    for num_threads in (2, 5):
        assert refine_edges(image, heatmap, num_threads=num_threads).tobytes() == one.tobytes()
    other = refine_edges(np.asfortranarray(image), np.asfortranarray(heatmap))
    assert other.tobytes() == one.tobytes()
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(heatmap, before[1])


def test_a_cut_follows_the_edge_of_what_was_pasted() -> None:
    image, where, heatmap = example()
    result = cut_edges(image, heatmap)
    assert result.dtype == np.float32
    found = result >= 0.5
    assert overlap(found, where) > 0.98
    # What it says of a pixel changes no more than the cut asks for.
    np.testing.assert_array_equal(result[found], heatmap[found].clip(0.5, 1))
    np.testing.assert_array_equal(result[~found], heatmap[~found].clip(0, np.float32(0.49999997)))


def test_a_cut_repeats_whatever_random_numbers_were_drawn() -> None:
    image, _, heatmap = example()
    before = image.copy(), heatmap.copy()
    cv2.setRNGSeed(1)
    first = cut_edges(image, heatmap)
    cv2.randu(np.empty(99, np.uint8), 0, 255)
    np.testing.assert_array_equal(cut_edges(image, heatmap), first)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(heatmap, before[1])


def test_a_cut_keeps_what_is_certain() -> None:
    random = np.random.default_rng(3)
    image = random.integers(0, 256, (64, 80, 3), np.uint8)
    heatmap = random.random((64, 80), np.float32)
    found = cut_edges(image, heatmap) >= 0.5
    assert found[heatmap > 0.7].all()
    assert not found[heatmap < 0.15].any()


def test_a_large_picture_is_cut_at_a_smaller_size() -> None:
    image, where, heatmap = (np.kron(a, np.ones((6, 6, 1)[: a.ndim])) for a in example())
    found = cut_edges(image.astype(np.uint8), heatmap.astype(np.float32)) >= 0.5
    assert found.shape == (1152, 1536)
    assert overlap(found, where > 0) > 0.98


IMAGE, HEATMAP = np.zeros((8, 9, 3), np.uint8), np.zeros((8, 9), np.float32)
BAD: list[tuple[Array, Array, type[Exception], str]] = [
    (IMAGE.astype(float), HEATMAP, TypeError, "image must have dtype uint8, got float64"),
    (IMAGE[..., 0], HEATMAP, ValueError, r"image must have shape \(rows, cols, 3\), got \(8, 9\)"),
    (IMAGE, HEATMAP > 0, TypeError, "heatmap must have dtype float32, got bool"),
    (IMAGE, HEATMAP[1:], ValueError, r"heatmap must have shape \(8, 9\), got \(7, 9\)"),
    (IMAGE, HEATMAP[..., np.newaxis], ValueError, r"heatmap must have shape"),
    (IMAGE, HEATMAP - 1, ValueError, "heatmap must be in 0..1, got -1.0 to -1.0"),
    (IMAGE, HEATMAP + 2, ValueError, "heatmap must be in 0..1"),
    (IMAGE, HEATMAP + np.float32(np.nan), ValueError, "heatmap must be in 0..1, got nan"),
]


@pytest.mark.parametrize("refine", [refine_edges, cut_edges])
@pytest.mark.parametrize(("image", "heatmap", "error", "words"), BAD)
def test_bad_arguments_are_named(
    refine: Callable[..., Array],
    image: Array,
    heatmap: Array,
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        refine(image, heatmap)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"radius": 0}, ValueError, "radius must be in 1..1000, got 0"),
        ({"radius": 1001}, ValueError, "got 1001"),
        ({"radius": 8.0}, TypeError, "radius must be an int, got float"),
        ({"epsilon": 0}, ValueError, "epsilon must be at least 1e-09 and finite, got 0"),
        ({"epsilon": 1e-10}, ValueError, "got 1e-10"),
        ({"epsilon": float("inf")}, ValueError, "got inf"),
        ({"epsilon": float("nan")}, ValueError, "got nan"),
        ({"epsilon": "1"}, TypeError, "epsilon must be a number"),
        ({"num_threads": 0}, ValueError, "num_threads must be >= 1, got 0"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        refine_edges(IMAGE, HEATMAP, **options)
