"""The files of a run on a cluster: its plan, a table a unit, the marker that commits it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from unsplice.errors import OutputError, UsageError
from unsplice.output import (
    UNFINISHED,
    encode_json,
    json_ready,
    path_text,
    remove_file,
    write_file,
)
from unsplice.record import version_of
from unsplice.record import versions as known_versions
from unsplice.shards import flat
from unsplice.urls import Url

__all__ = ["Committed", "Layout", "Plan", "encode_table", "read_table"]

SCHEMA = "unsplice.cluster/1"
_FAMILY = "unsplice.cluster/"
_OURS = re.compile(r"part-\d{5,}\.(json|parquet)\Z")
AT_ONCE = 500  # so many markers are read in one go
# What the machine was to blame for, not the file: --resume tries such inputs again.
OF_THE_MACHINE = frozenset(["E104", "E105", "E190", "E192", "E193"])


@dataclass(frozen=True)
class Plan:
    """All that decides what a run leaves, and how it is laid out.

    Attributes
    ----------
    record : mapping
        In the types of JSON.
    """

    record: Mapping[str, Any]

    @classmethod
    def of(cls, verb: str, settings: Mapping[str, Any], inputs: Sequence[str], unit: int) -> Plan:
        """Return the plan of a run over `inputs`, each told by its identity, `unit` at a time."""
        digest = hashlib.sha256()
        for one in inputs:
            digest.update(json.dumps(one).encode() + b"\n")
        record = {
            "schema": SCHEMA,
            "verb": verb,
            "versions": versions(),
            "settings": settings,
            "unit": unit,
            "inputs": {"count": len(inputs), "sha256": digest.hexdigest()},
            "units": -(-len(inputs) // unit),
        }
        return cls(json_ready(record))

    @cached_property
    def digest(self) -> str:
        """Its hash, which every marker bears."""
        text = json.dumps(self.record, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def units(self) -> int:
        """Number of units."""
        count: int = self.record["units"]
        return count


@dataclass(frozen=True)
class Committed:
    """What the marker of a unit says.

    Attributes
    ----------
    number : int
        Of the unit, from 0 on.
    inputs, rows, bytes : int
        Inputs done, rows and bytes of its table.
    findings : mapping of str to int
        How often what was found.
    errors : sequence of dict
        Of the columns of ``errors.csv``.
    """

    number: int
    inputs: int
    rows: int
    bytes: int
    findings: Mapping[str, int] = field(default_factory=dict)
    errors: Sequence[Mapping[str, Any]] = ()

    @property
    def failed(self) -> int:
        """Number of errors."""
        return len(self.errors)

    @property
    def stands(self) -> bool:
        """Whether doing it again would change nothing: no error was that of a machine."""
        return not any(error["code"] in OF_THE_MACHINE for error in self.errors)


class Layout:
    """Where the files of a run are: in a folder, or below a URL."""

    def __init__(self, output: Path) -> None:
        self.output = output

    @property
    def plan(self) -> Path:
        """What is done, written first."""
        return self.output / "plan.json"

    @property
    def summary(self) -> Path:
        """What was done, written last: where it is, the run is whole."""
        return self.output / "summary.json"

    @staticmethod
    def name(number: int) -> str:
        """Return what the files of a unit are called."""
        return f"part-{number:05d}"

    def commit(
        self, plan: str, number: int, inputs: int, table: bytes, *, rows: int,
        findings: Mapping[str, int], errors: Sequence[Mapping[str, Any]],
    ) -> Committed:  # fmt: skip
        """Write the table of a unit, then its marker; return what that says.

        Both are the same to the byte whenever and wherever the unit is done: to do it twice does no
        harm.
        """
        part = f"parts/{self.name(number)}.parquet"
        write_file(self.output / part, table, overwrite=True)
        marker = {
            "schema": SCHEMA,
            "plan": plan,
            "unit": number,
            "inputs": inputs,
            "rows": rows,
            "findings": dict(sorted(findings.items())),
            "errors": list(errors),
            "part": {
                "path": part, "bytes": len(table), "sha256": hashlib.sha256(table).hexdigest(),
            },
        }  # fmt: skip
        path = self.output / "done" / f"{self.name(number)}.json"
        write_file(path, encode_json(marker), overwrite=True)
        return _committed(marker)

    def begin(self, plan: Plan, *, resume: bool, overwrite: bool) -> dict[int, Committed]:
        """Write the plan; return the units that an earlier run committed and that stand.

        Raises
        ------
        OutputError
            E161 if there is an earlier run and neither is wanted, or files of these names that no
            run left; E170 if the earlier run had another plan, E160 or E162 if nothing can be
            written.
        """
        earlier = self._earlier()
        if earlier is not None and not (resume or overwrite):
            raise OutputError("E161", path=self.plan)
        if earlier is not None and resume:
            self._refuse_difference(earlier, plan.record)
            remove_file(self.summary)
            return self._committed(plan)
        if earlier is None and self.summary.exists():  # a run removes its own before its plan
            raise OutputError("E161", path=self.summary)
        if not overwrite:
            self._refuse_strangers()
        remove_file(self.summary)
        remove_file(self.plan)
        for name in ("done", "parts"):  # markers before tables
            self._remove(name)
        write_file(self.plan, encode_json(plan.record), overwrite=True)
        return {}

    def finish(self, plan: Plan, units: Mapping[int, Committed]) -> dict[str, Any]:
        """Write ``summary.json``, when all units are committed; return what it says."""
        findings: Counter[str] = Counter()
        for one in units.values():
            findings.update(one.findings)
        record = {
            "schema": SCHEMA,
            "plan": plan.digest,
            "units": len(units),
            "inputs": sum(one.inputs for one in units.values()),
            "rows": sum(one.rows for one in units.values()),
            "bytes": sum(one.bytes for one in units.values()),
            "failed": sum(one.failed for one in units.values()),
            "findings": dict(sorted(findings.items())),
        }
        write_file(self.summary, encode_json(record), overwrite=True)
        return record

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of a whole run, in the order of its inputs."""
        units: int = json.loads(self.summary.read_bytes())["units"]
        for number in range(units):
            yield from read_table((self.output / f"parts/{self.name(number)}.parquet").read_bytes())

    def _earlier(self) -> dict[str, Any] | None:
        try:
            record = json.loads(self.plan.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            raise OutputError("E161", path=self.plan) from None
        except OSError as error:
            if getattr(error, "code", "") == "E101":
                return None
            raise
        if not isinstance(record, dict) or not str(record.get("schema")).startswith(_FAMILY):
            raise OutputError("E161", path=self.plan)  # another program's
        return record

    def _refuse_strangers(self) -> None:
        """Raise E161 if there is anything where the files of units go."""
        for folder in ("done", "parts"):
            for name in self._names(folder):
                if not UNFINISHED.match(name):
                    raise OutputError("E161", path=self.output / folder / name)

    def _refuse_difference(self, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        before, after = flat(then), flat(now)
        for setting in sorted(before.keys() | after.keys()):
            if before.get(setting) != after.get(setting):
                raise OutputError(
                    "E170", folder=self.output, setting=setting,
                    then=json.dumps(before.get(setting)), now=json.dumps(after.get(setting)),
                )  # fmt: skip

    def _committed(self, plan: Plan) -> dict[int, Committed]:
        """Return the units whose markers are of this plan, and whose tables are there."""
        tables = set(self._names("parts"))
        names = [
            name
            for name in sorted(self._names("done"))
            if name.removesuffix(".json") + ".parquet" in tables
        ]
        found = {}
        for start in range(0, len(names), AT_ONCE):
            for data in self._read("done", names[start : start + AT_ONCE]):
                try:
                    marker = json.loads(data)
                    one = _committed(marker)
                except (ValueError, KeyError, TypeError):
                    continue
                if marker["plan"] == plan.digest and one.stands:
                    found[one.number] = one
        return found

    def _names(self, folder: str) -> list[str]:
        below = self.output / folder
        if isinstance(below, Url):
            return below.below()
        return [path.name for path in below.iterdir()] if below.is_dir() else []

    def _read(self, folder: str, names: Sequence[str]) -> list[bytes]:
        below = self.output / folder
        if isinstance(below, Url):
            return list(below.read_many(names).values())
        return [(below / name).read_bytes() for name in names]

    def _remove(self, folder: str) -> None:
        """Remove the files of units, and what was being written; all else stays."""
        below = self.output / folder
        names = [
            name for name in self._names(folder) if _OURS.match(name) or UNFINISHED.match(name)
        ]
        if isinstance(below, Url):
            below.remove_many(names)
            return
        for name in names:
            remove_file(below / name, sync=False)


def _committed(marker: Mapping[str, Any]) -> Committed:
    return Committed(
        marker["unit"], marker["inputs"], marker["rows"], marker["part"]["bytes"],
        marker["findings"], marker["errors"],
    )  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of all that computes and encodes here."""
    require_parquet()
    known = {**known_versions(), "pyarrow": version_of("pyarrow")}
    del known["Python"]  # on which no result depends
    return known


def require_parquet() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet module; E189 without."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("E189", purpose="--dask", package="pyarrow", reason=error) from None
    return pyarrow, parquet


def encode_table(columns: Mapping[str, type], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as a Parquet file; the same rows give the same bytes."""
    pyarrow, parquet = require_parquet()
    kinds = {
        int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string(),
        bytes: pyarrow.binary(),
    }  # fmt: skip
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    values = {name: [_value(row.get(name), kind) for row in rows] for name, kind in columns.items()}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(values, schema=schema), file, compression="zstd")
    return file.getvalue()


def _value(value: Any, kind: type) -> Any:
    if value is None:
        return None
    return path_text(value) if kind is str else kind(value)


def read_table(data: bytes) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file."""
    _, parquet = require_parquet()
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(data)).to_pylist()
    return rows
