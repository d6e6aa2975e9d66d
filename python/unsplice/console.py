"""What the command line shows: messages in one style, result lines, progress."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click

from unsplice.errors import Notice, UnspliceError, printable

if TYPE_CHECKING:
    from unsplice.outcomes import Outcome

__all__ = ["Progress", "print_error", "print_message", "print_notices", "result_line"]

COLORS = {"E": "red", "W": "yellow", "N": "cyan"}
KINDS = {"E": "error", "W": "warning", "N": "note"}

Item = TypeVar("Item")


def print_message(code: str, text: str, lines: Iterable[tuple[str, str]] = ()) -> None:
    """Print to stderr as ``error[E120]: text``, in color where a person reads it."""
    colored = (
        sys.stderr.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )
    head = f"{KINDS[code[0]]}[{code}]"
    if colored:
        head = click.style(head, fg=COLORS[code[0]], bold=True)
    rest = "".join(f"\n  {label}: {line}" for label, line in lines)
    click.echo(f"{head}: {text}{rest}", err=True, color=colored)


def print_error(error: UnspliceError, *, debug: bool = False) -> None:
    """Print an error with its cause and the way out; with `debug` the traceback before it."""
    if debug:
        traceback.print_exception(error.__cause__ or error)
    print_message(error.code, error.what, (("cause", error.cause), ("help", error.help)))


def print_notices(notices: Iterable[Notice], name: str) -> None:
    """Print each warning and note once; `name` is the picture that they are about."""
    shown = printable(name)
    for notice in dict.fromkeys(notices):
        text = notice.text if shown in notice.text else f"{shown}: {notice.text}"
        print_message(notice.code, text)


def result_line(outcome: Outcome) -> str:
    """Return what was found in one picture or pair as a line for people."""
    result = outcome.result
    name = printable(outcome.given.name)
    if result is None:
        return f"{name}  failed"
    if outcome.found:
        area, count = result["area"], len(result["regions"])
        percent = 100 * result["fraction"]
        share = f"{percent:.1f}" if percent >= 0.1 else f"{percent:.2g}"
        found = (
            f"{result['finding'].replace('-', ' ')} {share} % ({area:,} px) "
            f"in {count} region{'' if count == 1 else 's'}"
        )
        # Where regions are only marked, whether anything is spliced was not asked, or not answered.
        if result["finding"] != "marked" and result["score"] is not None:
            found += f", score {result['score']:.2f}"
    else:
        statement = printable(result["statement"]).rstrip(".")
        found = f"{result['finding'].replace('-', ' ')}: {statement}"
    mask = f"; mask {printable(outcome.paths['mask'])}" if "mask" in outcome.paths else ""
    return f"{name}  {found}{mask}"


class Progress:
    """A bar on stderr with time left and the count of failures; on a terminal only.

    Parameters
    ----------
    total : int
        Number of items.
    unit : str
        What an item is.
    quiet : bool
        Whether there is no bar in any case.
    """

    def __init__(self, total: int, *, unit: str, quiet: bool) -> None:
        self.failed = 0
        self._total = total
        self._unit = unit
        self._shown = not quiet and total > 1 and sys.stderr.isatty()

    def over(
        self, items: Iterable[Item], *, steps: Callable[[Item], int] | None = None
    ) -> Iterator[Item]:
        """Yield each item; what is printed meanwhile stands above the bar.

        `steps` says how far the bar goes with an item; default 1.
        """
        if not self._shown:
            yield from items
            return
        from tqdm import tqdm

        with tqdm(total=self._total, file=sys.stderr, unit=self._unit, dynamic_ncols=True) as bar:
            for item in items:
                bar.clear()
                yield item
                bar.set_postfix_str(f"{self.failed} failed", refresh=False)
                bar.update(1 if steps is None else steps(item))
