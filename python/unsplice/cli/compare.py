"""``unsplice compare``: pairs in, masks out."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsplice.cli.on_cluster import cluster_options, refuse_cluster, run_on_cluster
from unsplice.cli.options import (
    FILE,
    PAIR_METHODS,
    Session,
    choose,
    common_options,
    keep_alone_in,
    method_parameters,
    pair_method_option,
    refuse_run_options,
    result_options,
    run_options,
    table_option,
    thread_count,
)
from unsplice.cli.pair_inputs import given_inputs, is_single, pairs_from, print_unmatched
from unsplice.cli.parts import PartOfRun, refuse_shard, shard_option
from unsplice.cli.planned import print_plan
from unsplice.cli.telling import Teller

if TYPE_CHECKING:
    from unsplice.shards import Shard

__all__ = ["compare"]


@click.command(short_help="Find what was pasted, given the authentic picture.")
@click.argument("authentic", required=False, type=FILE)
@click.argument("spliced", required=False, type=FILE)
@result_options("pair")
@table_option("authentic,spliced")
@pair_method_option
@run_options
@shard_option
@cluster_options
@common_options
@click.pass_obj
def compare(
    session: Session, authentic: Path | None, spliced: Path | None, output: Path | None,
    steps: bool, report: bool, as_json: bool, exit_code: bool, table: Path | None, method: str,
    jobs: int | None, timeout: float, resume: bool, dry_run: bool, shard: Shard | None,
    dask: str | None, unit: int, threads: int | None, max_pixels: int, overwrite: bool,
    quiet: bool,
) -> int:  # fmt: skip
    """Find what was pasted into SPLICED, given the AUTHENTIC picture.

    Both may be folders: their pictures are matched by path, then by path without extension.
    """
    refuse_run_options(
        output, resume=resume, overwrite=overwrite, timeout=timeout, steps=steps, report=report
    )
    given = given_inputs(authentic, spliced, table)
    chosen = choose("method", method, PAIR_METHODS)
    thread_count(threads)  # before anything is searched
    from unsplice import batch, outcomes
    from unsplice.report.index import refuse_index

    single = is_single(given)
    pairs, unmatched, trees = pairs_from(given)
    refuse_shard(shard, output, single=single, report=report)
    refuse_cluster(dask, output, shard=shard, jobs=jobs, steps=steps, report=report)
    batch.refuse_beside(pairs, output, trees)
    part = PartOfRun.of(shard, "compare", pairs, output)
    jobs = jobs or batch.suggested_jobs(len(part.given))
    work = batch.ComparePairs(
        output=output, overwrite=overwrite, resume=resume, max_pixels=max_pixels,
        num_threads=thread_count(threads, jobs), method=chosen,
        parameters=method_parameters(chosen), steps=steps, report=report,
        thumbnails=report and not single,
    )  # fmt: skip
    print_unmatched(unmatched, len(pairs), quiet)
    if dask is not None and output is not None:
        from unsplice.cluster.jobs import FindJob

        return run_on_cluster(
            FindJob.of(work), pairs, output, address=dask, unit=unit, timeout=timeout,
            resume=resume, overwrite=overwrite, dry_run=dry_run, quiet=quiet,
            as_json=as_json, tell_found=exit_code,
            errors=outcomes.unmatched_rows(unmatched),
        )  # fmt: skip
    if dry_run:
        return print_plan(part.given, work.earlier, as_json=as_json)
    tables = part.tables if not single else None
    if output is not None and tables is not None:
        keep_alone_in(tables)
        for folder in (output, tables):
            outcomes.refuse_tables(folder, overwrite=overwrite or resume)
            refuse_index(folder, overwrite=overwrite or resume)
    part.begin(resume=resume)
    teller = Teller(
        part.given, "pair", output, tables, outcomes.PAIR_COLUMNS, as_json=as_json,
        overwrite=overwrite, resume=resume, quiet=quiet, debug=session.debug, report=report,
        errors=outcomes.unmatched_rows(unmatched if part.first else []),
    )  # fmt: skip
    with closing(
        batch.run(work, part.given, failed=outcomes.Outcome.failed, jobs=jobs, timeout=timeout)
    ) as compared:
        teller.tell(compared)
    part.finish(work.settings(), teller.tables_in_parts())
    return teller.exit_code(single=single, tell_found=exit_code)
