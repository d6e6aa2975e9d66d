"""``unsplice demo``: a splice made, found and shown."""

from __future__ import annotations

from pathlib import Path

import click

from unsplice.cli.options import LOCAL_FILE, debug_option
from unsplice.console import print_notices

__all__ = ["demo"]


@click.command()
@click.option(
    "-o",
    "--output",
    type=LOCAL_FILE,
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
@debug_option
def demo(output: Path, seed: int, overwrite: bool) -> None:
    """Make a splice, find it again, and show how well that went. Needs no network."""
    from unsplice.demo import run_demo

    shown = run_demo(output, seed=seed, overwrite=overwrite)
    for line in shown.lines():
        click.echo(line)
    print_notices(shown.result.warnings, "spliced.jpg")
