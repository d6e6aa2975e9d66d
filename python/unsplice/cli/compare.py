"""``unsplice compare``: pairs in, masks out."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from unsplice.cli.codes import EXIT_FAILED, EXIT_FOUND, exit_code_of
from unsplice.cli.options import (
    FILE,
    PAIR_METHODS,
    Session,
    choose,
    common_options,
    table_option,
    thread_count,
)
from unsplice.cli.pair_inputs import given_inputs, is_single, pairs_from, print_unmatched
from unsplice.console import Progress, print_error, print_notices, result_line
from unsplice.errors import OutputError

__all__ = ["compare"]


@click.command(short_help="Find what was pasted, given the authentic picture.")
@click.argument("authentic", required=False, type=FILE)
@click.argument("spliced", required=False, type=FILE)
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FOLDER",
    help="Where mask, overlay, heat map and record go; without it nothing is written.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a pair on stdout.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if something was found.")
@table_option("authentic,spliced")
@common_options
@click.pass_obj
def compare(
    session: Session, authentic: Path | None, spliced: Path | None, output: Path | None,
    as_json: bool, exit_code: bool, table: Path | None, method: str, threads: int | None,
    max_pixels: int, overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Find what was pasted into SPLICED, given the AUTHENTIC picture.

    Both may be folders: their pictures are matched by path, then by path without extension.
    """
    given = given_inputs(authentic, spliced, table)
    chosen = choose("method", method, PAIR_METHODS)
    threads = thread_count(threads)
    from unsplice import batch
    from unsplice.output import json_ready, refuse_existing

    single = is_single(given)
    pairs, unmatched, trees = pairs_from(given)
    keeps = output if not single else None  # a folder for the tables of the run
    if keeps is not None:
        refuse_existing([keeps / "summary.csv", keeps / "errors.csv"], overwrite=overwrite)
    outcomes = batch.compare_pairs(
        pairs, output=output, overwrite=overwrite, trees=trees, method=chosen,
        max_pixels=max_pixels, num_threads=threads,
    )  # fmt: skip
    print_unmatched(unmatched, len(pairs), quiet)
    rows: list[dict[str, Any]] = []
    errors = batch.unmatched_rows(unmatched)

    def keep_tables() -> None:
        if keeps is not None:
            batch.write_errors(keeps, errors, overwrite=overwrite)
            batch.write_summary(keeps, rows, overwrite=overwrite)

    progress = Progress(len(pairs), quiet=quiet)
    found = False
    error = None
    try:
        for outcome in progress.over(outcomes):
            rows.append(batch.summary_row(outcome, output))
            if as_json:
                click.echo(json.dumps(json_ready(outcome.to_dict()), ensure_ascii=False))
            if outcome.error is not None:
                progress.failed += 1
                error = outcome.error
                errors.append(batch.error_row(outcome.pair.name, outcome.pair.spliced, error))
                print_error(error, debug=session.debug)
            elif outcome.result is not None:
                found = found or outcome.result.finding in ("spliced", "mostly-replaced")
                if not as_json:
                    click.echo(result_line(outcome))
                if not quiet:
                    print_notices(outcome.result.warnings, outcome.pair.name)
    except BaseException:  # whatever ends the run, what is done stays on record
        with suppress(OutputError):
            keep_tables()
        raise
    keep_tables()
    if error is not None:
        return exit_code_of(error) if single else EXIT_FAILED
    return EXIT_FOUND if exit_code and found else 0
