"""Telling what became of each picture or pair: lines, JSON, messages, and the tables of a run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.codes import EXIT_FAILED, EXIT_FOUND, exit_code_of
from unsplice.console import Progress, print_error, print_message, print_notices, result_line
from unsplice.errors import Notice, OutputError, UnspliceError

if TYPE_CHECKING:
    from unsplice.inputs import Input
    from unsplice.outcomes import Outcome
    from unsplice.shards import Table

__all__ = ["Teller"]


@dataclass
class Teller:
    """What a run tells, and what of it is kept.

    Parameters
    ----------
    given : sequence of Input
        What the run is over, in the order of the tables.
    unit : str
        What one of them is.
    output : Path or None
        Folder of the results.
    tables : Path or None
        Folder of ``summary.csv`` and ``errors.csv``; None writes none.
    columns : sequence of str
        Of ``summary.csv``.
    as_json : bool
        Whether the lines on stdout are JSON.
    overwrite, resume, quiet, debug, report : bool
        As the options of these names.
    errors : list of dict
        Lines of ``errors.csv`` that stand already.
    """

    given: Sequence[Input]
    unit: str
    output: Path | None
    tables: Path | None
    columns: Sequence[str]
    as_json: bool
    overwrite: bool
    resume: bool
    quiet: bool
    debug: bool
    report: bool = False
    errors: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    findings: Counter[str] = field(default_factory=Counter, init=False)
    resumed: int = field(default=0, init=False)
    found: bool = field(default=False, init=False)
    told: set[str] = field(default_factory=set, init=False)
    error: UnspliceError | None = field(default=None, init=False)

    def tell(self, outcomes: Iterable[Outcome]) -> None:
        """Tell each outcome as it comes; the tables are written at the end, however it comes."""
        began = time.perf_counter()
        progress = Progress(len(self.given), unit=self.unit, quiet=self.quiet)
        try:
            for outcome in progress.over(outcomes):
                self._tell_one(outcome)
                progress.failed += outcome.error is not None
        except BaseException:  # whatever ends the run, what is done stays on record
            if not self.resume:  # or the tables of the earlier run, which may tell more
                with suppress(OutputError):
                    self._keep_tables()
            if self.tables is not None:
                click.echo(
                    f"{len(self.rows):,} of {len(self.given):,} {self.unit}s are done; the same "
                    "command with --resume goes on",
                    err=True,
                )
            raise
        self._keep_tables()
        if self.tables is not None and not self.quiet:
            click.echo(self._summary(time.perf_counter() - began), err=True)

    def exit_code(self, *, single: bool, tell_found: bool) -> int:
        """Return the exit code; the error of a `single` input has its own."""
        if self.error is not None:
            return exit_code_of(self.error) if single else EXIT_FAILED
        return EXIT_FOUND if tell_found and self.found else 0

    def tables_in_parts(self) -> dict[str, Table]:
        """Return how the lines of the tables belong to what was given, for `unsplice merge`."""
        from unsplice.shards import Table

        names = [one.name for one in self.given]
        failures = [int(name in self.failures) for name in names]
        return {
            "summary.csv": Table([int(name in self.rows) for name in names]),
            "errors.csv": Table(failures, first=len(self.errors)),
        }

    def _tell_one(self, outcome: Outcome) -> None:
        from unsplice.outcomes import error_row, summary_row
        from unsplice.output import json_line

        given = outcome.given
        self.rows[given.name] = summary_row(outcome, self.output)
        self.resumed += outcome.resumed
        if self.as_json:
            click.echo(json_line(outcome.to_dict()))
        if outcome.error is not None:
            self.error = outcome.error
            self.failures[given.name] = error_row(given.name, given.analysed, outcome.error)
            print_error(outcome.error, debug=self.debug)
        elif outcome.result is not None:
            if self.report and self.tables is not None:
                from unsplice.report.index import index_entry

                self.entries[given.name] = index_entry(given.name, outcome.result)
            self.findings[outcome.result["finding"]] += 1
            self.found = self.found or outcome.found
            if not self.as_json:
                click.echo(result_line(outcome))
            if not self.quiet:
                self._tell_notices(outcome.warnings, given.name)

    def _tell_notices(self, notices: Iterable[Notice], name: str) -> None:
        """Print the notices on a picture; what holds for a method is told once, of none."""
        own = [notice for notice in notices if notice.scope == "picture"]
        for notice in notices:
            if notice.scope == "method" and notice.code not in self.told:
                self.told.add(notice.code)
                print_message(notice.code, notice.text)
        print_notices(own, name)

    def _summary(self, seconds: float) -> str:
        """Return the last line: how many, what was found, what failed, how fast."""
        parts = [
            f"{count:,} {finding.replace('-', ' ')}"
            for finding, count in self.findings.most_common()
        ]
        if self.failures:
            parts.append(f"{len(self.failures):,} failed (errors.csv)")
        resumed = f", {self.resumed:,} of them from an earlier run" if self.resumed else ""
        count = len(self.rows)
        plural = "" if count == 1 else "s"
        rate = count / max(seconds, 1e-3)
        return (
            f"{count:,} {self.unit}{plural}{resumed}: {', '.join(parts)}; "
            f"{seconds:,.1f} s, {rate:,.3g} a second"
        )

    def _keep_tables(self) -> None:
        """Write the tables, in the order of what was given, in whatever order it was done."""
        from unsplice.outcomes import write_errors, write_summary
        from unsplice.report.index import remove_index

        if self.tables is not None:
            names = [one.name for one in self.given]
            failures = [self.failures[name] for name in names if name in self.failures]
            rows = [self.rows[name] for name in names if name in self.rows]
            replace = self.overwrite or self.resume
            if self.report:
                from unsplice.report.index import write_index

                entries = [self.entries[name] for name in names if name in self.entries]
                write_index(self.tables, entries, [*self.errors, *failures], overwrite=replace)
            elif self.overwrite:
                remove_index(self.tables)
            write_errors(self.tables, [*self.errors, *failures], overwrite=replace)
            write_summary(self.tables, self.columns, rows, overwrite=replace)
