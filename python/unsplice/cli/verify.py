"""``unsplice verify``: whether records hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsplice.cli.codes import EXIT_FAILED, EXIT_USAGE
from unsplice.cli.options import (
    LOCAL_FILE,
    Session,
    config_option,
    debug_option,
    thread_count,
    usage_error,
)
from unsplice.console import Progress, print_error
from unsplice.errors import UsageError, printable
from unsplice.limits import DEFAULT_MAX_PIXELS, DEFAULT_TIMEOUT, LARGEST_MAX_PIXELS, MOST_JOBS

if TYPE_CHECKING:
    from unsplice.verification import Verification

__all__ = ["verify"]

ROLES = ("image", "mask", "authentic", "spliced")


@click.command(short_help="Check records: same inputs, same outputs, same result?")
@click.argument("records", nargs=-1, required=True, type=LOCAL_FILE, metavar="RECORD...")
@click.option("-r", "--recursive", is_flag=True, help="Take folders: every *.run.json below.")
@click.option("--hashes-only", is_flag=True, help="Check the files, and make nothing again.")
@click.option(
    "--input",
    "moved",
    multiple=True,
    type=LOCAL_FILE,
    metavar="[ROLE=]PATH",
    help="Of one record: where its input is now; ROLE (image, mask, authentic, spliced) if it has "
    "two.",
)
@click.option(
    "--root",
    type=LOCAL_FILE,
    metavar="FOLDER",
    help="What paths of inputs are relative to; default: the current folder, then the record's.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record on stdout.")
@click.option(
    "--jobs",
    type=click.IntRange(1, MOST_JOBS),
    metavar="N",
    help="Worker processes; default: one a core, for 8 records or more.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIMEOUT,
    show_default=True,
    metavar="S",
    help="Seconds a record may take in a worker.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Threads; default: UNSPLICE_NUM_THREADS, else all cores.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(1, LARGEST_MAX_PIXELS),
    metavar="N",
    default=DEFAULT_MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures, whatever the record says.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, and no summary at the end.")
@config_option
@debug_option
@click.pass_obj
def verify(
    session: Session, records: tuple[Path, ...], recursive: bool, hashes_only: bool,
    moved: tuple[Path, ...], root: Path | None, as_json: bool, jobs: int | None, timeout: float,
    threads: int | None, max_pixels: int, quiet: bool,
) -> int:  # fmt: skip
    """Check whether each RECORD (NAME.run.json) holds, and name what does not.

    The inputs must have the recorded bytes and pixels, the outputs the recorded bytes, and the
    result, made again with the recorded method and parameters, must be the same. Nothing is
    written. Exit codes: 0 all match, 1 some do not or could not be verified.
    """
    inputs = _moved_inputs(moved)
    if inputs and (len(records) > 1 or recursive):
        raise usage_error("--input is of one record; for several there is --root FOLDER")
    thread_count(threads)
    from unsplice import batch
    from unsplice.verification import Verification, VerifyRecords, records_of

    given = records_of(records, recursive=recursive)
    jobs = jobs or batch.suggested_jobs(len(given))
    work = VerifyRecords(
        hashes_only=hashes_only, root=root, inputs=inputs, max_pixels=max_pixels,
        num_threads=thread_count(threads, jobs),
    )  # fmt: skip
    with closing(
        batch.run(work, given, failed=Verification.failed, jobs=jobs, timeout=timeout)
    ) as verified:
        return _told(verified, len(given), as_json=as_json, quiet=quiet, debug=session.debug)


def _told(
    verified: Iterable[Verification], total: int, *, as_json: bool, quiet: bool, debug: bool
) -> int:
    """Tell each verdict as it comes, and the counts at the end; return the exit code."""
    from unsplice.output import json_line

    progress = Progress(total, unit="record", quiet=quiet)
    misused = False
    counts = {"match": 0, "mismatch": 0, "not-verified": 0}
    for one in progress.over(verified):
        line = one.to_dict()
        counts[line["verdict"]] += 1
        progress.failed += not one.matches
        click.echo(json_line(line) if as_json else _line(one))
        if one.error is not None:
            misused = misused or isinstance(one.error, UsageError)
            print_error(one.error, debug=debug)
    if total > 1 and not quiet:
        click.echo(
            f"{total:,} records: {counts['match']:,} match, {counts['mismatch']:,} do not, "
            f"{counts['not-verified']:,} could not be verified",
            err=True,
        )
    if misused:
        return EXIT_USAGE
    return 0 if counts["match"] == total else EXIT_FAILED


def _line(one: Verification) -> str:
    """Return the verdict on one record as a line for people."""
    name = printable(one.given.name)
    if one.error is not None:
        return f"NOT VERIFIED {name}: {one.error.code} {one.error.what}"
    if one.matches:
        return f"MATCH {name}"
    text = "; ".join(printable(difference) for difference in one.differences)
    if one.explanations:
        text += f" ({printable('; '.join(one.explanations))})"
    return f"MISMATCH {name}: {text}"


def _moved_inputs(moved: tuple[Path, ...]) -> dict[str, Path]:
    """Return where inputs are by role; the role "" stands for the only one."""
    inputs: dict[str, Path] = {}
    for given in moved:
        word = os.fspath(given)
        role, separator, path = word.partition("=")
        if not separator or role not in ROLES:
            role, path = "", word
        if not path:
            raise usage_error("--input: the path is empty")
        if role in inputs:
            raise usage_error(
                "--input: "
                + (
                    f"{role} is there twice"
                    if role
                    else "of two paths each needs its role, as in spliced=PATH"
                )
            )
        inputs[role] = Path(path)
    return inputs
