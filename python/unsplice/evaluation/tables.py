"""The tables of an evaluation as text, Markdown, CSV and Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from unsplice.errors import UsageError, printable
from unsplice.evaluation.plot import plot_f1_by_strength, require_matplotlib
from unsplice.evaluation.rows import COLUMNS, ImageRow
from unsplice.evaluation.summary import (
    AUTHENTIC_COLUMNS,
    SUMMARY_COLUMNS,
    AuthenticSummary,
    Summary,
    summarize,
    summarize_authentic,
)
from unsplice.output import encode_csv, remove_file, write_file

__all__ = [
    "RESULTS",
    "TableFormat",
    "markdown_tables",
    "require_packages",
    "text_tables",
    "write_results",
]

TableFormat = Literal["csv", "parquet"]

PLOT = "f1_by_strength.png"
#: Every file that a finished evaluation may leave.
RESULTS = ("images.csv", "images.parquet", "authentic.csv", "summary.csv", "summary.md", PLOT)

_HEADER = ("attack", "method", "n", "TPR", "FPR", "precision", "F1", "95 %",
           "best F1", "AUC", "IoU", "MCC")  # fmt: skip
_AUTHENTIC_HEADER = ("attack", "method", "n", "pixels flagged", "pictures flagged", "95 %")
_EXPLANATION = (
    "F1 is that of the automatic mask, with a 95 % bootstrap interval over the pictures; best F1 "
    "takes the best threshold of each picture, which nobody knows beforehand."
)

Table = tuple[str, Sequence[str], list[tuple[str, ...]]]


def text_tables(rows: Sequence[ImageRow], *, note: str = "") -> str:
    """Return the tables of spliced and of authentic pictures as text with aligned columns.

    `note` is a sentence for the reader, such as that this is not the whole set.
    """
    parts = [_aligned(*table) for table in _tables(rows)]
    return "\n\n".join([*parts, note] if note else parts)


def markdown_tables(rows: Sequence[ImageRow], *, note: str = "") -> str:
    """Return the same tables as Markdown."""
    parts = []
    for title, header, lines in _tables(rows):
        rule = ("---", "---", *["---:"] * (len(header) - 2))
        body = "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))
        parts.append(f"## {title}\n\n{body}\n\n")
    return "".join([*parts, _EXPLANATION, "\n", f"\n{note}\n" if note else ""])


def _tables(rows: Sequence[ImageRow]) -> list[Table]:
    """Return title, header and lines of each table."""
    spliced: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
    for one in summarize(rows):
        spliced.setdefault((one.scope, one.dataset, one.kind), []).append(_line(one))
    authentic: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
    for other in summarize_authentic(rows):
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


def write_results(
    folder: Path,
    rows: Sequence[ImageRow],
    *,
    note: str = "",
    table_format: TableFormat = "csv",
    plot: bool = False,
) -> list[Path]:
    """Write all tables of a finished evaluation, each whole or not at all.

    Parameters
    ----------
    folder : Path
        The output folder. Results in it are replaced; those that are not wanted this time are
        removed, for they would be of other rows.
    rows : sequence of ImageRow
        All rows, in the order of the plan.
    note : str
        A sentence for the reader of the summary.
    table_format : {"csv", "parquet"}
        Of the table of all pictures.
    plot : bool
        Whether to draw F1 against the strength of the attacks.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    UsageError
        E189 if a package that is needed is not installed.
    OutputError
        E160 or E162 if a file cannot be written.
    """
    summary, authentic = summarize(rows), summarize_authentic(rows)
    files = {
        f"images.{table_format}": encode_images(rows, table_format),
        "authentic.csv": _csv(AUTHENTIC_COLUMNS, authentic),
        "summary.csv": _csv(SUMMARY_COLUMNS, summary),
        "summary.md": markdown_tables(rows, note=note).encode(),
    }
    if plot:
        files[PLOT] = plot_f1_by_strength(summary)
    for name in RESULTS:
        if name not in files:
            remove_file(folder / name)
    for name, data in files.items():
        write_file(folder / name, data, overwrite=True)
    return [folder / name for name in files]


def _csv(columns: Sequence[str], lines: Iterable[Any]) -> bytes:
    return encode_csv(columns, (asdict(line) for line in lines))


def encode_images(rows: Sequence[ImageRow], table_format: TableFormat) -> bytes:
    """Return the table of all pictures as a file."""
    if table_format == "csv":
        return _csv(COLUMNS, rows)
    pyarrow, parquet = require_parquet()
    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    schema = pyarrow.schema([(name, kinds[_kind(name)]) for name in COLUMNS])
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns, schema=schema), file, compression="zstd")
    return file.getvalue()


def _kind(name: str) -> type:
    annotation = str(ImageRow.__annotations__[name])
    return next(kind for kind in (int, float, str) if annotation.startswith(kind.__name__))


def require_packages(table_format: TableFormat, *, plot: bool) -> None:
    """Raise E189 now if `write_results` would lack a package at the end of a long run."""
    if table_format == "parquet":
        require_parquet()
    if plot:
        require_matplotlib()


def require_parquet() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet writer, or say how to get them (E189)."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "E189", purpose="Parquet", package="pyarrow", extra="parquet", reason=error
        ) from None
    return pyarrow, parquet
