"""Exit codes: what a script learns without reading a word."""

from __future__ import annotations

from unsplice.errors import OutputError, UnspliceError, UsageError

__all__ = [
    "EXIT_BUG",
    "EXIT_FAILED",
    "EXIT_FOUND",
    "EXIT_INTERRUPTED",
    "EXIT_OUTPUT",
    "EXIT_PIPE",
    "EXIT_TERMINATED",
    "EXIT_USAGE",
    "exit_code_of",
]

EXIT_FAILED, EXIT_USAGE, EXIT_FOUND, EXIT_OUTPUT, EXIT_BUG, EXIT_INTERRUPTED = 1, 2, 3, 4, 70, 130
EXIT_PIPE = 141  # as a shell reports a process that a closed pipe ended
EXIT_TERMINATED = 143  # as a shell reports a process that SIGTERM ended


def exit_code_of(error: UnspliceError) -> int:
    """Return the exit code of a run that ended in `error`."""
    if error.code == "E199":
        return EXIT_BUG
    if isinstance(error, UsageError):
        return EXIT_USAGE
    return EXIT_OUTPUT if isinstance(error, OutputError) else EXIT_FAILED
