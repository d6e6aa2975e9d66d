"""``unsplice doctor``: whether the installation is complete, and works."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.codes import EXIT_FAILED
from unsplice.cli.options import debug_option, thread_count
from unsplice.errors import UnspliceError, printable
from unsplice.limits import EVERY_LIMIT, most_bytes

if TYPE_CHECKING:
    from unsplice.doctor import Check, Part

__all__ = ["doctor"]


@click.command(short_help="Show whether the installation is complete.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@debug_option
def doctor(as_json: bool) -> int:
    """Print what the installation is made of, whether each part loads, and what is in force.

    Exit code 1 says that something is broken.
    """
    from unsplice.doctor import Check, checks, parts

    found = list(parts())
    looked: list[Check] = []
    broken = any(part.problem is not None and not part.optional for part in found)
    if not broken:  # what is looked at needs all of them
        looked = [*checks(), Check("threads", str(thread_count(None))), _configuration()]
        broken = any(check.problem is not None for check in looked)
    if as_json:
        record = {
            "ok": not broken,
            "parts": [asdict(part) for part in found],
            "checks": [asdict(check) for check in looked],
            "limits": _limits(),
        }
        click.echo(json.dumps(record))
    else:
        for part in found:
            click.echo(f"{part.name:<14}{part.version:<24}{_state(part)}")
        for check in looked:
            click.echo(f"{check.name:<14}{printable(check.found)}{_doubt(check)}")
        click.echo("limits        (those with an option can be set by it, and in [limits])")
        for limit in _limits():
            click.echo(_limit_line(**limit))
    return EXIT_FAILED if broken else 0


def _state(part: Part) -> str:
    if part.problem is not None:
        way_out = ": see `unsplice explain E191`" if part.name == "OpenCV" else ""
        return f"DOES NOT LOAD ({printable(part.problem)}){way_out}"
    return "ok" if part.version else "not installed (optional)"


def _doubt(check: Check) -> str:
    if check.problem is not None:
        return f"  BROKEN ({printable(check.problem)})"
    return f"  warning ({printable(check.warning)})" if check.warning is not None else ""


def _limits() -> list[dict[str, Any]]:
    """Return every limit with the value that is in force; jobs that are not set follow the run."""
    from unsplice.cli.configured import load_configuration

    values: dict[str, Any] = {}
    with suppress(UnspliceError):  # told by the check of the configuration
        values = load_configuration(None).defaults("localize")
    if isinstance(values.get("max_pixels"), int):
        values["file"] = most_bytes(values["max_pixels"])
    with suppress(UnspliceError):  # told by the check of the threads
        values["threads"] = thread_count(values.get("threads"))
    return [
        limit._asdict() | {"value": values.get(limit.name, limit.value)} for limit in EVERY_LIMIT
    ]


def _limit_line(name: str, value: float | None, what: str, code: str, option: str) -> str:
    shown = "" if value is None else f"{value:,.10g}"
    rest = "; ".join(filter(None, (option, code)))
    return f"  {name:<16}{shown:>15}  {what}{f' ({rest})' if rest else ''}"


def _configuration() -> Check:
    """Tell which configuration file a verb would read here, and whether it can be understood."""
    from unsplice.cli.configured import load_configuration
    from unsplice.configuration import find_file, user_file
    from unsplice.doctor import Check

    path, _ = find_file()
    if path is None:
        return Check("configuration", f"no file ({user_file()} would be read)")
    try:
        load_configuration(None)
    except UnspliceError as error:
        return Check("configuration", str(path), f"{error.code}: {error.what}")
    return Check("configuration", str(path))
