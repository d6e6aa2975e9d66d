"""The command line: words to calls, nothing else; results on stdout, the rest on stderr.

A verb a module. Nothing heavy is imported before a verb needs it, so that ``unsplice --help``
answers at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from unsplice._version import __version__
from unsplice.cli import (
    bench,
    compare,
    completion,
    config,
    demo,
    doctor,
    evaluate,
    explain,
    localize,
    pack,
    patches,
    verify,
)
from unsplice.cli.codes import (
    EXIT_INTERRUPTED,
    EXIT_PIPE,
    EXIT_TERMINATED,
    EXIT_USAGE,
    exit_code_of,
)
from unsplice.cli.options import Session, debug_option, usage_error
from unsplice.cli.parts import merge
from unsplice.cli.streams import ReaderGone, prepared_streams
from unsplice.console import print_error
from unsplice.errors import coded
from unsplice.interruption import Terminated, terminable

__all__ = ["cli", "main", "program"]


def program() -> NoReturn:
    """Be the command ``unsplice``: run it and end the process with its exit code."""
    code = main()
    # What was asked is done and told; Python, which still tidies up, would die of Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; every error is told in coded words."""
    if arguments is None and completion.COMPLETION in os.environ:
        # A shell asks for words; click answers in bytes, which our streams refuse, and exits.
        cli.main(prog_name="unsplice", complete_var=completion.COMPLETION)
    session = Session(os.environ.get("UNSPLICE_DEBUG", "") not in ("", "0"))
    with prepared_streams(), terminable():
        try:
            code = cli.main(
                None if arguments is None else list(arguments),
                prog_name="unsplice", standalone_mode=False, obj=session,
            )  # fmt: skip
        except click.UsageError as error:
            problem = error.format_message().rstrip(".")
            command = error.ctx.command_path if error.ctx else "unsplice"
            print_error(usage_error(problem[:1].lower() + problem[1:], command))
            return EXIT_USAGE
        except (click.Abort, KeyboardInterrupt, Terminated) as stop:
            click.echo("interrupted; what was written before is whole", err=True)
            return EXIT_TERMINATED if isinstance(stop, Terminated) else EXIT_INTERRUPTED
        except ReaderGone:
            return EXIT_PIPE
        except Exception as raised:
            told = coded(raised, "the input")
            print_error(told, debug=session.debug)
            return exit_code_of(told)
        return code if isinstance(code, int) else 0


class _Program(click.Group):
    """The command; click would end it silently for a broken pipe, whichever pipe that is."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise coded(error, "the input") from error


@click.group(
    cls=_Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="unsplice", message="%(prog)s %(version)s")
@debug_option
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


for _verb in (
    compare.compare, localize.localize, patches.patches, pack.pack, verify.verify,
    evaluate.evaluate, merge, bench.bench, demo.demo, config.config, explain.explain,
    doctor.doctor, completion.completion,
):  # fmt: skip
    cli.add_command(_verb)
