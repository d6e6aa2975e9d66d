"""``unsplice explain``: the catalogue of messages."""

from __future__ import annotations

import string

import click

from unsplice.cli.options import choose, debug_option
from unsplice.errors import MESSAGES

__all__ = ["explain"]


@click.command(short_help="Explain an error, warning or note.")
@click.argument("code", required=False)
@debug_option
def explain(code: str | None) -> None:
    """Explain an error, warning or note by its CODE; without one, list them all."""
    if code is None:
        for known, message in MESSAGES.items():
            click.echo(f"{known}  {_with_names(message.what)}")
        return
    known = choose("code", code.strip().upper(), list(MESSAGES))
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
