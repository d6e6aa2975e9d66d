"""A run in parts, one a job of a scheduler that knows nothing of pictures; and the parts as one.

Part I of N takes the inputs I, I + N, I + 2 N and so on, in the order of the whole list, and names
them as the whole run does: what is written for an input is where it would be without parts. The
tables of a part go to ``shards/I-of-N``, with ``shard.json``, written last: where it is, the part
is whole. `merge_tables` joins them in the order of the whole list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from unsplice._version import __version__
from unsplice.errors import UnspliceError
from unsplice.inputs import Input
from unsplice.output import encode_json, json_ready, path_text, remove_file, write_file

__all__ = [
    "Part",
    "Shard",
    "Table",
    "finished_parts",
    "flat",
    "list_digest",
    "merge_tables",
    "remove_parts",
]

SCHEMA = "unsplice.shard/1"
FOLDER = "shards"
MARKER = "shard.json"
_NAME = re.compile(r"(\d{1,6})-of-(\d{1,6})\Z")

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """One of the parts of a run.

    Attributes
    ----------
    number : int
        From 1 on.
    count : int
        Of all parts.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard | None:
        """Return what ``I/N`` says, or None if it says nothing of the kind.

        Examples
        --------
        >>> Shard.parse("2/8"), Shard.parse("9/8"), Shard.parse("0/8")
        (Shard(number=2, count=8), None, None)
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            return None
        return cls(int(found[1]), int(found[2]))

    def take(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the items of this part."""
        return items[self.number - 1 :: self.count]

    def folder(self, output: Path) -> Path:
        """Return where the tables of this part go."""
        return output / FOLDER / f"{self.number}-of-{self.count}"

    def begin(self, output: Path) -> Path:
        """Take back that an earlier run finished this part; return its folder."""
        folder = self.folder(output)
        if folder.is_dir():
            remove_file(folder / MARKER)
        return folder

    def finish(self, output: Path, record: Mapping[str, Any], tables: Mapping[str, Table]) -> None:
        """Say that this part is whole.

        Parameters
        ----------
        output : Path
            Folder of the results.
        record : mapping
            What has to be the same for every part, ready for JSON.
        tables : mapping of str to Table
            The tables in the folder of this part.
        """
        marker = {
            "schema": SCHEMA,
            "unsplice": __version__,
            "shard": self.number,
            "of": self.count,
            **json_ready(record),
            "tables": {
                name: {"first": table.first, "lines": list(table.lines)}
                for name, table in tables.items()
            },
        }
        write_file(self.folder(output) / MARKER, encode_json(marker), overwrite=True)


@dataclass(frozen=True)
class Table:
    """How the lines of a table belong to the inputs.

    Attributes
    ----------
    lines : sequence of int
        Number of lines of each input of the part.
    first : int
        Number of lines before them, which belong to none.
    """

    lines: Sequence[int]
    first: int = 0


@dataclass(frozen=True)
class Part:
    """A finished part: its folder, and what its ``shard.json`` says."""

    shard: Shard
    folder: Path
    record: Mapping[str, Any]

    @property
    def tables(self) -> dict[str, Table]:
        """Its tables."""
        return {
            name: Table(table["lines"], table["first"])
            for name, table in self.record["tables"].items()
        }


def list_digest(given: Iterable[Input]) -> str:
    """Return a hash of the names and paths of inputs: whether two runs are over the same list."""
    digest = hashlib.sha256()
    for one in given:
        places = [path_text(path) for path in one.inputs.values()]
        digest.update(json.dumps([path_text(one.name), *places]).encode() + b"\n")
    return digest.hexdigest()


def finished_parts(output: Path) -> list[Part]:
    """Return the parts of a run, all of them there and whole, in their order.

    Raises
    ------
    UnspliceError
        E205 if some are not finished, E206 if they are of different runs, E207 if there are none.
    """
    shards = []
    with suppress(OSError):
        for folder in (output / FOLDER).iterdir():
            name = _NAME.fullmatch(folder.name)
            shard = Shard.parse(f"{name[1]}/{name[2]}") if name else None
            if shard is not None and shard.folder(output) == folder:
                shards.append(shard)
    if not shards:
        raise UnspliceError("E207", folder=output)
    counts = sorted({shard.count for shard in shards})
    if len(counts) > 1:
        raise UnspliceError(
            "E206", folder=output, setting="the number of shards", one=counts[0], other=counts[1]
        )
    parts, missing = [], []
    for number in range(1, counts[0] + 1):
        shard = Shard(number, counts[0])
        record = _marker(shard.folder(output))
        # A merge that was killed while it removed what it had joined leaves markers without tables.
        if record is None or not _has_tables(shard.folder(output), record):
            missing.append(number)
        else:
            parts.append(Part(shard, shard.folder(output), record))
    if missing:
        told = ", ".join(map(str, missing[:20])) + (", ..." if len(missing) > 20 else "")
        raise UnspliceError(
            "E205", missing=len(missing), count=counts[0], folder=output, which=told
        )
    _refuse_strangers(output, parts)
    return parts


def _marker(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("schema") == SCHEMA else None


def _has_tables(folder: Path, record: Mapping[str, Any]) -> bool:
    return all((folder / name).is_file() for name in record.get("tables", ()))


def _refuse_strangers(output: Path, parts: Sequence[Part]) -> None:
    """Raise E206 if the parts differ in what they must have in common."""
    first, *others = (
        flat({name: part.record[name] for name in part.record if name not in ("shard", "tables")})
        for part in parts
    )
    for other in others:
        for name in sorted(first.keys() | other.keys()):
            if first.get(name) != other.get(name):
                raise UnspliceError(
                    "E206", folder=output, setting=name, one=json.dumps(first.get(name)),
                    other=json.dumps(other.get(name)),
                )  # fmt: skip


def flat(record: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return every setting of a record by its whole name.

    Examples
    --------
    >>> flat({"unit": 3, "settings": {"method": "paper"}})
    {'unit': 3, 'settings.method': 'paper'}
    """
    found: dict[str, Any] = {}
    for name, value in record.items():
        inner = isinstance(value, dict)
        found |= flat(value, f"{above}{name}.") if inner else {above + name: value}
    return found


def merge_tables(output: Path, parts: Sequence[Part], *, overwrite: bool = False) -> list[Path]:
    """Join the tables of all parts, line by line as they stand, in the order of the whole list.

    Parameters
    ----------
    output : Path
        Folder of the results, where the tables go.
    parts : sequence of Part
        As `finished_parts` gives them.
    overwrite : bool
        Whether other tables there are replaced. The same ones never are in the way: a merge that
        was killed can be made again.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    OutputError
        E160 to E162 if a table cannot be written.
    """
    written = []
    for name in parts[0].tables:
        data = b"".join(_joined(parts, name))
        path = output / name
        if not _holds(path, data):
            write_file(path, data, overwrite=overwrite)
        written.append(path)
    return written


def _joined(parts: Sequence[Part], name: str) -> Iterator[bytes]:
    """Yield the header of a table, the lines of no input, and those of each input in turn.

    A cell never holds a line break (see `unsplice.output.csv_cell`), so a line is a row.
    """
    files = [iter((part.folder / name).read_bytes().splitlines(keepends=True)) for part in parts]
    tables = [part.tables[name] for part in parts]
    headers = [next(file) for file in files]
    yield headers[0]
    for file, table in zip(files, tables, strict=True):
        for _ in range(table.first):
            yield next(file)
    for place in range(max(len(table.lines) for table in tables)):
        for file, table in zip(files, tables, strict=True):
            for _ in range(table.lines[place] if place < len(table.lines) else 0):
                yield next(file)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def remove_parts(output: Path, parts: Sequence[Part], others: Iterable[str] = ()) -> None:
    """Remove the tables of parts that were merged, markers last; what is not theirs stays.

    `others` are names of further files of a part.
    """
    for part in parts:
        for name in (*part.tables, *others, MARKER):
            remove_file(part.folder / name, sync=False)
        with suppress(OSError):
            part.folder.rmdir()
    with suppress(OSError):
        (output / FOLDER).rmdir()
