from __future__ import annotations

import numpy as np
import pytest

from scenes import disc, pasted, scene
from unsplice.pair.kernels import luma
from unsplice.pair.residual import (
    MAJORITY,
    Blocks,
    agreeing_pixels,
    block_means,
    color_residual,
    high_pass,
    sample_windows,
    trimmed_mean,
)

EVERYWHERE = np.ones((192, 256), bool)


@pytest.mark.parametrize(("rows", "cols"), [(8, 8), (16, 24), (17, 31), (40, 9), (64, 65)])
def test_a_block_mean_is_the_mean_of_a_whole_block(rows, cols):
    plane = np.random.default_rng(0).normal(0, 50, (rows, cols)).astype(np.float32)
    means = block_means(plane)
    assert means.dtype == np.float32
    assert means.shape == (rows // 8, cols // 8)
    for y, x in np.ndindex(means.shape):
        block = plane[8 * y : 8 * y + 8, 8 * x : 8 * x + 8]
        assert means[y, x] == pytest.approx(block.mean(dtype=float), abs=1e-4)


@pytest.mark.parametrize("shape", [(7, 7), (1, 1), (1, 100), (100, 1), (7, 8), (0, 5)])
def test_a_picture_without_a_whole_block_has_no_block_means(shape):
    assert block_means(np.ones(shape, np.float32)).size == 0


def test_block_means_leave_the_plane_alone():
    plane = np.ones((16, 16), np.float32)
    block_means(plane)
    assert (plane == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (100, 200), (512, 512)])
def test_a_picture_up_to_the_limit_is_one_window(shape):
    assert sample_windows(shape, max_pixels=1 << 18) == [(slice(0, shape[0]), slice(0, shape[1]))]


@pytest.mark.parametrize("shape", [(513, 512), (3000, 4000), (100, 9000), (9000, 17), (777, 1234)])
@pytest.mark.parametrize("max_pixels", [1 << 18, 1 << 20])
def test_windows_start_on_the_grid_of_a_jpeg_lie_inside_and_stay_within_the_limit(
    shape, max_pixels
):
    windows = sample_windows(shape, max_pixels=max_pixels)
    seen = np.zeros(shape, np.uint8)
    for rows, cols in windows:
        assert rows.start % 16 == cols.start % 16 == 0
        assert 0 <= rows.start < rows.stop <= shape[0]
        assert 0 <= cols.start < cols.stop <= shape[1]
        seen[rows, cols] += 1
    assert seen.sum() <= max_pixels + 256**2
    assert seen.max() == 1, "no pixel counts twice"


def test_windows_are_spread_over_the_picture():
    centers = np.array(
        [
            ((rows.start + rows.stop) / 2, (cols.start + cols.stop) / 2)
            for rows, cols in sample_windows((3000, 4000), max_pixels=1 << 18)
        ]
    )
    assert len(centers) >= 4
    np.testing.assert_allclose(centers.mean(axis=0), (1500, 2000), atol=100)
    assert (np.ptp(centers, axis=0) > (1000, 1300)).all()


def test_high_pass_removes_brightness_and_keeps_fine_detail():
    gray = luma(scene())
    np.testing.assert_allclose(
        high_pass(gray + np.float32(30), num_threads=1), high_pass(gray, num_threads=1), atol=1e-3
    )
    stripes = np.zeros((64, 64), np.float32)
    stripes[:, ::2] = 10
    inner = high_pass(stripes, num_threads=1)[20:-20, 20:-20]
    np.testing.assert_allclose(np.abs(inner), 5, atol=0.1)


def test_the_trimmed_mean_of_a_constant_difference_is_that_difference():
    planes = [np.full((64, 64), 3.5, np.float32)]
    activity = [np.full((64, 64), 9, np.float32)]
    assert trimmed_mean(planes, activity, [np.ones((64, 64), bool)], MAJORITY) == (3.5, 9)


def test_the_trimmed_mean_ignores_a_pasted_part():
    plane = np.random.default_rng(0).uniform(0, 2, (192, 256)).astype(np.float32)
    activity = [np.ones((192, 256), np.float32)]
    clean, _ = trimmed_mean([plane], activity, [EVERYWHERE], MAJORITY)
    dirty_plane = plane.copy()
    dirty_plane[40:140, 60:180] += 100  # a quarter of the picture
    dirty, _ = trimmed_mean([dirty_plane], activity, [EVERYWHERE], MAJORITY)
    assert dirty_plane.mean() > 20
    assert dirty == pytest.approx(clean, rel=0.05)


def test_the_trimmed_mean_looks_at_busy_blocks_only():
    activity = np.full((64, 64), 3, np.float32)
    activity[:, 32:] = 10
    difference = np.zeros((64, 64), np.float32)
    difference[:, 32:] = 4  # calm blocks would say 0
    assert trimmed_mean([difference], [activity], [np.ones((64, 64), bool)], MAJORITY) == (4, 10)


def test_the_trimmed_mean_looks_at_valid_blocks_only():
    difference = np.zeros((64, 64), np.float32)
    difference[:, :32] = 50
    valid = np.ones((64, 64), bool)
    valid[:, :33] = False  # the column of blocks from 32 on is not whole either
    difference[:, 32:40] = 50
    activity = [np.ones((64, 64), np.float32)]
    assert trimmed_mean([difference], activity, [valid], Blocks(busy=True, kept_share=1.0)) == (
        0,
        1,
    )


def test_windows_count_together():
    ones, threes = (np.full((32, 32), level, np.float32) for level in (1, 3))
    activity, valid = [np.ones((32, 32), np.float32)] * 2, [np.ones((32, 32), bool)] * 2
    assert trimmed_mean([ones, threes], activity, valid, Blocks(busy=True, kept_share=1.0))[0] == 2
    assert trimmed_mean([threes, ones], activity, valid, Blocks(busy=True, kept_share=0.5))[0] == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 7), (8, 8), (15, 15)])
def test_in_a_tiny_picture_pixels_take_the_place_of_blocks(shape):
    planes = [np.full(shape, 2, np.float32)], [np.full(shape, 5, np.float32)]
    assert trimmed_mean(*planes, [np.ones(shape, bool)], MAJORITY) == (2, 5)


def test_without_a_valid_pixel_the_trimmed_mean_is_infinite():
    plane = np.zeros((64, 64), np.float32)
    assert trimmed_mean([plane], [plane], [np.zeros((64, 64), bool)], MAJORITY) == (float("inf"), 0)


def test_the_color_residual_of_equal_pictures_is_zero_and_of_a_brighter_one_the_difference():
    dark = scene() // 2
    arguments = ([EVERYWHERE], MAJORITY)
    assert color_residual([dark], [dark], *arguments, num_threads=1) == 0
    brighter = color_residual([dark + np.uint8(7)], [dark], *arguments, num_threads=1)
    assert brighter == pytest.approx(7, abs=1e-3)  # gray: no chroma


def test_the_color_residual_sees_a_change_of_hue_alone():
    other = scene()[..., ::-1]
    assert color_residual([other], [scene()], [EVERYWHERE], MAJORITY, num_threads=1) > 3


def test_agreeing_pixels_are_whole_blocks_outside_the_pasted_part():
    where = disc((192, 256), 90, 120, 40)
    spliced = pasted(scene(), where, 255 - scene())
    agreeing = agreeing_pixels(scene(), spliced, 1.0, num_threads=1)
    assert not agreeing[disc((192, 256), 90, 120, 30)].any()
    assert agreeing[~disc((192, 256), 90, 120, 53)].all()
    for y, x in np.ndindex(24, 32):
        block = agreeing[8 * y : 8 * y + 8, 8 * x : 8 * x + 8]
        assert block.all() == block.any()


def test_pixels_beyond_the_last_whole_block_agree_with_nothing():
    image = scene()[:61, :83]
    agreeing = agreeing_pixels(image, image, 1.0, num_threads=1)
    assert agreeing.shape == (61, 83)
    assert agreeing[:56, :80].all()
    assert not agreeing[56:].any()
    assert not agreeing[:, 80:].any()
