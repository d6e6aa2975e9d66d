from __future__ import annotations

import cv2
import numpy as np
import pytest

from scenes import disc, pasted, saved, scene
from unsplice import decode_image
from unsplice.pair.matching import SavedAs, fit_filter, match_compression, match_tone_and_filter
from unsplice.pair.source import comparable
from unsplice.pair.tone import fit_tone_curves
from unsplice.synthetic.forging import Saving

SHAPE = (192, 256)
EVERYWHERE = np.ones(SHAPE, bool)
PASTED = disc(SHAPE, 90, 120, 45)


def with_a_paste(image: np.ndarray) -> np.ndarray:
    return pasted(image, PASTED, scene(2))


def from_file(image: np.ndarray, quality: int, subsampling: str):
    """Return what a JPEG file of `image` gives: pixels, and how it was saved."""
    data = Saving(quality, subsampling).encode(image)
    decoded = decode_image(data)
    source = comparable(decoded, decoded)[1]
    return source.pixels, source.saved_as


def difference_outside(prediction, spliced: np.ndarray) -> float:
    """Return the mean absolute difference where nothing was pasted."""
    outside = prediction.valid & ~disc(SHAPE, 90, 120, 60)
    return float(np.abs(prediction.image.astype(int) - spliced)[outside].mean())


@pytest.mark.parametrize("quality", [50, 75, 92])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_the_spliced_files_own_tables_are_chosen_and_predict_it(quality, subsampling):
    spliced, saved_as = from_file(with_a_paste(scene()), quality, subsampling)
    prediction = match_compression(scene(), spliced, EVERYWHERE, saved_as)
    assert prediction.steps == ("saved as JPEG: the spliced file's own tables",)
    assert prediction.residual < 1
    before = np.abs(scene().astype(int) - spliced)[~PASTED].mean()
    assert difference_outside(prediction, spliced) < 0.3 * before
    np.testing.assert_array_equal(prediction.valid, EVERYWHERE)


def test_the_settings_of_a_jpeg_are_read_from_its_file():
    _, saved_as = from_file(scene(), 75, "4:2:0")
    expected = SavedAs.at_quality(75, (2, 2))
    assert saved_as.subsampling == (2, 2)
    np.testing.assert_array_equal(saved_as.tables, expected.tables)
    assert from_file(scene(), 75, "4:4:4")[1].subsampling == (1, 1)


@pytest.mark.parametrize("quality", [60, 75, 90])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_the_quality_that_a_lossless_file_once_had_is_found(quality, subsampling):
    spliced = saved(with_a_paste(scene()), quality, subsampling)
    prediction = match_compression(scene(), spliced, EVERYWHERE, None)
    assert prediction.steps == (f"saved as JPEG: quality {quality}, {subsampling}",)
    assert difference_outside(prediction, spliced) < 0.5


def test_a_save_before_the_last_one_is_found():
    once = saved(with_a_paste(scene()), 60, "4:2:0")
    spliced, saved_as = from_file(once, 95, "4:4:4")
    prediction = match_compression(scene(), spliced, EVERYWHERE, saved_as)
    assert prediction.steps == (
        "saved as JPEG: quality 60, 4:2:0",
        "saved as JPEG: the spliced file's own tables",
    )
    single = saved_as.applied(scene(), num_threads=1)
    once_only = np.abs(single.astype(int) - spliced)[~PASTED].mean()
    assert difference_outside(prediction, spliced) < 0.5 * once_only


def test_a_lossless_pair_stays_as_it_is():
    prediction = match_compression(scene(), with_a_paste(scene()), EVERYWHERE, None)
    assert prediction.steps == ()
    assert prediction.residual == 0
    np.testing.assert_array_equal(prediction.image, scene())
    assert not prediction.toned


def test_an_authentic_picture_that_shares_its_last_save_is_not_saved_again():
    spliced, saved_as = from_file(scene(), 70, "4:2:0")
    again = match_compression(spliced, spliced, EVERYWHERE, saved_as)
    assert again.residual == 0
    np.testing.assert_array_equal(again.image, spliced)


def test_matching_does_not_depend_on_the_number_of_threads():
    spliced, saved_as = from_file(with_a_paste(scene()), 60, "4:2:0")
    first, *others = (
        match_compression(scene(), spliced, EVERYWHERE, saved_as, num_threads=n) for n in (1, 2, 4)
    )
    for other in others:
        assert (other.steps, other.residual) == (first.steps, first.residual)
        np.testing.assert_array_equal(other.image, first.image)


CURVES = {
    "brighter": lambda x: 1.15 * x + 8,
    "darker": lambda x: 0.8 * x,
    "gamma 0.8": lambda x: 255 * (x / 255) ** 0.8,
    "gamma 1.3": lambda x: 255 * (x / 255) ** 1.3,
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("quality", [None, 85])
def test_gain_and_gamma_are_recovered_in_spite_of_a_paste(name, quality):
    table = np.clip(np.rint(CURVES[name](np.arange(256.0))), 0, 255).astype(np.uint8)
    spliced = table[with_a_paste(scene())]
    if quality:
        spliced = saved(spliced, quality)
    curves = fit_tone_curves(scene(), spliced, EVERYWHERE)
    assert curves is not None
    for channel, curve in enumerate(curves):
        assert curve.dtype == np.uint8
        assert (np.diff(curve.astype(int)) >= 0).all()
        low, high = np.quantile(scene()[..., channel], [0.02, 0.98]).astype(int)
        error = np.abs(curve.astype(int) - table)[low:high]
        assert error.mean() < 1.5
        assert error.max() <= 4


def test_channels_are_graded_one_by_one():
    spliced = scene().copy()
    spliced[..., 2] = (spliced[..., 2] * 0.75).astype(np.uint8)
    curves = fit_tone_curves(scene(), spliced, EVERYWHERE)
    levels = np.arange(40, 200)
    assert np.abs(curves[0][levels].astype(int) - levels).max() <= 2
    assert np.abs(curves[2][levels] - 0.75 * levels).max() <= 2


@pytest.mark.parametrize("quality", [None, 95, 60])
def test_an_ungraded_pair_has_no_tone_curve(quality):
    spliced = with_a_paste(scene())
    if quality:
        spliced = saved(spliced, quality)
    assert fit_tone_curves(scene(), spliced, EVERYWHERE) is None


@pytest.mark.parametrize("level", [0, 90, 255])
def test_no_tone_curve_turns_a_scene_into_a_flat_picture(level):
    flat = np.full_like(scene(), level)
    curves = fit_tone_curves(scene(), flat, EVERYWHERE)
    assert curves is None or np.ptp(curves[1][40:200]) > 30


def test_a_negative_has_no_tone_curve():
    assert fit_tone_curves(scene(), 255 - scene(), EVERYWHERE) is None


def test_too_few_pixels_have_no_tone_curve_and_no_filter():
    few = np.zeros(SHAPE, bool)
    few[:3, :30] = True
    brighter = scene() // 2 + np.uint8(60)
    assert fit_tone_curves(scene(), brighter, few) is None
    assert fit_filter(scene(), cv2.GaussianBlur(scene(), (0, 0), 1), few) is None


@pytest.mark.parametrize("sigma", [0.7, 1.0])
def test_a_blur_is_recovered_in_spite_of_a_paste(sigma):
    blurred = cv2.GaussianBlur(with_a_paste(scene()), (0, 0), sigma)
    weights = fit_filter(scene(), blurred, EVERYWHERE)
    line = cv2.getGaussianKernel(5, sigma)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(weights, line @ line.T, atol=0.03)


def test_sharpening_is_recovered():
    kernel = np.array([[0, -0.25, 0], [-0.25, 2, -0.25], [0, -0.25, 0]], np.float32)
    gentle = cv2.GaussianBlur(scene(), (0, 0), 1.2)  # sharpened noise would be clipped
    weights = fit_filter(gentle, cv2.filter2D(gentle, -1, kernel), EVERYWHERE)
    predicted = cv2.filter2D(gentle, -1, weights).astype(int)
    assert np.abs(predicted - cv2.filter2D(gentle, -1, kernel)).mean() < 0.6


@pytest.mark.parametrize("quality", [None, 90])
def test_an_unfiltered_pair_has_no_filter(quality):
    spliced = with_a_paste(scene())
    if quality:
        spliced = saved(spliced, quality)
    assert fit_filter(scene(), spliced, EVERYWHERE) is None


def test_a_graded_and_blurred_jpeg_is_predicted_better_and_says_how():
    edited = cv2.GaussianBlur(with_a_paste(scene()), (0, 0), 0.9)
    edited = np.clip(1.2 * edited + 10.0, 0, 255).astype(np.uint8)
    spliced, saved_as = from_file(edited, 85, "4:2:0")
    plain = match_compression(scene(), spliced, EVERYWHERE, saved_as)
    matched = match_tone_and_filter(scene(), spliced, plain, saved_as)
    assert matched.steps[:2] == ("tone curve", "5x5 filter")
    assert matched.toned
    assert matched.residual < 0.2 * plain.residual
    assert difference_outside(matched, spliced) < 2.5
    assert not matched.valid[:3].any()
    assert not matched.valid[:, -3:].any()
    assert matched.valid[3:-3, 3:-3].all()


def test_a_pair_that_neither_grading_nor_a_filter_explains_is_left_as_it_was():
    spliced, saved_as = from_file(scene(2), 85, "4:2:0")
    plain = match_compression(scene(), spliced, EVERYWHERE, saved_as)
    matched = match_tone_and_filter(scene(), spliced, plain, saved_as)
    assert matched.residual <= plain.residual
    assert matched is plain or matched.steps != plain.steps


@pytest.mark.parametrize("levels", [(0, 0), (0, 255), (255, 0), (90, 97)])
def test_flat_pictures_are_matched_without_complaint(levels):
    first, second = (np.full((64, 96, 3), level, np.uint8) for level in levels)
    everywhere = np.ones((64, 96), bool)
    plain = match_compression(first, second, everywhere, None)
    matched = match_tone_and_filter(first, second, plain, None)
    assert matched.residual <= plain.residual < float("inf")


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 7), (8, 8), (17, 15)])
def test_tiny_pictures_are_matched_without_complaint(shape):
    first, second = np.random.default_rng(0).integers(0, 256, (2, *shape, 3), np.uint8)
    everywhere = np.ones(shape, bool)
    tables = SavedAs.at_quality(80, (2, 2))
    plain = match_compression(first, second, everywhere, tables)
    matched = match_tone_and_filter(first, second, plain, tables)
    assert matched.image.shape == second.shape
    assert np.isfinite(matched.residual)
