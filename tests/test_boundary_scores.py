from __future__ import annotations

import math

import numpy as np
import pytest

from unsplice.evaluation.scores.boundary import count_false_components, score_boundary

NOTHING = np.zeros((6, 8), bool)
EVERYTHING = ~NOTHING
RECTANGLE = NOTHING.copy()
RECTANGLE[1:4, 2:6] = True


def disc(rows: int, cols: int, row: float, col: float, radius: float) -> np.ndarray:
    y, x = np.ogrid[:rows, :cols]
    return (y - row) ** 2 + (x - col) ** 2 <= radius**2


def boundary_f1_by_definition(mask: np.ndarray, truth: np.ndarray, tolerance: float) -> float:
    def boundary(region: np.ndarray) -> list[tuple[int, int]]:
        rows, cols = region.shape
        return [
            (y, x)
            for y, x in np.argwhere(region)
            if any(
                0 <= y + dy < rows and 0 <= x + dx < cols and not region[y + dy, x + dx]
                for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1))
            )
        ]

    def share_near(points: list[tuple[int, int]], others: list[tuple[int, int]]) -> float:
        near = [any(math.dist(p, q) <= tolerance for q in others) for p in points]
        return sum(near) / len(near)

    found, wanted = boundary(mask), boundary(truth)
    precision, recall = share_near(found, wanted), share_near(wanted, found)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("tolerance", [0, 1, 1.5, 2, 3])
def test_boundary_f1_equals_its_definition_over_all_pairs_of_points(tolerance):
    truth = disc(40, 50, 18, 22, 11) | disc(40, 50, 30, 45, 8)
    mask = disc(40, 50, 19, 24, 12)
    expected = boundary_f1_by_definition(mask, truth, tolerance)
    assert 0 < expected < 1
    assert score_boundary(mask, truth, tolerance=tolerance) == pytest.approx(expected)


def test_tolerance_is_a_disc_and_no_square():
    truth, mask = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    truth[8, 8] = mask[10, 10] = True
    assert score_boundary(mask, truth, tolerance=2) == 0
    assert score_boundary(mask, truth, tolerance=2.83) == 1


def test_the_frame_of_the_picture_is_no_boundary():
    half = np.zeros((30, 30), bool)
    half[:, :15] = True  # its boundary is column 14 alone
    step = half.copy()
    step[:1, :25] = True  # a strip along the upper frame: columns 15 to 24 of row 0
    # All 30 rows of column 14 are matched within 2 px; 2 + 29 of the boundary pixels of the step
    # (its row 0 from column 15, column 14 below) lie near column 14.
    precision, recall = (29 + 2) / (29 + 10), 1
    expected = 2 * precision * recall / (precision + recall)
    assert score_boundary(half, half) == 1
    assert score_boundary(step, half) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("mask", "truth", "expected"),
    [
        (NOTHING, NOTHING, 1),
        (EVERYTHING, EVERYTHING, 1),
        (NOTHING, EVERYTHING, 0),
        (EVERYTHING, NOTHING, 0),
        (NOTHING, RECTANGLE, 0),
        (RECTANGLE, EVERYTHING, 0),
    ],
)
def test_boundary_f1_without_a_boundary_is_what_the_docstring_says(mask, truth, expected):
    assert score_boundary(mask, truth) == expected


def test_a_component_is_false_if_it_lies_away_from_the_truth():
    truth = disc(60, 60, 20, 20, 8)
    rim, far = disc(60, 60, 20, 31, 1), disc(60, 60, 50, 50, 3)
    assert count_false_components(truth, truth) == 0
    assert count_false_components(truth | rim, truth) == 0
    assert count_false_components(truth | rim, truth, distance=1) == 1
    assert count_false_components(truth | far, truth) == 1
    assert count_false_components(truth | far, np.zeros_like(truth)) == 2
    assert count_false_components(np.zeros_like(truth), truth) == 0


def test_components_that_touch_at_a_corner_count_once():
    mask = np.zeros((10, 10), bool)
    mask[2, 2] = mask[3, 3] = True
    assert count_false_components(mask, np.zeros_like(mask)) == 1


@pytest.mark.parametrize("tolerance", [-1, math.nan, math.inf])
def test_a_bad_tolerance_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be finite and >= 0"):
        score_boundary(RECTANGLE, RECTANGLE, tolerance=tolerance)


def test_a_negative_distance_is_refused():
    with pytest.raises(ValueError, match="distance must be >= 0, got -1"):
        count_false_components(RECTANGLE, RECTANGLE, distance=-1)
