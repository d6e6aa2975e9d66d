"""From rows to tables: means over the pictures of a set, with an interval.

A score that is not a number on a picture, such as the precision of an empty mask, is left out of
its mean, and the number of pictures that remain is given beside it. F1, IoU and MCC are defined on
every picture (`unsplice.evaluation.scores.pixels`): an empty mask has F1 0 and counts as such.

A line is of one set, or the total over all sets: its `scope` says which, for a set may have any
name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from unsplice.evaluation.run.rows import ImageRow

__all__ = [
    "AuthenticSummary",
    "Results",
    "Scope",
    "Summary",
    "bootstrap_interval",
    "share_interval",
    "summarize",
    "summarize_authentic",
]

Scope = Literal["set", "total"]
RESAMPLES = 2000

_NOTHING_TO_FIND = (
    "No picture is spliced: there is nothing to find, so no F1; whatever is flagged is wrong."
)


@dataclass(frozen=True, slots=True)
class Summary:
    """How one method did on the spliced pictures of one set, or of all, under one attack.

    Attributes
    ----------
    scope : {"set", "total"}
        Whether the line is of one set, or of all sets together.
    dataset, kind : str
        The set; empty for the total.
    method, attack, family, strength
        As in `unsplice.evaluation.run.rows.ImageRow`.
    pictures : int
        How many have a result; all means are over these.
    failed : int
        How many have none; they are in no mean.
    empty_truth : int
        How many of the `pictures` have no spliced pixel, mostly for an attack made a small region
        vanish: they have neither TPR, AUC nor best F1, and F1 0 unless the mask is empty, too.
    tpr, fpr, precision : float or None
        Means over the `tpr_pictures`, `fpr_pictures`, `precision_pictures` where they are defined.
    f1, f1_low, f1_high : float or None
        Mean over the pictures, and its 95 % interval.
    ungated_f1 : float or None
        Mean F1 of what would be marked without the gate, over the `ungated_f1_pictures` where the
        method tells it; None for a method that has none.
    best_f1, auc : float or None
        Means of the heat map's best F1 and AUC over the `best_f1_pictures`, `auc_pictures` where
        they are defined.
    iou, mcc : float or None
        Means.
    """

    scope: Scope
    dataset: str
    kind: str
    method: str
    attack: str
    family: str
    strength: float | None
    pictures: int
    failed: int
    empty_truth: int
    tpr: float | None
    tpr_pictures: int
    fpr: float | None
    fpr_pictures: int
    precision: float | None
    precision_pictures: int
    f1: float | None
    ungated_f1: float | None
    ungated_f1_pictures: int
    f1_low: float | None
    f1_high: float | None
    best_f1: float | None
    best_f1_pictures: int
    auc: float | None
    auc_pictures: int
    iou: float | None
    mcc: float | None


@dataclass(frozen=True, slots=True)
class AuthenticSummary:
    """What one method flagged on the authentic pictures of one set, or of all, under one attack.

    Attributes
    ----------
    scope : {"set", "total"}
        Whether the line is of one set, or of all sets together.
    dataset : str
        The set; empty for the total.
    method, attack, family, strength
        As in `unsplice.evaluation.run.rows.ImageRow`.
    pictures, failed : int
        How many have a result, and how many none.
    flagged_pixels : float or None
        Mean share of the pixels that is flagged.
    flagged_pictures, flagged_pictures_low, flagged_pictures_high : float or None
        Share of the pictures with any pixel flagged, and its 95 % interval.
    """

    scope: Scope
    dataset: str
    method: str
    attack: str
    family: str
    strength: float | None
    pictures: int
    failed: int
    flagged_pixels: float | None
    flagged_pictures: float | None
    flagged_pictures_low: float | None
    flagged_pictures_high: float | None


@dataclass(frozen=True)
class Results:
    """What a finished evaluation has to show; made by `Results.of`, once a run.

    Attributes
    ----------
    rows : tuple of ImageRow
        In the order of the plan.
    spliced : tuple of Summary
        As `summarize` gives them.
    authentic : tuple of AuthenticSummary
        As `summarize_authentic` gives them.
    notes : tuple of str
        Sentences for the reader, such as that this is not the whole set.
    """

    rows: tuple[ImageRow, ...]
    spliced: tuple[Summary, ...]
    authentic: tuple[AuthenticSummary, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[ImageRow], *, notes: Iterable[str] = ()) -> Results:
        """Summarize `rows`; a note says so if there is nothing that could be found."""
        rows = tuple(rows)
        spliced = tuple(summarize(rows))
        authentic = tuple(summarize_authentic(rows))
        if not rows:
            notes = (*notes, "There are no pictures.")
        elif not spliced:
            notes = (*notes, _NOTHING_TO_FIND)
        return cls(rows, spliced, authentic, tuple(notes))


def summarize(rows: Iterable[ImageRow]) -> list[Summary]:
    """Return the table of the spliced pictures.

    Parameters
    ----------
    rows : iterable of ImageRow
        Those of authentic pictures are passed over.

    Returns
    -------
    list of Summary
        By set, attack and method, each in the order in which `rows` name them; last the total, if
        there is more than one set.
    """
    return [_summary(*group) for group in _grouped([row for row in rows if not row.authentic])]


def summarize_authentic(rows: Iterable[ImageRow]) -> list[AuthenticSummary]:
    """Return the table of the authentic pictures; else as `summarize`."""
    return [
        _authentic_summary(*group) for group in _grouped([row for row in rows if row.authentic])
    ]


def _grouped(rows: Sequence[ImageRow]) -> Iterator[tuple[Scope, list[ImageRow]]]:
    """Yield the rows of each set, attack and method, then those of all sets if there are more."""
    sets: dict[tuple[str, str], list[ImageRow]] = {}
    for row in rows:
        sets.setdefault((row.dataset, row.kind), []).append(row)
    groups: list[tuple[Scope, Sequence[ImageRow]]] = [("set", members) for members in sets.values()]
    if len(sets) > 1:
        groups.append(("total", rows))
    for scope, members in groups:
        cells: dict[tuple[str, str], list[ImageRow]] = {}
        for row in members:
            cells.setdefault((row.attack, row.method), []).append(row)
        for attack in dict.fromkeys(row.attack for row in members):
            for method in dict.fromkeys(row.method for row in members):
                if (attack, method) in cells:
                    yield scope, cells[attack, method]


def _summary(scope: Scope, rows: Sequence[ImageRow]) -> Summary:
    first, good = rows[0], [row for row in rows if not row.error]
    tpr, tpr_pictures = _mean(good, "tpr")
    fpr, fpr_pictures = _mean(good, "fpr")
    precision, precision_pictures = _mean(good, "precision")
    best_f1, best_f1_pictures = _mean(good, "best_f1")
    auc, auc_pictures = _mean(good, "auc")
    ungated_f1, ungated_f1_pictures = _mean(good, "ungated_f1")
    f1_low, f1_high = bootstrap_interval([row.f1 for row in good if row.f1 is not None])
    return Summary(
        scope=scope,
        dataset=first.dataset if scope == "set" else "",
        kind=first.kind if scope == "set" else "",
        method=first.method,
        attack=first.attack,
        family=first.family,
        strength=first.strength,
        pictures=len(good),
        failed=len(rows) - len(good),
        empty_truth=sum(1 for row in good if row.truth_pixels == 0),
        tpr=tpr,
        tpr_pictures=tpr_pictures,
        fpr=fpr,
        fpr_pictures=fpr_pictures,
        precision=precision,
        precision_pictures=precision_pictures,
        f1=_mean(good, "f1")[0],
        ungated_f1=ungated_f1,
        ungated_f1_pictures=ungated_f1_pictures,
        f1_low=f1_low,
        f1_high=f1_high,
        best_f1=best_f1,
        best_f1_pictures=best_f1_pictures,
        auc=auc,
        auc_pictures=auc_pictures,
        iou=_mean(good, "iou")[0],
        mcc=_mean(good, "mcc")[0],
    )


def _authentic_summary(scope: Scope, rows: Sequence[ImageRow]) -> AuthenticSummary:
    first, good = rows[0], [row for row in rows if not row.error]
    flagged = sum(1 for row in good if row.flagged_pixels)
    low, high = share_interval(flagged, len(good))
    return AuthenticSummary(
        scope=scope,
        dataset=first.dataset if scope == "set" else "",
        method=first.method,
        attack=first.attack,
        family=first.family,
        strength=first.strength,
        pictures=len(good),
        failed=len(rows) - len(good),
        flagged_pixels=_mean(good, "fpr")[0],
        flagged_pictures=flagged / len(good) if good else None,
        flagged_pictures_low=low,
        flagged_pictures_high=high,
    )


def _mean(rows: Sequence[ImageRow], name: str) -> tuple[float | None, int]:
    """Return the mean of a score over the rows where it is defined, and their number."""
    values = [value for row in rows if (value := getattr(row, name)) is not None]
    return (math.fsum(values) / len(values) if values else None), len(values)


def bootstrap_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return a 95 % interval of the mean: percentiles of the means of 2000 resamples.

    Parameters
    ----------
    values : sequence of float
        One a picture.

    Returns
    -------
    tuple of float
        Low and high; both None if there is no value. One value alone has an interval without
        width, which says nothing.

    Notes
    -----
    The percentile bootstrap [1]_, with a fixed seed. It covers what another draw of pictures would
    change, not what another data set would.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall, 1993,
       chapter 13.

    Examples
    --------
    >>> bootstrap_interval([0.0, 1.0] * 50)
    (0.4, 0.6)
    """
    if not values:
        return None, None
    sample = np.asarray(values, np.float64)
    random = np.random.default_rng(0)
    means = [
        float(sample[random.integers(sample.size, size=sample.size)].mean())
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def share_interval(count: int, total: int) -> tuple[float | None, float | None]:
    """Return a 95 % interval of a share, after Wilson [1]_.

    Unlike a bootstrap it says something where none or all were counted.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       Journal of the American Statistical Association 22, 1927,
       :doi:`10.1080/01621459.1927.10502953`.

    Examples
    --------
    >>> [round(bound, 3) for bound in share_interval(0, 74)]
    [0.0, 0.049]
    """
    if total == 0:
        return None, None
    squared = 1.959963984540054**2
    share = count / total
    center = share + squared / (2 * total)
    half = math.sqrt(squared * (share * (1 - share) / total + squared / (4 * total**2)))
    scale = 1 + squared / total
    return max(0.0, (center - half) / scale), min(1.0, (center + half) / scale)


SUMMARY_COLUMNS = tuple(field.name for field in fields(Summary))
AUTHENTIC_COLUMNS = tuple(field.name for field in fields(AuthenticSummary))
