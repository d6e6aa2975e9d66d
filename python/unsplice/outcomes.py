"""What became of each picture or pair of a run, as objects, lines of JSON and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unsplice.errors import Notice, UnspliceError
from unsplice.image import SourceImage
from unsplice.inputs import Input
from unsplice.output import (
    cell_text,
    encode_csv,
    path_fields,
    path_text,
    refuse_existing,
    write_file,
)
from unsplice.pairs import Unmatched
from unsplice.record import input_fields
from unsplice.result import FOUND

__all__ = [
    "IMAGE_COLUMNS",
    "PAIR_COLUMNS",
    "Outcome",
    "Sources",
    "error_row",
    "inputs_record",
    "refuse_tables",
    "summary_row",
    "unmatched_rows",
    "write_errors",
    "write_summary",
]

Sources = Mapping[str, SourceImage]  # by role

_RESULT_COLUMNS = (
    "finding", "score", "area", "fraction", "regions", "warnings", "mask", "error",
)  # fmt: skip
PAIR_COLUMNS = ("name", "authentic", "spliced", *_RESULT_COLUMNS)
IMAGE_COLUMNS = ("name", "image", *_RESULT_COLUMNS)
ERROR_COLUMNS = ("name", "path", "code", "what", "cause", "help")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one input: a result, or a coded error; never both, never neither.

    It holds no pixels, and travels between processes.

    Attributes
    ----------
    given : Input
        The picture or pair.
    result : mapping or None
        What `Localization.to_dict` says.
    error : UnspliceError or None
        Why there is no result.
    inputs : mapping
        What is known of the files, by role; see `inputs_record`.
    paths : mapping of str to Path
        What was written, by kind.
    seconds : float
        Time taken.
    resumed : bool
        Whether it stands from an earlier run.
    """

    given: Input
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    error: UnspliceError | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    paths: Mapping[str, Path] = field(default_factory=dict)
    seconds: float = 0.0
    resumed: bool = False

    @classmethod
    def failed(cls, given: Input, error: UnspliceError) -> Outcome:
        """Return the outcome of an input that ended in `error`."""
        return cls(given, error=error)

    @property
    def found(self) -> bool:
        """Whether there are regions to tell of; see `Localization.found`."""
        return self.result is not None and self.result["finding"] in FOUND

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a reader of the result has to know."""
        if self.result is None:
            return ()
        return tuple(Notice(**notice) for notice in self.result["warnings"])

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome in the types of JSON: one line of ``--json``."""
        record: dict[str, Any] = {"name": path_text(self.given.name)}
        if self.result is not None:
            record |= self.result
        record["inputs"] = self.inputs or inputs_record(self.given, {})
        record["outputs"] = {kind: path_text(path) for kind, path in self.paths.items()}
        record["seconds"] = round(self.seconds, 3)
        record["resumed"] = self.resumed
        if self.error is not None:
            record["error"] = {
                name: getattr(self.error, name) for name in ("code", "what", "cause", "help")
            }
        return record


def inputs_record(given: Input, sources: Sources) -> dict[str, Any]:
    """Return what is known of the files of each role: paths always, content where it was read."""
    record: dict[str, Any] = {}
    for role, path in given.inputs.items():
        record[role] = path_fields(path) if path != Path() else {"path": ""}
        if role in sources:
            record[role] |= input_fields(sources[role])
    return record


def summary_row(outcome: Outcome, folder: Path | None) -> dict[str, Any]:
    """Return the line of ``summary.csv`` for one outcome."""
    given = outcome.given
    row: dict[str, Any] = {
        "name": path_text(given.name) if given.analysed != Path() else "",
        **{role: cell_text(path) for role, path in given.inputs.items()},
        "error": outcome.error.code if outcome.error else None,
    }
    if (result := outcome.result) is not None:
        row |= {
            "finding": result["finding"],
            "score": None if result["score"] is None else round(result["score"], 4),
            "area": result["area"],
            "fraction": round(result["fraction"], 6),
            "regions": len(result["regions"]),
            "warnings": " ".join(notice.code for notice in outcome.warnings),
        }
    if folder is not None and "mask" in outcome.paths:
        row["mask"] = cell_text(outcome.paths["mask"].relative_to(folder))
    return row


def error_row(name: str, path: Path, error: UnspliceError) -> dict[str, Any]:
    """Return the line of ``errors.csv`` for an input that failed."""
    return {
        "name": path_text(name) if path != Path() else "",
        "path": cell_text(path),
        "code": error.code,
        "what": error.what,
        "cause": error.cause,
        "help": error.help,
    }


def unmatched_rows(unmatched: Sequence[Unmatched]) -> list[dict[str, Any]]:
    """Return the lines of ``errors.csv`` for pictures without a partner."""
    return [
        {"name": one.path.name, "path": cell_text(one.path), "code": "W211", "what": one.reason}
        for one in unmatched
    ]


def refuse_tables(folder: Path, *, overwrite: bool) -> None:
    """Raise E161 if `folder` holds the tables of another run, unless they may be replaced."""
    refuse_existing([folder / "summary.csv", folder / "errors.csv"], overwrite=overwrite)


def write_errors(
    folder: Path, rows: Sequence[Mapping[str, Any]], *, overwrite: bool = False
) -> None:
    """Write ``errors.csv``, also if it has no lines: then nothing failed."""
    write_file(folder / "errors.csv", encode_csv(ERROR_COLUMNS, rows), overwrite=overwrite)


def write_summary(
    folder: Path,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    overwrite: bool = False,
) -> None:
    """Write ``summary.csv``, one line an input."""
    write_file(folder / "summary.csv", encode_csv(columns, rows), overwrite=overwrite)
