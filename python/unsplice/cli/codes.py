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
    "exit_code_of_code",
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


# What `exit_code_of` says, by code alone; of all others it is 1.
_BY_CODE = (
    (160, 179, EXIT_OUTPUT),
    (180, 189, EXIT_USAGE),
    (194, 194, EXIT_USAGE),
    (199, 199, EXIT_BUG),
    (200, 204, EXIT_USAGE),
    (215, 215, EXIT_USAGE),
    (218, 219, EXIT_USAGE),
)


def exit_code_of_code(code: str) -> int:
    """Return the exit code of a run that ended in the error `code` of the catalogue."""
    number = int(code[1:])
    return next((ends for first, last, ends in _BY_CODE if first <= number <= last), EXIT_FAILED)
