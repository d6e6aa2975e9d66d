"""What a table or a folder lists: cells of a CSV file, paths that they mean, pictures below."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Sequence
from pathlib import Path

from unsplice.errors import ReadError, UnspliceError, UsageError

__all__ = [
    "EXTENSIONS",
    "column_names",
    "lacks_column",
    "located",
    "mirrored",
    "pictures_below",
    "read_table",
    "search",
]

# What a folder is searched for; a file with another name is analysed when it is named itself. The
# kinds that cannot be read are listed too: they must fail in sight, not be passed over.
EXTENSIONS = frozenset(
    [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".dib", ".webp",
     ".gif", ".jp2", ".heic", ".heif", ".avif"]
)  # fmt: skip


def column_names(path: Path, wanted: str) -> list[str]:
    """Return the names of the columns of a table, in lower case; raises as `read_table`.

    `wanted` says in a message which columns a table has.
    """
    return _header_of(_lines(path, wanted))


def lacks_column(path: Path, header: Sequence[str], column: str, wanted: str) -> UsageError:
    """Return the error E181 for a table without `column`; it may be no text at all."""
    reason = f"it has no column {column}"
    if any(not _is_text(cell) for cell in header):
        reason = "it is not UTF-8 text"
    return UsageError("E181", path=path, reason=reason, columns=wanted)


def read_table(path: Path, columns: Sequence[Sequence[str]]) -> list[tuple[int, list[str]]]:
    """Read columns of a CSV file with a header.

    Parameters
    ----------
    path : Path
        The table; separated by comma, semicolon or tab, in UTF-8. Bytes that are no UTF-8 are
        kept, for file names may hold such.
    columns : sequence of sequence of str
        For each wanted column the names that it may bear; case does not count.

    Returns
    -------
    list of (int, list of str)
        The line in the file, and the cell of each wanted column; "" where the line is too short.

    Raises
    ------
    ReadError
        E101 if there is no such file.
    UsageError
        E181 if it cannot be read as a table, lacks a column, or has a line with more cells than the
        header, E182 if it has no lines.
    """
    names = ",".join(column[0] for column in columns)
    rows = _lines(path, names)
    header = _header_of(rows)
    places = []
    for column in columns:
        here = [header.index(name) for name in column if name in header]
        if not here:
            raise lacks_column(path, header, f'"{column[0]}"', names)
        places.append(here[0])
    if len(rows) < 2:
        raise UsageError("E182", path=path, reason="the table has a header and no lines")
    for line, row in rows[1:]:
        if any(cell.strip() for cell in row[len(header) :]):  # most often a comma within a path
            reason = f"line {line} has {len(row)} cells, the header {len(header)}"
            raise UsageError("E181", path=path, reason=reason, columns=names)
    return [
        (line, [row[place].strip() if place < len(row) else "" for place in places])
        for line, row in rows[1:]
    ]


def _lines(path: Path, names: str) -> list[tuple[int, list[str]]]:
    """Return each line that is not blank, with its number; `names` are the wanted columns."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except FileNotFoundError:
        raise ReadError("E101", path=path) from None
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UsageError("E181", path=path, reason=reason, columns=names) from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        reason = str(error) if _is_text(text) else "it is not UTF-8 text"
        raise UsageError("E181", path=path, reason=reason, columns=names) from None


def _is_text(text: str) -> bool:
    """Return whether `text` came from UTF-8; UTF-16 and pictures hold zeros or lone bytes."""
    return not any(char == "\0" or "\udc80" <= char <= "\udcff" for char in text)


def _header_of(rows: Sequence[tuple[int, list[str]]]) -> list[str]:
    return [cell.strip().casefold() for cell in rows[0][1]] if rows else []


def located(folder: Path, cell: str) -> Path:
    r"""Return the path that a cell means: relative to the table, ``\`` taken for ``/`` at need."""
    path = folder / cell
    if "\\" in cell and not os.path.lexists(path):
        return folder / cell.replace("\\", "/")
    return path


def mirrored(path: Path, folder: Path) -> str:
    """Return the name of the results of `path`: as below `folder`, else its bare file name."""
    try:
        relative = path.relative_to(folder)
    except ValueError:
        return path.name
    return path.name if ".." in relative.parts else relative.as_posix()


def pictures_below(folder: Path) -> dict[str, Path]:
    """Return every picture below `folder` by its path there; hidden files are left out.

    Raises
    ------
    ReadError
        E104 or E105 if a folder cannot be read.
    UsageError
        E182 if there are no pictures.
    """
    found = {}
    for name, path, error in search(folder):
        if error is not None:
            raise error
        found[name] = path
    return found


def search(folder: Path) -> list[tuple[str, Path, UnspliceError | None]]:
    """Return every picture below `folder`, and every folder that cannot be searched.

    Returns
    -------
    list of (str, Path, UnspliceError or None)
        The path there, the path, and for a folder why it cannot be searched: E104 or E105 if it
        cannot be read, E182 for `folder` itself if there is nothing else to return. Hidden files
        are left out, and links to folders are not followed.
    """
    found: list[tuple[str, Path, UnspliceError | None]] = []

    def refuse(error: OSError) -> None:
        path = Path(error.filename or folder)
        code = "E104" if error.errno in (errno.EACCES, errno.EPERM) else "E105"
        reason = (error.strerror or "refused").lower()
        found.append((mirrored(path, folder), path, ReadError(code, path=path, reason=reason)))

    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS:
                path = Path(root, name)
                found.append((path.relative_to(folder).as_posix(), path, None))
    if not found:
        empty = UsageError("E182", path=folder, reason="the folder holds no pictures")
        found.append((".", folder, empty))
    return found
