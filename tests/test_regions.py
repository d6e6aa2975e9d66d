from __future__ import annotations

import cv2
import numpy as np
import pytest

from scenes import disc
from unsplice.evaluation.scores.boundary import score_boundary
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.kernels import label_components
from unsplice.pair.evidence import Evidence
from unsplice.pair.parameters import EvidenceParameters
from unsplice.pair.regions import (
    Accepted,
    _continued,
    accept_components,
    close_components,
    dilated,
    fill_holes,
    find_regions,
    peel_rim,
    reopen_background,
)

SHAPE = (120, 160)
DEFAULTS = EvidenceParameters()


def nothing() -> np.ndarray:
    return np.zeros(SHAPE, bool)


def evidence_of(energy: np.ndarray, seeds: np.ndarray | None = None, amplitude=None) -> Evidence:
    """Return evidence of the given energy; above 5 a pixel may belong to a region."""
    energy = np.asarray(energy, np.float32)
    return Evidence(
        heat=energy / (energy + 5),
        candidates=energy > 5,
        seeds=energy > 10 if seeds is None else seeds,
        energy=energy,
        amplitude=lambda box: (4 * energy if amplitude is None else amplitude)[box],
    )


def accept(mask: np.ndarray, evidence: Evidence, residual: float, parameters=DEFAULTS) -> Accepted:
    return accept_components(mask, evidence.energy, evidence.seeds, residual, parameters)


def planes(*parts: tuple[np.ndarray, float]) -> np.ndarray:
    """Return energy 1, and in each mask its own."""
    energy = np.ones(SHAPE, np.float32)
    for mask, value in parts:
        energy[mask] = value
    return energy


def test_a_small_strong_component_is_kept_and_a_large_weak_one_dropped():
    small, large = disc(SHAPE, 30, 30, 4), disc(SHAPE, 70, 110, 30)
    energy = planes((small, 40), (large, DEFAULTS.energy_floor + 0.01))
    accepted = accept(small | large, evidence_of(energy), 0.5)
    np.testing.assert_array_equal(accepted.mask, small)
    assert accepted.kept.tolist() == [True, False]
    assert accepted.evidence[0] > accepted.bound > accepted.evidence[1]


def test_a_component_without_seeds_is_dropped():
    part = disc(SHAPE, 60, 80, 20)
    evidence = evidence_of(planes((part, 20)), seeds=nothing())
    assert accept(part, evidence, 0.5).evidence[0] > 1000
    assert not accept(part, evidence, 0.5).mask.any()


def test_a_component_of_too_few_pixels_is_dropped():
    part = nothing()
    part.ravel()[: DEFAULTS.min_area - 1] = True
    evidence = evidence_of(planes((part, 1e6)))
    assert not accept(part, evidence, 0.0).mask.any()
    part.ravel()[DEFAULTS.min_area - 1] = True
    evidence = evidence_of(planes((part, 1e6)))
    np.testing.assert_array_equal(accept(part, evidence, 0.0).mask, part)


def test_a_worse_match_asks_for_more_evidence_up_to_a_limit():
    part = disc(SHAPE, 60, 80, 5)
    bounds = [
        accept(part, evidence_of(planes((part, 20))), residual).bound
        for residual in (0.0, 1.0, 4.0, 50.0, float("inf"))
    ]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[1] < bounds[2] < bounds[3] == bounds[4] < float("inf")


def test_diagonal_neighbors_are_one_component():
    part = np.eye(*SHAPE, dtype=bool)
    accepted = accept(part, evidence_of(planes((part, 30))), 0.5)
    assert accepted.evidence.size == 1
    np.testing.assert_array_equal(accepted.mask, part)


def test_nothing_in_gives_nothing_out():
    evidence = evidence_of(planes())
    accepted = find_regions(evidence, ~nothing(), 0.5, DEFAULTS)
    assert not accepted.mask.any()
    assert len(accepted.bounding_boxes) == accepted.kept.size == accepted.evidence.size == 0


def closed(mask: np.ndarray, **changes) -> np.ndarray:
    return close_components(mask, changes.get("closing", DEFAULTS.closing))


def test_closing_fills_a_narrow_notch():
    part = disc(SHAPE, 60, 80, 35)
    notched = part.copy()
    notched[58:62, 60:] = False
    result = closed(notched)
    assert (result & part).sum() > 0.98 * part.sum()
    assert not (result & ~dilated(part, 1)).any()


def test_closing_never_takes_away():
    mask = disc(SHAPE, 60, 60, 25) | disc(SHAPE, 60, 110, 12)
    assert closed(mask)[mask].all()


def two_parts_with_a_gap_of_ten() -> tuple[np.ndarray, np.ndarray]:
    left, right = nothing(), nothing()
    left[20:100, 20:70] = True
    right[20:100, 80:140] = True
    gap = nothing()
    gap[20:100, 70:80] = True
    return left | right, gap


def test_a_gap_that_closing_bridged_is_reopened_where_it_matches_like_background():
    parts, gap = two_parts_with_a_gap_of_ten()
    evidence = evidence_of(planes((parts, 30)))
    assert closed(parts)[gap].mean() > 0.8
    accepted = find_regions(evidence, ~nothing(), 0.5, DEFAULTS)
    assert len(label_components(accepted.mask)) == 2
    assert accepted.mask[gap].mean() < 0.4  # what blurring carries over the borders


def test_a_gap_that_differs_a_little_stays_closed():
    parts, gap = two_parts_with_a_gap_of_ten()
    evidence = evidence_of(planes((parts, 30), (gap, 4)))
    accepted = find_regions(evidence, ~nothing(), 0.5, DEFAULTS)
    assert accepted.mask[gap].mean() > 0.8


def test_closing_is_not_drawn_to_the_frame_of_the_picture():
    part = nothing()
    part[3:60, 40:100] = True
    np.testing.assert_array_equal(closed(part), part)


def test_closing_reaches_further_in_larger_components():
    def gap_is_closed(size: int) -> bool:
        part = nothing()
        part[10 : 10 + size, 10 : 10 + size] = True
        part[10 : 10 + size - 2, 18:26] = False  # eight wide, open at the top
        return bool(closed(part, closing=(0.1, 1, 30))[10 + size // 2, 21])

    assert gap_is_closed(100)
    assert not gap_is_closed(24)


def test_a_hole_is_filled_and_the_outside_is_not():
    disc_ = disc(SHAPE, 60, 80, 40)
    mask = disc_ & ~disc(SHAPE, 60, 80, 15)
    np.testing.assert_array_equal(fill_holes(mask, 0.35), disc_)


def test_a_hole_that_is_large_for_its_holder_stays():
    ring = disc(SHAPE, 60, 80, 40) & ~disc(SHAPE, 60, 80, 34)
    np.testing.assert_array_equal(fill_holes(ring, 0.35), ring)
    np.testing.assert_array_equal(fill_holes(ring, 100.0), disc(SHAPE, 60, 80, 40))


def test_a_hole_is_measured_against_the_component_that_holds_it():
    ring = disc(SHAPE, 60, 50, 20) & ~disc(SHAPE, 60, 50, 17)
    large = nothing()
    large[5:115, 90:155] = True
    np.testing.assert_array_equal(fill_holes(ring | large, 0.35), ring | large)


def test_a_hole_inside_a_part_inside_a_hole_is_filled_by_its_own_holder():
    island = disc(SHAPE, 60, 80, 12)
    ring = disc(SHAPE, 60, 80, 55) & ~disc(SHAPE, 60, 80, 45)
    mask = ring | (island & ~disc(SHAPE, 60, 80, 3))
    np.testing.assert_array_equal(fill_holes(mask, 0.35), ring | island)


@pytest.mark.parametrize("row", [0, SHAPE[0] - 9])
def test_what_touches_the_frame_is_no_hole(row):
    mask = nothing()
    mask[20:100, 20:140] = True
    bay = np.zeros(SHAPE, bool)
    mask[: 20 if row == 0 else 120] |= False
    mask[:, 20:140] = True
    bay[row : row + 9, 70:75] = True
    np.testing.assert_array_equal(fill_holes(mask & ~bay, 0.35), mask & ~bay)


def test_a_hole_one_pixel_from_the_frame_is_a_hole():
    full = ~nothing()
    mask = full.copy()
    mask[1:4, 1:4] = mask[-4:-1, -4:-1] = False
    np.testing.assert_array_equal(fill_holes(mask, 0.35), full)


def test_a_diagonal_gap_does_not_let_the_outside_into_a_hole():
    mask = nothing()
    mask[20:60, 20:60] = True
    mask[20, 20] = False  # outside
    cornered = mask.copy()
    cornered[21, 21] = False
    np.testing.assert_array_equal(fill_holes(cornered, 0.35), mask)


def test_a_filled_gap_that_matches_like_background_is_opened_again():
    mask = disc(SHAPE, 60, 80, 40)
    gap = disc(SHAPE, 60, 80, 12)
    energy = planes((mask & ~gap, 30), (gap, 0.5))
    reopened = reopen_background(mask, mask & ~gap, energy, DEFAULTS)
    np.testing.assert_array_equal(reopened, mask & ~gap)


def test_a_filled_gap_that_differs_a_little_stays_filled():
    mask = disc(SHAPE, 60, 80, 40)
    gap = disc(SHAPE, 60, 80, 12)
    energy = planes((mask & ~gap, 30), (gap, 3.5))
    np.testing.assert_array_equal(reopen_background(mask, mask & ~gap, energy, DEFAULTS), mask)


def test_of_two_gaps_only_the_one_that_is_background_is_opened():
    mask = disc(SHAPE, 60, 80, 50)
    calm, alike = disc(SHAPE, 60, 60, 9), disc(SHAPE, 60, 105, 9)
    energy = planes((mask, 30), (calm, 0.4), (alike, 3.5))
    reopened = reopen_background(mask, mask & ~calm & ~alike, energy, DEFAULTS)
    np.testing.assert_array_equal(reopened, mask & ~calm)


@pytest.mark.parametrize("side", [3, 5])  # no pixel, and one, further than two from the rest
def test_a_gap_too_narrow_to_be_judged_stays_filled(side):
    mask = disc(SHAPE, 60, 80, 40)
    gap = nothing()
    gap[60 : 60 + side, 80 : 80 + side] = True
    energy = planes((mask & ~gap, 30), (gap, 0.0))
    np.testing.assert_array_equal(reopen_background(mask, mask & ~gap, energy, DEFAULTS), mask)


def blurred_disc(sigma: float, height: float = 60) -> np.ndarray:
    return cv2.GaussianBlur(height * disc(SHAPE, 60, 80, 30).astype(np.float32), (0, 0), sigma)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("grown", [1, 2, 3])
def test_peeling_a_blurred_disc_comes_near_its_half_maximum(sigma, grown):
    truth = disc(SHAPE, 60, 80, 30)
    loose = dilated(truth, grown)
    peeled = peel_rim(loose, blurred_disc(sigma))
    assert not (peeled & ~loose).any()
    radius = np.sqrt(peeled.sum() / np.pi)
    assert 29.7 < radius < 30 + 0.7 * sigma
    assert radius < np.sqrt(loose.sum() / np.pi)
    assert score_boundary(peeled, truth, tolerance=2) > 0.99


def test_peeling_leaves_a_sharp_border_where_it_is():
    truth = disc(SHAPE, 60, 80, 30)
    peeled = peel_rim(truth, 60 * truth.astype(np.float32))
    assert score_mask(peeled, truth).iou > 0.99


def test_peeling_goes_no_deeper_than_twice_four_pixels():
    y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
    # However much is taken off, what lies further in is much stronger.
    amplitude = 80 * np.exp(-np.hypot(y - 60, x - 80) / 2).astype(np.float32)
    peeled = peel_rim(disc(SHAPE, 60, 80, 40), amplitude)
    assert peeled[disc(SHAPE, 60, 80, 29)].all()
    assert not peeled[~disc(SHAPE, 60, 80, 36)].any()


def test_a_weak_place_inside_is_not_peeled():
    mask = disc(SHAPE, 60, 80, 40)
    amplitude = np.where(disc(SHAPE, 60, 80, 8), np.float32(1), np.float32(60))
    np.testing.assert_array_equal(peel_rim(mask, amplitude)[50:70, 70:90], True)


def test_the_frame_of_the_picture_is_not_peeled():
    mask = nothing()
    mask[:, :60] = True
    amplitude = np.where(mask, np.float32(40), np.float32(0))
    np.testing.assert_array_equal(peel_rim(mask, amplitude), mask)


def test_peeling_does_not_depend_on_what_lies_far_away():
    mask, amplitude = disc(SHAPE, 30, 30, 15), blurred_disc(1.5)
    amplitude = np.roll(amplitude, (-30, -50), axis=(0, 1))
    alone = peel_rim(mask, amplitude)
    both = peel_rim(mask | disc(SHAPE, 95, 130, 15), amplitude + 0)
    np.testing.assert_array_equal(both[:60, :60], alone[:60, :60])


def test_dilation_grows_a_pixel_to_a_square():
    mask = nothing()
    mask[60, 80] = mask[0, 0] = True
    expected = nothing()
    expected[58:63, 78:83] = expected[:3, :3] = True
    np.testing.assert_array_equal(dilated(mask, 2), expected)


@pytest.mark.parametrize("pixels", [0, 4])
@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (3, 4)])
def test_dilation_of_nothing_is_nothing(shape, pixels):
    mask = np.zeros(shape, bool)
    result = dilated(mask, pixels)
    assert result.dtype == bool
    np.testing.assert_array_equal(result, mask)


def test_dilation_by_nothing_is_a_copy():
    mask = np.random.default_rng(0).random((20, 31)) < 0.3
    result = dilated(mask, 0)
    np.testing.assert_array_equal(result, mask)
    assert not np.shares_memory(result, mask)


def test_regions_go_on_into_the_frame_that_has_nothing_to_compare():
    valid = nothing()
    valid[3:-3, 3:-3] = True
    mask = nothing()
    mask[3:40, 50:90] = True
    continued = _continued(mask, valid)
    assert continued[:3, 50:90].all()
    np.testing.assert_array_equal(continued & valid, mask)


def test_regions_go_on_no_further_than_four_pixels():
    valid = nothing()
    valid[20:] = True
    mask = nothing()
    mask[20:60, 50:90] = True
    continued = _continued(mask, valid)
    assert continued[16:20, 50:90].all()
    assert not continued[:16].any()


def test_a_region_away_from_the_frame_is_not_continued():
    valid = nothing()
    valid[3:-3, 3:-3] = True
    mask = disc(SHAPE, 60, 80, 30)
    np.testing.assert_array_equal(_continued(mask, valid), mask)


def test_a_soft_disc_is_found_whole_and_a_speck_is_not():
    truth = disc(SHAPE, 60, 80, 30)
    amplitude = blurred_disc(1.2)
    amplitude[5:7, 5:7] = 60
    accepted = find_regions(
        evidence_of(amplitude / 3, amplitude=amplitude), ~nothing(), 0.5, DEFAULTS
    )
    assert score_mask(accepted.mask, truth).f1 > 0.98
    assert not accepted.mask[:20, :20].any()
    assert accepted.mask.dtype == bool


def test_a_region_at_the_frame_is_found_up_to_the_frame():
    truth = nothing()
    truth[:50, 40:110] = True
    valid = nothing()
    valid[3:-3, 3:-3] = True
    energy = np.where(truth & valid, 30, 0).astype(np.float32)
    accepted = find_regions(evidence_of(energy), valid, 0.5, DEFAULTS)
    assert accepted.mask[0, 45:105].all()
    assert score_mask(accepted.mask, truth).f1 > 0.97


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (2, 2), (3, 40), (9, 9)])
@pytest.mark.parametrize("energy", [0, 100])
def test_tiny_pictures_give_a_mask_of_their_size(shape, energy):
    evidence = evidence_of(np.full(shape, energy))
    accepted = find_regions(evidence, np.ones(shape, bool), 0.5, DEFAULTS)
    assert accepted.mask.shape == shape
    assert accepted.mask.any() == (energy > 0 and shape[0] * shape[1] >= DEFAULTS.min_area)
