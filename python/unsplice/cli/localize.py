"""``unsplice localize``: single pictures in, masks of what does not fit out."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsplice.cli.on_cluster import cluster_options, refuse_cluster, run_on_cluster
from unsplice.cli.options import (
    FILE,
    Session,
    choose,
    common_options,
    keep_alone_in,
    method_parameters,
    refuse_run_options,
    result_options,
    run_options,
    thread_count,
    usage_error,
)
from unsplice.cli.parts import PartOfRun, refuse_shard, shard_option
from unsplice.cli.planned import print_plan
from unsplice.cli.telling import Teller
from unsplice.cli.words import BLIND_PRESETS, PRESET, Words

if TYPE_CHECKING:
    from unsplice.shards import Shard

__all__ = ["localize"]


@click.command(short_help="Mark what may be pasted, without the authentic picture.")
@click.argument("images", nargs=-1, type=FILE, metavar="IMAGE...")
@click.option("-r", "--recursive", is_flag=True, help="Take folders, with all that is below them.")
@click.option(
    "--list",
    "table",
    type=FILE,
    metavar="FILE",
    help="Instead of IMAGE: a file with a path a line, or a table with the column image; "
    "paths relative to it. - reads standard input.",
)
@result_options("picture")
@click.option(
    "--method",
    type=Words(tuple(BLIND_PRESETS)),
    default="fusion",
    show_default=True,
    metavar="NAME",
    help="fusion: maps of evidence, weighed by a small trained network. jpeg-history: what lacks "
    "the earlier JPEG compression of the rest. paper: noise artifacts and error levels, fused and "
    "thresholded.",
)
@click.option(
    "--preset",
    type=PRESET,
    metavar="NAME",
    help="Of fusion and jpeg-history: gated (default), or ungated, which marks without evidence, "
    "too; of fusion also without-ghosts and the like, which leave a family of maps out. Of paper, "
    "how it is read where it leaves a choice: best-measured (default) or closest-to-text.",
)
@run_options
@shard_option
@cluster_options
@common_options
@click.pass_obj
def localize(
    session: Session, images: tuple[Path, ...], recursive: bool, table: Path | None,
    output: Path | None, steps: bool, report: bool, as_json: bool, exit_code: bool, method: str,
    preset: str | None, jobs: int | None, timeout: float, resume: bool, dry_run: bool,
    shard: Shard | None, dask: str | None, unit: int, threads: int | None, max_pixels: int,
    overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Mark what may be pasted into each IMAGE, from the picture alone.

    IMAGE is a file, or a folder with -r. The mask is empty where there is no evidence; only the
    paper's method says where, not whether, and marks something in nearly every picture. With the
    authentic picture at hand, use compare.
    """
    refuse_run_options(
        output, resume=resume, overwrite=overwrite, timeout=timeout, steps=steps, report=report
    )
    if bool(images) == (table is not None):
        raise usage_error("either IMAGE... or --list FILE is needed, and not both")
    from unsplice import batch, outcomes
    from unsplice.blind.localize import METHODS, PARAMETERS
    from unsplice.inputs import is_folder, listed_pictures, pictures_of
    from unsplice.report.index import refuse_index

    chosen = choose("method", method, METHODS)
    parameters = method_parameters(chosen, PARAMETERS[chosen], preset)
    thread_count(threads)  # before anything is searched
    trees = [path for path in images if is_folder(path)] if recursive else []
    pictures = listed_pictures(table) if table else pictures_of(images, recursive=recursive)
    single = len(images) == 1 and not trees
    refuse_shard(shard, output, single=single, report=report)
    refuse_cluster(dask, output, shard=shard, jobs=jobs, steps=steps, report=report)
    batch.refuse_beside(pictures, output, trees)
    part = PartOfRun.of(shard, "localize", pictures, output)
    jobs = jobs or batch.suggested_jobs(len(part.given))
    work = batch.LocalizeImages(
        output=output, overwrite=overwrite, resume=resume, max_pixels=max_pixels,
        num_threads=thread_count(threads, jobs), method=chosen, parameters=parameters,
        steps=steps, report=report, thumbnails=report and not single,
    )  # fmt: skip
    if dask is not None and output is not None:
        from unsplice.cluster.jobs import FindJob

        return run_on_cluster(
            FindJob.of(work), pictures, output, address=dask, unit=unit, timeout=timeout,
            resume=resume, overwrite=overwrite, dry_run=dry_run, quiet=quiet,
            as_json=as_json, tell_found=exit_code,
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
        part.given, "image", output, tables, outcomes.IMAGE_COLUMNS, as_json=as_json,
        overwrite=overwrite, resume=resume, quiet=quiet, debug=session.debug, report=report,
    )  # fmt: skip
    with closing(
        batch.run(work, part.given, failed=outcomes.Outcome.failed, jobs=jobs, timeout=timeout)
    ) as localized:
        teller.tell(localized)
    part.finish(work.settings(), teller.tables_in_parts())
    return teller.exit_code(single=single, tell_found=exit_code)
