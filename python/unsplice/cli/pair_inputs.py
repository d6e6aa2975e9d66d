"""The pairs that the words of a command line stand for: two files, two folders, or a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unsplice.cli.options import usage_error
from unsplice.console import print_message
from unsplice.errors import Notice, UsageError, printable
from unsplice.inputs import is_folder

if TYPE_CHECKING:
    from unsplice.pairs import Pair, Unmatched

__all__ = ["given_inputs", "is_single", "pairs_from", "print_unmatched"]


def given_inputs(
    first: Path | None, second: Path | None, table: Path | None
) -> Path | tuple[Path, Path]:
    """Return the table, or the two paths that stand for files or for folders."""
    if table is not None:
        if first is not None:
            raise usage_error("--pairs and paths exclude each other")
        return table
    if first is None or second is None:
        raise usage_error("two pictures, two folders, or --pairs CSV are needed")
    if os.path.lexists(first) and os.path.lexists(second) and is_folder(first) != is_folder(second):
        folder, file = (first, second) if is_folder(first) else (second, first)
        raise usage_error(f"{printable(folder)} is a folder, {printable(file)} is not")
    return first, second


def is_single(given: Path | tuple[Path, Path]) -> bool:
    """Return whether two files are given, not a table or folders."""
    return isinstance(given, tuple) and not (is_folder(given[0]) and is_folder(given[1]))


def pairs_from(
    given: Path | tuple[Path, Path],
) -> tuple[list[Pair], list[Unmatched], Sequence[Path]]:
    """Return the pairs, the pictures without a partner, and the folders that were searched."""
    from unsplice.pairs import match_folders, pairs_of, single_pair

    if isinstance(given, Path):
        return pairs_of(given), [], []
    if is_single(given):
        return [single_pair(*given)], [], []
    pairs, unmatched = match_folders(*given)
    if not pairs:
        reason = f"none of its pictures has a partner in {printable(given[0])}"
        raise UsageError("E182", path=given[1], reason=reason)
    return pairs, unmatched, given


def print_unmatched(unmatched: Sequence[Unmatched], matched: int, quiet: bool) -> None:
    """Print W211 if pictures were left out; `matched` is the number of pairs."""
    if unmatched and not quiet:
        total = 2 * matched + len(unmatched)
        notice = Notice.of("W211", unmatched=len(unmatched), total=total)
        print_message(notice.code, notice.text)
