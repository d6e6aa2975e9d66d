"""Boundary patches: the rule of `sample_patches`, stated again without integral images."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

import unsplice
from unsplice.errors import ImageError

Bool = NDArray[np.bool_]


def contour_of(mask: Bool) -> Bool:
    """Spliced pixels with an authentic pixel above, below, left or right in the picture."""
    open_side = np.zeros_like(mask)
    open_side[1:] |= ~mask[:-1]
    open_side[:-1] |= ~mask[1:]
    open_side[:, 1:] |= ~mask[:, :-1]
    open_side[:, :-1] |= ~mask[:, 1:]
    return mask & open_side


def blob_mask(seed: int, shape: tuple[int, int], share: float, smoothness: float) -> Bool:
    """Smooth random shapes that cover `share` of the picture."""
    field = ndimage.gaussian_filter(
        np.random.default_rng(seed).standard_normal(shape), smoothness, mode="wrap"
    )
    return field > np.quantile(field, 1 - share)


def picture_for(mask: Bool, dtype: Any = np.uint8, channels: int | None = 3) -> NDArray[Any]:
    shape = mask.shape if channels is None else (*mask.shape, channels)
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def disk(shape: tuple[int, int], center: tuple[float, float], radius: float) -> Bool:
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    return (rows - center[0]) ** 2 + (cols - center[1]) ** 2 <= radius**2


def codes(patches: unsplice.Patches) -> list[str]:
    return [notice.code for notice in patches.warnings]


def assert_rule(
    patches: unsplice.Patches,
    image: NDArray[Any],
    mask: Bool,
    size: int,
    bounds: tuple[float, float] = (0.1, 0.9),
) -> None:
    """Check every promise of the docstring, window by window."""
    rows, cols = mask.shape
    total = len(patches)
    assert patches.images.shape == (total, size, size, *image.shape[2:])
    assert patches.images.dtype == image.dtype.newbyteorder("=")
    assert patches.masks.shape == (total, size, size)
    assert patches.masks.dtype == np.bool_
    assert patches.corners.shape == (total, 2)
    assert patches.corners.dtype == np.int64
    assert patches.labels.shape == patches.tampered_fraction.shape == (total,)
    assert patches.labels.dtype == np.int64
    assert (np.diff(patches.labels) <= 0).all(), "border patches come first"

    contour = contour_of(mask)
    least_contour = min(0.25 * size, contour.sum() / 2)
    low, high = (0.0 if patches.small else bounds[0]), bounds[1]
    centers = np.argwhere(contour) - size // 2
    allowed = {tuple(c) for c in np.clip(centers, 0, [rows - size, cols - size]).tolist()}
    for number, (row, col) in enumerate(patches.corners.tolist()):
        assert 0 <= row <= rows - size
        assert 0 <= col <= cols - size
        window = np.s_[row : row + size, col : col + size]
        np.testing.assert_array_equal(patches.images[number], image[window])
        np.testing.assert_array_equal(patches.masks[number], mask[window])
        assert patches.tampered_fraction[number] == mask[window].mean()
        if patches.labels[number]:
            assert (row, col) in allowed
            assert low <= patches.tampered_fraction[number] <= high
            assert contour[window].sum() >= max(1, least_contour)
        else:
            around = np.s_[max(row - 8, 0) : row + size + 8, max(col - 8, 0) : col + size + 8]
            assert not mask[around].any()

    border = patches.corners[patches.labels == 1]
    apart = ((border[:, None] - border[None]) ** 2).sum(-1)
    assert (apart[~np.eye(len(border), dtype=bool)] >= (size / 2) ** 2).all()
    authentic = patches.corners[patches.labels == 0]
    assert len(np.unique(authentic, axis=0)) == len(authentic)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(16, 90), st.integers(16, 90)),
    share=st.floats(0.001, 0.999),
    smoothness=st.floats(0.3, 12),
    size=st.integers(8, 16),
    walk_seed=st.integers(0, 5),
    count=st.none() | st.integers(0, 6),
    negatives=st.sampled_from(["equal", "none"]) | st.integers(0, 9),
)
def test_every_patch_keeps_the_rule(
    seed: int,
    shape: tuple[int, int],
    share: float,
    smoothness: float,
    size: int,
    walk_seed: int,
    count: int | None,
    negatives: Any,
) -> None:
    mask = blob_mask(seed, shape, share, smoothness)
    image = picture_for(mask)
    options: Any = {"size": size, "seed": walk_seed, "count": count, "negatives": negatives}
    patches = unsplice.sample_patches(image, mask, **options)
    assert_rule(patches, image, mask, size)

    border, authentic = int(patches.labels.sum()), int((patches.labels == 0).sum())
    if count is not None:
        assert border <= count
    wanted = {"equal": border, "none": 0}.get(negatives, negatives)
    assert authentic <= wanted
    assert ("W223" in codes(patches)) == (authentic < wanted)

    again = unsplice.sample_patches(image, mask, **options)
    np.testing.assert_array_equal(patches.corners, again.corners)
    np.testing.assert_array_equal(patches.images, again.images)


@settings(max_examples=60)
@given(
    mask=hnp.arrays(np.bool_, st.tuples(st.integers(8, 24), st.integers(8, 24))),
    bounds=st.tuples(st.floats(0, 0.5), st.floats(0.51, 1)),
)
def test_any_mask_at_all_gives_patches_by_the_rule_or_says_why_not(
    mask: Bool, bounds: tuple[float, float]
) -> None:
    image = picture_for(mask, channels=None)
    patches = unsplice.sample_patches(image, mask, size=8, tampered_fraction=bounds)
    assert_rule(patches, image, mask, 8, bounds)
    assert bool(patches.labels.any()) != bool({"W220", "W222"} & set(codes(patches)))


@settings(max_examples=60)
@given(mask=hnp.arrays(np.bool_, st.tuples(st.integers(8, 30), st.integers(8, 30))))
def test_a_border_patch_is_found_wherever_one_exists(mask: Bool) -> None:
    size, low, high = 8, 0.3, 0.6
    patches = unsplice.sample_patches(
        picture_for(mask), mask, size=size, tampered_fraction=(low, high)
    )
    contour = contour_of(mask)
    corners = np.clip(np.argwhere(contour) - size // 2, 0, np.array(mask.shape) - size)
    windows = [np.s_[row : row + size, col : col + size] for row, col in corners]
    fractions = np.array([mask[window].mean() for window in windows])
    lengths = np.array([contour[window].sum() for window in windows])
    small = bool(len(windows)) and fractions.max() < low
    possible = (
        (fractions >= (0 if small else low))
        & (fractions <= high)
        & (lengths >= min(0.25 * size, contour.sum() / 2))
    )
    assert patches.small == small
    assert bool(patches.labels.any()) == bool(possible.any())


def test_the_patches_cover_the_contour_of_medium_blobs_and_share_few_pixels() -> None:
    covered, shared = [], []
    for seed in range(24):
        # The largest piece: what lies below a tenth of a window is left out by the rule.
        pieces, _ = ndimage.label(blob_mask(seed, (256, 384), 0.12, 25))
        mask = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
        patches = unsplice.sample_patches(picture_for(mask), mask, seed=seed)
        times = np.zeros(mask.shape, int)
        for row, col in patches.corners[patches.labels == 1]:
            times[row : row + 128, col : col + 128] += 1
        contour = contour_of(mask)
        covered.append((contour & (times > 0)).sum() / contour.sum())
        shared.append(1 - (times > 0).sum() / times.sum())
    assert np.mean(covered) >= 0.9
    assert np.min(covered) >= 0.5
    assert np.mean(shared) <= 0.4


def test_there_are_as_many_authentic_patches_as_border_patches_where_there_is_room() -> None:
    mask = disk((500, 700), (120, 120), 60)
    patches = unsplice.sample_patches(picture_for(mask), mask)
    assert patches.labels.sum() == (patches.labels == 0).sum() > 0
    assert patches.warnings == ()


def test_authentic_patches_are_spread_over_the_picture() -> None:
    mask = disk((600, 600), (300, 300), 40)
    patches = unsplice.sample_patches(picture_for(mask), mask, negatives=4)
    authentic = patches.corners[patches.labels == 0]
    apart = np.abs(authentic[:, None] - authentic[None]).max(-1)
    assert apart[~np.eye(4, dtype=bool)].min() >= 200


def test_a_shortfall_of_authentic_patches_is_told() -> None:
    mask = disk((256, 256), (128, 128), 60)
    patches = unsplice.sample_patches(picture_for(mask), mask)
    assert not (patches.labels == 0).any()
    assert codes(patches) == ["W223"]
    assert f"0 of {len(patches)} authentic patches" in patches.warnings[0].text


def test_another_seed_starts_the_walk_elsewhere() -> None:
    mask = disk((400, 400), (200, 200), 100)
    image = picture_for(mask)
    found = {unsplice.sample_patches(image, mask, seed=s).corners.tobytes() for s in range(8)}
    assert len(found) > 1


def test_the_longest_contour_comes_first() -> None:
    mask = disk((600, 900), (150, 150), 40) | disk((600, 900), (350, 650), 200)
    patches = unsplice.sample_patches(picture_for(mask), mask, negatives="none")
    on_small = (patches.corners < 300 - 128 + 1).all(axis=1)
    assert on_small.any()
    assert not on_small[0]
    assert (np.diff(on_small.astype(int)) >= 0).all()


def test_count_takes_a_spread_subset_of_all_border_patches() -> None:
    mask = disk((800, 800), (400, 400), 300)
    image = picture_for(mask)
    every = unsplice.sample_patches(image, mask, negatives="none").corners
    few = unsplice.sample_patches(image, mask, negatives="none", count=4).corners
    assert len(few) == 4
    places = [every.tolist().index(corner) for corner in few.tolist()]
    assert places == sorted(places)
    apart = np.hypot(*(few[:, None] - few[None]).transpose(2, 0, 1))
    assert apart[~np.eye(4, dtype=bool)].min() >= 300


def test_count_zero_gives_no_border_patch_but_the_authentic_ones_asked_for() -> None:
    mask = disk((400, 400), (100, 100), 50)
    patches = unsplice.sample_patches(picture_for(mask), mask, count=0, negatives=3)
    assert patches.labels.tolist() == [0, 0, 0]


def test_the_border_of_a_hole_counts() -> None:
    mask = np.ones((300, 300), bool)
    mask[120:180, 120:180] = False
    patches = unsplice.sample_patches(picture_for(mask), mask)
    assert patches.labels.any()
    assert_rule(patches, picture_for(mask), mask, 128)


def test_the_frame_of_the_picture_is_no_border() -> None:
    mask = np.zeros((400, 400), bool)
    mask[:, :200] = True
    patches = unsplice.sample_patches(picture_for(mask), mask, negatives="none")
    assert (patches.corners[:, 1] == 199 - 64).all()
    # Along a straight border the steps fall together with the least distance.
    assert np.diff(np.sort(patches.corners[:, 0])).min() == 64


@pytest.mark.parametrize("where", [(0, 0), (0, 150), (299, 299), (150, 150)])
def test_a_region_of_one_pixel_gives_one_small_patch(where: tuple[int, int]) -> None:
    mask = np.zeros((300, 300), bool)
    mask[where] = True
    patches = unsplice.sample_patches(picture_for(mask), mask)
    assert patches.labels.tolist() == [1, 0]
    assert patches.small
    assert codes(patches) == ["W221"]
    assert patches.tampered_fraction[0] == 1 / 128**2


def test_a_line_of_one_pixel_width_gives_small_patches_along_it() -> None:
    mask = np.zeros((300, 600), bool)
    mask[150, 10:590] = True
    patches = unsplice.sample_patches(picture_for(mask), mask, negatives="none")
    assert patches.small
    assert_rule(patches, picture_for(mask), mask, 128)
    assert len(patches) >= 4


def test_a_region_larger_than_the_patch_gives_no_patch_inside_it() -> None:
    mask = disk((900, 900), (450, 450), 350)
    patches = unsplice.sample_patches(picture_for(mask), mask, negatives="none")
    assert len(patches) >= 15
    assert (patches.tampered_fraction <= 0.9).all()
    assert (patches.tampered_fraction >= 0.1).all()


@pytest.mark.parametrize(("value", "word"), [(False, "empty"), (True, "full")])
def test_a_mask_without_a_border_gives_no_border_patch_and_says_so(value: bool, word: str) -> None:
    mask = np.full((200, 200), value)
    patches = unsplice.sample_patches(picture_for(mask), mask)
    assert len(patches) == 0
    assert patches.images.shape == (0, 128, 128, 3)
    assert codes(patches) == ["W220"]
    assert word in patches.warnings[0].text


def test_an_empty_mask_still_gives_the_authentic_patches_asked_for() -> None:
    mask = np.zeros((200, 200), bool)
    patches = unsplice.sample_patches(picture_for(mask), mask, negatives=5)
    assert patches.labels.tolist() == [0] * 5
    assert_rule(patches, picture_for(mask), mask, 128)


def test_both_bounds_of_the_share_belong_to_it() -> None:
    mask = np.zeros((128, 400), bool)
    mask[:, :200] = True
    share = 65 / 128
    for bounds in [(0.1, share), (share, 0.9)]:
        patches = unsplice.sample_patches(picture_for(mask), mask, tampered_fraction=bounds)
        assert patches.labels.tolist() == [1, 0]
        assert patches.tampered_fraction[0] == share
        assert not patches.small


@pytest.mark.parametrize(("length", "kept"), [(7, False), (8, True)])
def test_a_border_patch_holds_a_quarter_of_its_side_of_a_long_contour(
    length: int, kept: bool
) -> None:
    mask = np.zeros((40, 200), bool)
    mask[20, 10 : 10 + length] = True
    mask[:, 150:] = True
    patches = unsplice.sample_patches(
        picture_for(mask), mask, size=32, tampered_fraction=(0, 1), negatives="none"
    )
    assert (patches.corners[:, 1] < 60).any() == kept


@pytest.mark.parametrize(("length", "kept"), [(2, True), (3, False)])
def test_a_border_patch_holds_half_of_a_short_contour(length: int, kept: bool) -> None:
    mask = np.zeros((40, 200), bool)
    mask[20, 10:12] = True
    mask[20, 180 : 180 + length] = True
    patches = unsplice.sample_patches(picture_for(mask), mask, size=32, negatives="none")
    assert (patches.corners[:, 1] < 60).any() == kept
    assert (patches.corners[:, 1] > 60).any()


@pytest.mark.parametrize(("forged_cols", "found"), [(164, 1), (165, 0)])
def test_the_last_column_holds_an_authentic_patch_8_pixels_from_the_splice(
    forged_cols: int, found: int
) -> None:
    mask = np.zeros((128, 300), bool)
    mask[:, :forged_cols] = True
    patches = unsplice.sample_patches(picture_for(mask), mask, count=0, negatives=1)
    assert patches.corners.tolist() == [[0, 300 - 128]] * found


def test_windows_that_are_all_too_full_are_reported() -> None:
    mask = np.ones((200, 200), bool)
    mask[100, 100] = False
    patches = unsplice.sample_patches(picture_for(mask), mask)
    assert len(patches) == 0
    assert codes(patches) == ["W222"]


def test_a_picture_of_exactly_one_patch_gives_that_patch() -> None:
    mask = disk((128, 128), (64, 64), 40)
    image = picture_for(mask)
    patches = unsplice.sample_patches(image, mask)
    assert patches.corners.tolist() == [[0, 0]]
    np.testing.assert_array_equal(patches.images[0], image)


@pytest.mark.parametrize("shape", [(127, 400), (400, 127), (1, 1)])
def test_a_picture_smaller_than_a_patch_is_refused(shape: tuple[int, int]) -> None:
    mask = np.ones(shape, bool)
    with pytest.raises(ImageError, match=f"{shape[1]} x {shape[0]}") as caught:
        unsplice.sample_patches(picture_for(mask), mask)
    assert caught.value.code == "E137"
    assert 'pad="reflect"' in caught.value.help


@pytest.mark.parametrize("shape", [(100, 300), (300, 100), (60, 50), (1, 1)])
@pytest.mark.parametrize("channels", [None, 3])
def test_padding_reflects_below_and_to_the_right(
    shape: tuple[int, int], channels: int | None
) -> None:
    mask = np.zeros(shape, bool)
    mask[: shape[0] // 2 + 1] = True
    image = picture_for(mask, channels=channels)
    patches = unsplice.sample_patches(image, mask, pad="reflect")
    missing = [(0, max(0, 128 - extent)) for extent in shape]
    padded = np.pad(image, [*missing, (0, 0)][: image.ndim], mode="reflect")
    assert_rule(patches, padded, np.pad(mask, missing, mode="reflect"), 128)
    assert (len(patches) > 0) == (shape != (1, 1))


def test_padding_leaves_a_large_picture_alone() -> None:
    mask = disk((200, 200), (90, 90), 40)
    image = picture_for(mask)
    plain = unsplice.sample_patches(image, mask)
    padded = unsplice.sample_patches(image, mask, pad="reflect")
    np.testing.assert_array_equal(plain.images, padded.images)


@pytest.mark.parametrize("dtype", ["uint8", "<u2", ">u2"])
@pytest.mark.parametrize("channels", [None, 3])
def test_gray_color_and_every_depth_and_byte_order_are_cut_alike(
    dtype: str, channels: int | None
) -> None:
    mask = disk((200, 300), (100, 150), 60)
    native = np.dtype(dtype).newbyteorder("=")
    image = picture_for(mask, native.type, channels).astype(dtype)
    assert_rule(unsplice.sample_patches(image, mask, negatives=2), image, mask, 128)


def test_the_layout_of_the_arrays_does_not_matter_and_nothing_is_written() -> None:
    mask = disk((200, 300), (80, 120), 50)
    image = picture_for(mask)
    expected = unsplice.sample_patches(image, mask)
    wide_image, wide_mask = np.repeat(image, 2, axis=1), np.repeat(mask, 2, axis=1)
    for other_image, other_mask in [
        (np.asfortranarray(image), np.asfortranarray(mask)),
        (wide_image[:, ::2], wide_mask[:, ::2]),
        (image[::-1].copy()[::-1], mask[:, ::-1].copy()[:, ::-1]),
    ]:
        other_image.flags.writeable = other_mask.flags.writeable = False
        found = unsplice.sample_patches(other_image, other_mask)
        np.testing.assert_array_equal(found.corners, expected.corners)
        np.testing.assert_array_equal(found.images, expected.images)
        assert found.images.flags.c_contiguous


def test_the_patches_are_copies() -> None:
    mask = disk((128, 128), (64, 64), 40)
    image = picture_for(mask)
    before = image.copy()
    unsplice.sample_patches(image, mask).images[:] = 0
    np.testing.assert_array_equal(image, before)


def test_the_random_state_of_the_caller_is_left_alone() -> None:
    mask = disk((200, 200), (100, 100), 40)
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    unsplice.sample_patches(picture_for(mask), mask)
    assert np.random.random() == expected  # noqa: NPY002


IMAGE = np.zeros((200, 200, 3), np.uint8)
MASK = np.zeros((200, 200), np.bool_)


@pytest.mark.parametrize(
    ("image", "mask", "options", "error", "message"),
    [
        ([[0]], MASK, {}, TypeError, "image must be a NumPy array, got list"),
        (IMAGE, None, {}, TypeError, "mask must be a NumPy array, got NoneType"),
        (np.ma.masked_array(IMAGE), MASK, {}, TypeError, "got MaskedArray"),
        (IMAGE.astype(float), MASK, {}, TypeError, "uint8 or uint16, got float64"),
        (IMAGE, MASK.astype(np.uint8), {}, TypeError, "dtype bool, got uint8"),
        (IMAGE[..., :2], MASK, {}, ValueError, r"got \(200, 200, 2\)"),
        (IMAGE[0, 0], MASK, {}, ValueError, r"got \(3,\)"),
        (IMAGE, MASK[:-1], {}, ValueError, r"\(200, 200\), got \(199, 200\)"),
        (IMAGE[:0], MASK[:0], {}, ValueError, r"got shape \(0, 200, 3\)"),
        (IMAGE, MASK, {"size": 7}, ValueError, "size must be >= 8, got 7"),
        (IMAGE, MASK, {"size": 64.0}, TypeError, "size must be an int, got float"),
        (IMAGE, MASK, {"count": -1}, ValueError, "count must be >= 0, got -1"),
        (IMAGE, MASK, {"count": True}, TypeError, "count must be an int, got bool"),
        (IMAGE, MASK, {"seed": None}, TypeError, "seed must be an int, got NoneType"),
        (IMAGE, MASK, {"seed": -1}, ValueError, "seed must be >= 0, got -1"),
        (IMAGE, MASK, {"negatives": "all"}, ValueError, "or an int, got 'all'"),
        (IMAGE, MASK, {"negatives": -2}, ValueError, "negatives must be >= 0, got -2"),
        (IMAGE, MASK, {"negatives": 0.5}, TypeError, "negatives must be an int, got float"),
        (IMAGE, MASK, {"pad": "edge"}, ValueError, "got 'edge'"),
        (IMAGE, MASK, {"tampered_fraction": 0.5}, TypeError, "pair of numbers, got 0.5"),
        (IMAGE, MASK, {"tampered_fraction": (0.9, 0.1)}, ValueError, r"got \(0.9, 0.1\)"),
        (IMAGE, MASK, {"tampered_fraction": (0.1, 1.1)}, ValueError, r"got \(0.1, 1.1\)"),
        (IMAGE, MASK, {"tampered_fraction": (np.nan, 1)}, ValueError, "got"),
        (IMAGE, MASK, {"tampered_fraction": ("a", 1)}, TypeError, "pair of numbers"),
    ],
)
def test_a_bad_argument_is_named(
    image: Any, mask: Any, options: Any, error: type[Exception], message: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=message):
            unsplice.sample_patches(image, mask, **options)
