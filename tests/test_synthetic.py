from __future__ import annotations

import cv2
import numpy as np
import pytest

from unsplice.synthetic.forging import Editing, Saving, decode, draw_editing
from unsplice.synthetic.pairs import (
    DIFFICULTIES,
    LARGE_DIFFICULTIES,
    NULL_DIFFICULTIES,
    SPLICE_DIFFICULTIES,
    TINY_DIFFICULTIES,
    make_demo_pair,
    make_pair,
    make_scene,
    synthetic_pair,
    synthetic_pairs,
)
from unsplice.synthetic.scene import make_balloon
from unsplice.synthetic.shapes import draw_alpha, draw_shape

SPLICED = [*SPLICE_DIFFICULTIES, *TINY_DIFFICULTIES, *LARGE_DIFFICULTIES]
SEEDS = range(4)


@pytest.fixture(scope="module")
def scenes() -> list[np.ndarray]:
    return [make_scene(240, 320, seed=seed) for seed in (1, 2, 3)]


def difference_levels(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(int) - b.astype(int)).mean(axis=2)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_same_photographs_and_seed_give_the_same_files(difficulty, scenes):
    first, again, other = (
        make_pair(scenes[0], scenes[1], difficulty=difficulty, seed=seed) for seed in (5, 5, 6)
    )
    assert first.authentic_file == again.authentic_file
    assert first.spliced_file == again.spliced_file
    assert first.steps == again.steps
    np.testing.assert_array_equal(first.truth, again.truth)
    assert first.spliced_file != other.spliced_file


def test_making_a_pair_leaves_the_photographs_and_the_global_random_state_alone(scenes):
    before = [scene.copy() for scene in scenes]
    legacy = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that must not move
    list(synthetic_pairs(scenes, difficulties=SPLICED, count=1, seed=3))
    np.testing.assert_array_equal(scenes, before)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)  # noqa: NPY002


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("difficulty", SPLICED)
def test_the_truth_lies_on_the_spliced_grid_with_an_area_of_the_difficulty(
    difficulty, seed, scenes
):
    pair = make_pair(scenes[0], scenes[1], difficulty=difficulty, seed=seed)
    level = DIFFICULTIES[difficulty]
    assert pair.truth.dtype == bool
    assert pair.truth.shape == pair.spliced.shape[:2]
    if level.share is not None:
        assert level.share[0] <= pair.truth.mean() <= level.share[1]
    else:
        assert level.pixels[0] <= np.count_nonzero(pair.truth) <= level.pixels[1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("difficulty", NULL_DIFFICULTIES)
def test_a_null_pair_differs_and_has_an_empty_truth(difficulty, seed, scenes):
    pair = make_pair(scenes[0], scenes[1], difficulty=difficulty, seed=seed)
    assert pair.truth.shape == pair.spliced.shape[:2]
    assert not pair.truth.any()
    assert pair.authentic.shape != pair.spliced.shape or np.any(pair.authentic != pair.spliced)
    assert not any("paste" in step for step in pair.steps)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_files_decode_to_the_arrays(difficulty, scenes):
    pair = make_pair(scenes[0], scenes[1], difficulty=difficulty, seed=2)
    for data, array in (
        (pair.authentic_file, pair.authentic),
        (pair.spliced_file, pair.spliced),
    ):
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(bgr[..., ::-1], array)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("difficulty", ["easy", "small", "lookalike", "heavy", "tiny_100"])
def test_outside_the_truth_is_compression_noise_and_inside_is_not(difficulty, seed, scenes):
    pair = make_pair(scenes[0], scenes[1], difficulty=difficulty, seed=seed)
    difference = difference_levels(pair.authentic, pair.spliced)
    # JPEG carries a splice at most to the end of a 16 x 16 unit; a soft edge is 5 px wide.
    away = cv2.dilate(pair.truth.astype(np.uint8), np.ones((43, 43), np.uint8)) == 0
    assert difference[away].mean() < 8
    assert difference[pair.truth].mean() > 1.5 * difference[away].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lossless_pair_is_identical_outside_the_soft_edge(seed, scenes):
    pair = make_pair(scenes[0], scenes[1], difficulty="lossless", seed=seed)
    changed = np.any(pair.authentic != pair.spliced, axis=2)
    near = cv2.dilate(pair.truth.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    assert pair.spliced_file.startswith(b"\x89PNG")
    assert changed.any()
    assert not np.any(changed & ~near)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("difficulty", SPLICE_DIFFICULTIES)
def test_what_is_pasted_differs_by_at_least_four_levels_from_what_it_covers(
    difficulty, seed, scenes
):
    pair = make_pair(scenes[0], scenes[1], difficulty=difficulty, seed=seed)
    (said,) = (step for step in pair.steps if step.startswith("paste"))
    assert float(said.split()[-2]) >= 4
    if difficulty in ("lossless", "lookalike"):
        assert difference_levels(pair.authentic, pair.spliced)[pair.truth].mean() >= 3


def test_a_lookalike_has_the_colors_of_what_it_covers(scenes):
    def color_distance(difficulty: str) -> float:
        distances = []
        for pair in synthetic_pairs(scenes, difficulties=[difficulty], count=6, seed=1):
            inside = pair.truth
            means = pair.authentic[inside].mean(axis=0) - pair.spliced[inside].mean(axis=0)
            distances.append(np.abs(means).mean())
        return float(np.mean(distances))

    assert color_distance("lookalike") < 4
    assert color_distance("easy") > 10


def luma_table_sum(data: bytes) -> int:
    start = data.index(b"\xff\xdb") + 5
    return sum(data[start : start + 64])


@pytest.mark.parametrize("seed", SEEDS)
def test_heavy_compression_is_quality_50_to_70(seed, scenes):
    pair = make_pair(scenes[0], scenes[1], difficulty="heavy", seed=seed)
    limits = [luma_table_sum(Saving(quality).encode(scenes[0])) for quality in (70, 50)]
    assert limits[0] <= luma_table_sum(pair.spliced_file) <= limits[1]


def test_savings_choose_subsampling_and_png(scenes):
    assert Saving(None).encode(scenes[0]).startswith(b"\x89PNG")
    np.testing.assert_array_equal(decode(Saving(None).encode(scenes[0])), scenes[0])
    for subsampling, factor in (("4:2:0", 0x22), ("4:4:4", 0x11)):
        data = Saving(80, subsampling).encode(scenes[0])
        frame = data.index(b"\xff\xc0")
        assert data[frame + 11] == factor


def test_shifted_pairs_come_in_both_kinds(scenes):
    pairs = list(synthetic_pairs(scenes, difficulties=["shifted"], count=12, seed=1))
    same_size = [pair.authentic.shape == pair.spliced.shape for pair in pairs]
    assert any(same_size)
    assert not all(same_size)


def test_a_crop_shows_the_authentic_picture_at_the_place_that_the_steps_name(scenes):
    for seed in range(20):
        pair = make_pair(scenes[0], scenes[1], difficulty="null_shifted", seed=seed)
        said = next(step for step in pair.steps if step.startswith("crop"))
        if "from row" not in said:
            continue
        row, col = (int(word.strip(",")) for word in said.split() if word.strip(",").isdigit())
        rows, cols = pair.spliced.shape[:2]
        there = pair.authentic[row : row + rows, col : col + cols]
        assert difference_levels(there, pair.spliced).mean() < 10
        return
    pytest.fail("none of 20 pairs was a crop")


def test_every_edit_moves_the_truth_with_the_picture(scenes):
    marked = np.zeros((240, 320), np.float32)
    marked[100:140, 120:200] = 1
    picture = np.repeat((marked * 255).astype(np.uint8)[..., None], 3, axis=2)
    for edit in ("none", "shifted", "resized", "blurred"):
        editing = draw_editing(edit, 240, 320, np.random.default_rng(4))
        truth = editing.apply_geometry(marked) >= 0.5
        np.testing.assert_array_equal(truth, editing.apply(picture)[..., 0] >= 128)
    assert scenes[0].shape[:2] == marked.shape


def test_a_grade_changes_levels_and_no_geometry():
    editing = draw_editing("graded", 240, 320, np.random.default_rng(1))
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    graded = editing.apply(ramp)
    assert np.all(np.diff(graded.ravel().astype(int)) >= 0)
    assert np.abs(graded.astype(int) - ramp).mean() > 2
    np.testing.assert_array_equal(editing.apply_geometry(ramp), ramp)
    assert Editing("").curve is None


def test_each_photograph_is_background_once_before_any_is_a_second_time():
    photographs = [np.full((64, 64, 3), 40 * k, np.uint8) for k in range(5)]
    pairs = [
        synthetic_pair(photographs, difficulty="null_compression", index=i, seed=1)
        for i in range(10)
    ]
    levels = [round(pair.authentic.mean() / 40) for pair in pairs]
    assert sorted(levels[:5]) == sorted(levels[5:]) == [0, 1, 2, 3, 4]


def test_a_pair_of_the_series_depends_on_its_number_alone(scenes):
    series = list(synthetic_pairs(scenes, difficulties=["easy", "small"], count=3, seed=9))
    alone = synthetic_pair(scenes, difficulty="small", index=1, seed=9)
    assert alone.spliced_file == series[4].spliced_file
    assert [pair.difficulty for pair in series] == ["easy"] * 3 + ["small"] * 3


@pytest.mark.parametrize("kind", ["polygon", "blob", "rectangle"])
@pytest.mark.parametrize("area", [30, 400, 9000])
def test_a_shape_covers_its_area_with_soft_edges(kind, area):
    shape = draw_shape(kind, (100.3, 99.8), 0.8, np.random.default_rng(area))
    alpha = draw_alpha(shape, area, 200, 200)
    # Filling counts the pixels of the contour as inside: an eighth of a pixel all around.
    assert alpha.sum() == pytest.approx(area, abs=0.7 * area**0.5)
    assert np.count_nonzero((alpha > 0.1) & (alpha < 0.9)) > 0
    rows, cols = np.nonzero(alpha >= 0.5)
    assert alpha.min() == 0
    assert alpha.max() <= 1
    assert abs(rows.mean() - 100) < 60
    assert abs(cols.mean() - 100) < 60


def test_a_shape_outside_the_picture_covers_nothing():
    shape = draw_shape("blob", (-500.0, 50.0), 0.5, np.random.default_rng(1))
    assert not draw_alpha(shape, 100, 60, 60).any()


def test_a_scene_is_deterministic_and_has_what_a_photograph_has():
    scene = make_scene(256, 384, seed=4)
    np.testing.assert_array_equal(scene, make_scene(256, 384, seed=4))
    assert np.any(scene != make_scene(256, 384, seed=5))
    assert scene.shape == (256, 384, 3)
    assert scene.dtype == np.uint8
    gray = scene.mean(axis=2)
    noise = gray - cv2.GaussianBlur(gray, (0, 0), 1.5)
    blocks = noise[: 256 // 16 * 16, : 384 // 16 * 16].reshape(16, 16, 24, 16).std(axis=(1, 3))
    assert 0.3 < np.percentile(blocks, 5) < 2  # even sky: sensor noise alone
    assert np.percentile(blocks, 95) > 6  # grass and leaves
    assert gray.std() > 30
    assert np.mean((scene == 0) | (scene == 255)) < 0.05


@pytest.mark.parametrize("size", [(64, 64), (64, 301), (301, 65)])
def test_scenes_of_odd_and_small_sizes_can_be_made(size):
    assert make_scene(*size, seed=1).shape == (*size, 3)


def test_a_scene_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="rows and cols must be >= 64, got 63 and 100"):
        make_scene(63, 100, seed=1)


def test_a_balloon_is_solid_in_the_middle_and_clear_around():
    image, alpha = make_balloon(120, seed=1)
    assert image.shape == (*alpha.shape, 3)
    assert alpha[40, alpha.shape[1] // 2] == 1
    assert alpha[0, 0] == alpha[-1, -1] == 0


def test_the_demo_pair_is_two_jpegs_with_one_visible_object():
    pair = make_demo_pair()
    assert pair.authentic.shape == pair.spliced.shape == (512, 768, 3)
    assert pair.authentic_file[:2] == pair.spliced_file[:2] == b"\xff\xd8"
    assert 0.02 < pair.truth.mean() < 0.15
    difference = difference_levels(pair.authentic, pair.spliced)
    assert difference[pair.truth].mean() > 20
    away = cv2.dilate(pair.truth.astype(np.uint8), np.ones((43, 43), np.uint8)) == 0
    assert difference[away].mean() < 4
    assert make_demo_pair(seed=1).spliced_file != pair.spliced_file


GRAY_PICTURE = np.zeros((80, 80), np.uint8)
EVEN_PICTURE = np.full((80, 80, 3), 128, np.uint8)


@pytest.mark.parametrize(
    ("background", "donor", "difficulty", "error", "message"),
    [
        ([1, 2], EVEN_PICTURE, "easy", TypeError, "background must be a NumPy array, got list"),
        (EVEN_PICTURE, EVEN_PICTURE / 2, "easy", TypeError, "donor must have dtype uint8"),
        (
            GRAY_PICTURE,
            EVEN_PICTURE,
            "easy",
            ValueError,
            r"background must have shape .*\(80, 80\)",
        ),
        (EVEN_PICTURE[:63], EVEN_PICTURE, "easy", ValueError, r"at least 64 x 64; got \(63"),
        (EVEN_PICTURE, EVEN_PICTURE, "hard", ValueError, "difficulty must be one of easy, small"),
        (EVEN_PICTURE, EVEN_PICTURE, "easy", ValueError, "too even or too alike"),
    ],
)
def test_bad_requests_are_refused_by_name(background, donor, difficulty, error, message):
    with pytest.raises(error, match=message):
        make_pair(background, donor, difficulty=difficulty, seed=1)


def test_a_series_needs_photographs():
    with pytest.raises(ValueError, match="photographs must not be empty"):
        synthetic_pair([], difficulty="easy", index=0, seed=1)
