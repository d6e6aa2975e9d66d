"""Reading a folder that another verb has finished; nothing that its tables say is taken on trust.

A set may come from somebody else. No path of a table is opened as it stands: the names come from
the records that lie in the folder, which the table has to agree with, and nothing is read through a
link that leads out.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

from unsplice.errors import ReadError, UsageError, printable
from unsplice.output import path_text
from unsplice.packing.splits import Groups
from unsplice.record import (
    LOCALIZATION_SCHEMA,
    PATCHES_SCHEMA,
    Record,
    RecordedFile,
    read_record,
)

__all__ = [
    "Folder",
    "Kind",
    "Patch",
    "PatchFolder",
    "Picture",
    "ResultFolder",
    "finished_folder",
]

Kind = Literal["patch set", "results"]

ENDING = ".run.json"
MASK_ENDING = ".mask.png"
_PATCH = re.compile(r"images/(boundary|authentic)/(.+)\.r(\d{5,10})\.c(\d{5,10})\.png\Z", re.DOTALL)
_COLUMNS: Mapping[Kind, frozenset[str]] = {
    "patch set": frozenset(
        ["patch", "patch_mask", "source", "sha256", "row", "col", "size", "label",
         "tampered_fraction", "small", "seed"]
    ),
    "results": frozenset(["name", "finding", "score", "mask", "error"]),
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A picture that the folder holds results of.

    Attributes
    ----------
    name : str
        Of the results, below the folder.
    sha256 : str
        Of its bytes.
    authentic : tuple of str
        Hashes of the authentic pictures that it was made from, as far as known.
    path : str
        As it was found or given in that run.
    """

    name: str
    sha256: str
    authentic: tuple[str, ...]
    path: str

    @property
    def text(self) -> str:
        """The name as tables have it: with escapes for what they cannot hold."""
        return printable(path_text(self.name))


@dataclass(frozen=True)
class Patch:
    """A line of the index, checked, and where its files are.

    Attributes
    ----------
    number : int
        Of the line, from 0.
    row : mapping
        Its cells by column, of the types that they mean.
    picture : Picture
        What it was cut from.
    file : str
        Its path below ``images``, and that of its mask below ``masks``: as it really is, where the
        row has escapes for what a table cannot hold.
    """

    number: int
    row: Mapping[str, Any]
    picture: Picture
    file: str

    @property
    def place(self) -> str:
        """The same as text: ``boundary/edited.jpg.r00064.c00128.png``."""
        return str(self.row["patch"]).removeprefix("images/")


@dataclass
class Folder:
    """A folder with a table that was written last, and a record a picture.

    Attributes
    ----------
    path : Path
        The folder.
    table : Path
        ``index.csv`` or ``summary.csv``.
    """

    path: Path
    table: Path
    kind: ClassVar[Kind]
    _inside: set[Path] = field(default_factory=set, init=False, repr=False)

    @cached_property
    def table_sha256(self) -> str:
        """Hash of the table."""
        with self.table.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def lines(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the lines of the table with their numbers in the file, one at a time."""
        try:
            with self.table.open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file, strict=True)
                lacking = _COLUMNS[self.kind] - set(reader.fieldnames or ())
                if lacking:
                    raise self.unfinished(f"{self.table.name} lacks the column {min(lacking)}")
                for cells in reader:
                    if None in cells or None in cells.values():
                        raise self.damaged(f"line {reader.line_num} has too many or too few cells")
                    yield reader.line_num, cells
        except (csv.Error, UnicodeDecodeError) as error:
            raise self.damaged(f"it is no table ({error})") from None
        except OSError as error:
            raise self.damaged((error.strerror or "unreadable").lower()) from None

    def unfinished(self, reason: str) -> UsageError:
        """Return the error that this is no folder to pack (E215)."""
        return UsageError("E215", path=self.path, reason=reason)

    def damaged(self, reason: str, path: Path | None = None) -> ReadError:
        """Return the error that something in the folder does not belong to the rest (E216)."""
        return ReadError("E216", path=path or self.table, reason=reason)

    def read(self, path: Path, *, limit: int) -> bytes:
        """Return the bytes of the regular file `path` in the folder.

        Raises
        ------
        ReadError
            E216 if it is not there, no regular file, or has more than `limit` bytes; E217 if it is
            a link, or a folder on the way to it is one that leads out.
        """
        self._require_inside(path.parent)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if path.is_symlink():
                raise ReadError("E217", path=path, folder=self.path) from None
            raise self.damaged((error.strerror or "unreadable").lower(), path) from None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise self.damaged("it is no regular file", path)
            if found.st_size > limit:
                raise self.damaged(f"it has {found.st_size:,} bytes, more than can be", path)
            return file.read()

    def _require_inside(self, parent: Path) -> None:
        """Raise E217 if `parent` is not really below the folder; it is asked once."""
        if parent in self._inside:
            return
        top, real = os.path.realpath(self.path), os.path.realpath(parent)
        if real != top and Path(top) not in Path(real).parents:
            raise ReadError("E217", path=parent, folder=self.path)
        self._inside.add(parent)

    def names(self, top: Path) -> dict[str, str]:
        """Return the names of the records below `top` by the texts that tables have for them."""
        if top != self.path and top.is_symlink():
            raise ReadError("E217", path=top, folder=self.path)
        found: dict[str, str] = {}
        for root, folders, files in os.walk(top):
            folders.sort()
            for file in sorted(name for name in files if name.endswith(ENDING)):
                name = Path(root, file).relative_to(top).as_posix().removesuffix(ENDING)
                text = printable(path_text(name))
                if text in found:
                    raise self.damaged("its name cannot be told from another", Path(root, file))
                found[text] = name
        return found

    def record(self, path: Path, schema: str) -> Record:
        """Read the record `path`, which must lie in the folder and have this `schema`."""
        self._require_inside(path.parent)
        if path.is_symlink():
            raise ReadError("E217", path=path, folder=self.path)
        record = read_record(path)
        if record.schema != schema:
            raise self.damaged(f"it is of the kind {record.schema}, not {schema}", path)
        return record

    def picture(self, record: Record, name: str) -> Picture:
        """Return what a record says of its picture."""
        inputs = record.inputs
        role = "image" if "image" in inputs else "spliced"
        if role not in inputs:
            raise self.damaged("it tells of no picture", record.path)
        authentic = (inputs["authentic"].sha256,) if "authentic" in inputs else ()
        return Picture(name, inputs[role].sha256, authentic, path_text(inputs[role].path))

    def require_recorded(self, path: Path, data: bytes, recorded: RecordedFile | None) -> None:
        """Raise E216 if `data`, read from `path`, is not what its record tells of."""
        if recorded is None:
            raise self.damaged("its record does not tell of it", path)
        if hashlib.sha256(data).hexdigest() != recorded.sha256:
            raise self.damaged("its bytes are not those that its record tells of", path)


class PatchFolder(Folder):
    """What ``unsplice patches`` leaves."""

    kind = "patch set"
    _last: tuple[str, Mapping[str, RecordedFile]] = ("", {})

    @cached_property
    def pictures(self) -> Mapping[str, Picture]:
        """The pictures by their names as the index writes them."""
        names = self.names(self._records)
        return {text: self.picture(self._record(name), name) for text, name in names.items()}

    @property
    def _records(self) -> Path:
        return self.path / "records"

    def _record(self, name: str) -> Record:
        return self.record(self._records / f"{name}{ENDING}", PATCHES_SCHEMA)

    def recorded(self, patch: Patch) -> Mapping[str, RecordedFile]:
        """Return the files that the record of a patch tells of, by their paths as text.

        The last record is kept: the lines of an index are by picture, and all records of a large
        set would fill the memory.
        """
        if self._last[0] != patch.picture.name:
            self._last = patch.picture.name, self._record(patch.picture.name).outputs
        return self._last[1]

    @cached_property
    def groups(self) -> Groups:
        """Which of the pictures share a file."""
        groups = Groups()
        for picture in self.pictures.values():
            groups.add(picture.sha256, picture.authentic)
        return groups

    def __iter__(self) -> Iterator[Patch]:
        """Yield the patches in the order of the index, which has those of a picture together."""
        left = set(self.pictures)  # pictures that no line was of
        text, files = "", set[str]()
        for number, (line, cells) in enumerate(self.lines()):
            patch = self._patch(number, line, cells)
            if patch.picture.text != text:
                self._require_all(text, files)
                text, files = patch.picture.text, set()
                if text not in left:
                    raise self.damaged(f"line {line} is apart from the others of {text}")
                left.remove(text)
            if patch.file in files:
                raise self.damaged(f"line {line} is there twice")
            files.add(patch.file)
            yield patch
        self._require_all(text, files)
        for other in left:
            self._require_all(other, set())

    def _require_all(self, text: str, files: set[str]) -> None:
        """Raise E216 unless the index has a line for every patch of a picture."""
        if not text:
            return
        told = self._record(self.pictures[text].name).outputs
        count = sum(path.startswith("images/") for path in told)
        if len(files) != count:
            raise self.damaged(f"it has {len(files):,} of the {count:,} patches of {text}")

    def _patch(self, number: int, line: int, cells: Mapping[str, str]) -> Patch:
        where = f"line {line}"
        for column in ("patch", "patch_mask"):
            parts = PurePosixPath(cells[column]).parts
            if not parts or parts[0] == "/" or ".." in parts:
                raise ReadError("E217", path=f"{where}: {cells[column]}", folder=self.path)
        matched = _PATCH.match(cells["patch"])
        if not matched or cells["patch_mask"] != f"masks/{cells['patch'].removeprefix('images/')}":
            raise self.damaged(f"{where} names no patch and its mask")
        kind, name, at_row, at_col = matched.groups()
        picture = self.pictures.get(name)
        if picture is None:
            raise self.damaged(f"{where} is of a picture without a record: {name}")
        row = self._values(where, cells)
        if row["sha256"] != picture.sha256:
            raise self.damaged(f"{where} and the record of {name} tell of different pictures")
        if (int(at_row), int(at_col)) != (row["row"], row["col"]):
            raise self.damaged(f"{where} names another place than the file of the patch")
        if kind != ("authentic", "boundary")[row["label"]]:
            raise self.damaged(f"{where} names another class than the folder of the patch")
        file = f"{kind}/{picture.name}.r{at_row}.c{at_col}.png"
        return Patch(number, row, picture, file)

    def _values(self, where: str, cells: Mapping[str, str]) -> dict[str, Any]:
        """Return the cells as what they mean."""
        row: dict[str, Any] = {name: cells[name] for name in ("patch", "patch_mask", "source")}
        row["sha256"] = cells["sha256"]
        try:
            for column in ("row", "col", "size", "label"):
                row[column] = _whole(cells[column])
            row["tampered_fraction"] = float(cells["tampered_fraction"])
            for column in ("small", "seed"):
                row[column] = _whole(cells[column])
        except ValueError:
            raise self.damaged(f"{where} has no number in the column {column}") from None
        fits = (row["label"] in (0, 1), row["small"] in (0, 1), 1 <= row["size"] <= 4096)
        if not all(fits) or not 0 <= row["tampered_fraction"] <= 1:
            raise self.damaged(f"{where} has a number that is out of range")
        return row


class ResultFolder(Folder):
    """What ``unsplice compare`` and ``unsplice localize`` leave of several pictures."""

    kind = "results"

    def __iter__(self) -> Iterator[tuple[Picture, Record, Path]]:
        """Yield picture, record and mask of each line without an error."""
        names = self.names(self.path)
        seen: set[str] = set()
        for line, cells in self.lines():
            if cells["error"]:
                continue
            parts = PurePosixPath(cells["mask"]).parts
            if not parts or parts[0] == "/" or ".." in parts:
                raise ReadError("E217", path=f"line {line}: {cells['mask']}", folder=self.path)
            text = "/".join(parts)
            name = names.get(text.removesuffix(MASK_ENDING))
            if name is None or not text.endswith(MASK_ENDING):
                raise self.damaged(f"line {line} is of a picture without a record: {text}")
            if name in seen:
                raise self.damaged(f"line {line} is of a picture that another line is of: {text}")
            seen.add(name)
            path = self.path / f"{name}{ENDING}"
            record = self.record(path, LOCALIZATION_SCHEMA)
            yield self.picture(record, name), record, self.path / f"{name}{MASK_ENDING}"


def finished_folder(path: Path) -> PatchFolder | ResultFolder:
    """Return what `path` holds.

    Raises
    ------
    ReadError
        E101 if nothing is there.
    UsageError
        E215 if it is no finished folder of ``patches``, ``compare`` or ``localize``.
    """
    if not os.path.lexists(path):
        raise ReadError("E101", path=path)
    index, summary = path / "index.csv", path / "summary.csv"
    if index.is_file() and (path / "records").is_dir():
        return PatchFolder(path, index)
    if summary.is_file():
        return ResultFolder(path, summary)
    reason = "it has neither index.csv with records, nor summary.csv"
    if (path / "records").is_dir() or (path / "images").is_dir():
        reason = "there are patches without index.csv and records: the run was not finished"
    elif path.is_file():
        reason = "it is a file"
    raise UsageError("E215", path=path, reason=reason)


def _whole(text: str) -> int:
    """Return a number of digits alone."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(text)
    return int(text)
