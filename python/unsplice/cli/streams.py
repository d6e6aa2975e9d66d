"""The standard streams of a run: results must arrive, messages may get lost."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import click

from unsplice.errors import OutputError, UnspliceError

__all__ = ["prepared_streams", "reader_is_gone", "stdout_error"]


class _Messages:
    """Standard error, but for what cannot be written there: that is lost, and stops nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`, or lose it; bytes are refused as by any stream of text."""
        try:
            return self._stream.write(text)
        except OSError:
            _throw_away(self._stream)
            return len(text)

    def flush(self) -> None:
        """Bring on its way what was written."""
        try:
            self._stream.flush()
        except OSError:
            _throw_away(self._stream)


@contextmanager
def prepared_streams() -> Iterator[None]:
    """Within, no name fails for the encoding of a stream, and no message stops the work."""
    before = sys.stderr
    # Else the next file that is opened gets the number of standard error, and what a library has to
    # say goes into it.
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - no path, stays open
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr = _Messages(sys.stderr)
    try:
        yield
    finally:
        sys.stderr = before


def stdout_error(raised: Exception) -> OutputError | None:
    """Return E164 if standard output takes no more; what waits for it is then thrown away."""
    if isinstance(raised, UnspliceError) or not isinstance(raised, OSError):
        return None
    if not _came_from_stdout(raised):
        return None
    told = OutputError("E164", reason=(raised.strerror or type(raised).__name__).lower())
    told.__cause__ = raised
    _throw_away(sys.stdout)
    return told


def reader_is_gone(raised: BaseException | None) -> bool:
    """Return whether `raised` says that nobody reads standard output any more."""
    return isinstance(raised, OSError) and raised.errno == errno.EPIPE and _came_from_stdout(raised)


def _came_from_stdout(raised: BaseException) -> bool:
    """Return whether `raised` was raised in writing there: all that goes there goes by click.echo.

    So do messages, but `_Messages` raises nothing.
    """
    step = raised.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step is not None and step.tb_frame.f_globals.get("__name__") == click.echo.__module__


def _throw_away(stream: TextIO) -> None:
    """Lead `stream` to nowhere, else Python fails once more on its way out."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
