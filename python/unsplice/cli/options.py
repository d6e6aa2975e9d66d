"""Options that several verbs share, and the checks of what was given for them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unsplice.cli.words import Words
from unsplice.errors import UsageError, unknown_name
from unsplice.limits import DEFAULT_MAX_PIXELS, DEFAULT_TIMEOUT, LARGEST_MAX_PIXELS, MOST_JOBS
from unsplice.urls import Url, as_path

if TYPE_CHECKING:
    from unsplice.cli.configured import Configuration
    from unsplice.pair.compare import PairMethod

__all__ = [
    "FILE",
    "LOCAL_FILE",
    "PAIR_METHODS",
    "Session",
    "choose",
    "common_options",
    "config_option",
    "debug_option",
    "json_option",
    "keep_alone_in",
    "method_parameters",
    "pair_method_option",
    "refuse_run_options",
    "result_options",
    "run_options",
    "table_option",
    "thread_count",
    "usage_error",
]

PAIR_METHODS: tuple[PairMethod, ...] = ("evidence", "neighborhood-threshold")

Known = TypeVar("Known", bound=str)
Verb = TypeVar("Verb", bound=Callable[..., Any])


class _File(click.Path):
    """A path as it is given; an empty one, which a variable that is not set leaves, is refused."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path; ``Path("")`` would be the current folder."""
        if value == "":
            self.fail("the path is empty", param, ctx)
        path = super().convert(value, param, ctx)
        return as_path(value) if isinstance(value, str) and "://" in value else path


class _LocalFile(_File):
    """A path of this machine."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path; a URL would become a folder of its name here."""
        path = super().convert(value, param, ctx)
        if isinstance(path, Url):
            self.fail(f'"{path}" is a URL, and this takes a path of this machine', param, ctx)
        return path


# Whether a file may be read shows when its turn comes: one that may not must not stop the others.
FILE = _File(path_type=Path, readable=False)
LOCAL_FILE = _LocalFile(path_type=Path, readable=False)


@dataclass
class Session:
    """What holds for a whole run: whether tracebacks are wanted, and what a file sets."""

    debug: bool = False
    configuration: Configuration | None = None


def debug_option(verb: Verb) -> Verb:
    """Add ``--debug``, which shows the traceback of an error."""

    def switch_on(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Session).debug = True

    return click.option(
        "--debug", is_flag=True, expose_value=False, callback=switch_on,
        help="Show the traceback of an error.",
    )(verb)  # fmt: skip


def config_option(verb: Verb) -> Verb:
    """Add ``--config``; what the file says become the defaults of the verb's other options."""

    def load(context: click.Context, _: click.Parameter, given: Path | None) -> None:
        if context.resilient_parsing:  # a word is completed
            return
        from unsplice.cli.configured import load_configuration

        configuration = load_configuration(given)
        context.ensure_object(Session).configuration = configuration
        values = configuration.defaults(context.command.name or "")
        context.default_map = {**(context.default_map or {}), **values}

    return click.option(
        "--config", type=FILE, metavar="FILE", is_eager=True, expose_value=False, callback=load,
        help="Take settings from this TOML file (see: unsplice config); none reads no file. "
        "Default: UNSPLICE_CONFIG, else the user's own.",
    )(verb)  # fmt: skip


_COMMON = (
    click.option("--threads", type=click.IntRange(min=1), metavar="N",
                 help="Threads; default: UNSPLICE_NUM_THREADS, else all cores."),
    click.option("--max-pixels", type=click.IntRange(1, LARGEST_MAX_PIXELS), metavar="N",
                 default=DEFAULT_MAX_PIXELS, show_default=True, help="Refuse larger pictures."),
    click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run."),
    click.option("-q", "--quiet", is_flag=True, help="No progress, warnings or notes."),
    config_option,
    debug_option,
)  # fmt: skip


_RUN = (
    click.option("--jobs", type=click.IntRange(1, MOST_JOBS), metavar="N",
                 help="Worker processes; default: one a core, for 8 inputs or more. 1 stays in "
                 "this process."),
    click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=DEFAULT_TIMEOUT,
                 show_default=True, metavar="S",
                 help="Seconds an input may take in a worker."),
    click.option("--resume", is_flag=True, help="Go on with what an earlier run left in FOLDER."),
    click.option("--dry-run", is_flag=True, help="Tell what would be done, and write nothing."),
)  # fmt: skip


def run_options(verb: Verb) -> Verb:
    """Add the options of every verb that does many inputs in one run."""
    for option in reversed(_RUN):
        verb = option(verb)
    return verb


def refuse_run_options(
    output: Path | None,
    *,
    resume: bool,
    overwrite: bool,
    timeout: float,
    steps: bool = False,
    report: bool = False,
) -> None:
    """Raise E184 if the options of a run make no sense together, E189 if a package lacks."""
    if steps and output is None:
        raise usage_error("--steps writes pictures and needs -o FOLDER")
    if report and output is None:
        raise usage_error("--report writes pages and needs -o FOLDER")
    if resume and output is None:
        raise usage_error("--resume goes on with what is in a folder and needs -o FOLDER")
    if resume and overwrite:
        raise usage_error("--resume and --overwrite exclude each other")
    if not math.isfinite(timeout):  # not a number is in no range, and so passes for one
        raise usage_error(f"--timeout must be a number of seconds, got {timeout}")
    if report:
        from unsplice.report.pages import require_jinja

        require_jinja()


def table_option(columns: str) -> Callable[[Verb], Verb]:
    """Add ``--pairs`` for a table with these `columns`."""
    return click.option(
        "--pairs", "table", type=FILE, metavar="CSV",
        help=f"Table with the columns {columns}; paths relative to the table.",
    )  # fmt: skip


def pair_method_option(verb: Verb) -> Verb:
    """Add ``--method`` for the methods of pair mode."""
    return click.option(
        "--method", default="evidence", show_default=True, metavar="NAME",
        type=Words(PAIR_METHODS), help="evidence, or neighborhood-threshold to compare with.",
    )(verb)  # fmt: skip


def json_option(unit: str) -> Callable[[Verb], Verb]:
    """Add ``--json``; a line tells of one `unit`."""
    return click.option(
        "--json", "as_json", is_flag=True, help=f"One JSON object a {unit} on stdout."
    )


def result_options(unit: str) -> Callable[[Verb], Verb]:
    """Add the options of verbs that write results; a line of JSON tells of one `unit`."""
    options = (
        click.option(
            "-o", "--output", type=FILE, metavar="FOLDER",
            help="Where mask, overlay, heat map and record go; without it nothing is written.",
        ),
        click.option(
            "--steps", is_flag=True,
            help="With -o: also the pictures of every step of the method.",
        ),
        click.option(
            "--report", is_flag=True,
            help="With -o: also a page for people, NAME.report.html, and an index of several.",
        ),
        json_option(unit),
        click.option("--exit-code", is_flag=True, help="Exit with 3 if something was found."),
    )  # fmt: skip

    def add(verb: Verb) -> Verb:
        for option in reversed(options):
            verb = option(verb)
        return verb

    return add


def common_options(verb: Verb) -> Verb:
    """Add the options of every verb that reads pictures."""
    for option in reversed(_COMMON):
        verb = option(verb)
    return verb


def usage_error(problem: str, command: str | None = None) -> UsageError:
    """Return E184: the words of a command line make no sense together."""
    where = command or click.get_current_context().command_path
    return UsageError("E184", problem=problem, command=where)


def keep_alone_in(folder: Path) -> None:
    """Keep other runs from `folder` until this command ends; E172 if one is at work there."""
    from unsplice.locks import alone_in

    click.get_current_context().with_resource(alone_in(folder))


def choose(kind: str, name: str, known: Sequence[Known]) -> Known:
    """Return `name` if it is known; else raise E180 with the nearest that is."""
    for one in known:
        if one == name:
            return one
    raise unknown_name(kind, name, known)


def method_parameters(method: str, kind: Any = None, preset: str | None = None) -> Any:
    """Return the parameters of `method`: those of a `preset` that is asked for, else of the file.

    None if neither says anything. A preset of the command line is taken as it is: no field of the
    file changes it. `kind` is the class of the parameters, where there are presets.
    """
    if preset is not None:
        presets = (*kind.PRESETS, *getattr(kind, "ABLATIONS", ()))
        return kind.preset(choose("preset", preset, presets))
    configuration = click.get_current_context().ensure_object(Session).configuration
    return None if configuration is None else configuration.parameters.get(method)


def thread_count(threads: int | None, jobs: int = 1) -> int:
    """Return the number of threads, from the option or the environment; one if there are workers.

    So many workers as there are cores keep them busy; threads of their own are for who asks.
    """
    from unsplice import arguments

    try:
        count = arguments.thread_count(threads)
        return 1 if threads is None and jobs > 1 else count
    except ValueError:  # the option is checked already, so it is the environment
        name = "UNSPLICE_NUM_THREADS"
        raise UsageError("E185", name=name, value=repr(os.environ[name])) from None
