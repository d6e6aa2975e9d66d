"""The tables of an evaluation as files: CSV, Parquet, Markdown and a plot."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from unsplice.errors import UsageError
from unsplice.evaluation.run.rows import COLUMNS, ImageRow
from unsplice.evaluation.tables.plot import plot_f1_by_strength, require_matplotlib
from unsplice.evaluation.tables.summary import AUTHENTIC_COLUMNS, SUMMARY_COLUMNS, Results
from unsplice.evaluation.tables.text import markdown_tables
from unsplice.output import encode_csv, remove_file, write_file

__all__ = ["RESULT_FILES", "TableFormat", "encode_images", "require_packages", "write_results"]

TableFormat = Literal["csv", "parquet"]

PLOT = "f1_by_strength.png"
#: Every file that a finished evaluation may leave.
RESULT_FILES = ("images.csv", "images.parquet", "authentic.csv", "summary.csv", "summary.md", PLOT)


def write_results(
    folder: Path,
    results: Results,
    *,
    table_format: TableFormat = "csv",
    plot: bool = False,
) -> list[Path]:
    """Write all tables of a finished evaluation, each whole or not at all.

    Parameters
    ----------
    folder : Path
        The output folder. Results in it are replaced; those that are not wanted this time are
        removed, for they would be of other rows.
    results : Results
        Of all rows, in the order of the plan.
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
    files = {
        f"images.{table_format}": encode_images(results.rows, table_format),
        "authentic.csv": _csv(AUTHENTIC_COLUMNS, results.authentic),
        "summary.csv": _csv(SUMMARY_COLUMNS, results.spliced),
        "summary.md": markdown_tables(results).encode(),
    }
    if plot:
        files[PLOT] = plot_f1_by_strength(results.spliced)
    for name in RESULT_FILES:
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
        return _csv(list(COLUMNS), rows)
    pyarrow, parquet = require_parquet()
    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns, schema=schema), file, compression="zstd")
    return file.getvalue()


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
