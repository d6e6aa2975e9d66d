"""The command line: words to calls, nothing else; results on stdout, the rest on stderr.

Nothing heavy is imported before a verb needs it, so that ``unsplice --help`` answers at once.
"""

from __future__ import annotations

import difflib
import json
import os
import string
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unsplice._version import __version__
from unsplice.console import Progress, print_error, print_message, print_notices, result_line
from unsplice.errors import (
    MESSAGES,
    Notice,
    OutputError,
    UnspliceError,
    UsageError,
    coded,
    printable,
)
from unsplice.limits import DEFAULT_MAX_PIXELS, LARGEST_MAX_PIXELS

if TYPE_CHECKING:
    from unsplice.batch import Method
    from unsplice.pairs import MaskedImage, Pair, Unmatched

__all__ = ["cli", "main"]

EXIT_FAILED, EXIT_USAGE, EXIT_FOUND, EXIT_OUTPUT, EXIT_BUG, EXIT_INTERRUPTED = 1, 2, 3, 4, 70, 130
EXIT_PIPE = 141  # as a shell reports a process that a closed pipe ended
METHODS: tuple[Method, ...] = ("evidence", "neighborhood-threshold")

Known = TypeVar("Known", bound=str)
Verb = TypeVar("Verb", bound=Callable[..., Any])


@dataclass
class Session:
    """What holds for a whole run: whether tracebacks are wanted."""

    debug: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; every error is told in coded words."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # no name may fail for the encoding of the terminal
            stream.reconfigure(errors="backslashreplace")
    session = Session(os.environ.get("UNSPLICE_DEBUG", "") not in ("", "0"))
    try:
        code = cli.main(
            None if arguments is None else list(arguments),
            prog_name="unsplice", standalone_mode=False, obj=session,
        )  # fmt: skip
    except click.UsageError as error:
        problem = error.format_message().rstrip(".")
        command = error.ctx.command_path if error.ctx else "unsplice"
        print_error(_usage_error(problem[:1].lower() + problem[1:], command))
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was written before is whole", err=True)
        return EXIT_INTERRUPTED
    except SystemExit:  # click's word for a reader of stdout that went away
        return EXIT_PIPE
    except Exception as raised:
        told = _stdout_error(raised) or coded(raised, "the input")
        print_error(told, debug=session.debug)
        return _exit_code(told)
    return code if isinstance(code, int) else 0


def _stdout_error(raised: Exception) -> OutputError | None:
    """Return E164 if standard output takes no more; what waits for it is then thrown away."""
    if isinstance(raised, UnspliceError) or not isinstance(raised, OSError):
        return None
    step = raised.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None or step.tb_frame.f_globals.get("__name__") != click.echo.__module__:
        return None  # all that goes to stdout goes there by click.echo
    told = OutputError("E164", reason=(raised.strerror or type(raised).__name__).lower())
    told.__cause__ = raised
    with suppress(OSError, ValueError):  # else Python fails once more on its way out
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    return told


def _exit_code(error: UnspliceError) -> int:
    if error.code == "E199":
        return EXIT_BUG
    if isinstance(error, UsageError):
        return EXIT_USAGE
    return EXIT_OUTPUT if isinstance(error, OutputError) else EXIT_FAILED


def _usage_error(problem: str, command: str | None = None) -> UsageError:
    where = command or click.get_current_context().command_path
    return UsageError("E184", problem=problem, command=where)


def _choose(kind: str, name: str, known: Sequence[Known]) -> Known:
    """Return `name` if it is known; else raise E180 with the nearest that is."""
    for one in known:
        if one == name:
            return one
    near: list[str] = [other for other in known if name and other.startswith(name)]
    near = near or difflib.get_close_matches(name, known, 1, cutoff=0.5)
    suggestion = f'did you mean "{near[0]}"?' if near else "choose one of these"
    raise UsageError("E180", kind=kind, name=name, known=", ".join(known), suggestion=suggestion)


def _threads(threads: int | None) -> int:
    """Return the number of threads, from the option or the environment."""
    from unsplice.arguments import thread_count

    try:
        return thread_count(threads)
    except ValueError:  # the option is checked already, so it is the environment
        name = "UNSPLICE_NUM_THREADS"
        raise UsageError("E185", name=name, value=repr(os.environ[name])) from None


# -------------------------------------------------------------------------------- options


def _debug_option(verb: Verb) -> Verb:
    def switch_on(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Session).debug = True

    return click.option(
        "--debug", is_flag=True, expose_value=False, callback=switch_on,
        help="Show the traceback of an error.",
    )(verb)  # fmt: skip


_FILE = click.Path(path_type=Path)
_COMMON = (
    click.option("--method", default="evidence", show_default=True, metavar="NAME",
                 help="evidence, or neighborhood-threshold to compare with."),
    click.option("--threads", type=click.IntRange(min=1), metavar="N",
                 help="Threads; default: UNSPLICE_NUM_THREADS, else all cores."),
    click.option("--max-pixels", type=click.IntRange(1, LARGEST_MAX_PIXELS), metavar="N",
                 default=DEFAULT_MAX_PIXELS, show_default=True, help="Refuse larger pictures."),
    click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run."),
    click.option("-q", "--quiet", is_flag=True, help="No progress, warnings or notes."),
    _debug_option,
)  # fmt: skip


def _table_option(columns: str) -> Callable[[Verb], Verb]:
    return click.option(
        "--pairs", "table", type=_FILE, metavar="CSV",
        help=f"Table with the columns {columns}; paths relative to the table.",
    )  # fmt: skip


def _common_options(verb: Verb) -> Verb:
    for option in reversed(_COMMON):
        verb = option(verb)
    return verb


def _given(first: Path | None, second: Path | None, table: Path | None) -> Path | tuple[Path, Path]:
    """Return the table, or the two paths that stand for files or for folders."""
    if table is not None:
        if first is not None:
            raise _usage_error("--pairs and paths exclude each other")
        return table
    if first is None or second is None:
        raise _usage_error("two pictures, two folders, or --pairs CSV are needed")
    if (
        os.path.lexists(first)
        and os.path.lexists(second)
        and _is_folder(first) != _is_folder(second)
    ):
        folder, file = (first, second) if _is_folder(first) else (second, first)
        raise _usage_error(f"{printable(folder)} is a folder, {printable(file)} is not")
    return first, second


def _is_folder(path: Path) -> bool:
    """Return whether `path` is a folder; False where the system would not even say."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises on names that are too long


def _is_single(given: Path | tuple[Path, Path]) -> bool:
    """Return whether two files are given, not a table or folders."""
    return isinstance(given, tuple) and not (_is_folder(given[0]) and _is_folder(given[1]))


def _pairs_from(
    given: Path | tuple[Path, Path],
) -> tuple[list[Pair], list[Unmatched], Sequence[Path]]:
    """Return the pairs, the pictures without a partner, and the folders that were searched."""
    from unsplice.pairs import match_folders, pairs_of, single_pair

    if isinstance(given, Path):
        return pairs_of(given), [], []
    if _is_single(given):
        return [single_pair(*given)], [], []
    pairs, unmatched = match_folders(*given)
    return pairs, unmatched, given


def _print_unmatched(unmatched: Sequence[Unmatched], matched: int, quiet: bool) -> None:
    if unmatched and not quiet:
        total = 2 * matched + len(unmatched)
        notice = Notice.of("W211", unmatched=len(unmatched), total=total)
        print_message(notice.code, notice.text)


# ---------------------------------------------------------------------------------- verbs


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="unsplice", message="%(prog)s %(version)s")
@_debug_option
@click.pass_context
def cli(context: click.Context) -> int:
    """Separate the spliced part of a picture from the rest.

    Results go to stdout, messages to stderr. Exit codes: 0 done, 1 some inputs failed, 2 usage,
    3 something was found (only with --exit-code), 4 output cannot be written, 130 interrupted.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return EXIT_USAGE
    return 0


@cli.command(short_help="Find what was pasted, given the authentic picture.")
@click.argument("authentic", required=False, type=_FILE)
@click.argument("spliced", required=False, type=_FILE)
@click.option(
    "-o",
    "--output",
    type=_FILE,
    metavar="FOLDER",
    help="Where mask, overlay, heat map and record go; without it nothing is written.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a pair on stdout.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if something was found.")
@_table_option("authentic,spliced")
@_common_options
@click.pass_obj
def compare(
    session: Session, authentic: Path | None, spliced: Path | None, output: Path | None,
    as_json: bool, exit_code: bool, table: Path | None, method: str, threads: int | None,
    max_pixels: int, overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Find what was pasted into SPLICED, given the AUTHENTIC picture.

    Both may be folders: their pictures are matched by path, then by path without extension.
    """
    given = _given(authentic, spliced, table)
    chosen = _choose("method", method, METHODS)
    threads = _threads(threads)
    from unsplice import batch
    from unsplice.output import json_ready, refuse_existing

    single = _is_single(given)
    pairs, unmatched, trees = _pairs_from(given)
    keeps = output if not single else None  # a folder for the tables of the run
    if keeps is not None:
        refuse_existing([keeps / "summary.csv", keeps / "errors.csv"], overwrite=overwrite)
    outcomes = batch.compare_pairs(
        pairs, output=output, overwrite=overwrite, trees=trees, method=chosen,
        max_pixels=max_pixels, num_threads=threads,
    )  # fmt: skip
    _print_unmatched(unmatched, len(pairs), quiet)
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
        return _exit_code(error) if single else EXIT_FAILED
    return EXIT_FOUND if exit_code and found else 0


@cli.command(short_help="Cut patches along the border of spliced regions.")
@click.argument("first", required=False, type=_FILE)
@click.argument("second", required=False, type=_FILE)
@click.option(
    "-o",
    "--output",
    type=_FILE,
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
@_table_option("image,mask or authentic,spliced")
@_common_options
@click.pass_obj
def patches(
    session: Session, first: Path | None, second: Path | None, output: Path, size: int,
    count: int | None, negatives: str, seed: int, table: Path | None, method: str,
    threads: int | None, max_pixels: int, overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Cut patches along the border of spliced regions, and as many authentic ones.

    FIRST and SECOND are a picture and its mask, or two folders, authentic and spliced, which are
    compared first. The table of --pairs has the columns image,mask, or authentic,spliced.
    """
    given = _given(first, second, table)
    chosen = _choose("method", method, METHODS)
    wanted = _negatives(negatives)
    threads = _threads(threads)
    from unsplice import batch, patch_set
    from unsplice.output import refuse_existing

    patch_set.refuse_patches(output, overwrite=overwrite)
    single = _is_single(given)
    if not single:
        refuse_existing([output / "errors.csv"], overwrite=overwrite)
    unmatched: list[Unmatched] = []
    images = _images_from(given)
    if images is not None:
        total = len(images)
        patch_set.refuse_beside_masked(output, images)
        found = patch_set.found_in_masks(images, max_pixels=max_pixels)
    else:
        pairs, unmatched, trees = _pairs_from(given)
        total = len(pairs)
        patch_set.refuse_beside_pairs(output, pairs, trees)
        outcomes = batch.compare_pairs(
            pairs, method=chosen, max_pixels=max_pixels, num_threads=threads
        )
        found = patch_set.found_by_comparing(outcomes)
    _print_unmatched(unmatched, total, quiet)
    if overwrite:
        patch_set.remove_patches(output)
    progress = Progress(total, quiet=quiet)
    rows: list[dict[str, Any]] = []
    errors = batch.unmatched_rows(unmatched)
    written = patch_set.write_patches(
        found, output, size=size, count=count, negatives=wanted, seed=seed, overwrite=overwrite
    )
    error = None
    for outcome in progress.over(written):
        rows.extend(outcome.rows)
        if outcome.error is not None:
            progress.failed += 1
            error = outcome.error
            errors.append(batch.error_row(outcome.name, outcome.path, error))
            print_error(error, debug=session.debug)
            continue
        border = outcome.boundary
        click.echo(
            f"{printable(outcome.name)}  {border} boundary and {len(outcome.rows) - border} "
            f"authentic patches of {size} x {size}"
        )
        if not quiet:
            print_notices(outcome.warnings, outcome.name)
    if single and error is not None:
        return _exit_code(error)
    if not single:
        batch.write_errors(output, errors, overwrite=overwrite)
    index = patch_set.write_index(output, rows, overwrite=overwrite)
    border = sum(row["label"] for row in rows)
    click.echo(
        f"{border:,} boundary and {len(rows) - border:,} authentic patches; "
        f"index {printable(index)}"
    )
    return EXIT_FAILED if error is not None else 0


def _images_from(given: Path | tuple[Path, Path]) -> list[MaskedImage] | None:
    """Return the pictures with masks that are given, or None if pairs are."""
    from unsplice.pairs import has_masks, masked_of, single_masked

    if isinstance(given, Path):
        return masked_of(given) if has_masks(given) else None
    return [single_masked(*given)] if _is_single(given) else None


def _negatives(text: str) -> Any:
    """Return the value of --negatives as `sample_patches` takes it."""
    if text in ("equal", "none"):
        return text
    if text.isdecimal() and text.isascii():
        return int(text)
    raise _usage_error(f'--negatives must be "equal", "none" or a number, got "{printable(text)}"')


@cli.command()
@click.option(
    "-o",
    "--output",
    type=_FILE,
    default=Path("demo"),
    show_default=True,
    metavar="FOLDER",
    help="Where everything goes.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Which splice is made.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier demonstration.")
@_debug_option
def demo(output: Path, seed: int, overwrite: bool) -> None:
    """Make a splice, find it again, and show how well that went. Needs no network."""
    from unsplice.demo import run_demo

    shown = run_demo(output, seed=seed, overwrite=overwrite)
    for line in shown.lines():
        click.echo(line)
    print_notices(shown.result.warnings, "spliced.jpg")


@cli.command(short_help="Explain an error, warning or note.")
@click.argument("code", required=False)
@_debug_option
def explain(code: str | None) -> None:
    """Explain an error, warning or note by its CODE; without one, list them all."""
    if code is None:
        for known, message in MESSAGES.items():
            click.echo(f"{known}  {_with_names(message.what)}")
        return
    known = _choose("code", code.strip().upper(), list(MESSAGES))
    message = MESSAGES[known]
    click.echo(
        f"{known}: {_with_names(message.what)}\n"
        f"  cause: {_with_names(message.cause)}\n  help: {_with_names(message.help)}"
    )


def _with_names(text: str) -> str:
    """Return a text of the catalogue with the names of its fields in angle brackets."""
    return "".join(
        before + (f"<{name}>" if name is not None else "")
        for before, name, _, _ in string.Formatter().parse(text)
    )


@cli.command(short_help="Show whether the installation is complete.")
@_debug_option
def doctor() -> int:
    """Print what the installation is made of, and whether each part loads."""
    from unsplice.doctor import parts

    broken = False
    for part in parts():
        broken = broken or part.problem is not None
        state = "ok" if part.problem is None else f"DOES NOT LOAD ({printable(part.problem)})"
        click.echo(f"{part.name:<12}{part.version:<24}{state}")
    if not broken:
        click.echo(f"{'threads':<12}{_threads(None)}")
    return EXIT_FAILED if broken else 0


if __name__ == "__main__":
    sys.exit(main())
