"""``unsplice bench``: how fast the core is on this machine, beside the peers that are installed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from unsplice.cli.codes import EXIT_FAILED
from unsplice.cli.options import LOCAL_FILE, Session, choose, debug_option, thread_count
from unsplice.cli.words import Words
from unsplice.console import Progress, print_error
from unsplice.errors import UnspliceError

__all__ = ["bench"]

SIZES = ("384x256", "2MP", "12MP")
LONGEST = 200  # characters of what a library says


@click.command(short_help="Measure the core against its peers on this machine.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=Words(SIZES),
    default=SIZES,
    metavar="|".join(SIZES),
    help="Size of the pictures; may be repeated. Default: all.",
)
@click.option(
    "-o",
    "--output",
    type=LOCAL_FILE,
    metavar="FILE",
    help="Write the page in Markdown here, too.",
)
@click.option("--overwrite", is_flag=True, help="Replace the page of an earlier run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a contest on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@debug_option
@click.pass_obj
def bench(
    session: Session,
    names: tuple[str, ...],
    sizes: tuple[str, ...],
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Time kernels against other libraries and their definitions in pure Python.

    NAME is a kernel, such as median_filter, or pipelines; default: everything, which takes about
    ten minutes. Answers are compared before anything is timed; exit code 1 says that some differed.
    """
    from unsplice.bench import run
    from unsplice.output import refuse_existing, refuse_unwritable, write_file

    chosen = [choose("benchmark", name, run.NAMES) for name in names] or list(run.DEFAULT_NAMES)
    wanted = [choose("size", size, SIZES) for size in sizes]
    thread_count(None)  # a wrong environment is told before minutes have passed
    if output is not None:
        refuse_existing([output], overwrite=overwrite)
        refuse_unwritable(output)
    page = run.Page()
    tasks = [(name, size) for name in dict.fromkeys(chosen) for size in dict.fromkeys(wanted)]
    progress = Progress(len(tasks), unit="benchmark", quiet=quiet)
    try:
        for name, size in progress.over(tasks):
            try:
                for record in _records(name, size, page):
                    if as_json:
                        click.echo(json.dumps(record))
            except Exception as error:  # a library raises whatever it likes
                if isinstance(error, BrokenPipeError):
                    raise
                progress.failed += 1
                page.failed.append((name, size))
                print_error(_told(error, name, size), debug=session.debug)
    finally:  # what an interrupted run has measured is shown too
        if not as_json and page.tables():
            click.echo("\n\n".join(page.tables()))
    if output is not None:
        words = ["unsplice", "bench", *names]
        words += [word for size in sizes for word in ("--size", size)] if sizes != SIZES else []
        command = shlex.join([*words, "-o", output.name])
        write_file(output, page.markdown(command).encode(), overwrite=overwrite)
    return EXIT_FAILED if page.failed else 0


def _told(error: Exception, name: str, size: str) -> UnspliceError:
    """Return what went wrong in a line: NumPy shows arrays, on many."""
    text = " ".join(str(error).split())
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    if isinstance(error, AssertionError):
        told = UnspliceError("E196", name=name, size=size, difference=shown)
    else:
        told = UnspliceError(
            "E197", name=name, size=size, reason=f"{type(error).__name__}: {shown}"
        )
    told.__cause__ = error
    return told


def _records(name: str, size: str, page: Any) -> Iterator[dict[str, object]]:
    """Measure, keep what was found for the page, and yield it for a program."""
    from unsplice.bench import report, run

    if name == run.PIPELINES:
        for measured in run.measured_pipelines(size):
            page.pipelines.append((size, measured))
            yield report.pipeline_record(size, measured)
        return
    for outcome in run.held_contests(name, size):
        page.kernels.append((size, outcome))
        yield report.kernel_record(size, outcome)
