"""What a table or a folder lists: cells of a CSV file, paths that they mean, pictures below."""

from __future__ import annotations

import csv
import errno
import io
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from unsplice.errors import ReadError, UnspliceError, UsageError
from unsplice.limits import LARGEST_TABLE
from unsplice.urls import WEB, Url, as_path

__all__ = [
    "EXTENSIONS",
    "STDIN",
    "column_names",
    "lacks_column",
    "listed",
    "located",
    "mirrored",
    "pictures_below",
    "read_table",
    "search",
]

# As a path of a list: standard input.
STDIN = Path("-")
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
    return _header_of(_rows_of(_text_of(path, wanted), path, wanted))


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
        E181 if it cannot be read as a table, lacks a column or has it twice, or has a line with
        more cells than the header, E182 if it has no lines.
    """
    names = ",".join(column[0] for column in columns)
    return _cells(path, _rows_of(_text_of(path, names), path, names), columns)


def _cells(
    path: Path, rows: Sequence[tuple[int, list[str]]], columns: Sequence[Sequence[str]]
) -> list[tuple[int, list[str]]]:
    """Return the cells of the wanted columns; see `read_table`."""
    names = ",".join(column[0] for column in columns)
    header = _header_of(rows)
    places = []
    for column in columns:
        here = [name for name in header if name in column]
        if not here:
            raise lacks_column(path, header, f'"{column[0]}"', names)
        if len(here) > 1:
            reason = f"its columns {' and '.join(map(repr, here))} mean the same"
            raise UsageError("E181", path=path, reason=reason, columns=names)
        places.append(header.index(here[0]))
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


def listed(path: Path) -> list[tuple[Path, UsageError | None]]:
    """Return the paths that a file lists, relative to its folder.

    Parameters
    ----------
    path : Path
        A table with the column ``image``; or a path a line; or paths with a zero byte after each,
        as ``find -print0`` writes them. ``-`` is standard input, and its paths are relative to the
        current folder.

    Returns
    -------
    list of (Path, UsageError or None)
        Each path, or ``Path()`` and E183 for a line of a table that lacks it.

    Raises
    ------
    ReadError
        E101 if there is no such file.
    UsageError
        E181 if it cannot be read, E182 if it lists nothing.
    """
    text = _text_of(path, "image")
    folder = Path() if path == STDIN else path.parent
    if "\0" not in text and "image" in _header_of(_rows_of(text.partition("\n")[0], path, "image")):
        return [
            (located(folder, cell), None) if cell else (Path(), _lacks_path(path, line, "image"))
            for line, (cell,) in _cells(path, _rows_of(text, path, "image"), [("image",)])
        ]
    # Names may hold what else ends a line, such as U+2028.
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    cells = text.split("\0") if "\0" in text else list(lines)
    found: list[tuple[Path, UsageError | None]] = [
        (located(folder, cell), None) for cell in cells if cell.strip()
    ]
    if not found:
        raise UsageError("E182", path=path, reason="the list has no lines")
    return found


def _lacks_path(path: Path, line: int, columns: str) -> UsageError:
    return UsageError("E183", path=path, line=line, reason="a path is missing", columns=columns)


def _text_of(path: Path, names: str) -> str:
    """Return the text of a file, or of standard input; `names` are the wanted columns."""
    try:
        with nullcontext(sys.stdin.buffer) if path == STDIN else path.open("rb") as file:
            data = file.read(LARGEST_TABLE + 1)
    except FileNotFoundError:
        raise ReadError("E101", path=path) from None
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UsageError("E181", path=path, reason=reason, columns=names) from None
    if len(data) > LARGEST_TABLE:
        reason = f"it has more than {LARGEST_TABLE:,} bytes"
        raise UsageError("E181", path=path, reason=reason, columns=names)
    return data.decode("utf-8-sig", "surrogateescape")


def _rows_of(text: str, path: Path, names: str) -> list[tuple[int, list[str]]]:
    """Return each line of a table that is not blank, with its number."""
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
    r"""Return the path that a cell means: relative to the table, ``\`` taken for ``/`` at need.

    Examples
    --------
    >>> located(Path("tables"), "a.jpg"), located(Path("tables"), "file:///tmp/a.jpg")
    (PosixPath('tables/a.jpg'), PosixPath('/tmp/a.jpg'))
    """
    path = as_path(cell)
    if isinstance(path, Url):
        # A table may come from anybody: it has no web address called up from here that the command
        # line does not name.
        return path if path.scheme not in WEB or isinstance(folder, Url) else folder / str(path)
    path = folder / path
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
    if isinstance(folder, Url):
        return _search_url(folder)
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
    return found or [_empty(folder)]


def _search_url(folder: Url) -> list[tuple[str, Path, UnspliceError | None]]:
    """Return every picture below a URL, in the order in which a folder of this machine gives them.

    Of each folder its files come first, then those below it.
    """
    try:
        names = [
            name.split("/")
            for name in folder.below()
            if Path(name).suffix.lower() in EXTENSIONS and "/." not in f"/{name}"
        ]
    except ReadError as error:
        return [(".", folder, error)]
    names.sort(key=lambda parts: [*((1, part) for part in parts[:-1]), (0, parts[-1])])
    found = ["/".join(parts) for parts in names]
    return [(name, folder / name, None) for name in found] or [_empty(folder)]


def _empty(folder: Path) -> tuple[str, Path, UnspliceError]:
    return ".", folder, UsageError("E182", path=folder, reason="the folder holds no pictures")
