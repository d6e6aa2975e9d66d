"""What happens to the picture happens to the mask: exactly where it must, nearly elsewhere.

Exactly, bit for bit:

- A picture that is stored in another lossless format gives the same in every method.
- The fixed threshold knows neither directions, nor the order of channels, nor which picture of a
  pair is which. What it says of a pixel depends on that and its neighbors alone, so it also follows
  crops and margins, but for the outermost pixels, which are filled by reflection.
- A pair that is equal outside of the paste has no noise to learn, so the default method too looks
  at nothing but what is near: it follows mirrored, cropped and padded pairs, and exchanged roles.
- F1 of the paper, by whole numbers and symmetric filters, follows mirrored and transposed pictures
  of even sides; F2 of a crop on the grid of blocks is the crop of F2, without subsampled chroma.

Nearly, and why:

- Transposed pairs: the ellipse that spreads levels (OpenCV's, of 13 x 13) is not as high as wide.
- Exchanged channels: luma weighs them differently, and levels and noise are told apart by luma.
- Compressed pairs: the codec rounds halves of chroma up and down in turns from left to right, and a
  transposed block is rounded in another order. Noise is learnt from the whole of a pair, of which
  crops have less and padded ones more. With the roles exchanged, what is compressed to imitate the
  other picture is already compressed.
- Fusion: filters of the network have been trained, and are not symmetric; maps are normalized by
  the whole picture; co-occurrences and the lattice of green pixels have directions.
- The compression history likewise learns from the whole. It has no business following exchanged
  channels: a JPEG holds luma and chroma, of which exchanged channels make others.
- Error levels: as compressed pairs; and JPEG's standard table of luma has other steps for rows than
  for columns, so a transposed picture is quantized otherwise.
- The paper's mask splits densities of points by the whole picture (Otsu's method), and CLAHE, as
  OpenCV defines it, weighs tiles from the corner of a pixel, not from its middle: small differences
  move the border of the mask. That is why its features are held here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reliability import golden_pictures
from scenes import disc, made_pair, pasted, saved, scene
from unsplice import (
    FusionParameters,
    Localization,
    NeighborhoodThresholdParameters,
    PaperParameters,
    compare,
    error_level_analysis,
    localize,
    noise_artifact_feature,
)

Image = NDArray[np.uint8]
Move = Callable[[NDArray[Any]], NDArray[Any]]

FLIPS: dict[str, Move] = {
    "mirrored": lambda a: a[:, ::-1],
    "upside down": lambda a: a[::-1],
    "turned by half": lambda a: a[::-1, ::-1],
}
TRANSPOSED: dict[str, Move] = {
    "transposed": lambda a: a.swapaxes(0, 1),
    "turned by a quarter": lambda a: np.rot90(a),
}
WINDOW = (slice(16, 176), slice(24, 232))  # on the grid of blocks
CROP: dict[str, Move] = {"cropped": lambda a: a[WINDOW]}
EVERY = FLIPS | TRANSPOSED | CROP
MARGINS = ((16, 8), (8, 24))
INSIDE = (slice(16, -8), slice(8, -24))
PART = disc((192, 256), 80, 150, 40)


def padded(image: Image) -> Image:
    return np.pad(image, (*MARGINS, (0, 0)), mode="edge")


def overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return intersection over union; 1 of empty masks."""
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


def same(first: Localization, second: Localization) -> bool:
    return (
        np.array_equal(first.mask, second.mask)
        and np.array_equal(first.heatmap, second.heatmap)
        and first.finding == second.finding
        and (first.score == second.score or first.score != first.score)
    )


@cache
def pair(kind: str) -> tuple[Image, Image]:
    if kind == "drawn, lossless":
        return scene(), pasted(scene(), PART, scene(2))
    if kind == "drawn, JPEG":
        return scene(), saved(pasted(scene(), PART, scene(2)), 85)
    if kind == "noise, lossless":
        image = golden_pictures.photograph(1)
        return image, golden_pictures.pasted(image, golden_pictures.photograph(2))
    graded = made_pair("graded", 3)
    return graded.authentic, graded.spliced


LOSSLESS = ("drawn, lossless", "noise, lossless")
COMPRESSED = ("drawn, JPEG", "graded")


@cache
def compared(kind: str) -> Localization:
    result = compare(*pair(kind))
    assert result.finding == "spliced"
    assert result.mask.sum() > 2000
    return result


# ------------------------------------------------------------------------------ lossless formats


def stored_as(image: NDArray[Any], form: str) -> bytes:
    options = {
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 9],
        ".bmp": [],
        ".tiff": [cv2.IMWRITE_TIFF_COMPRESSION, 5],  # LZW
        ".tif": [cv2.IMWRITE_TIFF_COMPRESSION, 1],  # none
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101],  # lossless
    }[form]
    stored = np.ascontiguousarray(image[..., ::-1]) if image.ndim == 3 else image
    done, data = cv2.imencode(form, stored, options)
    assert done
    return data.tobytes()


METHODS: dict[str, dict[str, Any]] = {
    "fusion": {},
    "ungated": {"parameters": FusionParameters(gate=False)},
    "jpeg-history": {"method": "jpeg-history"},
    "paper": {"method": "paper"},
}


@cache
def suspicious(file: str = "PNG") -> Image:
    """A picture that was saved before, with a part in it that was not; saved again, or not."""
    image = pasted(saved(scene(), 75), PART, scene(2))
    return saved(image, 92) if file == "JPEG" else image


@cache
def localized(method: str, file: str = "PNG") -> Localization:
    return localize(suspicious(file), **METHODS[method])


@pytest.mark.parametrize("form", [".png", ".bmp", ".tiff", ".tif", ".webp"])
def test_a_lossless_format_makes_no_difference(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"picture{form}"
    file.write_bytes(stored_as(suspicious(), form))
    for method, options in METHODS.items():
        assert same(localize(file, **options), localized(method))


@pytest.mark.parametrize("forms", [(".png", ".bmp"), (".tiff", ".webp"), (".bmp", ".tif")])
@pytest.mark.parametrize("kind", ["drawn, JPEG", "noise, lossless"])
def test_the_formats_of_a_lossless_pair_make_no_difference(
    forms: tuple[str, str], kind: str, tmp_path: Path
) -> None:
    files = [tmp_path / f"{k}{form}" for k, form in enumerate(forms)]
    for file, image in zip(files, pair(kind), strict=True):
        file.write_bytes(stored_as(image, file.suffix))
    assert same(compare(*files), compared(kind))


@pytest.mark.parametrize("form", [".png", ".tiff"])
def test_the_format_of_a_deep_or_gray_picture_makes_no_difference(
    form: str, tmp_path: Path
) -> None:
    gray = suspicious()[..., 1].copy()
    for image in (gray, gray.astype(np.uint16) * 256 + 7):
        file = tmp_path / f"picture{form}"
        file.write_bytes(stored_as(image, form))
        assert same(localize(file), localize(image))


# ----------------------------------------------------------------------------- the fixed threshold


def by_threshold(first: Image, second: Image) -> Localization:
    parameters = NeighborhoodThresholdParameters(min_area=1)
    return compare(first, second, method="neighborhood-threshold", parameters=parameters)


@st.composite
def small_pairs(draw: st.DrawFn) -> tuple[Image, Image]:
    """Pairs around the threshold, of any size."""
    rows, cols = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    first = random.integers(0, 256, (rows, cols, 3), np.uint8)
    most = draw(st.sampled_from([1, 12, 20, 255]))
    difference = random.integers(-most, most + 1, first.shape)
    return first, (first + difference).clip(0, 255).astype(np.uint8)


@settings(max_examples=40)
@given(small_pairs(), st.permutations([0, 1, 2]))
def test_the_fixed_threshold_follows_every_move_exactly(
    images: tuple[Image, Image], order: list[int]
) -> None:
    result = by_threshold(*images)
    for move in (FLIPS | TRANSPOSED).values():
        moved = by_threshold(*map(move, images))
        np.testing.assert_array_equal(moved.mask, move(result.mask))
        np.testing.assert_array_equal(moved.heatmap, move(result.heatmap))
        assert moved.score == result.score
    assert same(by_threshold(*(image[..., order] for image in images)), result)
    assert same(by_threshold(*images[::-1]), result)
    widened = by_threshold(*map(padded, images))
    window = (slice(17, -9), slice(9, -25))  # all but the outermost pixels
    np.testing.assert_array_equal(widened.mask[window], result.mask[1:-1, 1:-1])
    np.testing.assert_array_equal(widened.heatmap[window], result.heatmap[1:-1, 1:-1])


# ------------------------------------------------------------------------ pairs, the default method


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("move", FLIPS | CROP)
def test_the_result_of_a_lossless_pair_follows_exactly(kind: str, move: str) -> None:
    moved, result = compare(*map(EVERY[move], pair(kind))), compared(kind)
    np.testing.assert_array_equal(moved.mask, EVERY[move](result.mask))
    np.testing.assert_array_equal(moved.heatmap, EVERY[move](result.heatmap))
    assert moved.score == result.score


@pytest.mark.parametrize("kind", LOSSLESS)
def test_margins_around_a_lossless_pair_change_nothing_inside(kind: str) -> None:
    widened, result = compare(*map(padded, pair(kind))), compared(kind)
    np.testing.assert_array_equal(widened.mask[INSIDE], result.mask)
    np.testing.assert_array_equal(widened.heatmap[INSIDE], result.heatmap)
    assert widened.mask.sum() == result.mask.sum()


@pytest.mark.parametrize("kind", LOSSLESS)
def test_the_roles_of_a_lossless_pair_can_be_exchanged(kind: str) -> None:
    exchanged, result = compare(*pair(kind)[::-1]), compared(kind)
    np.testing.assert_array_equal(exchanged.mask, result.mask)
    np.testing.assert_array_equal(exchanged.heatmap, result.heatmap)


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("move", TRANSPOSED)
def test_the_mask_of_a_transposed_lossless_pair_follows_nearly(kind: str, move: str) -> None:
    moved = compare(*map(TRANSPOSED[move], pair(kind)))
    assert overlap(moved.mask, TRANSPOSED[move](compared(kind).mask)) > 0.995


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("move", EVERY)
def test_the_mask_of_a_compressed_pair_follows_nearly(kind: str, move: str) -> None:
    moved = compare(*map(EVERY[move], pair(kind)))
    assert moved.finding == "spliced"
    assert overlap(moved.mask, EVERY[move](compared(kind).mask)) > 0.98


@pytest.mark.parametrize("kind", COMPRESSED)
def test_margins_around_a_compressed_pair_change_the_mask_hardly(kind: str) -> None:
    widened = compare(*map(padded, pair(kind))).mask
    assert overlap(widened[INSIDE], compared(kind).mask) > 0.98
    assert widened.sum() < 1.02 * compared(kind).mask.sum()


@pytest.mark.parametrize("kind", LOSSLESS + COMPRESSED)
@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0)])
def test_exchanged_channels_change_the_mask_hardly(kind: str, order: tuple[int, ...]) -> None:
    changed = compare(*(image[..., order] for image in pair(kind))).mask
    assert overlap(changed, compared(kind).mask) > (0.99 if kind in LOSSLESS else 0.95)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_exchanged_roles_of_a_compressed_pair_show_the_same_part(kind: str) -> None:
    assert overlap(compare(*pair(kind)[::-1]).mask, compared(kind).mask) > 0.97


# ---------------------------------------------------------------------------- single pictures


@pytest.mark.parametrize("file", ["PNG", "JPEG"])
@pytest.mark.parametrize("move", EVERY)
def test_the_mask_of_the_fusion_follows_nearly(file: str, move: str) -> None:
    moved, result = localize(EVERY[move](suspicious(file))), localized("fusion", file)
    assert moved.finding == result.finding == "spliced"
    assert overlap(moved.mask, EVERY[move](result.mask)) > 0.88


@pytest.mark.parametrize("file", ["PNG", "JPEG"])
def test_the_fusion_marks_the_same_with_margins_and_exchanged_channels(file: str) -> None:
    result = localized("fusion", file)
    widened = localize(padded(suspicious(file)))
    assert widened.finding == "spliced"
    assert overlap(widened.mask[INSIDE], result.mask) > 0.88
    exchanged = localize(suspicious(file)[..., ::-1])
    assert exchanged.finding == "spliced"
    assert overlap(exchanged.mask, result.mask) > 0.85


@pytest.mark.parametrize("move", EVERY)
def test_the_mask_of_the_compression_history_follows_nearly(move: str) -> None:
    moved = localize(EVERY[move](suspicious()), method="jpeg-history")
    result = localized("jpeg-history")
    assert moved.finding == result.finding == "spliced"
    assert overlap(moved.mask, EVERY[move](result.mask)) > 0.96


def test_the_compression_history_marks_the_same_with_margins() -> None:
    widened = localize(padded(suspicious()), method="jpeg-history")
    assert overlap(widened.mask[INSIDE], localized("jpeg-history").mask) > 0.96


# ----------------------------------------------------------------------------------- the paper

BY_NOISE = PaperParameters(fusion="noise", enhancement="none")


@pytest.mark.parametrize("move", FLIPS | TRANSPOSED)
@pytest.mark.parametrize("arithmetic", ["saturating", "exact"])
@pytest.mark.parametrize("difference", ["absolute", "signed"])
def test_the_noise_feature_follows_every_move_exactly(
    move: str, arithmetic: Any, difference: Any
) -> None:
    options = {"arithmetic": arithmetic, "difference": difference}
    feature = noise_artifact_feature(suspicious(), **options)
    moved = noise_artifact_feature(EVERY[move](suspicious()), **options)
    np.testing.assert_array_equal(moved, EVERY[move](feature))


def test_the_noise_feature_of_a_crop_is_the_crop_but_for_its_rim() -> None:
    inner = (slice(8, -8), slice(8, -8))  # a median and three filters of 5 x 5, of halves
    feature = noise_artifact_feature(suspicious())[WINDOW][inner]
    np.testing.assert_array_equal(noise_artifact_feature(suspicious()[WINDOW])[inner], feature)


@pytest.mark.parametrize("move", FLIPS | TRANSPOSED)
def test_a_mask_by_noise_alone_follows_every_move_exactly(move: str) -> None:
    result, moved = (
        localize(image, method="paper", parameters=BY_NOISE)
        for image in (suspicious(), EVERY[move](suspicious()))
    )
    np.testing.assert_array_equal(moved.mask, EVERY[move](result.mask))
    np.testing.assert_array_equal(moved.heatmap, EVERY[move](result.heatmap))


@pytest.mark.parametrize("order", [(2, 1, 0), (0, 2, 1), (1, 2, 0)])
def test_a_mask_by_noise_alone_does_not_know_the_order_of_channels(order: tuple[int, ...]) -> None:
    result, changed = (
        localize(image, method="paper", parameters=BY_NOISE)
        for image in (suspicious(), suspicious()[..., order])
    )
    assert same(result, changed)


def test_error_levels_of_a_crop_on_the_grid_are_the_crop() -> None:
    for subsampling, rim in (("4:4:4", 0), ("4:2:0", 1)):  # interpolated chroma asks its neighbors
        window = (slice(16, 176), slice(32, 240))  # of 16 x 16, as subsampled chroma has it
        inner = (slice(rim, 160 - rim), slice(rim, 208 - rim))
        whole = error_level_analysis(suspicious(), subsampling=subsampling)  # type: ignore[arg-type]
        crop = error_level_analysis(suspicious()[window], subsampling=subsampling)  # type: ignore[arg-type]
        np.testing.assert_array_equal(crop[inner], whole[window][inner])


def test_error_levels_follow_a_picture_upside_down_exactly() -> None:
    np.testing.assert_array_equal(
        error_level_analysis(suspicious()[::-1]), error_level_analysis(suspicious())[::-1]
    )


@pytest.mark.parametrize(("move", "most"), [("mirrored", 0.5), ("transposed", 1.0)])
def test_error_levels_follow_other_moves_within_the_rounding_of_the_codec(
    move: str, most: float
) -> None:
    levels = error_level_analysis(suspicious()).astype(int)
    moved = error_level_analysis(EVERY[move](suspicious())).astype(int)
    assert np.abs(moved - EVERY[move](levels)).mean() < most


@pytest.mark.parametrize("move", ["mirrored", "upside down"])
def test_the_mask_of_the_paper_follows_nearly(move: str) -> None:
    moved = localize(EVERY[move](suspicious()), method="paper")
    result = localized("paper")
    assert overlap(moved.mask, EVERY[move](result.mask)) > 0.9
    assert np.abs(moved.heatmap - EVERY[move](result.heatmap)).mean() < 0.02
