"""The standard streams of a run: results must arrive, messages may get lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from unsplice.errors import OutputError

__all__ = ["ReaderGone", "prepared_streams"]


class ReaderGone(Exception):  # noqa: N818 - no error: `unsplice ... | head -1` has what it wanted
    """Nobody reads standard output any more."""


class _Stream:
    """A standard stream whose failures are told from all others."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # there is no way around `write`
            raise AttributeError(name)
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`; bytes are refused as by any stream of text."""
        if text == "":  # click asks so whether this is a stream of text, and takes no for an answer
            return 0
        try:
            return self._stream.write(text)
        except OSError as error:
            self._failed(error)
        return len(text)

    def flush(self) -> None:
        """Bring on its way what was written."""
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, _: OSError) -> None:
        """Throw away what waits to be written, else Python fails once more on its way out."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class _Messages(_Stream):
    """Standard error: what cannot be written is lost, and stops nothing."""


class _Results(_Stream):
    """Standard output: what cannot be written ends the run."""

    def _failed(self, error: OSError) -> None:
        super()._failed(error)
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from error
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError("E164", reason=reason) from error


@contextmanager
def prepared_streams() -> Iterator[None]:
    """Within, no name fails for the encoding of a stream, and each stream fails as it should."""
    before = sys.stdout, sys.stderr
    # Else the next file that is opened gets the number of standard error, and what a library has to
    # say goes into it.
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - no path, stays open
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr = _Messages(sys.stderr)
    if sys.stdout is not None:
        sys.stdout = _Results(sys.stdout)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
