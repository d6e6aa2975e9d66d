"""What must hold for every result, whatever the pictures are."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import unsplice
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.result import Finding, Localization

__all__ = ["assert_arrays_fit", "assert_consistent", "codes", "found"]

_EMPTY = ("identical", "unrelated", "nothing-found")
_NOT_COMPARED = re.compile(
    r"([\d.]+) % of the picture has no counterpart in the authentic one and was not compared"
)


def found(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return the F1 of a mask."""
    return score_mask(mask, truth).f1


def codes(result: Localization) -> list[str]:
    """Return the codes of what a result warns of."""
    return [notice.code for notice in result.warnings]


def assert_consistent(result: Localization, spliced: NDArray[Any]) -> None:
    """Check what must hold for the result of every pair."""
    assert_arrays_fit(result, spliced)
    assert 0 < result.threshold < 1
    _assert_the_words_fit(result)
    json.dumps([result.details, result.parameters], allow_nan=False)
    json.dumps(result.to_dict(), allow_nan=False)


def assert_arrays_fit(result: Localization, picture: NDArray[Any]) -> None:
    """Check what must hold for the result of either mode."""
    shape = picture.shape[:2]
    assert result.image.shape == (*shape, 3)
    assert result.image.dtype == np.uint8
    assert result.mask.shape == result.heatmap.shape == shape
    assert result.mask.dtype == bool
    assert result.heatmap.dtype == np.float32
    assert np.isfinite(result.heatmap).all()
    assert 0 <= result.heatmap.min() <= result.heatmap.max() <= 1
    assert result.finding in Finding.__args__
    assert result.statement
    assert not result.statement.endswith(".")
    assert len(result.regions) == len(unsplice.label_components(result.mask))
    assert sum(region.area for region in result.regions) == result.mask.sum()
    scores = [region.score for region in result.regions]
    assert scores == sorted(scores, reverse=True)
    for region in result.regions:
        top, left, bottom, right = region.bounding_box
        assert result.mask[top:bottom, left:right].sum() >= region.area
        assert top <= region.centroid[0] < bottom
        assert left <= region.centroid[1] < right


def _assert_the_words_fit(result: Localization) -> None:
    """Check that score, finding, statement, warnings and details tell one story."""
    assert 0 <= result.score <= 1
    assert (result.score > 0.5) == bool(result.mask.any())
    if result.finding in ("identical", "unrelated"):
        assert result.score == 0
    if result.finding in _EMPTY:
        assert not result.mask.any()
    if result.finding in ("spliced", "mostly-replaced"):
        assert result.mask.any()
    if result.method != "evidence":
        return
    coded = {"W210": "identical", "W212": "unrelated", "W213": "misaligned"}
    coded["W214"] = "mostly-replaced"
    for code, finding in coded.items():
        assert (code in codes(result)) == (result.finding == finding)
    share, residual = result.details["compared_share"], result.details["residual"]
    assert 0 <= share <= 1
    if result.finding in ("nothing-found", "spliced"):
        assert residual is not None
        assert residual <= 12
        assert share >= 0.3
    if result.finding == "unrelated":
        return  # nothing was compared in earnest
    assert ("W215" in codes(result)) == (share < 0.95)
    told = _NOT_COMPARED.search(result.statement)
    assert (told is not None) == (share < 0.95)
    if told is not None:
        assert float(told[1]) == pytest.approx(100 * (1 - share), abs=0.6)
        assert "everywhere" not in result.statement
