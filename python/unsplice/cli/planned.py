"""``--dry-run``: what a run would do with each input, without reading a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import click

from unsplice.errors import coded, printable

if TYPE_CHECKING:
    from unsplice.inputs import Input

__all__ = ["print_plan"]

Given = TypeVar("Given", bound="Input")


def print_plan(
    given: Iterable[Given], earlier: Callable[[Given], object | None], *, as_json: bool
) -> int:
    """Print a line an input: to do, done before, or why it would fail; return the exit code.

    Parameters
    ----------
    given : iterable of Input
        What the run would be over.
    earlier : callable
        As `unsplice.batch.Work.earlier`.
    as_json : bool
        Whether the lines are JSON.
    """
    from unsplice.output import json_line, path_text

    counts: Counter[str] = Counter()
    for one in given:
        state, code, reason = "to do", None, ""
        try:
            if one.error is None and not one.analysed.exists():
                from unsplice.errors import ReadError

                raise ReadError("E101", path=one.analysed)
            if earlier(one) is not None:
                state = "done before"
        except Exception as raised:
            error = coded(raised, one.analysed)
            state, code, reason = "would fail", error.code, f": {error.code} {error.what}"
        counts[state] += 1
        if as_json:
            line = {"name": path_text(one.name), "path": path_text(one.analysed), "state": state}
            click.echo(json_line(line | ({"error": code} if code else {})))
        else:
            click.echo(f"{printable(one.name)}  {state}{reason}")
    told = ", ".join(f"{count:,} {state}" for state, count in counts.most_common()) or "nothing"
    click.echo(f"dry run, nothing was written: {told}", err=True)
    return 1 if counts["would fail"] else 0
