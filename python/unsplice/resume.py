"""Going on with what an earlier run left: which of its results may stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unsplice._version import __version__
from unsplice.errors import OutputError
from unsplice.inputs import Input
from unsplice.outcomes import Outcome
from unsplice.output import json_ready
from unsplice.record import LOCALIZATION_SCHEMA, RESULT_FIELDS, digests_of
from unsplice.result import result_paths

__all__ = [
    "file_sha256",
    "finished_earlier",
    "finished_record",
    "has_size",
    "refuse_changed_inputs",
]


def finished_earlier(
    one: Input,
    output: Path,
    settings: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> Outcome | None:
    """Return what an earlier run found in one input, if all that it wrote is there.

    A record is written last, so where it is, the rest is whole.

    Parameters
    ----------
    one : Input
        The picture or pair.
    output : Path
        Folder of the results.
    settings : mapping
        ``method`` and ``parameters`` of this run.
    beside : mapping of str to Path, optional
        What else has to be there, by kind: folders of steps, reports.

    Returns
    -------
    Outcome or None
        None if it is to be done: there is no record, or something that it tells of is gone.

    Raises
    ------
    OutputError
        E170 if the record is of other settings or another version, E171 if an input is not what it
        was, or cannot be read any more.
    """
    paths = result_paths(output, one.name)
    wanted = {"schema": LOCALIZATION_SCHEMA, "unsplice": __version__, **settings}
    record = finished_record(paths["record"], wanted)
    if record is None or not _are_whole(paths, record.get("outputs")):
        return None
    if not all(path.exists() for path in (beside or {}).values()):
        return None
    paths = dict(beside or {}) | paths
    refuse_changed_inputs(one, record)
    names = ("schema", "method", "parameters", *RESULT_FIELDS)
    if any(name not in record for name in names):
        return None
    result = {"schema": record["schema"], "unsplice": __version__}
    result |= {name: value for name, value in record.items() if name in names}
    return Outcome(one, result, None, record["inputs"], paths, resumed=True)


def finished_record(path: Path, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record that a finished picture left at `path`; None if there is none, or a ruin.

    Parameters
    ----------
    path : Path
        Where it is.
    wanted : mapping
        ``schema``, ``unsplice``, ``method`` and ``parameters`` that it must have.

    Raises
    ------
    OutputError
        E170 if they differ: in one folder would be what cannot be compared.
    """
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if record.get("schema") == wanted["schema"] and record.get("digests") != digests_of(record):
        return None  # damaged since: what it says of its settings is not to be trusted, either
    before = _flat(record)
    for setting, now in _flat(json_ready(wanted)).items():
        if (then := before.get(setting)) != now:
            raise OutputError(
                "E170", folder=path.parent, setting=setting, then=json.dumps(then),
                now=json.dumps(now),
            )  # fmt: skip
    return record


def _are_whole(paths: Mapping[str, Path], outputs: object) -> bool:
    """Return whether the record and every output are there, each as long as it was written."""
    if not isinstance(outputs, dict) or not paths.keys() - {"record"} <= outputs.keys():
        return False
    return all(has_size(paths[kind], fields["size"]) for kind, fields in outputs.items())


def has_size(path: Path, size: int) -> bool:
    """Return whether `path` is a file of `size` bytes: a disk that failed leaves shorter ones."""
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


def refuse_changed_inputs(one: Input, record: Mapping[str, Any]) -> None:
    """Raise E171 if a file of `one` has not the bytes that `record` tells of, or is gone."""
    for role, path in one.inputs.items():
        try:  # a pipe in its place would never end
            same = path.is_file() and file_sha256(path) == record["inputs"][role]["sha256"]
        except (OSError, KeyError, TypeError):
            same = False
        if not same:
            raise OutputError("E171", path=path)


def file_sha256(path: Path) -> str:
    """Return the hash of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a record, each parameter by its own name."""
    flat = {name: record.get(name) for name in ("schema", "unsplice", "method")}
    if isinstance(versions := record.get("versions"), dict):
        flat["unsplice"] = versions.get("unsplice")
    parameters = record.get("parameters")
    return flat | (parameters if isinstance(parameters, dict) else {"parameters": parameters})
