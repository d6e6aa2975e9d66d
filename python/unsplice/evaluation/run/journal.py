"""What an evaluation has finished so far, kept so that it survives its process.

A folder holds ``run.json``, all that decides the rows, and ``journal``, a line a finished task.
Lines are only ever appended, each with the hash of its content: one that was cut off by a killed
process is not believed, and the task is done again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any, BinaryIO

from unsplice.errors import OutputError, UnspliceError
from unsplice.evaluation.run.rows import COLUMNS, ImageRow
from unsplice.locks import keep_others_out
from unsplice.output import (
    encode_json,
    json_ready,
    output_error,
    refuse_existing,
    remove_file,
    write_file,
)
from unsplice.shards import Part

__all__ = ["FILES", "RECORD", "Journal", "joined", "record_digest"]

RECORD = "run.json"
_JOURNAL = "journal"
#: What a run that can be resumed keeps beside its results.
FILES = (RECORD, _JOURNAL)
FEW = 6  # so many names are told in full


class Journal:
    """The finished tasks of one evaluation, in a folder.

    Use `Journal.open`; as a context it is closed at its end.

    Attributes
    ----------
    finished : dict of int to tuple of ImageRow
        The tasks that earlier runs finished, by their number in the plan.
    """

    def __init__(
        self, path: Path, file: BinaryIO, finished: dict[int, tuple[ImageRow, ...]]
    ) -> None:
        self.finished = finished
        self._path = path
        self._file = file

    @classmethod
    def open(
        cls,
        folder: Path,
        record: Mapping[str, Any],
        *,
        results: Sequence[str] = (),
        resume: bool = False,
        overwrite: bool = False,
    ) -> Journal:
        """Open the journal of the evaluation that `record` describes.

        Parameters
        ----------
        folder : Path
            The output folder; it is made if it lacks.
        record : mapping
            All that decides the rows, ready for JSON.
        results : sequence of str
            Names of the files in `folder` that a finished evaluation leaves.
        resume : bool
            Whether to go on with what an earlier run left; if it left nothing, this one starts.
        overwrite : bool
            Whether what an earlier run left is removed. What another program left never is: a
            folder counts as that of a run if ``run.json`` there has the schema of `record`, of
            any version.

        Raises
        ------
        OutputError
            E161 if there is an earlier run and neither is wanted, or files of these names that no
            run left; E170 if the earlier run had other settings; E172 if another process is at
            work in the folder; E160 or E162 if the folder cannot be written.
        """
        record = json_ready(record)
        path = folder / _JOURNAL
        file, created = _open_alone(path)
        try:
            earlier = _read_record(folder, record)
            if earlier is None or not (resume or overwrite):
                refuse_existing([folder / name for name in (RECORD, *results)], overwrite=False)
                if os.fstat(file.fileno()).st_size:  # empty, it is what a run killed at once leaves
                    raise OutputError("E161", path=path)
            if earlier is not None and resume:
                _refuse_difference(folder, earlier, record)
        except BaseException:
            _let_go(file, path if created else None)
            raise
        try:
            if earlier is None or not resume:
                # Results go first: none may stand beside the record of another run.
                for name in results:
                    remove_file(folder / name)
                file.truncate(0)
                write_file(folder / RECORD, encode_json(record), overwrite=True)
            head = _sealed({"run": record_digest(record), "columns": list(COLUMNS)})
            finished, end = _believed(file, head)
            file.truncate(end)
            file.seek(end)
            journal = cls(path, file, finished)
            if end == 0:
                journal._write(head)
        except BaseException as raised:
            file.close()
            if isinstance(raised, OSError) and not isinstance(raised, OutputError):
                raise output_error(raised, path, 0) from raised
            raise
        return journal

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except OutputError:
            if kind is None:  # else what ended the run says more
                raise

    def append(self, number: int, rows: Sequence[ImageRow]) -> None:
        """Keep the rows of a finished task.

        Raises
        ------
        OutputError
            E160 or E162 if the line cannot be written.
        """
        self._write(_sealed({"task": number, "rows": [astuple(row) for row in rows]}))

    def close(self) -> None:
        """Bring the journal to the disk.

        Raises
        ------
        OutputError
            E160 or E162 if it does not get there.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # no such thing for this file
                raise output_error(error, self._path, 0) from error
        finally:
            self._file.close()

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:  # unbuffered: a killed process leaves what it wrote
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise output_error(error, self._path, len(line)) from error


def joined(
    folder: Path,
    record: Mapping[str, Any],
    parts: Sequence[Part],
    *,
    results: Sequence[str] = (),
    overwrite: bool = False,
) -> list[ImageRow]:
    """Join the journals of the parts of an evaluation into that of `folder`; return all rows.

    Parameters
    ----------
    folder : Path
        The output folder.
    record : mapping
        All that decides the rows.
    parts : sequence of Part
        As `unsplice.shards.finished_parts` gives them.
    results, overwrite
        As `Journal.open` takes them. What an earlier merge of the same parts left is gone on with.

    Raises
    ------
    UnspliceError
        E205 if a part lacks tasks that it said it had done.
    OutputError
        What `Journal.open` raises.
    """
    finished: dict[int, tuple[ImageRow, ...]] = {}
    count = len(record["samples"]) * len(record["attacks"])
    for part in parts:
        with Journal.open(part.folder, record, resume=True) as journal:
            finished |= journal.finished
        if not set(part.shard.take(range(count))) <= finished.keys():
            raise UnspliceError(
                "E205", missing=1, count=len(parts), folder=folder, which=part.shard.number
            )
    with Journal.open(
        folder, record, results=results, resume=not overwrite, overwrite=overwrite
    ) as journal:
        for number in range(count):
            if journal.finished.get(number) != finished[number]:
                journal.append(number, finished[number])
    return [row for number in range(count) for row in finished[number]]


def record_digest(record: object) -> str:
    """Return a hash of a record that is ready for JSON."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sealed(entry: Mapping[str, Any]) -> bytes:
    """Return `entry` as a line that begins with the hash of the rest of it."""
    text = json.dumps(json_ready(entry), ensure_ascii=False, allow_nan=False).encode()
    return hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n"


def _entries(file: BinaryIO) -> Iterator[tuple[bytes, dict[str, Any] | None, int]]:
    """Yield every whole line with its entry, None if it cannot be believed, and where it ends."""
    end = 0
    for line in file.read().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        end += len(line)
        seal, _, text = line[:-1].partition(b" ")
        sound = hashlib.sha256(text).hexdigest()[:16].encode() == seal
        yield line, json.loads(text) if sound else None, end


def _believed(file: BinaryIO, head: bytes) -> tuple[dict[int, tuple[ImageRow, ...]], int]:
    """Return the finished tasks, and where the last whole line ends; 0 for another run's lines."""
    file.seek(0)
    finished: dict[int, tuple[ImageRow, ...]] = {}
    last = 0
    for line, entry, end in _entries(file):
        if last == 0 and line != head:
            return {}, 0
        last = end
        if entry is not None and "task" in entry:
            finished[entry["task"]] = tuple(ImageRow(*row) for row in entry["rows"])
    return finished, last


def _open_alone(path: Path) -> tuple[BinaryIO, bool]:
    """Open the journal for reading and appending, and keep other processes from it (E172).

    Returns
    -------
    tuple of file and bool
        The journal, and whether it was not there before. A link in its place is not followed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file, created = _open_here(path)
            try:
                keep_others_out(file.fileno(), path.parent)
                if os.path.samestat(os.fstat(file.fileno()), path.lstat()):
                    return file, created
            except FileNotFoundError:
                pass
            except BaseException:
                file.close()
                raise
            file.close()  # who held the lock meanwhile has removed it
    except OutputError:
        raise
    except OSError as error:
        raise output_error(error, path, 0) from error


def _open_here(path: Path) -> tuple[BinaryIO, bool]:
    """Open a regular file, make it if it lacks; say whether it did."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    created = False
    try:
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
            created = True
        except FileExistsError:
            descriptor = os.open(path, flags | os.O_CREAT, 0o666)
    except OSError as error:
        if path.is_symlink():
            raise OutputError("E162", path=path, reason="it is a symbolic link") from error
        raise
    file = os.fdopen(descriptor, "r+b", buffering=0)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OutputError("E162", path=path, reason="it is not a regular file")
    return file, created


def _let_go(file: BinaryIO, unwanted: Path | None) -> None:
    """Close the journal; first remove it if it is one that nobody wants."""
    if unwanted is not None:
        with suppress(OSError):
            unwanted.unlink()
    file.close()


def _read_record(folder: Path, record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record of the earlier run in `folder`; None if there is none of our kind."""
    path = folder / RECORD
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise output_error(error, path, 0) from error
    with suppress(ValueError):
        earlier = json.loads(text)
        if isinstance(earlier, dict) and _kind(earlier) == _kind(record):
            return earlier
    return None


def _kind(record: Mapping[str, Any]) -> str:
    """Return what a record is of, without the version of its schema."""
    return str(record.get("schema")).rpartition("/")[0]


def _refuse_difference(folder: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise E170 that names the first setting in which two records differ."""
    for name in now:
        if then.get(name) != now[name]:
            was, is_now = _differing(then.get(name), now[name])
            names = _names(then.get(name)), _names(now[name])
            if name in ("methods", "attacks") and len(names[0]) != len(names[1]):
                was, is_now = (", ".join(few[:FEW]) + ", ..." * (len(few) > FEW) for few in names)
            raise OutputError("E170", folder=folder, setting=name, then=was, now=is_now)


def _names(value: object) -> list[str]:
    """Return the names in a list of records or of names; none if it is something else."""
    items = value if isinstance(value, list) else []
    found = [item.get("name") if isinstance(item, dict) else item for item in items]
    return [name for name in found if isinstance(name, str)] if found else []


def _differing(then: object, now: object) -> tuple[str, str]:
    """Return the two values for people: of long ones, the first part that differs."""
    if isinstance(then, list) and isinstance(now, list) and len(then) != len(now):
        return f"{len(then)} of them", f"{len(now)}"
    if isinstance(then, list) and isinstance(now, list):
        pairs = zip(then, now, strict=True)
        return next(_differing(old, new) for old, new in pairs if old != new)
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted([*now, *then], key=lambda key: key != "name"):
            if then.get(key) != now.get(key):
                was, is_now = _differing(then.get(key), now.get(key))
                return f"{key} {was}", f"{key} {is_now}"
    return json.dumps(then, ensure_ascii=False), json.dumps(now, ensure_ascii=False)
