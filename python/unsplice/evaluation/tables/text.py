"""The tables of an evaluation as text with aligned columns, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unsplice.errors import printable
from unsplice.evaluation.tables.summary import AuthenticSummary, Results, Summary

__all__ = ["markdown_tables", "text_tables"]

_HEADER = ("attack", "method", "n", "TPR", "FPR", "precision", "F1", "no gate",
           "95 % of F1", "best F1", "AUC", "IoU", "MCC")  # fmt: skip
_AUTHENTIC_HEADER = ("attack", "method", "n", "pixels flagged", "pictures flagged", "95 %")
_EXPLANATION = (
    "F1 is that of the automatic mask, with a 95 % bootstrap interval over the pictures; no gate "
    "is the F1 of what a method with a gate would mark without it; best F1 takes the best "
    "threshold of each picture, which nobody knows beforehand."
)

Table = tuple[str, Sequence[str], list[tuple[str, ...]]]


def text_tables(results: Results) -> str:
    """Return the tables of spliced and of authentic pictures, and what is to be noted."""
    return "\n\n".join([*(_aligned(*table) for table in _tables(results)), *results.notes])


def markdown_tables(results: Results) -> str:
    """Return the same as Markdown; names of sets are shown as they are, whatever they hold."""
    parts = []
    for title, header, lines in _tables(results):
        rule = ("---", "---", *["---:"] * (len(header) - 2))
        shown = [header, rule, *(tuple(map(_markdown, cells)) for cells in lines)]
        body = "\n".join(f"| {' | '.join(cells)} |" for cells in shown)
        parts.append(f"## {_markdown(title)}\n\n{body}")
    notes = map(_markdown, results.notes)
    return "\n\n".join([*parts, *([_EXPLANATION] if results.spliced else []), *notes]) + "\n"


def _markdown(text: str) -> str:
    r"""Return `text` so that nothing in it is taken for Markdown.

    Examples
    --------
    >>> print(_markdown("a|b"), _markdown("<b>x</b> *y*"), _markdown("my_set"))
    a\|b \<b>x\</b> \*y\* my_set
    """
    return re.sub(r"([\\`*<&|\[\]#~])", r"\\\1", text)


def _tables(results: Results) -> list[Table]:
    """Return title, header and lines of each table."""
    spliced: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
    for one in results.spliced:
        spliced.setdefault((one.scope, one.dataset, one.kind), []).append(_line(one))
    authentic: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
    for other in results.authentic:
        key = (other.scope, other.dataset, "authentic")
        authentic.setdefault(key, []).append(_authentic_line(other))
    return [
        *((_title(*key), _HEADER, lines) for key, lines in spliced.items()),
        *((_title(*key), _AUTHENTIC_HEADER, lines) for key, lines in authentic.items()),
    ]


def _title(scope: str, dataset: str, kind: str) -> str:
    parts = ("all sets" if scope == "total" else dataset, kind)
    return printable(", ".join(part for part in parts if part))


def _line(one: Summary) -> tuple[str, ...]:
    return (
        one.attack,
        one.method,
        _count(one.pictures, failed=one.failed, empty_truth=one.empty_truth),
        _partial(one.tpr, one.tpr_pictures, one.pictures),
        _partial(one.fpr, one.fpr_pictures, one.pictures),
        _partial(one.precision, one.precision_pictures, one.pictures),
        _short(one.f1),
        _partial(one.ungated_f1, one.ungated_f1_pictures, one.pictures),
        _interval(one.f1_low, one.f1_high),
        _partial(one.best_f1, one.best_f1_pictures, one.pictures),
        _partial(one.auc, one.auc_pictures, one.pictures),
        _short(one.iou),
        _short(one.mcc),
    )


def _authentic_line(one: AuthenticSummary) -> tuple[str, ...]:
    return (
        one.attack,
        one.method,
        _count(one.pictures, failed=one.failed),
        _short(one.flagged_pixels),
        _short(one.flagged_pictures),
        _interval(one.flagged_pictures_low, one.flagged_pictures_high),
    )


def _count(pictures: int, *, failed: int, empty_truth: int = 0) -> str:
    """Return the number of pictures, and of those that are not like the others.

    Examples
    --------
    >>> _count(9, failed=0), _count(9, failed=1, empty_truth=2)
    ('9', '9 (1 failed, 2 of empty truth)')
    """
    told = [f"{failed} failed"] * bool(failed) + [f"{empty_truth} of empty truth"] * bool(
        empty_truth
    )
    return f"{pictures} ({', '.join(told)})" if told else str(pictures)


def _short(value: float | None) -> str:
    """Return a score with three digits.

    Examples
    --------
    >>> _short(0.5), _short(-0.0004), _short(1.0), _short(None)
    ('.500', '.000', '1.000', '-')
    """
    if value is None:
        return "-"
    text = f"{value:.3f}".replace("-0.000", "0.000")
    return text.replace("0.", ".", 1) if abs(value) < 0.9995 else text


def _partial(value: float | None, defined: int, pictures: int) -> str:
    """Return a mean, and over how many pictures where it is not over all."""
    return _short(value) if defined in (0, pictures) else f"{_short(value)} ({defined})"


def _interval(low: float | None, high: float | None) -> str:
    return f"{_short(low)} to {_short(high)}" if low is not None else "-"


def _aligned(title: str, header: Sequence[str], lines: Sequence[tuple[str, ...]]) -> str:
    """Return a table: names to the left, numbers to the right."""
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    text = [title]
    for line in [header, *lines]:
        cells = [
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        text.append("  " + "  ".join(cells).rstrip())
    return "\n".join(text)
