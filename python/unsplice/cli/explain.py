"""``unsplice explain``: the catalogue of messages."""

from __future__ import annotations

import json
import string
from dataclasses import asdict

import click

from unsplice.cli.codes import exit_code_of_code
from unsplice.cli.options import choose, debug_option
from unsplice.cli.words import Codes
from unsplice.errors import MESSAGES, Message

__all__ = ["explain"]

KINDS = {
    "E": "error: there is no result",
    "W": "warning: the result stands, with care",
    "N": "note",
}


@click.command(short_help="Explain an error, warning or note.")
@click.argument("code", required=False, type=Codes())
@click.option("--json", "as_json", is_flag=True, help="One JSON object a code on stdout.")
@debug_option
def explain(code: str | None, as_json: bool) -> None:
    """Explain an error, warning or note by its CODE; without one, list them all.

    What stands in angle brackets is filled in when the message is told.
    """
    codes = list(MESSAGES)
    chosen = codes if code is None else [choose("code", code.strip().upper(), codes)]
    for known in chosen:
        message = MESSAGES[known]
        if as_json:
            click.echo(json.dumps(_record(known, message)))
        elif code is None:
            click.echo(f"{known}  {_with_names(message.what)}")
        else:
            click.echo("\n".join(_lines(known, message)))


def _lines(code: str, message: Message) -> list[str]:
    lines = [
        f"{code}: {_with_names(message.what)}",
        f"  cause: {_with_names(message.cause)}",
        f"  help: {_with_names(message.help)}",
        f"  kind: {KINDS[code[0]]}",
    ]
    if code[0] == "E":
        lines.append(f"  exit code: {exit_code_of_code(code)} (1 where others of a run went well)")
    if alike := [other for other in MESSAGES if other[:3] == code[:3] and other != code]:
        lines.append(f"  see also: {', '.join(alike)}")
    if message.scope == "method":
        lines.append("  scope: every result of the method; told once a run")
    return lines


def _record(code: str, message: Message) -> dict[str, object]:
    told = {name: _with_names(text) for name, text in asdict(message).items()}
    exit_code = exit_code_of_code(code) if code[0] == "E" else None
    return {"code": code, **told, "fields": _fields(message), "exit_code": exit_code}


def _fields(message: Message) -> list[str]:
    """Return the names of what is filled in, in the order of their first mention."""
    texts = (message.what, message.cause, message.help)
    names = [name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name]
    return list(dict.fromkeys(names))


def _with_names(text: str) -> str:
    """Return a text of the catalogue with the names of its fields in angle brackets."""
    return "".join(
        before + (f"<{name}>" if name is not None else "")
        for before, name, _, _ in string.Formatter().parse(text)
    )
