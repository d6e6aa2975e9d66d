"""``unsplice completion``: what a shell needs to complete words."""

from __future__ import annotations

import click

from unsplice.cli.options import choose, debug_option
from unsplice.cli.words import Words

__all__ = ["COMPLETION", "completion"]

COMPLETION = "_UNSPLICE_COMPLETE"  # the variable by which a shell asks
SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print what makes a shell complete words.")
@click.argument("shell", type=Words(SHELLS), metavar="bash|zsh|fish")
@debug_option
def completion(shell: str) -> None:
    """Print the script that makes SHELL complete verbs, options and their words.

    In bash: eval "$(unsplice completion bash)", also in ~/.bashrc.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from unsplice.cli import cli

    kind = get_completion_class(choose("shell", shell, SHELLS))
    assert kind is not None, "click knows these three"  # noqa: S101
    # Not kind.source: that of bash starts a bash to ask its version.
    script = ShellComplete.source(kind(cli, {}, "unsplice", COMPLETION))
    click.echo(script.strip())
