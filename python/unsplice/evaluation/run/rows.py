"""One line of ``images.csv``: how one method did on one picture under one attack."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import NoneType
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from unsplice.evaluation.datasets.sample import AUTHENTIC
from unsplice.evaluation.scores.pixels import score_heatmap, score_mask
from unsplice.result import Localization

__all__ = ["COLUMNS", "ImageRow", "scored"]


@dataclass(frozen=True, slots=True)
class ImageRow:
    """How one method did on one picture under one attack.

    Numbers are None where they are not defined, and all of them where `error` says why there is
    no result. An authentic picture has no true-positive rate, precision or F1: what can go wrong
    there is `fpr`, the share of its pixels that is flagged.

    Attributes
    ----------
    dataset, kind, name : str
        Where the picture belongs, what it is, and its name within the data set.
    image : str
        Its path, as text.
    sha256, mask_sha256 : str
        Hashes of the bytes of the picture and of its mask, also of a row with an `error` as far as
        the task got: empty where the file could not be read, and where a mask is not one of this
        picture.
    method : str
        As `unsplice.evaluation.run.methods.expand_methods` names it.
    attack, family : str
        What was done to the picture, in full and without the strength.
    strength : float or None
        Of the attack, in its own unit; None where it has none.
    pixels, truth_pixels, flagged_pixels : int or None
        Of the attacked picture: all, spliced, flagged.
    tpr, fpr, precision, f1, iou, mcc : float or None
        Of the mask; see `unsplice.evaluation.scores.pixels.MaskScores`.
    ungated_f1 : float or None
        F1 of what would be marked without the gate; None where the method has none.
    auc, best_f1, best_threshold : float or None
        Of the heat map; see `unsplice.evaluation.scores.pixels.HeatmapScores`.
    score : float or None
        How sure the method is that anything was spliced; None where it does not say.
    finding : str
        The method's answer in a word.
    warnings : str
        Codes of what was done to a known defect of the set, with blanks between them.
    error : str
        Code of the error; empty where all went well.
    """

    dataset: str
    kind: str
    name: str
    image: str
    sha256: str
    mask_sha256: str
    method: str
    attack: str
    family: str
    strength: float | None = None
    pixels: int | None = None
    truth_pixels: int | None = None
    flagged_pixels: int | None = None
    tpr: float | None = None
    fpr: float | None = None
    precision: float | None = None
    f1: float | None = None
    ungated_f1: float | None = None
    iou: float | None = None
    mcc: float | None = None
    auc: float | None = None
    best_f1: float | None = None
    best_threshold: float | None = None
    score: float | None = None
    finding: str = ""
    warnings: str = ""
    error: str = ""

    @property
    def authentic(self) -> bool:
        """Whether nothing was spliced, so that whatever is flagged is wrong."""
        return self.kind == AUTHENTIC


def _column_types() -> dict[str, type]:
    """Return the type of each column; that a cell may be None is left out."""
    hints = get_type_hints(ImageRow)
    return {
        field.name: next(
            kind
            for kind in (get_args(hints[field.name]) or (hints[field.name],))
            if kind is not NoneType
        )
        for field in fields(ImageRow)
    }


#: Columns of the table in their order, each with its type: int, float or str; a number may lack.
COLUMNS: Mapping[str, type] = _column_types()


def scored(row: ImageRow, result: Localization, truth: NDArray[np.bool_] | None) -> ImageRow:
    """Return `row` with what `result` is worth.

    Parameters
    ----------
    row : ImageRow
        What is known before.
    result : Localization
        The method's answer.
    truth : (rows, cols) array of bool, or None
        True = spliced; None for an authentic picture.
    """
    flagged = int(np.count_nonzero(result.mask))
    row = replace(
        row,
        pixels=result.mask.size,
        flagged_pixels=flagged,
        score=_number(result.score),
        finding=result.finding,
    )
    if truth is None:
        return replace(row, truth_pixels=0, fpr=flagged / result.mask.size)
    mask_scores = score_mask(result.mask, truth)
    suspected = result.suspected
    map_scores = score_heatmap(result.heatmap, truth)
    return replace(
        row,
        truth_pixels=int(np.count_nonzero(truth)),
        tpr=_number(mask_scores.tpr),
        fpr=_number(mask_scores.fpr),
        precision=_number(mask_scores.precision),
        f1=_number(mask_scores.f1),
        ungated_f1=None if suspected is None else _number(score_mask(suspected, truth).f1),
        iou=_number(mask_scores.iou),
        mcc=_number(mask_scores.mcc),
        auc=_number(map_scores.auc),
        best_f1=_number(map_scores.best_f1),
        best_threshold=_number(map_scores.best_threshold),
    )


def _number(value: Any) -> float | None:
    """Return `value` as Python's float, or None where it is not a finite number."""
    number = float(value)
    return number if math.isfinite(number) else None
