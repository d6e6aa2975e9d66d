"""Telling what became of each picture or pair: lines, JSON, messages, and the tables of a run."""

from __future__ import annotations

import json
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
    from unsplice.outcomes import Outcome

__all__ = ["Report"]


@dataclass
class Report:
    """What a run tells, and what of it is kept.

    Parameters
    ----------
    output : Path or None
        Folder of the results.
    tables : Path or None
        Folder of ``summary.csv`` and ``errors.csv``; None writes none.
    columns : sequence of str
        Of ``summary.csv``.
    as_json : bool
        Whether the lines on stdout are JSON.
    overwrite, quiet, debug : bool
        As the options of these names.
    errors : list of dict
        Lines of ``errors.csv`` that stand already.
    """

    output: Path | None
    tables: Path | None
    columns: Sequence[str]
    as_json: bool
    overwrite: bool
    quiet: bool
    debug: bool
    errors: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list, init=False)
    found: bool = field(default=False, init=False)
    told: set[str] = field(default_factory=set, init=False)
    error: UnspliceError | None = field(default=None, init=False)

    def tell(self, outcomes: Iterable[Outcome], total: int, *, unit: str) -> None:
        """Tell each outcome as it comes; the tables are written at the end, however it comes."""
        progress = Progress(total, unit=unit, quiet=self.quiet)
        try:
            for outcome in progress.over(outcomes):
                self._tell_one(outcome)
                progress.failed += outcome.error is not None
        except BaseException:  # whatever ends the run, what is done stays on record
            with suppress(OutputError):
                self._keep_tables()
            raise
        self._keep_tables()

    def exit_code(self, *, single: bool, tell_found: bool) -> int:
        """Return the exit code; the error of a `single` input has its own."""
        if self.error is not None:
            return exit_code_of(self.error) if single else EXIT_FAILED
        return EXIT_FOUND if tell_found and self.found else 0

    def _tell_one(self, outcome: Outcome) -> None:
        from unsplice.outcomes import error_row, summary_row
        from unsplice.output import json_ready

        self.rows.append(summary_row(outcome, self.output))
        if self.as_json:
            click.echo(json.dumps(json_ready(outcome.to_dict()), ensure_ascii=False))
        if outcome.error is not None:
            self.error = outcome.error
            given = outcome.given
            self.errors.append(error_row(given.name, given.analysed, outcome.error))
            print_error(outcome.error, debug=self.debug)
        elif outcome.result is not None:
            self.found = self.found or outcome.result.found
            if not self.as_json:
                click.echo(result_line(outcome))
            if not self.quiet:
                self._tell_notices(outcome.result.warnings, outcome.given.name)

    def _tell_notices(self, notices: Iterable[Notice], name: str) -> None:
        """Print the notices on a picture; what holds for a method is told once, of none."""
        own = [notice for notice in notices if notice.scope == "picture"]
        for notice in notices:
            if notice.scope == "method" and notice.code not in self.told:
                self.told.add(notice.code)
                print_message(notice.code, notice.text)
        print_notices(own, name)

    def _keep_tables(self) -> None:
        from unsplice.outcomes import write_errors, write_summary

        if self.tables is not None:
            write_errors(self.tables, self.errors, overwrite=self.overwrite)
            write_summary(self.tables, self.columns, self.rows, overwrite=self.overwrite)
