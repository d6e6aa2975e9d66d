"""``unsplice patches``: masks or pairs in, patches along the border of what was pasted out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.codes import EXIT_FAILED, exit_code_of
from unsplice.cli.on_cluster import cluster_options, refuse_cluster, run_on_cluster
from unsplice.cli.options import (
    FILE,
    PAIR_METHODS,
    Session,
    choose,
    common_options,
    json_option,
    keep_alone_in,
    method_parameters,
    pair_method_option,
    refuse_run_options,
    run_options,
    table_option,
    thread_count,
    usage_error,
)
from unsplice.cli.pair_inputs import given_inputs, is_single, pairs_from, print_unmatched
from unsplice.cli.parts import PartOfRun, refuse_shard, shard_option
from unsplice.cli.planned import print_plan
from unsplice.console import Progress, print_error, print_notices
from unsplice.errors import OutputError, printable
from unsplice.interruption import Terminated

if TYPE_CHECKING:
    from unsplice.pairs import MaskedImage, Pair, Unmatched
    from unsplice.patch_set import CutPatches, PatchOutcome
    from unsplice.shards import Shard, Table

__all__ = ["patches"]


@click.command(short_help="Cut patches along the border of spliced regions.")
@click.argument("first", required=False, type=FILE)
@click.argument("second", required=False, type=FILE)
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FOLDER",
    required=True,
    help="Where patches, their masks and index.csv go.",
)
@click.option(
    "--size",
    type=click.IntRange(8, 4096),
    default=128,
    show_default=True,
    metavar="N",
    help="Side of a patch in pixels.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N border patches a picture; default: all that fit.",
)
@click.option(
    "--negatives",
    default="equal",
    show_default=True,
    metavar="equal|none|N",
    help="Authentic patches a picture.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed gives the same patches.",
)
@table_option("image,mask or authentic,spliced")
@json_option("picture")
@pair_method_option
@run_options
@shard_option
@cluster_options
@common_options
@click.pass_obj
def patches(
    session: Session, first: Path | None, second: Path | None, output: Path, size: int,
    count: int | None, negatives: str, seed: int, table: Path | None, method: str,
    as_json: bool, jobs: int | None, timeout: float, resume: bool, dry_run: bool,
    shard: Shard | None, dask: str | None, unit: int, threads: int | None, max_pixels: int,
    overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Cut patches along the border of spliced regions, and as many authentic ones.

    FIRST and SECOND are a picture and its mask, or two folders, authentic and spliced, which are
    compared first. The table of --pairs has the columns image,mask, or authentic,spliced.
    """
    refuse_run_options(output, resume=resume, overwrite=overwrite, timeout=timeout)
    given = given_inputs(first, second, table)
    chosen = choose("method", method, PAIR_METHODS)
    wanted = _negatives(negatives)
    thread_count(threads)  # before anything is searched
    from unsplice import batch, outcomes, patch_set
    from unsplice.output import refuse_existing

    single = is_single(given)
    refuse_shard(shard, output, single=single)
    refuse_cluster(dask, output, shard=shard, jobs=jobs)
    if shard is not None and overwrite:  # it would remove what other parts have cut
        raise usage_error("--shard and --overwrite exclude each other; remove the folder")
    if shard is not None:  # what other parts have cut lies there
        refuse_existing([output / "index.csv"], overwrite=resume)
    elif not resume and dask is None:
        patch_set.refuse_patches(output, overwrite=overwrite)
    if not single:
        refuse_existing([output / "errors.csv"], overwrite=overwrite or resume)
    unmatched: list[Unmatched] = []
    images = _images_from(given)
    if images is not None:
        cut_from: Sequence[Pair | MaskedImage] = images
        patch_set.refuse_beside_masked(output, images)
    else:
        pairs, unmatched, trees = pairs_from(given)
        cut_from = pairs
        patch_set.refuse_beside_pairs(output, pairs, trees)
    print_unmatched(unmatched, len(cut_from), quiet)
    part = PartOfRun.of(shard, "patches", cut_from, output)
    tables = part.tables or output
    unmatched, cut_from = unmatched if part.first else [], part.given
    jobs = jobs or batch.suggested_jobs(len(cut_from))
    work = patch_set.CutPatches(
        output=output, size=size, count=count, negatives=wanted, seed=seed, overwrite=overwrite,
        resume=resume, method=chosen, max_pixels=max_pixels,
        num_threads=thread_count(threads, jobs), parameters=method_parameters(chosen),
    )  # fmt: skip
    if dask is not None:
        from unsplice.cluster.jobs import CutJob

        return run_on_cluster(
            CutJob.of(work), cut_from, output, address=dask, unit=unit, timeout=timeout,
            resume=resume, overwrite=overwrite, dry_run=dry_run, quiet=quiet,
            errors=outcomes.unmatched_rows(unmatched),
        )  # fmt: skip
    if dry_run:
        return print_plan(cut_from, work.earlier, as_json=as_json)
    keep_alone_in(tables)
    if overwrite:
        patch_set.remove_patches(output)
    refuse_existing([tables / "index.csv"], overwrite=overwrite or resume)
    part.begin(resume=resume)
    with closing(
        batch.run(work, cut_from, failed=patch_set.PatchOutcome.failed, jobs=jobs, timeout=timeout)
    ) as cut:
        done = _told(cut, len(cut_from), size, as_json=as_json, quiet=quiet, debug=session.debug)
    all_done = [done[one.name] for one in cut_from]
    failures = [(one.given, one.error) for one in all_done if one.error is not None]
    if single and failures:
        return exit_code_of(failures[0][1])
    if not single:
        errors = outcomes.unmatched_rows(unmatched)
        errors += [outcomes.error_row(one.name, one.analysed, error) for one, error in failures]
        outcomes.write_errors(tables, errors, overwrite=overwrite or resume)
    rows = [row for one in all_done for row in one.rows]
    if resume and shard is None:
        patch_set.remove_unlisted(output, rows)
    index = patch_set.write_index(tables, rows, overwrite=overwrite or resume)
    part.finish(_common_settings(work), _tables_in_parts(all_done, len(unmatched)))
    border = sum(row["label"] for row in rows)
    click.echo(
        f"{border:,} boundary and {len(rows) - border:,} authentic patches; "
        f"index {printable(index)}",
        err=as_json,
    )
    return EXIT_FAILED if failures else 0


def _told(
    cut: Iterable[PatchOutcome], total: int, size: int, *, as_json: bool, quiet: bool, debug: bool
) -> dict[str, PatchOutcome]:
    """Tell each outcome as it comes; return them by the names of what was cut."""
    from unsplice.output import json_line

    progress = Progress(total, unit="picture", quiet=quiet)
    done = {}
    try:
        for outcome in progress.over(cut):
            name = outcome.given.name
            done[name] = outcome
            progress.failed += outcome.error is not None
            if as_json:
                click.echo(json_line(outcome.to_dict()))
            elif outcome.error is None:
                border = outcome.boundary
                click.echo(
                    f"{printable(name)}  {border} boundary and {len(outcome.rows) - border} "
                    f"authentic patches of {size} x {size}"
                )
            if outcome.error is not None:
                print_error(outcome.error, debug=debug)
            elif not quiet:
                print_notices(outcome.warnings, name)
    except (KeyboardInterrupt, Terminated, OutputError):
        if total > 1:  # as other verbs do: of one picture there is nothing to go on with
            click.echo(
                f"{len(done):,} of {total:,} pictures are done; the same command with --resume "
                "goes on",
                err=True,
            )
        raise
    return done


def _common_settings(work: CutPatches) -> dict[str, Any]:
    """Return what has to be the same for every part of a run."""
    names = ("size", "count", "negatives", "seed", "method")
    return {name: getattr(work, name) for name in names}


def _tables_in_parts(done: Sequence[PatchOutcome], unmatched: int) -> dict[str, Table]:
    """Return how the lines of the tables belong to what was cut, for `unsplice merge`."""
    from unsplice.shards import Table

    return {
        "index.csv": Table([len(one.rows) for one in done]),
        "errors.csv": Table([int(one.error is not None) for one in done], first=unmatched),
    }


def _images_from(given: Path | tuple[Path, Path]) -> list[MaskedImage] | None:
    """Return the pictures with masks that are given, or None if pairs are."""
    from unsplice.pairs import has_masks, masked_of, single_masked

    if isinstance(given, Path):
        return masked_of(given) if has_masks(given) else None
    return [single_masked(*given)] if is_single(given) else None


def _negatives(text: str) -> Any:
    """Return the value of --negatives as `sample_patches` takes it."""
    if text in ("equal", "none"):
        return text
    if text.isdecimal() and text.isascii():
        return int(text)
    raise usage_error(f'--negatives must be "equal", "none" or a number, got "{printable(text)}"')
