"""Writing results: whole or not at all, under names that lead back to the input, never beside it.

Every file is written under a temporary name in its folder, brought to the disk, then renamed, so
that a full disk or a killed process leaves no half file under the final name. OpenCV encodes into
memory only; it never sees a path.
"""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import json
import math
import os
import re
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from unsplice.errors import OutputError, printable
from unsplice.locks import lock
from unsplice.urls import Url

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "cell_text",
    "csv_cell",
    "encode_csv",
    "encode_json",
    "encode_png",
    "json_line",
    "json_ready",
    "output_error",
    "output_names",
    "path_fields",
    "path_text",
    "refuse_beside_inputs",
    "refuse_existing",
    "refuse_unwritable",
    "remove_file",
    "remove_unfinished",
    "write_file",
]

# A file system takes 255 bytes a name; the rest is for ".overlay.png" and the like.
NAME_BYTES = 200
# What is being written, and not yet under its name.
UNFINISHED = re.compile(r"\A\.unsplice-[0-9a-f]{12}\.tmp\Z")
# What a spreadsheet takes for the beginning of a formula, some of them in full width and behind
# blanks, too.
_FORMULA = re.compile(r" *[=+@\-\uff1d\uff0b\uff20\uff0d]")
_PERHAPS_UNPRINTABLE = re.compile(r"[^\n -~]")


def encode_png(array: NDArray[Any]) -> bytes:
    r"""Return `array` as a PNG file.

    Parameters
    ----------
    array : (rows, cols) or (rows, cols, 3) array of bool, uint8 or uint16
        Gray or RGB; bool becomes 0 and 255.

    Raises
    ------
    TypeError
        If the dtype is another.
    ValueError
        If the shape is another, or has no pixels.

    Examples
    --------
    >>> import numpy as np
    >>> encode_png(np.eye(3, dtype=bool))[:4]
    b'\x89PNG'
    """
    import cv2
    import numpy as np

    native = array.dtype.newbyteorder("=")
    if native not in (np.dtype(bool), np.dtype(np.uint8), np.dtype(np.uint16)):
        raise TypeError(f"array must have dtype bool, uint8 or uint16, got {array.dtype}")
    if array.size == 0 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise ValueError(
            f"array must have shape (rows, cols) or (rows, cols, 3), got {array.shape}"
        )
    pixels = array.astype(np.uint8) * 255 if native == np.dtype(bool) else array
    pixels = np.ascontiguousarray(pixels[..., ::-1] if array.ndim == 3 else pixels, pixels.dtype)
    done, encoded = cv2.imencode(".png", pixels.astype(pixels.dtype.newbyteorder("="), copy=False))
    if not done:
        raise RuntimeError("OpenCV could not encode a PNG")
    return encoded.tobytes()


def json_ready(value: Any) -> Any:
    """Return `value` in the types of JSON; numbers that JSON has no word for become None.

    Examples
    --------
    >>> json_ready({"score": float("nan"), "shape": (2, 3)})
    {'score': None, 'shape': [2, 3]}
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, os.PathLike):
        return path_text(value)
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return json_ready(value.tolist())
    if isinstance(value, Iterable):
        return [json_ready(item) for item in value]
    raise TypeError(f"cannot write a {type(value).__name__} as JSON")


def encode_json(record: Mapping[str, Any]) -> bytes:
    """Return `record` as strict, indented JSON in UTF-8."""
    text = json.dumps(json_ready(record), indent=2, ensure_ascii=False, allow_nan=False)
    return (_escaped(text) + "\n").encode("utf-8")


def json_line(value: Any) -> str:
    r"""Return `value` as a line of strict JSON; what is not printable in it is escaped.

    JSON itself lets control characters above 127 through, and those that turn text around.

    Examples
    --------
    >>> print(json_line({"name": "caf\xe9\x9b2J.jpg"}))
    {"name": "caf\xe9\u009b2J.jpg"}
    """
    return _escaped(json.dumps(json_ready(value), ensure_ascii=False, allow_nan=False))


def _escaped(text: str) -> str:
    """Return JSON with the same meaning that no terminal obeys."""
    return _PERHAPS_UNPRINTABLE.sub(
        lambda found: found[0] if found[0].isprintable() else _escape(found[0]), text
    )


def _escape(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(rf"\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def csv_cell(value: object) -> object:
    """Return `value` as one line that no spreadsheet takes for a formula.

    Examples
    --------
    >>> csv_cell("=cmd()"), csv_cell("a.jpg"), csv_cell(-3), csv_cell(float("nan"))
    ("'=cmd()", 'a.jpg', -3, '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, int | float):
        return value
    text = printable(value)
    return "'" + text if _FORMULA.match(text) else text


def encode_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a table with a header as CSV in UTF-8; what a row lacks, and NaN, is left empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([csv_cell(row.get(column)) for column in columns])
    return text.getvalue().encode("utf-8")


def path_text(path: str | os.PathLike[str]) -> str:
    r"""Return `path` as text; bytes that are no UTF-8 are written as ``\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def cell_text(path: Path) -> str:
    """Return `path` as `path_text` does, for a table; the path that a table leaves out is empty.

    What `csv_cell` would take for a formula gets ``./`` in front: it names the same file still.

    Examples
    --------
    >>> cell_text(Path("-in/a.jpg")), cell_text(Path("in/a.jpg")), cell_text(Path())
    ('./-in/a.jpg', 'in/a.jpg', '')
    """
    if path == Path():
        return ""
    text = path_text(path)
    return "./" + text if _FORMULA.match(text) else text


def path_fields(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return `path` for a JSON record, with its raw bytes where the text does not hold them."""
    raw = os.fsencode(path)
    fields = {"path": path_text(path)}
    if fields["path"].encode("utf-8") != raw:
        fields["path_base64"] = base64.b64encode(raw).decode("ascii")
    return fields


def _shortened(name: str, key: str) -> str:
    """Cut `name` to `NAME_BYTES`, marked by ``~`` and 8 hexadecimal digits of the hash of `key`."""
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:8]
    raw = os.fsencode(name)
    end = min(len(raw), NAME_BYTES - 9)
    while 0 < end < len(raw) and raw[end] & 0xC0 == 0x80:  # not within a UTF-8 character
        end -= 1
    return f"{os.fsdecode(raw[:end])}~{digest}"


def output_names(inputs: Sequence[tuple[str, str]]) -> list[str]:
    """Return one output name for each input; no two are equal, even where case does not count.

    Parameters
    ----------
    inputs : sequence of (name, identity)
        The path of the input below the folder that is mirrored, with ``/`` between its parts, and
        what tells it from another input of the same name.

    Returns
    -------
    list of str
        The name as it came. A part of more than 200 bytes is cut, and a name that is taken is
        kept, each with ``~`` and 8 hexadecimal digits of a hash after it.

    Examples
    --------
    >>> output_names([("x/a.jpg", "1"), ("x/A.jpg", "2"), ("../b.jpg", "3")])
    ['x/a.jpg', 'x/A.jpg~d4735e3a', 'b.jpg']
    """
    taken: set[str] = set()
    names = []
    for name, identity in inputs:
        parts = [
            _shortened(part, part) if len(os.fsencode(part)) > NAME_BYTES else part
            for part in PurePosixPath(name).parts
            if part.strip("/") not in ("", ".", "..")
        ] or ["image"]
        unique, attempt = "/".join(parts), 0
        while (key := unicodedata.normalize("NFC", unique).casefold()) in taken:
            again = identity if attempt == 0 else f"{identity}\n{attempt}"
            unique, attempt = "/".join([*parts[:-1], _shortened(parts[-1], again)]), attempt + 1
        taken.add(key)
        names.append(unique)
    return names


def refuse_beside_inputs(
    folders: Iterable[str | os.PathLike[str]],
    *,
    files: Iterable[str | os.PathLike[str]] = (),
    trees: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Raise E163 if one of `folders` holds one of the input `files`, or lies in an input tree."""
    real = os.path.realpath  # never fails on a looping link, as Path.resolve does
    holding = {real(parent): file for parent, file in _parents(files).items()}
    roots = {real(tree): tree for tree in trees}
    for folder in dict.fromkeys(Path(folder) for folder in folders):
        target = real(folder)
        if target in holding:
            raise OutputError("E163", folder=folder, input=holding[target])
        for root, tree in roots.items():
            if target == root or Path(root) in Path(target).parents:
                raise OutputError("E163", folder=folder, input=tree)


def _parents(
    files: Iterable[str | os.PathLike[str]],
) -> dict[Path, str | os.PathLike[str]]:
    """Return the folders of `files`, each with one of its files."""
    return {Path(file).parent: file for file in files if Path(file) != Path()}


def refuse_existing(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Raise E161 if one of `paths` exists, unless it may be replaced."""
    for path in paths:
        if not overwrite and os.path.lexists(path):
            raise OutputError("E161", path=path)


def _size_text(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count:,} bytes"


def output_error(error: OSError, path: Path, needed: int) -> OutputError:
    """Return why the system refused to write `needed` bytes to `path`: E160 or E162."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        try:
            free = _size_text(shutil.disk_usage(path.parent).free)
        except OSError:
            free = "an unknown amount"
        return OutputError("E160", folder=path.parent, free=free, needed=_size_text(needed))
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError("E162", path=path, reason=reason)


def write_file(
    path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False, sync: bool = True
) -> None:
    """Write `data` to `path`, whole or not at all; folders that lack are made.

    Parameters
    ----------
    path : str or path
        Where to; a link there is replaced, never followed. An object that a `Url` names is
        written whole, but two that write it at once are not kept apart.
    data : bytes
        The content.
    overwrite : bool
        Whether a file that exists is replaced.
    sync : bool
        Whether the content is brought to the disk before the name appears. Without it a loss of
        power, though not of the process, can leave the name with an empty file: for the many small
        files of a set whose index is written last.

    Raises
    ------
    OutputError
        E160 if there is no space, E161 if `path` exists and is not to be replaced, E162 if the
        system refuses for another reason.
    """
    if isinstance(path, Url):
        if not overwrite and path.exists():
            raise OutputError("E161", path=path)
        path.write(data)
        return
    target = Path(path)
    if _is_special(target):
        raise OutputError("E162", path=target, reason="it is no regular file")
    temporary = target.parent / f".unsplice-{secrets.token_hex(6)}.tmp"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError("E162", path=target.parent, reason="it is not a folder") from None
    except OSError as error:
        raise output_error(error, target, len(data)) from error
    held = -1
    try:
        descriptor, held = _opened(temporary)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        if overwrite:
            temporary.replace(target)
        else:
            _rename_new(temporary, target)
        if sync:
            _sync_folder(target.parent)
    except FileExistsError:
        raise OutputError("E161", path=target) from None
    except OSError as error:
        _let_go(temporary, held)  # before the space is asked for that is free
        held = -1
        raise output_error(error, target, len(data)) from error
    finally:
        _let_go(temporary, held)


def _let_go(temporary: Path, held: int) -> None:
    """Remove what was written under a temporary name, and close the descriptor that locks it."""
    with suppress(OSError):
        temporary.unlink()
    if held >= 0:
        os.close(held)


def _opened(temporary: Path) -> tuple[int, int]:
    """Make a file to be written, and a second descriptor that keeps it locked till it is closed.

    The lock ends with the process, however that ends: what is not locked is nobody's any more, see
    `remove_unfinished`. Where the system has no locks, the second is -1.
    """
    while True:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o666)
        try:
            lock(descriptor)
        except OSError:
            return descriptor, -1
        if os.fstat(descriptor).st_nlink:  # else it was taken for a left one before it was locked
            return descriptor, os.dup(descriptor)
        os.close(descriptor)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left half-written in `folder` and below.

    What another process is writing is locked, and stays.
    """
    for root, _, names in os.walk(folder):
        for name in names:
            if UNFINISHED.match(name):
                with suppress(OSError):
                    path = Path(root, name)
                    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
                    try:
                        lock(descriptor)
                        path.unlink()
                    finally:
                        os.close(descriptor)


def _is_special(path: Path) -> bool:
    """Return whether `path` is a device, a pipe or a socket: renaming over one would remove it."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False  # nothing is there, or what follows finds out why not
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def refuse_unwritable(path: Path) -> None:
    """Raise E162 if a file cannot be made at `path`: before hours are spent on what goes there."""
    if path.is_dir():
        raise OutputError("E162", path=path, reason="it is a folder")
    if _is_special(path):
        raise OutputError("E162", path=path, reason="it is no regular file")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise OutputError("E162", path=folder, reason="it is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError("E162", path=path, reason="permission denied")


def remove_file(path: Path, *, sync: bool = True) -> None:
    """Remove the file or link `path`, if it is there.

    With `sync` that is brought to the disk before anything is written after it. Raises E162 if the
    system refuses.
    """
    if isinstance(path, Url):
        path.remove()
        return
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise output_error(error, path, 0) from error
    if sync:
        _sync_folder(path.parent)


def _rename_new(temporary: Path, target: Path) -> None:
    """Give `temporary` its final name, which must be free; a link does both in one step."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists", str(target)) from None
        temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk as well, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
