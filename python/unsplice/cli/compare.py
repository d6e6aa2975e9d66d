"""``unsplice compare``: pairs in, masks out."""

from __future__ import annotations

from pathlib import Path

import click

from unsplice.cli.options import (
    FILE,
    PAIR_METHODS,
    Session,
    choose,
    common_options,
    pair_method_option,
    result_options,
    table_option,
    thread_count,
)
from unsplice.cli.pair_inputs import given_inputs, is_single, pairs_from, print_unmatched
from unsplice.cli.report import Report

__all__ = ["compare"]


@click.command(short_help="Find what was pasted, given the authentic picture.")
@click.argument("authentic", required=False, type=FILE)
@click.argument("spliced", required=False, type=FILE)
@result_options("pair")
@table_option("authentic,spliced")
@pair_method_option
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
    from unsplice import batch, outcomes

    single = is_single(given)
    pairs, unmatched, trees = pairs_from(given)
    tables = output if not single else None
    if tables is not None:
        outcomes.refuse_tables(tables, overwrite=overwrite)
    compared = batch.compare_pairs(
        pairs, output=output, overwrite=overwrite, trees=trees, method=chosen,
        max_pixels=max_pixels, num_threads=threads,
    )  # fmt: skip
    print_unmatched(unmatched, len(pairs), quiet)
    report = Report(
        output, tables, outcomes.PAIR_COLUMNS, as_json=as_json, overwrite=overwrite, quiet=quiet,
        debug=session.debug, errors=outcomes.unmatched_rows(unmatched),
    )  # fmt: skip
    report.tell(compared, len(pairs), unit="pair")
    return report.exit_code(single=single, tell_found=exit_code)
