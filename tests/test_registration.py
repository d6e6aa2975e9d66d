from __future__ import annotations

import re
import warnings

import cv2
import numpy as np
import pytest

from scenes import disc, made_pair, pasted, saved, scene
from unsplice.pair.registration import align, register, warp
from unsplice.pair.residual import MAJORITY, MINORITY

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])
LARGE = (256, 384)


def corners(rows: int, cols: int) -> np.ndarray:
    return np.array([[0, 0, 1], [cols - 1, 0, 1], [0, rows - 1, 1], [cols - 1, rows - 1, 1]], float)


def worst_error(found: np.ndarray, wanted: np.ndarray, shape: tuple[int, int]) -> float:
    """Return the largest error at a corner, in pixels."""
    difference = corners(*shape) @ (found - wanted).T
    return float(np.hypot(*difference.T).max())


def test_a_picture_and_itself_need_no_registration():
    found = register(scene(), scene())
    assert found.kind == "identity"
    np.testing.assert_array_equal(found.matrix, IDENTITY)
    assert found.residual == 0
    assert found.blocks == MAJORITY
    assert not found.interpolates


@pytest.mark.parametrize("quality", [95, 75, 50])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_resaved_picture_with_a_pasted_part_keeps_its_grid(quality, seed):
    where = disc((192, 256), 90, 120, 50)
    spliced = saved(pasted(scene(seed), where, scene(seed + 1)), quality)
    found = register(scene(seed), spliced)
    assert found.kind == "identity"
    assert found.mismatch < 0.45


@pytest.mark.parametrize(("row", "col"), [(0, 1), (5, -3), (-16, 16), (11, 9), (-2, -23)])
@pytest.mark.parametrize("paste", [False, True], ids=["plain", "pasted"])
def test_whole_pixel_shifts_are_found_exactly(row, col, paste):
    original = scene(1, *LARGE)
    authentic = original[32:-32, 32:-32]
    spliced = original[32 + row : LARGE[0] - 32 + row, 32 + col : LARGE[1] - 32 + col]
    if paste:
        spliced = pasted(spliced, disc(spliced.shape[:2], 80, 170, 45), scene(2, 192, 320))
    found = register(authentic, spliced)
    assert found.kind == "shift"
    np.testing.assert_array_equal(found.matrix, [[1, 0, col], [0, 1, row]])
    aligned, valid = align(authentic, found, spliced)
    assert valid.mean() > 0.75
    same = (aligned == spliced).all(axis=2)
    assert same[valid].mean() == 1 if not paste else same[valid].mean() > 0.8


@pytest.mark.parametrize("difficulty", ["shifted", "null_shifted"])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_shift_is_found_exactly_although_both_pictures_were_compressed(difficulty, seed):
    pair = made_pair(difficulty, seed)
    (step,) = (step for step in pair.steps if step.startswith("crop"))
    row, col = (int(number) for number in re.findall(r"[-+]?\d+", step))
    found = register(pair.authentic, pair.spliced)
    assert found.kind == "shift"
    np.testing.assert_array_equal(found.matrix, [[1, 0, col], [0, 1, row]])


def test_a_shift_by_half_a_pixel_is_no_whole_one():
    wanted = np.array([[1, 0, 4.5], [0, 1, -2.5]])
    spliced, _ = warp(scene(1, *LARGE), wanted, LARGE, interpolate=True)
    found = register(scene(1, *LARGE), saved(spliced, 85))
    assert found.interpolates
    assert worst_error(found.matrix, wanted, LARGE) < 0.25


@pytest.mark.parametrize("sigma", [0.8, 1.2])
def test_a_blurred_picture_keeps_its_grid(sigma):
    found = register(scene(), saved(cv2.GaussianBlur(scene(), (0, 0), sigma), 80))
    assert found.kind == "identity"


def test_a_crop_is_a_shift():
    spliced = scene(1, *LARGE)[20:-31, 17:-40]
    found = register(scene(1, *LARGE), spliced)
    assert found.kind == "shift"
    np.testing.assert_array_equal(found.matrix, [[1, 0, 17], [0, 1, 20]])
    aligned, valid = align(scene(1, *LARGE), found, spliced)
    assert valid.all()
    np.testing.assert_array_equal(aligned, spliced)


@pytest.mark.parametrize("size", [(230, 345), (280, 420), (192, 288), (256, 400)])
def test_a_resize_is_found_within_a_third_of_a_pixel(size):
    authentic = scene(1, *LARGE)
    where = disc(LARGE, 120, 160, 50)
    spliced = cv2.resize(
        pasted(authentic, where, scene(2, *LARGE)), size[::-1], interpolation=cv2.INTER_AREA
    )
    found = register(authentic, spliced)
    x, y = LARGE[1] / size[1], LARGE[0] / size[0]
    wanted = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5]])
    assert found.interpolates
    assert worst_error(found.matrix, wanted, size) < 0.34
    assert found.mismatch < 0.45


@pytest.mark.parametrize(
    ("degrees", "scale"), [(1.0, 1.0), (-2.5, 0.98), (4.0, 1.03), (0.0, 1.05), (3.0, 0.96)]
)
def test_an_affine_map_of_a_few_degrees_is_found_within_a_third_of_a_pixel(degrees, scale):
    authentic = scene(1, *LARGE)
    wanted = cv2.getRotationMatrix2D((191.5, 127.5), degrees, scale)
    wanted[:, 2] += (2.3, -1.6)
    spliced, _ = warp(authentic, wanted, LARGE, interpolate=True)
    spliced = pasted(spliced, disc(LARGE, 120, 160, 45), scene(2, *LARGE))
    found = register(authentic, saved(spliced, 85))
    assert worst_error(found.matrix, wanted, LARGE) < 0.34
    assert found.mismatch < 0.45


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (3, 1), (4, 5)])
def test_unrelated_pictures_leave_most_of_the_detail_unexplained(first, second):
    assert register(scene(first), scene(second)).mismatch > 0.7


def test_a_mostly_replaced_picture_is_registered_by_what_is_left():
    where = np.ones((192, 256), bool)
    where[:, :77] = False  # 70 %
    found = register(scene(1), saved(pasted(scene(1), where, scene(2)), 90))
    assert found.kind == "identity"
    assert found.blocks == MINORITY
    assert found.mismatch < 0.25


def test_registration_is_the_same_every_time_and_for_every_number_of_threads():
    wanted = cv2.getRotationMatrix2D((127.5, 95.5), 2.0, 1.02)
    spliced, _ = warp(scene(), wanted, (192, 256), interpolate=True)
    first, *others = (register(scene(), spliced, num_threads=n) for n in (1, 1, 2, 4))
    for other in others:
        assert other.kind == first.kind
        np.testing.assert_array_equal(other.matrix, first.matrix)
        assert other.residual == first.residual


def test_warping_by_the_identity_returns_the_picture():
    for interpolate, frame in ((False, 0), (True, 3)):
        warped, valid = warp(scene(), IDENTITY, (192, 256), interpolate=interpolate)
        np.testing.assert_array_equal(warped, scene())
        expected = np.zeros((192, 256), bool)
        expected[frame : 192 - frame, frame : 256 - frame] = True
        np.testing.assert_array_equal(valid, expected)


def test_warping_says_which_pixels_have_a_source():
    shift = np.array([[1.0, 0, -10], [0, 1, 5]])
    warped, valid = warp(scene(), shift, (192, 256), interpolate=False)
    expected = np.zeros((192, 256), bool)
    expected[: 192 - 5, 10:] = True
    np.testing.assert_array_equal(valid, expected)
    np.testing.assert_array_equal(warped[:-5, 10:], scene()[5:, :-10])


@pytest.mark.parametrize("factor", [3, 5, 16])
def test_a_strong_reduction_averages_instead_of_picking_pixels(factor):
    stripes = np.zeros((240, 320, 3), np.uint8)
    stripes[:, ::2] = 200
    matrix = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2]])
    warped, valid = warp(stripes, matrix, (240 // factor, 320 // factor), interpolate=True)
    assert valid.any()
    assert np.abs(warped[valid].astype(int) - 100).max() <= 20


def test_a_thumbnail_is_registered_by_its_size():
    authentic = cv2.GaussianBlur(np.tile(scene(1, *LARGE), (4, 4, 1)), (0, 0), 2)
    thumbnail = cv2.resize(authentic, (128, 85), interpolation=cv2.INTER_AREA)
    found = register(authentic, thumbnail)
    assert found.matrix[0, 0] == pytest.approx(12, rel=0.02)
    aligned, _ = align(authentic, found, thumbnail)
    assert np.abs(aligned.astype(int) - thumbnail).mean() < 6


SHAPES = [(1, 1), (1, 2), (2, 1), (1, 40), (40, 1), (2, 2), (7, 7), (8, 8), (9, 30), (16, 16)]


@pytest.mark.parametrize("shape", SHAPES)
def test_tiny_pictures_of_one_size_are_registered_without_complaint(shape):
    random = np.random.default_rng(0)
    first, second = random.integers(0, 256, (2, *shape, 3), np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert register(first, first).kind == "identity"
        found = register(first, second)
    assert np.isfinite(found.matrix).all()
    assert np.isfinite(found.residual)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("level", [0, 90])
def test_tiny_and_large_pictures_are_registered_without_complaint(shape, level):
    small = np.full((*shape, 3), level, np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for first, second in ((small, scene()), (scene(), small)):
            found = register(first, second)
            assert np.isfinite(found.matrix).all()
            aligned, valid = align(first, found, second)
            assert aligned.shape == second.shape
            assert valid.shape == second.shape[:2]


@pytest.mark.parametrize("levels", [(0, 0), (0, 255), (100, 107)])
def test_flat_pictures_stay_where_they_are(levels):
    first, second = (np.full((64, 96, 3), level, np.uint8) for level in levels)
    found = register(first, second)
    assert found.kind == "identity"
    assert found.residual == pytest.approx(0, abs=1e-3)
