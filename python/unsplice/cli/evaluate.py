"""``unsplice evaluate``: data sets in, one table out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.codes import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_TERMINATED
from unsplice.cli.on_cluster import cluster_options, refuse_cluster, run_on_cluster
from unsplice.cli.options import FILE, Session, choose, config_option, debug_option, usage_error
from unsplice.cli.parts import refuse_shard, shard_option
from unsplice.cli.words import ATTACK_WORDS, BLIND_PRESETS, DATASET_WORDS, Words
from unsplice.console import Progress, print_error, print_notices
from unsplice.errors import OutputError, UsageError, printable
from unsplice.limits import DEFAULT_MAX_PIXELS, DEFAULT_TIMEOUT, LARGEST_MAX_PIXELS, MOST_JOBS

if TYPE_CHECKING:
    from unsplice.evaluation.datasets import Sample
    from unsplice.evaluation.run.evaluation import Evaluation
    from unsplice.evaluation.run.rows import ImageRow
    from unsplice.evaluation.run.task import Failure
    from unsplice.evaluation.tables.files import TableFormat
    from unsplice.evaluation.tables.summary import Results
    from unsplice.shards import Part, Shard

__all__ = ["evaluate", "merge_evaluation"]

FORMATS: tuple[TableFormat, ...] = ("csv", "parquet")


@click.command(short_help="Score methods on data sets, as they are and under attacks.")
@click.argument("data", nargs=-1, required=True, type=FILE, metavar="DATA...")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FOLDER",
    help="Where the tables go; it makes a run that can be resumed.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=Words(
        (*BLIND_PRESETS, *(f"{m}:{p}" for m, names in BLIND_PRESETS.items() for p in names)),
        closed=False,
    ),
    default=("fusion",),
    metavar="NAME",
    help="Method, or method:preset; may be repeated. Default: fusion, every preset.",
)
@click.option(
    "--attack",
    "attacks",
    multiple=True,
    type=Words(ATTACK_WORDS, closed=False),
    metavar="SPEC",
    help='Such as jpeg:70, gamma:1.5 or "gamma:1.3+jpeg:95"; may be repeated.',
)
@click.option(
    "--dataset",
    type=Words(DATASET_WORDS),
    metavar="NAME",
    help="Layout of the folders, if it is not recognised.",
)
@click.option(
    "--pictures",
    type=Words(("all", "tampered", "authentic")),
    default="all",
    show_default=True,
    metavar="all|tampered|authentic",
    help="Which pictures.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="The first N pictures of each set and kind only.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of everything random in the attacks.",
)
@click.option(
    "--format",
    "table_format",
    type=Words(FORMATS),
    default="csv",
    show_default=True,
    metavar="csv|parquet",
    help="Of the table of all pictures.",
)
@click.option("--plot", is_flag=True, help="With -o: draw F1 against the strength of the attacks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line of the tables.")
@click.option(
    "--jobs",
    type=click.IntRange(1, MOST_JOBS),
    metavar="N",
    help="Worker processes; default: one a core. 1 stays in this process.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIMEOUT,
    show_default=True,
    metavar="S",
    help="Seconds a picture may take in a worker.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(1, LARGEST_MAX_PIXELS),
    metavar="N",
    default=DEFAULT_MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures.",
)
@shard_option
@cluster_options
@click.option("--resume", is_flag=True, help="Go on with what an earlier run left in FOLDER.")
@click.option("--overwrite", is_flag=True, help="Remove what an earlier run left in FOLDER.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@config_option
@debug_option
@click.pass_obj
def evaluate(
    session: Session, data: tuple[Path, ...], output: Path | None, methods: tuple[str, ...],
    attacks: tuple[str, ...], dataset: str | None, pictures: str, limit: int | None, seed: int,
    table_format: str, plot: bool, as_json: bool, jobs: int | None, timeout: float,
    max_pixels: int, shard: Shard | None, dask: str | None, unit: int, resume: bool,
    overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Score methods on DATA: folders of public data sets, or tables of pictures and masks.

    Every method gets each picture as it is and under each attack. The baseline that flags every
    pixel always stands beside them.
    """
    chosen_format = choose("format", table_format, FORMATS)
    if output is None and (resume or overwrite or plot or table_format != "csv"):
        raise usage_error("--resume, --overwrite, --plot and --format need -o FOLDER")
    if not math.isfinite(timeout):  # not a number is in no range, and so passes for one
        raise usage_error(f"--timeout must be a number of seconds, got {timeout}")
    refuse_shard(shard, output)
    refuse_cluster(dask, output, shard=shard, jobs=jobs)
    if resume and overwrite:
        raise usage_error("--resume and --overwrite exclude each other")
    from unsplice.arguments import available_cores
    from unsplice.evaluation.run.evaluation import Evaluation
    from unsplice.evaluation.run.journal import RECORD, Journal, record_digest
    from unsplice.evaluation.run.plan import Plan
    from unsplice.evaluation.tables.files import RESULT_FILES, require_packages, write_results
    from unsplice.evaluation.tables.summary import Results
    from unsplice.interruption import Terminated
    from unsplice.output import refuse_beside_inputs, refuse_existing

    require_packages(chosen_format, plot=plot)
    if session.configuration is not None and session.configuration.parameters and not quiet:
        click.echo(
            "the tables [parameters.METHOD] of the configuration are not used: "
            "methods are scored with their presets", err=True,
        )  # fmt: skip
    samples, selection = _samples(data, dataset, pictures, limit, quiet)
    if plot and all(sample.authentic for sample in samples):
        raise usage_error("--plot draws F1, which needs spliced pictures, and there are none")
    plan = Plan.of(samples, methods=methods, attacks=attacks, seed=seed, max_pixels=max_pixels)
    if plot and plan.attacks == ("none",):
        raise usage_error("--plot draws F1 under attacks: give at least one --attack")
    for sample in () if quiet else plan.samples:
        print_notices(sample.warnings, sample.name)
    journal: Journal | nullcontext[None] = nullcontext()
    if output is not None:
        files = [path for sample in samples for path in (sample.image, sample.mask or Path())]
        files += [path for path in data if not path.is_dir()]
        refuse_beside_inputs([output], files=files, trees=[path for path in data if path.is_dir()])
        record = plan.record() | {"selection": selection}
        if dask is not None:
            from unsplice.cluster.jobs import ScoreJob

            code = run_on_cluster(
                ScoreJob.of(record), plan.tasks, output, address=dask, unit=unit, timeout=timeout,
                resume=resume, overwrite=overwrite, quiet=quiet, lines=False,
            )  # fmt: skip
            if code in (0, EXIT_FAILED):
                results = Results.of(_rows_in(output), notes=_notes(selection))
                write_results(output, results, table_format=chosen_format, plot=plot)
                _tell(results, selection, output, as_json=as_json, quiet=quiet)
            return code
        if shard is None:
            journal = Journal.open(
                output, record, results=RESULT_FILES, resume=resume, overwrite=overwrite
            )
        else:
            taken = [output / name for name in (RECORD, *RESULT_FILES)]
            refuse_existing(taken, overwrite=resume or overwrite)
            part = shard.begin(output)
            journal = Journal.open(part, record, resume=resume, overwrite=overwrite)
    evaluation: Evaluation | None = None
    try:
        with journal as kept:
            evaluation = Evaluation(plan, kept, shard=shard)
            _run(evaluation, jobs or available_cores(), timeout, quiet, session.debug)
            if output is not None and shard is not None:
                tables = {"format": chosen_format, "plot": plot}
                shard.finish(
                    output, {"verb": "evaluate", "run": record_digest(record), "as": tables}, {}
                )
                return _told_part(evaluation, shard)
            results = Results.of(evaluation.rows, notes=_notes(selection))
            if output is not None:
                write_results(output, results, table_format=chosen_format, plot=plot)
    except OutputError:
        if evaluation is not None:
            done, total = evaluation.done, len(evaluation.tasks)
            told = f"{done} of {total} tasks are done; the same command with --resume goes on"
            click.echo(told, err=True)
        raise
    except (KeyboardInterrupt, Terminated) as stop:
        done = evaluation.done if evaluation is not None else 0
        total = len((evaluation or plan).tasks)
        way = "the same command with --resume goes on" if output else "with -o it could go on"
        click.echo(f"interrupted: {done} of {total} tasks are done; {way}", err=True)
        return EXIT_TERMINATED if isinstance(stop, Terminated) else EXIT_INTERRUPTED
    _tell(results, selection, output, as_json=as_json, quiet=quiet)
    return EXIT_FAILED if any(row.error for row in results.rows) else 0


def _samples(
    data: Sequence[Path], layout: str | None, pictures: str, limit: int | None, quiet: bool
) -> tuple[list[Sample], dict[str, Any]]:
    """Return the pictures that are wanted, and how they were chosen; E182 if there are none.

    What is listed twice, and what is left out, is told on stderr as well.
    """
    from unsplice.evaluation.datasets import (
        PICTURES,
        left_out,
        merge_samples,
        read_dataset,
        select_samples,
    )

    chosen = choose("choice of pictures", pictures, PICTURES)
    sets = [(path, read_dataset(path, name=layout)) for path in data]
    listed = [sample for _, samples in sets for sample in samples]
    for path, samples in () if quiet else sets:
        if (notice := left_out(path, samples)) is not None:
            print_notices([notice], str(path))
    found = merge_samples(listed)
    wanted = select_samples(found, pictures=chosen, limit=limit)
    if not wanted:
        reason = f"of its {len(found)} pictures none is {pictures}" if found else "it lists none"
        raise UsageError("E182", path=", ".join(map(str, data)), reason=reason)
    selection = {
        "pictures": pictures, "limit": limit, "selected": len(wanted), "listed": len(found),
    }  # fmt: skip
    if not quiet:
        if len(found) < len(listed):
            again = len(listed) - len(found)
            click.echo(f"listed twice, and counted once: {again} of {len(listed)}", err=True)
        for note in _notes(selection):
            click.echo(note, err=True)
    return wanted, selection


def _notes(selection: Mapping[str, Any]) -> list[str]:
    """Return what to note where not all pictures were chosen."""
    pictures, limit = selection["pictures"], selection["limit"]
    if selection["selected"] == selection["listed"]:
        return []
    which = [f"{pictures} pictures only"] if pictures != "all" else []
    which += [f"the first {limit} of each set and kind only"] if limit else []
    return [f"{selection['selected']} of {selection['listed']} pictures: {', '.join(which)}."]


def _rows_in(output: Path) -> list[ImageRow]:
    """Return the rows that a cluster left."""
    from unsplice.cluster.parts import Layout
    from unsplice.evaluation.run.rows import ImageRow

    return [ImageRow(**row) for row in Layout(output).rows()]


def _told_part(evaluation: Evaluation, shard: Shard) -> int:
    """Tell what a part did, and return its exit code; its tables are those of the whole."""
    rows = evaluation.rows
    click.echo(f"part {shard.number} of {shard.count}: {evaluation.done:,} tasks are done")
    return EXIT_FAILED if any(row.error for row in rows) else 0


def merge_evaluation(folder: Path, parts: Sequence[Part], *, overwrite: bool) -> None:
    """Join the parts of an evaluation, and write its tables as one run over everything does.

    Raises what `unsplice.evaluation.run.journal.joined` and `write_results` raise.
    """
    from unsplice import shards
    from unsplice.evaluation.run.journal import FILES, RECORD, joined
    from unsplice.evaluation.tables.files import RESULT_FILES, require_packages, write_results
    from unsplice.evaluation.tables.summary import Results
    from unsplice.evaluation.tables.text import text_tables

    record = json.loads((parts[0].folder / RECORD).read_bytes())
    tables = parts[0].record["as"]
    require_packages(tables["format"], plot=tables["plot"])
    rows = joined(folder, record, parts, results=RESULT_FILES, overwrite=overwrite)
    results = Results.of(rows, notes=_notes(record["selection"]))
    write_results(folder, results, table_format=tables["format"], plot=tables["plot"])
    shards.remove_parts(folder, parts, FILES)
    click.echo(text_tables(results))
    click.echo(f"tables: {printable(folder)}", err=True)


def _run(evaluation: Evaluation, jobs: int, timeout: float, quiet: bool, debug: bool) -> None:
    """Do what is left, with a bar on a terminal; tell each failure of a picture once."""
    if evaluation.resumed and not quiet:
        total = len(evaluation.tasks)
        click.echo(f"resumed: {evaluation.resumed} of {total} tasks were done before", err=True)
    progress = Progress(len(evaluation.remaining), unit="task", quiet=quiet)
    told: set[str] = set()
    with closing(evaluation.run(jobs=jobs, timeout=timeout)) as results:
        for result in progress.over(results):
            progress.failed += bool(result.failures)
            for failure in result.failures:
                if str(failure.error) not in told:
                    told.add(str(failure.error))
                    _print_failure(failure, debug)


def _print_failure(failure: Failure, debug: bool) -> None:
    if debug and failure.trace:  # as text, for it may come from another process
        click.echo(failure.trace, err=True, nl=False)
    print_error(failure.error)


def _tell(
    results: Results, selection: Mapping[str, Any], output: Path | None, *, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Tell the tables on stdout, and on stderr where they are."""
    from unsplice.evaluation.tables.text import text_tables

    if as_json:
        _print_json(results, selection)
    else:
        click.echo(text_tables(results))
    if output is not None and not quiet:
        click.echo(f"tables: {printable(output)}", err=True)


def _print_json(results: Results, selection: Mapping[str, Any]) -> None:
    from unsplice.output import json_line

    for table, lines in (("spliced", results.spliced), ("authentic", results.authentic)):
        for line in lines:
            click.echo(json_line({"table": table, **asdict(line), "selection": selection}))
