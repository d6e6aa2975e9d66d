"""``unsplice doctor``: whether the installation is complete."""

from __future__ import annotations

import click

from unsplice.cli.codes import EXIT_FAILED
from unsplice.cli.options import debug_option, thread_count
from unsplice.errors import printable

__all__ = ["doctor"]


@click.command(short_help="Show whether the installation is complete.")
@debug_option
def doctor() -> int:
    """Print what the installation is made of, and whether each part loads."""
    from unsplice.doctor import instruction_set, parts

    broken = False
    for part in parts():
        broken = broken or (part.problem is not None and not part.optional)
        state = "ok" if part.version else "not installed (optional)"
        if part.problem is not None:
            state = f"DOES NOT LOAD ({printable(part.problem)})"
        click.echo(f"{part.name:<14}{part.version:<24}{state}")
    if not broken:
        click.echo(f"{'instructions':<14}{instruction_set()}")
        click.echo(f"{'threads':<14}{thread_count(None)}")
    return EXIT_FAILED if broken else 0
