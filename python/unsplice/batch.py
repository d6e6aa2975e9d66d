"""Many pairs in one run: tables and folders in, one outcome a pair out, past every bad one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from unsplice.errors import OutputError, UnspliceError, coded
from unsplice.image import SourceImage, read_image
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.output import (
    cell_text,
    encode_csv,
    path_fields,
    path_text,
    refuse_beside_inputs,
    refuse_existing,
    write_file,
)
from unsplice.pair.compare import compare
from unsplice.pairs import Pair, Unmatched
from unsplice.result import Localization, result_paths

__all__ = [
    "Outcome",
    "compare_pairs",
    "error_row",
    "inputs_record",
    "summary_row",
    "unmatched_rows",
    "write_errors",
    "write_summary",
]

Method = Literal["evidence", "neighborhood-threshold"]

SUMMARY_COLUMNS = (
    "name", "authentic", "spliced", "finding", "score", "area", "fraction", "regions",
    "warnings", "mask", "seconds", "error",
)  # fmt: skip
ERROR_COLUMNS = ("name", "path", "code", "what", "cause", "help")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one pair: a result, or a coded error; never both, never neither."""

    pair: Pair
    result: Localization | None = field(default=None, repr=False)
    error: UnspliceError | None = None
    sources: Mapping[str, SourceImage] = field(default_factory=dict, repr=False)
    paths: Mapping[str, Path] = field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome in the types of JSON: one line of ``--json``."""
        record: dict[str, Any] = {"name": path_text(self.pair.name)}
        if self.result is not None:
            record |= self.result.to_dict()
        record["inputs"] = inputs_record(self.pair, self.sources)
        record["outputs"] = {kind: path_text(path) for kind, path in self.paths.items()}
        record["seconds"] = round(self.seconds, 3)
        if self.error is not None:
            record["error"] = {
                name: getattr(self.error, name) for name in ("code", "what", "cause", "help")
            }
        return record


def inputs_record(pair: Pair, sources: Mapping[str, SourceImage]) -> dict[str, Any]:
    """Return what is known of the two files: paths always, content where it was read."""
    record: dict[str, Any] = {}
    for role, path in (("authentic", pair.authentic), ("spliced", pair.spliced)):
        record[role] = path_fields(path) if path != Path() else {"path": ""}
        if role in sources:
            source = sources[role]
            record[role] |= {
                "sha256": source.sha256,
                "format": source.format,
                "shape": source.pixels.shape,
            }
    return record


def compare_pairs(
    pairs: Sequence[Pair],
    *,
    output: Path | None = None,
    overwrite: bool = False,
    trees: Sequence[Path] = (),
    method: Method = "evidence",
    max_pixels: int = DEFAULT_MAX_PIXELS,
    num_threads: int | None = None,
) -> Iterator[Outcome]:
    """Compare each pair and write its results; one outcome a pair, in their order.

    Parameters
    ----------
    pairs : sequence of Pair
        What to compare.
    output : Path, optional
        Folder of the results; None writes nothing.
    overwrite : bool
        Whether results of an earlier run are replaced.
    trees : sequence of Path
        Folders that were searched for the pairs; `output` must not lie in them.
    method, max_pixels, num_threads
        As `unsplice.compare` and `unsplice.read_image` take them.

    Yields
    ------
    Outcome
        A result, or the coded error that the pair ended in.

    Raises
    ------
    OutputError
        E163 before anything is done; E160 or E162 on the way, for they would meet every pair.
    """
    if output is not None:
        folders = [(output / pair.name).parent for pair in pairs]
        files = [path for pair in pairs for path in (pair.authentic, pair.spliced)]
        refuse_beside_inputs([output, *folders], files=files, trees=trees)

    def run() -> Iterator[Outcome]:
        for pair in pairs:
            yield _outcome(pair, output, overwrite, method, max_pixels, num_threads)

    return run()


def _outcome(
    pair: Pair,
    output: Path | None,
    overwrite: bool,
    method: Method,
    max_pixels: int,
    num_threads: int | None,
) -> Outcome:
    began = time.perf_counter()
    sources: dict[str, SourceImage] = {}
    try:
        if pair.error is not None:
            raise pair.error
        if output is not None:
            refuse_existing(result_paths(output, pair.name).values(), overwrite=overwrite)
        for role, path in (("authentic", pair.authentic), ("spliced", pair.spliced)):
            sources[role] = read_image(path, max_pixels=max_pixels)
        result = compare(
            sources["authentic"], sources["spliced"], method=method, num_threads=num_threads
        )
        paths = {}
        if output is not None:
            inputs = inputs_record(pair, sources)
            paths = result.save(output, name=pair.name, overwrite=overwrite, inputs=inputs)
    except Exception as raised:
        error = coded(raised, pair.spliced)
        if isinstance(error, OutputError) and error.code != "E161":
            raise
        return Outcome(pair, error=error, sources=sources, seconds=time.perf_counter() - began)
    return Outcome(pair, result, None, sources, paths, time.perf_counter() - began)


def summary_row(outcome: Outcome, folder: Path | None) -> dict[str, Any]:
    """Return the line of ``summary.csv`` for one outcome."""
    row: dict[str, Any] = {
        "name": path_text(outcome.pair.name) if outcome.pair.spliced != Path() else "",
        "authentic": cell_text(outcome.pair.authentic),
        "spliced": cell_text(outcome.pair.spliced),
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error.code if outcome.error else None,
    }
    if (result := outcome.result) is not None:
        area = int(result.mask.sum())
        row |= {
            "finding": result.finding,
            "score": round(result.score, 4),
            "area": area,
            "fraction": round(area / max(1, result.mask.size), 6),
            "regions": len(result.regions),
            "warnings": " ".join(notice.code for notice in result.warnings),
        }
    if folder is not None and "mask" in outcome.paths:
        row["mask"] = path_text(outcome.paths["mask"].relative_to(folder))
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
        {"name": one.path.name, "path": path_text(one.path), "code": "W211", "what": one.reason}
        for one in unmatched
    ]


def write_errors(
    folder: Path, rows: Sequence[Mapping[str, Any]], *, overwrite: bool = False
) -> None:
    """Write ``errors.csv``, also if it has no lines: then nothing failed."""
    write_file(folder / "errors.csv", encode_csv(ERROR_COLUMNS, rows), overwrite=overwrite)


def write_summary(
    folder: Path, rows: Sequence[Mapping[str, Any]], *, overwrite: bool = False
) -> None:
    """Write ``summary.csv``, one line a pair."""
    write_file(folder / "summary.csv", encode_csv(SUMMARY_COLUMNS, rows), overwrite=overwrite)
