from __future__ import annotations

import re
import warnings

import cv2
import numpy as np
import pytest
from skimage import data

import unsplice
from consistent import assert_consistent, codes, found
from scenes import disc, made_pair, pasted, saved, scene
from unsplice import (
    EvidenceParameters,
    NeighborhoodThresholdParameters,
    PairError,
    compare,
    decode_image,
    read_image,
)
from unsplice.evaluation.scores.boundary import count_false_components, score_boundary
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.result import Localization
from unsplice.synthetic.pairs import NULL_DIFFICULTIES, SPLICE_DIFFICULTIES

SHAPE = (192, 256)
WHERE = disc(SHAPE, 90, 120, 40) | disc(SHAPE, 150, 40, 15)
DONOR = scene(2)[::-1]  # ground where the background has sky


def compare_files(pair) -> Localization:
    return compare(decode_image(pair.authentic_file), decode_image(pair.spliced_file))


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return score_mask(first, second).iou


@pytest.fixture(scope="module")
def lossless() -> tuple[np.ndarray, np.ndarray]:
    """Two pictures that are equal but for two discs."""
    return scene(1), pasted(scene(1), WHERE, DONOR)


@pytest.fixture(scope="module")
def jpeg() -> tuple[np.ndarray, np.ndarray]:
    """The same, each saved in its own way."""
    return saved(scene(1), 85), saved(pasted(scene(1), WHERE, DONOR), 75)


# What is found


@pytest.mark.parametrize("seed", [1, 2, 4, 6])
def test_a_paste_in_a_jpeg_pair_is_found_with_its_border(seed):
    pair = made_pair("easy", seed, 256, 384)
    result = compare_files(pair)
    assert result.finding == "spliced"
    assert found(result.mask, pair.truth) > 0.9
    assert score_boundary(result.mask, pair.truth) > 0.9
    assert count_false_components(result.mask, pair.truth) == 0
    assert_consistent(result, pair.spliced)


@pytest.mark.parametrize("difficulty", SPLICE_DIFFICULTIES)
def test_a_pair_of_every_difficulty_is_separated(difficulty):
    pair = made_pair(difficulty, 2, 256, 384)
    result = compare_files(pair)
    assert result.finding == "spliced"
    assert found(result.mask, pair.truth) > 0.85
    assert_consistent(result, pair.spliced)


@pytest.mark.parametrize("quality", [60, 75, 90, 95])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_a_save_that_only_the_pixels_show_leaves_no_false_regions(quality, subsampling):
    where = disc(SHAPE, 90, 120, 15)
    result = compare(scene(), saved(pasted(scene(), where, DONOR), quality, subsampling))
    assert len(result.regions) == 1
    assert found(result.mask, where) > 0.85
    assert compare(scene(), saved(scene(), quality, subsampling)).finding == "nothing-found"


@pytest.mark.parametrize("difficulty", NULL_DIFFICULTIES)
@pytest.mark.parametrize("seed", [1, 2])
def test_without_a_paste_nothing_is_found(difficulty, seed):
    pair = made_pair(difficulty, seed)
    result = compare_files(pair)
    assert result.finding == "nothing-found"
    assert not result.mask.any()
    assert result.regions == ()
    assert "the pictures match" in result.statement
    assert_consistent(result, pair.spliced)


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_a_paste_in_a_photograph_is_found(name):
    image = cv2.resize(getattr(data, name)(), (320, 240), interpolation=cv2.INTER_AREA)
    donor = cv2.resize(data.rocket(), (320, 240), interpolation=cv2.INTER_AREA)
    where = disc((240, 320), 120, 150, 45)
    result = compare(saved(image, 92), saved(pasted(image, where, donor), 80))
    assert found(result.mask, where) > 0.95
    assert score_boundary(result.mask, where) > 0.9


def test_both_of_two_pasted_parts_are_regions_the_stronger_first(jpeg):
    result = compare(*jpeg)
    assert len(result.regions) == 2
    large, small = result.regions
    assert large.area > small.area
    assert large.centroid == pytest.approx((90, 120), abs=2)
    assert small.centroid == pytest.approx((150, 40), abs=2)
    assert result.statement.endswith("in 2 regions")
    share = float(re.match(r"([\d.]+) % of the picture", result.statement)[1])
    assert share == pytest.approx(100 * result.mask.mean(), rel=0.06)
    assert f"({result.mask.sum():,} pixels)" in result.statement


def test_the_heat_is_above_the_threshold_inside_and_below_it_outside(jpeg):
    result = compare(*jpeg)
    inside = result.heatmap[disc(SHAPE, 90, 120, 35)]
    outside = result.heatmap[~disc(SHAPE, 90, 120, 46) & ~disc(SHAPE, 150, 40, 21)]
    assert (inside > result.threshold).mean() > 0.9
    assert (outside > result.threshold).mean() < 0.005
    assert result.score > 0.9


def test_a_change_by_two_levels_is_found_in_a_lossless_pair():
    where = disc(SHAPE, 90, 120, 25)
    darker = np.minimum(scene(), 250)
    result = compare(darker, pasted(darker, where, darker + np.uint8(2)))
    assert found(result.mask, where) > 0.95


def test_equal_pictures_are_identical(lossless):
    result = compare(lossless[0], lossless[0].copy())
    assert result.finding == "identical"
    assert not result.mask.any()
    assert result.score == 0
    assert codes(result) == ["W210"]
    assert_consistent(result, lossless[0])


@pytest.mark.parametrize(("first", "second", "quality"), [(1, 2, None), (3, 1, 70), (4, 5, 90)])
def test_unrelated_pictures_are_said_to_be_unrelated(first, second, quality):
    spliced = scene(second) if quality is None else saved(scene(second), quality)
    result = compare(scene(first), spliced)
    assert result.finding == "unrelated"
    assert not result.mask.any()
    assert "do not show the same background" in result.statement
    assert "W212" in codes(result)
    assert_consistent(result, spliced)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_is_no_copy_of_a_scene(level):
    flat = np.full_like(scene(2), level)
    for pair in ((scene(2), flat), (flat, scene(2))):
        result = compare(*pair)
        assert result.finding in ("unrelated", "misaligned", "mostly-replaced")
        assert_consistent(result, pair[1])


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_mostly_replaced_picture_is_said_to_be_and_its_mask_is_not_empty(seed):
    pair = made_pair("large_70", seed)
    result = compare_files(pair)
    assert result.finding == "mostly-replaced"
    assert "minority" in result.statement
    assert "W214" in codes(result)
    assert found(result.mask, pair.truth) > 0.9
    assert_consistent(result, pair.spliced)


def test_the_details_say_how_the_pair_was_brought_to_match():
    pair = made_pair("resized", 2, 256, 384)
    details = compare_files(pair).details
    assert details["registration"]["kind"] == "resize"
    assert np.shape(details["registration"]["matrix"]) == (2, 3)
    assert "saved as JPEG: the spliced file's own tables" in details["steps"]
    assert 0 < details["residual"] < 4
    assert 0.9 < details["compared_share"] <= 1


# The asker's method


def test_the_fixed_threshold_is_the_definition_and_a_size_filter(jpeg):
    result = compare(*jpeg, method="neighborhood-threshold")
    first, second = (image.astype(int) for image in jpeg)
    difference = np.abs(first - second).astype(np.uint8)
    changed = unsplice.neighborhood_threshold(difference, 8) == 0
    np.testing.assert_array_equal(result.mask, unsplice.remove_small_components(changed, 100))
    assert result.method == "neighborhood-threshold"
    assert result.parameters == {"threshold": 8, "min_area": 100}
    assert_consistent(result, jpeg[1])


def test_the_fixed_threshold_takes_its_parameters(jpeg):
    parameters = NeighborhoodThresholdParameters(threshold=2, min_area=1)
    result = compare(*jpeg, method="neighborhood-threshold", parameters=parameters)
    difference = np.abs(jpeg[0].astype(int) - jpeg[1]).astype(np.uint8)
    np.testing.assert_array_equal(result.mask, unsplice.neighborhood_threshold(difference, 2) == 0)
    assert result.parameters == {"threshold": 2, "min_area": 1}


def test_the_heat_of_the_fixed_threshold_crosses_one_half_where_the_rule_does(jpeg):
    parameters = NeighborhoodThresholdParameters(threshold=8, min_area=1)
    result = compare(*jpeg, method="neighborhood-threshold", parameters=parameters)
    np.testing.assert_array_equal(result.mask, result.heatmap > 0.5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (2, 2), (2, 40), (3, 3), (5, 4), (40, 57)])
@pytest.mark.parametrize("gray", [False, True])
def test_the_heat_of_the_fixed_threshold_agrees_with_the_mask_at_the_frame(shape, gray):
    dims = shape if gray else (*shape, 3)
    first, second = np.random.default_rng(0).integers(0, 256, (2, *dims), np.uint8)
    first[: shape[0] // 2] = second[: shape[0] // 2]  # changed and unchanged pixels, up to the rim
    for threshold in (0, 8, 60.5):
        parameters = NeighborhoodThresholdParameters(threshold=threshold, min_area=1)
        result = compare(first, second, method="neighborhood-threshold", parameters=parameters)
        np.testing.assert_array_equal(result.mask, result.heatmap > 0.5)
        assert_consistent(result, second)


def test_the_fixed_threshold_refuses_two_sizes():
    with pytest.raises(PairError) as caught:
        compare(scene()[:-1], scene(), method="neighborhood-threshold")
    assert caught.value.code == "E150"
    assert "256 x 191" in str(caught.value)
    assert "256 x 192" in str(caught.value)


@pytest.mark.parametrize("shape", [(1, 1), (1, 150), (150, 1), (2, 300), (3, 3), (20, 20)])
def test_the_fixed_threshold_finds_equal_pictures_equal(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    result = compare(image, image, method="neighborhood-threshold")
    assert result.finding == "identical"
    assert not result.mask.any()
    assert_consistent(result, image)


# Kinds of input


def test_paths_sources_and_arrays_give_the_same_for_lossless_files(lossless, tmp_path, encode):
    paths = []
    for name, image in zip(("a.png", "ü b.png"), lossless, strict=True):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(encode(image, ".png"))
    expected = compare(*lossless)
    for pair in (paths, [str(path) for path in paths], [read_image(path) for path in paths]):
        result = compare(*pair)
        np.testing.assert_array_equal(result.mask, expected.mask)
        np.testing.assert_array_equal(result.heatmap, expected.heatmap)
    mixed = compare(lossless[0], paths[1])
    np.testing.assert_array_equal(mixed.mask, expected.mask)


def test_a_jpeg_file_tells_more_than_its_pixels(tmp_path):
    pair = made_pair("heavy", 2, 256, 384)
    path = tmp_path / "spliced.jpg"
    path.write_bytes(pair.spliced_file)
    from_file = compare(pair.authentic, path)
    assert any("own tables" in step for step in from_file.details["steps"])
    from_pixels = compare(pair.authentic, pair.spliced)
    assert not any("own tables" in step for step in from_pixels.details["steps"])
    assert found(from_pixels.mask, pair.truth) > 0.85


def test_a_gray_pair_is_compared(jpeg):
    first, second = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in jpeg)
    result = compare(first, second)
    assert found(result.mask, WHERE) > 0.9
    assert_consistent(result, second)
    in_rgb = compare(*(np.repeat(image[..., np.newaxis], 3, axis=2) for image in (first, second)))
    np.testing.assert_array_equal(result.mask, in_rgb.mask)


def test_a_gray_jpeg_is_compared_by_its_own_table(encode):
    first = cv2.cvtColor(scene(), cv2.COLOR_RGB2GRAY)
    second = cv2.cvtColor(pasted(scene(), WHERE, DONOR), cv2.COLOR_RGB2GRAY)
    result = compare(first, decode_image(encode(second, ".jpg", 70)))
    assert found(result.mask, WHERE) > 0.9
    assert result.details["steps"] == ["saved as JPEG: the spliced file's own tables"]


def test_a_pair_of_sixteen_bits_is_compared_like_its_high_bytes(lossless):
    low = np.random.default_rng(0).integers(0, 256, lossless[0].shape, np.uint16)
    first, second = (image.astype(np.uint16) * 256 + low for image in lossless)
    expected = compare(*lossless)
    for pair in ((first, second), (first, lossless[1]), (lossless[0], second)):
        np.testing.assert_array_equal(compare(*pair).mask, expected.mask)


LAYOUTS = {
    "upside down in memory": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "mirrored in memory": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "BGR in memory": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "column by column": np.asfortranarray,
    "a window of a larger picture": lambda a: np.pad(a, ((3, 2), (5, 1), (0, 0)))[3:-2, 5:-1],
    "every second pixel": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
}


@pytest.mark.parametrize("method", ["evidence", "neighborhood-threshold"])
def test_the_layout_in_memory_makes_no_difference(method, jpeg):
    expected = compare(*jpeg, method=method)
    for name, layout in LAYOUTS.items():
        result = compare(*map(layout, jpeg), method=method)
        np.testing.assert_array_equal(result.mask, expected.mask, err_msg=name)
        np.testing.assert_array_equal(result.heatmap, expected.heatmap, err_msg=name)


def test_big_endian_pictures_equal_little_endian_ones(jpeg):
    first, second = (image.astype("<u2") * 257 for image in jpeg)
    expected = compare(first, second)
    result = compare(first.astype(">u2"), second.astype(">u2"))
    np.testing.assert_array_equal(result.mask, expected.mask)
    np.testing.assert_array_equal(result.heatmap, expected.heatmap)


@pytest.mark.parametrize("difficulty", ["easy", "graded", "shifted", "resized", "blurred"])
@pytest.mark.parametrize("method", ["evidence", "neighborhood-threshold"])
def test_read_only_pictures_are_compared_and_others_left_as_they_were(difficulty, method):
    pair = made_pair(difficulty, 2)
    rows, cols = np.minimum(pair.authentic.shape, pair.spliced.shape)[:2]
    kept = pair.authentic[:rows, :cols], pair.spliced[:rows, :cols]
    pictures = [picture.copy() for picture in kept]
    result = compare(*pictures, method=method)
    np.testing.assert_array_equal(pictures, kept)
    for picture in pictures:
        picture.flags.writeable = False
    np.testing.assert_array_equal(compare(*pictures, method=method).mask, result.mask)


# What the answer must not depend on


@pytest.mark.parametrize("difficulty", SPLICE_DIFFICULTIES)
def test_the_number_of_threads_makes_no_difference(difficulty):
    pair = made_pair(difficulty, 2)
    pictures = decode_image(pair.authentic_file), decode_image(pair.spliced_file)
    first, *others = (compare(*pictures, num_threads=n) for n in (1, 2, 4))
    for other in others:
        np.testing.assert_array_equal(other.mask, first.mask)
        np.testing.assert_array_equal(other.heatmap, first.heatmap)
        assert other.to_dict() == first.to_dict()


MOVES = {
    "mirrored": lambda a: a[:, ::-1],
    "upside down": lambda a: a[::-1],
    "transposed": lambda a: a.swapaxes(0, 1),
}


@pytest.mark.parametrize("move", MOVES)
def test_the_mask_of_a_moved_lossless_pair_is_the_moved_mask(move, lossless):
    moved = compare(*map(MOVES[move], lossless)).mask
    assert iou(moved, MOVES[move](compare(*lossless).mask)) > 0.97


def test_the_order_of_the_channels_hardly_matters(jpeg):
    swapped = compare(*(np.ascontiguousarray(image[..., ::-1]) for image in jpeg)).mask
    assert iou(swapped, compare(*jpeg).mask) > 0.95


def test_a_crop_on_the_grid_of_the_compression_gives_the_crop_of_the_mask(jpeg):
    window = (slice(16, 176), slice(16, 240))
    cropped = compare(*(image[window] for image in jpeg)).mask
    assert iou(cropped, compare(*jpeg).mask[window]) > 0.95


def test_swapping_the_roles_finds_the_same_part(lossless):
    assert iou(compare(*lossless[::-1]).mask, compare(*lossless).mask) > 0.93


def test_more_of_a_paste_is_found_when_more_is_pasted():
    areas = []
    for radius in (6, 12, 24, 48):
        where = disc(SHAPE, 90, 120, radius)
        result = compare(scene(), saved(pasted(scene(), where, DONOR), 90))
        areas.append(result.mask.sum())
        assert areas[-1] == pytest.approx(where.sum(), rel=0.25)
    assert areas == sorted(areas)


# Tiny, flat and strange pictures


TINY = [
    (1, 1),
    (1, 2),
    (2, 1),
    (1, 60),
    (60, 1),
    (2, 2),
    (5, 7),
    (8, 8),
    (9, 17),
    (16, 16),
    (33, 40),
]


@pytest.mark.parametrize("shape", TINY)
@pytest.mark.parametrize("method", ["evidence", "neighborhood-threshold"])
def test_tiny_pictures_have_a_result(shape, method):
    first, second = np.random.default_rng(0).integers(0, 256, (2, *shape, 3), np.uint8)
    edited = first.copy()
    edited[: shape[0] // 2 + 1] = 255 - edited[: shape[0] // 2 + 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for other in (first, second, edited, first[..., 0], np.zeros_like(first)):
            result = compare(first, other, method=method)
            assert_consistent(result, other)
            equal = other.ndim == 3 and np.array_equal(first, other)
            assert (result.finding == "identical") == equal


@pytest.mark.parametrize("first", TINY[::3])
@pytest.mark.parametrize("second", [*TINY[1::3], SHAPE])
def test_tiny_pictures_of_two_sizes_have_a_result(first, second):
    random = np.random.default_rng(0)
    a, b = (random.integers(0, 256, (*shape, 3), np.uint8) for shape in (first, second))
    for pair in ((a, b), (b, a), (a, np.zeros_like(b))):
        assert_consistent(compare(*pair), pair[1])


def test_tiny_jpeg_files_have_a_result(encode):
    for shape in ((1, 1), (8, 8), (17, 3)):
        image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
        files = [decode_image(encode(image, ".jpg", quality)) for quality in (95, 60)]
        assert_consistent(compare(*files), files[1].pixels)


@pytest.mark.parametrize("levels", [(0, 0), (0, 1), (0, 255), (255, 0), (100, 103)])
def test_flat_pictures_have_a_result(levels):
    first, second = (np.full((64, 96, 3), level, np.uint8) for level in levels)
    result = compare(first, second)
    assert_consistent(result, second)
    assert (result.finding == "identical") == (levels[0] == levels[1])
    if abs(levels[0] - levels[1]) > 200:
        assert result.finding in ("misaligned", "unrelated")


def test_a_mark_on_a_flat_picture_is_found():
    flat = np.full((64, 96, 3), 180, np.uint8)
    mark = disc((64, 96), 30, 50, 9)
    result = compare(flat, pasted(flat, mark, flat // 3))
    assert found(result.mask, mark) > 0.9


STRANGE = {
    "noise": np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8),
    "stripes": np.tile(np.array([0, 255], np.uint8), (96, 64))[..., np.newaxis].repeat(3, 2),
    "checkers": ((np.indices((96, 128)).sum(0) % 2).astype(np.uint8) * 255)[..., np.newaxis].repeat(
        3, 2
    ),
    "ramp": np.repeat(np.arange(128, dtype=np.uint8)[np.newaxis, :, np.newaxis], 96, 0).repeat(
        3, 2
    ),
    "black": np.zeros((96, 128, 3), np.uint8),
    "odd size": np.random.default_rng(0).integers(90, 110, (61, 83, 3), np.uint8),
}


@pytest.mark.parametrize("first", STRANGE)
@pytest.mark.parametrize("second", STRANGE)
def test_strange_pictures_have_a_result(first, second):
    result = compare(STRANGE[first], STRANGE[second])
    assert_consistent(result, STRANGE[second])
    assert (result.finding == "identical") == (first == second)


# Bad calls

BAD_ARGUMENTS = {
    "a list": (
        [[0]],
        {},
        TypeError,
        "authentic must be a path, a SourceImage or an array, got list",
    ),
    "None": (None, {}, TypeError, "authentic must be .*got NoneType"),
    "floats": (np.zeros((9, 9, 3)), {}, TypeError, "authentic must be a uint8 or uint16.*float64"),
    "booleans": (np.zeros((9, 9), bool), {}, TypeError, "authentic must be .*got bool"),
    "signed": (np.zeros((9, 9), np.int16), {}, TypeError, "authentic must be .*got int16"),
    "four channels": (np.zeros((9, 9, 4), np.uint8), {}, ValueError, r"got shape \(9, 9, 4\)"),
    "two channels": (np.zeros((9, 9, 2), np.uint8), {}, ValueError, r"got shape \(9, 9, 2\)"),
    "one dimension": (np.zeros(9, np.uint8), {}, ValueError, r"got shape \(9,\)"),
    "no rows": (np.zeros((0, 9, 3), np.uint8), {}, ValueError, r"pixels, got shape \(0, 9, 3\)"),
    "no columns": (np.zeros((9, 0), np.uint8), {}, ValueError, r"pixels, got shape \(9, 0\)"),
    "a masked array": (np.ma.zeros((9, 9), np.uint8), {}, TypeError, "masked"),
    "another method": (None, {"method": "magic"}, ValueError, 'method must be "evidence".*magic'),
    "no method": (None, {"method": None}, ValueError, "method must be .*None"),
    "parameters of the other method": (
        None,
        {"parameters": NeighborhoodThresholdParameters()},
        TypeError,
        "parameters must be EvidenceParameters.*got NeighborhoodThresholdParameters",
    ),
    "parameters as a dict": (None, {"parameters": {}}, TypeError, "EvidenceParameters.*got dict"),
    "no threads": (None, {"num_threads": 0}, ValueError, "num_threads must be .*got 0"),
    "half a thread": (None, {"num_threads": 0.5}, TypeError, "num_threads must be .*float"),
}


@pytest.mark.parametrize("name", BAD_ARGUMENTS)
def test_a_bad_argument_is_named_with_what_was_expected(name):
    picture, options, error, message = BAD_ARGUMENTS[name]
    first = scene() if options else picture
    with pytest.raises(error, match=message):
        compare(first, scene(), **options)


def test_a_bad_second_picture_is_named_too():
    with pytest.raises(TypeError, match=r"spliced must be .*float32"):
        compare(scene(), scene().astype(np.float32))
    with pytest.raises(TypeError, match="parameters must be NeighborhoodThresholdParameters"):
        compare(scene(), scene(), method="neighborhood-threshold", parameters=EvidenceParameters())


def test_parameters_are_reported_as_they_were_given(lossless):
    result = compare(*lossless, parameters=EvidenceParameters(min_area=50))
    assert result.parameters["min_area"] == 50
    assert min(region.area for region in result.regions) >= 50
    none = compare(*lossless, parameters=EvidenceParameters(min_area=10**6))
    assert none.finding == "nothing-found"
