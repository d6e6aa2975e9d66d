"""``--dask ADDRESS``: a run on a cluster, and what is told of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.codes import EXIT_FAILED, EXIT_FOUND, EXIT_INTERRUPTED, EXIT_TERMINATED
from unsplice.cli.options import Verb, usage_error
from unsplice.console import Progress, print_message
from unsplice.urls import Url

if TYPE_CHECKING:
    from unsplice.cluster.jobs import Job
    from unsplice.cluster.parts import Committed
    from unsplice.cluster.run import ClusterRun

__all__ = ["cluster_options", "refuse_cluster", "run_on_cluster"]


def cluster_options(verb: Verb) -> Verb:
    """Add ``--dask`` and ``--unit``."""
    options = (
        click.option(
            "--dask", metavar="ADDRESS",
            help="Do it on a Dask cluster (tcp://HOST:8786; local starts one here); FOLDER and the "
            "inputs may be URLs, such as s3://bucket/folder.",
        ),
        click.option(
            "--unit", type=click.IntRange(1, 1_000_000), default=64, show_default=True, metavar="N",
            help="With --dask: inputs that are done and committed together.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        verb = option(verb)
    return verb


def refuse_cluster(address: str | None, output: Path | None, **others: object) -> None:
    """Raise E184 if options make no sense together; `others` do not go with a cluster."""
    if address is None:
        if isinstance(output, Url):
            raise usage_error("results go to a URL with --dask only")
        return
    if output is None:
        raise usage_error("--dask needs -o FOLDER, or -o URL")
    for name, value in others.items():
        if value:
            raise usage_error(f"--dask and --{name.replace('_', '-')} exclude each other")


def run_on_cluster(
    job: Job[Any], items: Sequence[Any], output: Path, *, address: str, unit: int, timeout: float,
    resume: bool, overwrite: bool, quiet: bool, dry_run: bool = False, lines: bool = True,
    as_json: bool = False, tell_found: bool = False, errors: Sequence[dict[str, Any]] = (),
) -> int:  # fmt: skip
    """Do `items` on a cluster and return the exit code.

    `lines` says whether each unit is told on stdout; `errors` are those of inputs that were left
    out before.
    """
    from unsplice.cluster.run import ClusterRun, connected
    from unsplice.interruption import Terminated

    if dry_run:
        count = -(-len(items) // unit)
        click.echo(f"dry run: {len(items):,} inputs in {count:,} units of {unit:,}", err=True)
        return 0
    place = output if isinstance(output, Url) else output.absolute()
    client, end = connected(address)
    units: dict[int, Committed] = {}
    began = time.perf_counter()
    run: ClusterRun | None = None
    try:
        run = ClusterRun.begin(
            job, items, place, unit=unit, timeout=timeout, resume=resume, overwrite=overwrite
        )
        if run.earlier and not quiet:
            told = f"{len(run.earlier):,} of {run.plan.units:,} units"
            click.echo(f"resumed: {told} were committed before", err=True)
        _tell_units(run, client, units, quiet=quiet, lines=lines, as_json=as_json)
        record = run.finish(units)
    except (KeyboardInterrupt, Terminated) as stop:
        done = len(units) + (len(run.earlier) if run else 0)
        total = run.plan.units if run else 0
        way = "the same command with --resume goes on"
        click.echo(f"interrupted: {done} of {total} units are committed; {way}", err=True)
        return EXIT_TERMINATED if isinstance(stop, Terminated) else EXIT_INTERRUPTED
    finally:
        end()
    if not quiet:
        fresh = sum(one.inputs for one in units.values())
        seconds = time.perf_counter() - began
        click.echo(_summary(record, job.noun, fresh, seconds), err=True)
    if record["failed"] or errors:
        return EXIT_FAILED
    from unsplice.result import FOUND

    return EXIT_FOUND if tell_found and FOUND & record["findings"].keys() else 0


def _tell_units(
    run: ClusterRun, client: Any, units: dict[int, Committed], *, quiet: bool, lines: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Tell each unit as it is committed, and keep what is told."""
    from unsplice.output import json_line

    left = sum(len(run.items[n * run.unit : (n + 1) * run.unit]) for n in run.remaining)
    progress = Progress(left, unit=run.job.noun, quiet=quiet)
    with closing(run.over(client)) as committed:
        for one in progress.over(committed, steps=lambda one: one.inputs):
            units[one.number] = one
            progress.failed += one.failed
            for error in one.errors:
                rest = (("cause", error["cause"]), ("help", error["help"]))
                print_message(error["code"], error["what"], rest)
            name = run.layout.name(one.number)
            if not lines:
                continue
            if as_json:
                line = {
                    "unit": name, "inputs": one.inputs, "rows": one.rows, "bytes": one.bytes,
                    "findings": one.findings, "failed": one.failed,
                }  # fmt: skip
                click.echo(json_line(line))
            else:
                counts = _counts(one.findings, one.failed) or f"{one.rows:,} rows"
                click.echo(f"{name}  {_number(one.inputs, run.job.noun)}: {counts}")


def _counts(findings: Any, failed: int) -> str:
    parts = [
        f"{count:,} {word.replace('-', ' ')}" for word, count in Counter(findings).most_common()
    ]
    return ", ".join(parts + ([f"{failed:,} failed"] if failed else []))


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _summary(record: dict[str, Any], noun: str, fresh: int, seconds: float) -> str:
    """Return the last line: how many, what was found, what failed, how fast."""
    inputs, units = _number(record["inputs"], noun), _number(record["units"], "unit")
    counts = _counts(record["findings"], record["failed"]) or f"{record['rows']:,} rows"
    rate = fresh / max(seconds, 1e-3)
    return (
        f"{inputs} in {units}: {counts}; {record['bytes'] / 1e6:,.1f} MB; "
        f"{seconds:,.1f} s, {rate:,.3g} a second"
    )
