from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics

import unsplice
from strategies import in_layout, layouts, sizes
from unsplice.evaluation.scores.boundary import count_false_components, score_boundary
from unsplice.evaluation.scores.pixels import HeatmapScores, score_heatmap, score_mask

NOTHING = np.zeros((6, 8), bool)
EVERYTHING = ~NOTHING
RECTANGLE = NOTHING.copy()
RECTANGLE[1:4, 2:6] = True


def test_scores_equal_the_formulas_on_a_confusion_matrix_made_by_hand():
    truth = np.array([[1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]], bool)
    mask = np.array([[1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]], bool)  # TP 3, FN 2, FP 1, TN 6
    scores = score_mask(mask, truth)
    assert scores.tpr == 3 / 5
    assert scores.fpr == 1 / 7
    assert scores.precision == 3 / 4
    assert scores.f1 == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))
    assert scores.iou == 3 / 6
    assert scores.mcc == pytest.approx((3 * 6 - 1 * 2) / math.sqrt(4 * 5 * 7 * 8))


def test_mcc_is_the_correlation_of_the_two_masks():
    rng = np.random.default_rng(5)
    truth = rng.random((40, 50)) < 0.3
    mask = truth ^ (rng.random(truth.shape) < 0.2)
    correlation = np.corrcoef(mask.ravel(), truth.ravel())[0, 1]
    assert score_mask(mask, truth).mcc == pytest.approx(correlation)


@pytest.mark.parametrize(
    ("mask", "truth", "expected"),
    [  # tpr, fpr, precision, f1, iou, mcc
        (NOTHING, NOTHING, (math.nan, 0, math.nan, 1, 1, 1)),
        (EVERYTHING, EVERYTHING, (1, math.nan, 1, 1, 1, 1)),
        (NOTHING, EVERYTHING, (0, math.nan, math.nan, 0, 0, -1)),
        (EVERYTHING, NOTHING, (math.nan, 1, 0, 0, 0, -1)),
        (NOTHING, RECTANGLE, (0, 0, math.nan, 0, 0, 0)),
        (RECTANGLE, NOTHING, (math.nan, 12 / 48, 0, 0, 0, 0)),
        (EVERYTHING, RECTANGLE, (1, 1, 12 / 48, 24 / 60, 12 / 48, 0)),
        (RECTANGLE, EVERYTHING, (12 / 48, math.nan, 1, 24 / 60, 12 / 48, 0)),
        (RECTANGLE, RECTANGLE, (1, 0, 1, 1, 1, 1)),
        (~RECTANGLE, RECTANGLE, (0, 1, 0, 0, 0, -1)),
    ],
)
def test_scores_with_an_empty_class_are_what_the_docstring_says(mask, truth, expected):
    scores = score_mask(mask, truth)
    got = (scores.tpr, scores.fpr, scores.precision, scores.f1, scores.iou, scores.mcc)
    assert got == pytest.approx(expected, nan_ok=True)


def test_mcc_does_not_overflow_on_a_large_picture():
    truth = np.zeros((3000, 4000), bool)
    truth[:1500] = True
    assert score_mask(truth, truth).mcc == 1


@st.composite
def maps(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A heat map, often with few values, and a truth."""
    shape = draw(sizes(most=9))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    few = st.sampled_from([-np.inf, -2.5, -0.0, 0.0, 0.25, 1.0, 1e30, np.inf])
    any_value = st.floats(allow_nan=False, width=32)
    heatmap = draw(hnp.arrays(dtype, shape, elements=draw(st.sampled_from([few, any_value]))))
    truth = draw(hnp.arrays(bool, shape))
    return in_layout(heatmap, draw(layouts)), in_layout(truth, draw(layouts))


@given(hnp.arrays(bool, st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9))))
def test_mask_scores_are_those_of_scikit_learn(masks):
    """Where something is divided by: on empty sets opinions differ, and the table above holds."""
    mask, truth = masks
    scores = score_mask(mask, truth)
    flagged, spliced = mask.ravel(), truth.ravel()
    if truth.any():
        assert scores.tpr == pytest.approx(sklearn_metrics.recall_score(spliced, flagged))
    if not truth.all():
        assert scores.fpr == pytest.approx(sklearn_metrics.recall_score(~spliced, flagged))
    if mask.any():
        precision = sklearn_metrics.precision_score(spliced, flagged)
        assert scores.precision == pytest.approx(precision)
    if mask.any() or truth.any():
        assert scores.f1 == pytest.approx(sklearn_metrics.f1_score(spliced, flagged))
        assert scores.iou == pytest.approx(sklearn_metrics.jaccard_score(spliced, flagged))
    if truth.any() and not truth.all() and mask.any() and not mask.all():
        mcc = sklearn_metrics.matthews_corrcoef(spliced, flagged)
        assert scores.mcc == pytest.approx(mcc, abs=1e-12)


@given(maps())
def test_the_area_counts_pairs_in_order_and_half_of_the_equal_ones(drawn):
    heatmap, truth = drawn
    pairs = list(itertools.product(heatmap[truth], heatmap[~truth]))
    if not pairs:
        assert math.isnan(score_heatmap(heatmap, truth).auc)
        return
    expected = sum((p > n) + 0.5 * (p == n) for p, n in pairs) / len(pairs)
    assert score_heatmap(heatmap, truth).auc == expected


@given(maps())
def test_the_area_is_that_of_scikit_learn(drawn):
    heatmap, truth = drawn
    if not 0 < np.count_nonzero(truth) < truth.size:
        return
    finite = np.clip(heatmap, -1e31, 1e31).ravel()  # it accepts no infinities
    theirs = sklearn_metrics.roc_auc_score(truth.ravel(), finite)
    mine = score_heatmap(np.clip(heatmap, -1e31, 1e31), truth).auc
    assert mine == pytest.approx(theirs, abs=1e-12)


@given(maps())
def test_the_best_f1_is_the_largest_over_every_threshold_and_the_threshold_the_highest(drawn):
    heatmap, truth = drawn
    scores = score_heatmap(heatmap, truth)
    if not truth.any():
        assert math.isnan(scores.best_f1)
        assert math.isnan(scores.best_threshold)
        return
    values = np.unique(heatmap)
    candidates = [(score_mask(heatmap >= t, truth).f1, float(t)) for t in values]
    assert (scores.best_f1, scores.best_threshold) == max(candidates)
    assert score_mask(heatmap >= scores.best_threshold, truth).f1 == scores.best_f1
    assert np.copysign(1, scores.best_threshold) == 1 or scores.best_threshold < 0


def test_a_constant_heat_map_knows_nothing():
    scores = score_heatmap(np.full(RECTANGLE.shape, 7.0), RECTANGLE)
    assert scores == HeatmapScores(auc=0.5, best_f1=24 / 60, best_threshold=7.0)


@pytest.mark.parametrize("shape", [(6, 8), (1, 1), (0, 4)])
def test_heat_map_scores_with_an_empty_class_are_what_the_docstring_says(shape):
    heatmap = np.arange(float(shape[0] * shape[1])).reshape(shape) + 3
    empty = score_heatmap(heatmap, np.zeros(shape, bool))
    assert all(math.isnan(v) for v in (empty.auc, empty.best_f1, empty.best_threshold))
    if heatmap.size:
        full = score_heatmap(heatmap, np.ones(shape, bool))
        assert math.isnan(full.auc)
        assert (full.best_f1, full.best_threshold) == (1, 3)


def test_the_area_is_exact_on_a_large_picture():
    """Counts of pairs pass 32 bits, and there are more pixels than float32 can count."""
    truth = np.zeros((5000, 5000), bool)
    truth[:2500] = True
    heatmap = np.zeros(truth.shape, np.float32)
    heatmap[0, 0], heatmap[-1, -1] = 1, -1
    # Every pair is equal but those of the two pixels, which are in order.
    n = truth.size // 2
    expected = (n * n - (2 * n - 1) + 2 * (2 * n - 1)) / (2 * n * n)
    assert score_heatmap(heatmap, truth).auc == expected


@given(maps())
def test_scores_do_not_change_their_input(drawn):
    heatmap, truth = (array.copy() for array in drawn)
    heatmap.flags.writeable = truth.flags.writeable = False
    assert isinstance(score_heatmap(heatmap, truth), HeatmapScores)


@pytest.mark.parametrize(
    ("heatmap", "truth", "error", "message"),
    [
        ([[0.5]], RECTANGLE, TypeError, "heatmap must be a NumPy array, got list"),
        (RECTANGLE, RECTANGLE, TypeError, "heatmap must have dtype float32 or float64, got bool"),
        (np.zeros((6, 8), np.float16), RECTANGLE, TypeError, "got float16"),
        (np.zeros((6, 8)), np.zeros((6, 8)), TypeError, "truth must have dtype bool, got float64"),
        (np.zeros((6, 8)), RECTANGLE.T, ValueError, r"one shape .*\(6, 8\) and \(8, 6\)"),
        (np.zeros(8), RECTANGLE[0], ValueError, r"one shape \(rows, cols\), got \(8,\)"),
        (np.full((6, 8), np.nan), RECTANGLE, ValueError, "heatmap must hold no nan"),
    ],
)
def test_bad_heat_maps_are_refused_by_name(heatmap, truth, error, message):
    with pytest.raises(error, match=message):
        score_heatmap(heatmap, truth)


def test_scores_are_public():
    assert unsplice.score_mask is score_mask
    assert unsplice.score_heatmap is score_heatmap


@pytest.mark.parametrize("score", [score_mask, score_boundary, count_false_components])
@pytest.mark.parametrize(
    ("mask", "truth", "error", "message"),
    [
        ([[True]], RECTANGLE, TypeError, "mask must be a NumPy array, got list"),
        (RECTANGLE, None, TypeError, "truth must be a NumPy array, got NoneType"),
        (RECTANGLE.astype(np.uint8), RECTANGLE, TypeError, "mask must have dtype bool, got uint8"),
        (RECTANGLE[0], RECTANGLE, ValueError, r"mask must have shape \(rows, cols\), got \(8,\)"),
        (RECTANGLE, RECTANGLE[:, :5], ValueError, r"same shape, got \(6, 8\) and \(6, 5\)"),
    ],
)
def test_bad_masks_are_refused_by_name(score, mask, truth, error, message):
    with pytest.raises(error, match=message):
        score(mask, truth)
