"""The record of a result: which bytes were read, with what they were analysed, what was written.

A record holds nothing that changes from run to run: no times, no host, no number of threads. This
module alone makes records and reads them back; who wrote a record that is read is not known, so
every field is checked before it is used. docs/records.md says what each field means.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final, NoReturn

from unsplice._version import __version__
from unsplice.errors import ImageError, RecordError
from unsplice.image import SourceImage, file_content
from unsplice.limits import LARGEST_RECORD
from unsplice.output import encode_json, json_ready, path_fields, path_text

__all__ = [
    "LOCALIZATION_SCHEMA",
    "OPENCV",
    "PATCHES_SCHEMA",
    "RESULT_FIELDS",
    "Record",
    "RecordedFile",
    "RecordedInput",
    "digests_of",
    "encode_record",
    "input_fields",
    "inputs_fields",
    "output_fields",
    "processor",
    "read_record",
    "sealed",
    "short",
    "version_of",
    "versions",
]

LOCALIZATION_SCHEMA: Final = "unsplice.localization/2"
PATCHES_SCHEMA: Final = "unsplice.patches/2"

# What `Localization.to_dict` says, but for the settings and the version.
RESULT_FIELDS: Final = (
    "finding", "statement", "score", "threshold", "shape", "area", "fraction", "regions",
    "details", "warnings",
)  # fmt: skip
# Which fields each of the `digests` of a record covers, by schema.
_SEALED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    LOCALIZATION_SCHEMA: {
        "parameters": ("method", "parameters", "seed", "max_pixels"),
        "result": RESULT_FIELDS,
        "files": ("inputs", "outputs"),
        "versions": ("versions", "processor"),
    },
    PATCHES_SCHEMA: {
        "parameters": ("method", "parameters", "max_pixels"),
        "result": ("patches", "warnings"),
        "files": ("name", "inputs", "outputs"),
        "versions": ("versions", "processor"),
    },
}
# More than a record of the largest picture takes; a reader must not be made to load a film.
_MAX_DEPTH: Final = 32
_INPUT_FIELDS: Final = frozenset(
    ["path", "sha256", "size", "format", "shape", "dtype", "pixels_sha256", "orientation"]
)
_OUTPUT_FIELDS: Final = frozenset(["path", "sha256", "size"])
# OpenCV comes under several names, of which the files may lie on top of each other.
OPENCV: Final = (
    "opencv-python", "opencv-python-headless", "opencv-contrib-python",
    "opencv-contrib-python-headless",
)  # fmt: skip


# --------------------------------------------------------------------- what a record is made of


@cache
def version_of(name: str) -> str:
    """Return the version of an installed distribution; "unknown" where nothing tells it.

    What the distribution says goes before ``__version__``, which some forget to raise: PyWavelets
    1.9.0 calls itself 1.8.0. Of OpenCV the distribution also tells the build, and with it the
    decoders; several distributions side by side say nothing of which of them is loaded, so then
    the library is asked.

    Examples
    --------
    >>> version_of("no-such-distribution")
    'unknown'
    """
    from importlib.metadata import PackageNotFoundError, version  # takes a twentieth of a second

    found = []
    for distribution in OPENCV if name == "opencv" else (name,):
        try:
            found.append(version(distribution))
        except PackageNotFoundError:
            continue
    if len(found) == 1:
        return found[0]
    if name == "opencv":
        import cv2

        return str(cv2.__version__)
    return "unknown"


def versions() -> dict[str, str]:
    """Return the versions of unsplice and of all that its results depend on."""
    return {
        "unsplice": __version__,
        "Python": platform.python_version(),
        "NumPy": version_of("numpy"),
        "OpenCV": version_of("opencv"),
        "PyWavelets": version_of("PyWavelets"),
    }


def processor() -> dict[str, str]:
    """Return the architecture, and the set of instructions that the core's loops use."""
    from unsplice import _core

    return {"architecture": platform.machine(), "instructions": _core.instruction_set()}


def input_fields(source: SourceImage) -> dict[str, Any]:
    """Return what a record tells of the content of a picture that was read.

    Returns
    -------
    dict
        ``sha256`` and ``size`` of its bytes, ``format``, ``shape``, ``dtype``, ``pixels_sha256``
        (see `SourceImage.pixels_sha256`) and ``orientation``.
    """
    return {
        "sha256": source.sha256,
        "size": source.size,
        "format": source.format,
        "shape": list(source.pixels.shape),
        "dtype": source.pixels.dtype.name,
        "pixels_sha256": source.pixels_sha256,
        "orientation": source.orientation,
    }


def inputs_fields(inputs: Mapping[str, SourceImage | Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a record tells of each input, by role; what is told already is kept."""
    return {
        role: given
        if not isinstance(given, SourceImage)
        else (path_fields(given.path) if given.path is not None else {}) | input_fields(given)
        for role, given in inputs.items()
    }


def output_fields(path: str | os.PathLike[str], data: bytes) -> dict[str, Any]:
    """Return what a record tells of a file that was written.

    Parameters
    ----------
    path : str or path
        Relative to the folder that the record's paths start from.
    data : bytes
        The content.
    """
    digest = hashlib.sha256(data).hexdigest()
    return path_fields(path) | {"sha256": digest, "size": len(data)}


def digest_of(fields: Mapping[str, Any]) -> str:
    """Return the SHA-256 of `fields` as JSON without blanks, keys in order, in UTF-8."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def digests_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each part of a record: which one changed since shows from them."""
    return {
        part: digest_of({name: content.get(name) for name in names})
        for part, names in _SEALED[content["schema"]].items()
    }


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of `content`: with versions and processor, and digests at its end.

    Parameters
    ----------
    content : mapping
        All other fields; ``schema`` says which they are.
    """
    record: dict[str, Any] = json_ready(
        {**content, "versions": versions(), "processor": processor()}
    )
    return record | {"digests": digests_of(record)}


def encode_record(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of the record of `content`; see `sealed`."""
    return encode_json(sealed(content))


# -------------------------------------------------------------------------- reading one, untrusted


@dataclass(frozen=True)
class RecordedFile:
    """A file that was written: `path` (relative), `sha256` and `size` of its bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class RecordedInput(RecordedFile):
    """A file that was read; `fields` is what `input_fields` said of it."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Record:
    """A record whose form was checked; what it claims was not.

    Attributes
    ----------
    path : Path
        Where it is.
    content : mapping
        All its fields.
    inputs : mapping of str to RecordedInput
        By role.
    outputs : mapping of str to RecordedFile
        By kind; those of a set of patches by their path.
    folder : Path
        What the paths of the outputs are relative to.
    """

    path: Path
    content: Mapping[str, Any]
    inputs: Mapping[str, RecordedInput]
    outputs: Mapping[str, RecordedFile]
    folder: Path

    @property
    def schema(self) -> str:
        """The schema with its version."""
        return str(self.content["schema"])

    def changed_parts(self) -> list[str]:
        """Return the parts of the record whose digests do not hold: changed after writing."""
        now, then = digests_of(self.content), self.content["digests"]
        return [part for part in now if now[part] != then.get(part)]


def read_record(path: Path) -> Record:
    """Read a record and check its form.

    Parameters
    ----------
    path : Path
        A ``*.run.json``; whoever wrote it.

    Returns
    -------
    Record
        Every path in it is text that a system call can take; those of outputs lead down.

    Raises
    ------
    ReadError
        E101 to E105: the file cannot be reached or read.
    RecordError
        E141 if it is no record, E142 if a field makes no sense, E143 if its schema is not known
        here, E144 if it does not tell which files were read, E146 if an output is said to lie
        outside of its folder.
    """
    content = _parsed(path)
    schema = content.get("schema")
    if not isinstance(schema, str) or schema not in _SEALED:
        raise RecordError("E143", path=path, schema=short(schema), known=" and ".join(_SEALED))
    known = {"schema", "digests", *(name for part in _SEALED[schema].values() for name in part)}
    _require_names(path, "the record", content, known)
    for name in ("versions", "processor", "digests"):
        _require(path, name, _is_words(content[name]), "must map names to text")
    _require(path, "method", isinstance(content["method"], str), "must be text")
    _require(path, "seed", content.get("seed") is None, "must be null: no method takes one")
    limit = content["max_pixels"]
    _require(path, "max_pixels", limit is None or _is_count(limit), "must be a number of pixels")
    _require(path, "parameters", isinstance(content["parameters"], dict), "must be an object")
    _require(path, "inputs", isinstance(content["inputs"], dict), "must be an object")
    inputs = {role: _input(path, role, given) for role, given in content["inputs"].items()}
    if not inputs:
        raise RecordError("E144", path=path)
    return Record(path, content, inputs, _outputs(path, content), _folder(path, content))


def _parsed(path: Path) -> dict[str, Any]:
    """Return the object that a file holds as strict JSON."""
    try:
        data = file_content(os.fspath(path), LARGEST_RECORD)
    except ImageError:
        raise RecordError("E141", path=path, reason=f"more than {LARGEST_RECORD:,} bytes") from None
    try:
        content = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise RecordError("E141", path=path, reason="it is nested too deep") from None
    except ValueError as error:  # no UTF-8, no JSON, a number of thousands of digits
        raise RecordError("E141", path=path, reason=short(str(error))) from None
    if not isinstance(content, dict):
        raise RecordError("E141", path=path, reason="it holds no JSON object")
    if _is_deep(content):
        raise RecordError("E141", path=path, reason="it is nested too deep")
    return content


def _is_deep(content: dict[str, Any]) -> bool:
    """Return whether objects and lists lie deeper in each other than in any record."""
    level: list[Any] = [content]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a name that is there twice is read differently by every reader."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise ValueError(f"the name {short(name)} is there twice")
        fields[name] = value
    return fields


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _input(path: Path, role: str, given: object) -> RecordedInput:
    """Return one input of a record, every field of it checked."""
    field = f"inputs.{short(role)}"
    if not isinstance(given, dict):
        raise RecordError("E142", path=path, field=field, reason="must be an object")
    if not {"path", "sha256"} <= given.keys():
        raise RecordError("E144", path=path)
    file = _file(path, field, given, _INPUT_FIELDS)
    fields = {name: given[name] for name in sorted(_INPUT_FIELDS - {"path"})}
    checks: dict[str, Callable[[Any], bool]] = {
        "format": lambda value: isinstance(value, str),
        "dtype": lambda value: value in ("uint8", "uint16"),
        "pixels_sha256": _is_digest,
        "orientation": lambda value: _is_count(value) and 1 <= value <= 8,
        "shape": lambda value: (
            isinstance(value, list) and len(value) in (2, 3) and all(map(_is_count, value))
        ),
    }
    for name, check in checks.items():
        _require(path, f"{field}.{name}", check(fields[name]), "is not what a record has there")
    return RecordedInput(file.path, file.sha256, file.size, fields)


def _outputs(path: Path, content: Mapping[str, Any]) -> dict[str, RecordedFile]:
    """Return the outputs of a record; none of their paths leads up or away."""
    given = content["outputs"]
    if content["schema"] == PATCHES_SCHEMA:
        _require(path, "outputs", isinstance(given, list), "must be a list")
        named = [(f"outputs[{index}]", one) for index, one in enumerate(given)]
        files = [_file(path, field, one, _OUTPUT_FIELDS) for field, one in named]
        outputs = {file.path: file for file in files}
    else:
        _require(path, "outputs", isinstance(given, dict), "must be an object")
        _require_names(path, "outputs", given, {"mask", "overlay", "heatmap"})
        outputs = {
            kind: _file(path, f"outputs.{kind}", one, _OUTPUT_FIELDS) for kind, one in given.items()
        }
    for file in outputs.values():
        parts = PurePath(file.path).parts
        if PurePath(file.path).is_absolute() or ".." in parts or not parts:
            raise RecordError("E146", path=path, output=short(file.path))
    return outputs


def _folder(path: Path, content: Mapping[str, Any]) -> Path:
    """Return the folder that the outputs of a record are relative to.

    Beside the record, but for a set of patches: its records mirror its pictures' tree in a folder.
    """
    if content["schema"] != PATCHES_SCHEMA:
        return path.parent
    name = content["name"]
    if not isinstance(name, str) or not name:
        raise RecordError("E142", path=path, field="name", reason="must be text")
    parents = Path(os.path.abspath(path)).parents  # noqa: PTH100 - does not follow links
    depth = name.count("/")
    _require(
        path,
        "name",
        depth + 1 < len(parents) and parents[depth].name == "records",
        "does not lead from the folder records to this record",
    )
    return parents[depth + 1]


def _file(path: Path, field: str, given: object, names: frozenset[str]) -> RecordedFile:
    """Return one file of a record with `names` for its fields."""
    if not isinstance(given, dict):
        raise RecordError("E142", path=path, field=field, reason="must be an object")
    _require_names(path, field, given, names, optional={"path_base64"})
    for name in names & {"sha256"}:
        _require(path, f"{field}.{name}", _is_digest(given[name]), "must be 64 hexadecimal digits")
    _require(path, f"{field}.size", _is_count(given["size"]), "must be a number of bytes")
    return RecordedFile(_path(path, field, given), given["sha256"], given["size"])


def _path(path: Path, field: str, given: Mapping[str, Any]) -> str:
    """Return the path of a file in a record as system calls take it."""
    text, coded = given["path"], given.get("path_base64")
    _require(path, f"{field}.path", isinstance(text, str), "must be text")
    try:
        if coded is not None:
            text = os.fsdecode(base64.b64decode(coded, validate=True))
            if path_text(text) != given["path"]:  # people must see which file is meant
                raise ValueError
        raw = os.fsencode(text)
    except (TypeError, ValueError, binascii.Error):
        raw = b""
    _require(path, f"{field}.path", raw != b"" and b"\0" not in raw, "is no path")
    return os.fsdecode(raw)


def _require_names(
    path: Path, field: str, given: Mapping[str, Any], names: Iterable[str],
    *, optional: Iterable[str] = (),
) -> None:  # fmt: skip
    """Raise E142 unless an object has the `names`, and no others but the `optional`."""
    wanted = set(names)
    for name in sorted(wanted - given.keys()):
        raise RecordError("E142", path=path, field=field, reason=f'lacks "{name}"')
    for name in sorted(given.keys() - wanted - set(optional)):
        reason = f'has "{short(name)}", which no record has'
        raise RecordError("E142", path=path, field=field, reason=reason)


def _require(path: Path, field: str, holds: bool, reason: str) -> None:
    if not holds:
        raise RecordError("E142", path=path, field=field, reason=reason)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_words(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(word, str) for word in value.values())


def short(value: object) -> str:
    """Return `value` for a message: what comes from a record may be of any length.

    Examples
    --------
    >>> short([1, 2]), len(short("x" * 1000))
    ('[1, 2]', 80)
    """
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
