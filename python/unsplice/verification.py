"""Whether a record holds: the files that it names, and the result that it claims, made again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from unsplice.blind.localize import PARAMETERS, localize
from unsplice.errors import ImageError, ReadError, RecordError, UnspliceError, UsageError, coded
from unsplice.formats import recognize
from unsplice.image import SourceImage, decode_image, file_content
from unsplice.inputs import is_folder
from unsplice.limits import DEFAULT_MAX_PIXELS, most_bytes
from unsplice.output import path_text
from unsplice.pair.compare import compare
from unsplice.pair.parameters import PAIR_PARAMETERS
from unsplice.pairs import MaskedImage, Pair
from unsplice.patch_set import CutPatches
from unsplice.record import (
    PATCHES_SCHEMA,
    RESULT_FIELDS,
    Record,
    RecordedFile,
    RecordedInput,
    input_fields,
    output_fields,
    processor,
    read_record,
    short,
    versions,
)

__all__ = ["Difference", "RecordFile", "Verification", "VerifyRecords", "records_of"]

ENDING = ".run.json"
# Settings of a patch record that are of the cut; the rest are of the method that compared.
_CUT = ("size", "count", "tampered_fraction", "negatives", "seed")
_TOLD = 8  # differences of one field that are listed; the rest are counted


@dataclass(frozen=True)
class RecordFile:
    """A record to verify; `error` says why it cannot be tried. What a run of many takes one of."""

    path: Path
    error: UnspliceError | None = None

    @property
    def name(self) -> str:
        """What it is called in lines and messages."""
        return path_text(self.path)

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Nothing: what it was made from shows when it is read."""
        return {}

    @property
    def analysed(self) -> Path:
        """The record itself."""
        return self.path


@dataclass(frozen=True)
class Difference:
    """One thing that is not as a record says.

    Attributes
    ----------
    what : str
        What differs, such as "input image bytes", "output mask", "result mask" or "score".
    text : str
        How, for people.
    """

    what: str
    text: str

    def __str__(self) -> str:
        """Return both as one phrase."""
        return f"{self.what} {self.text}"


@dataclass(frozen=True)
class Verification:
    """What became of one record: it matches, it differs, or it could not be verified.

    Attributes
    ----------
    given : RecordFile
        The record.
    differences : sequence of Difference
        What is not as it says; empty if all is.
    explanations : sequence of str
        What is installed now and was not then, which may be why.
    rerun : bool
        Whether the result was made again.
    error : UnspliceError or None
        Why it could not be verified.
    """

    given: RecordFile
    differences: Sequence[Difference] = ()
    explanations: Sequence[str] = ()
    rerun: bool = False
    error: UnspliceError | None = None

    @classmethod
    def failed(cls, given: RecordFile, error: UnspliceError) -> Verification:
        """Return the outcome of a record that ended in `error`."""
        return cls(given, error=error)

    @property
    def matches(self) -> bool:
        """Whether everything is as the record says."""
        return self.error is None and not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Return it in the types of JSON: one line of ``--json``."""
        verdict = "match" if self.matches else "mismatch"
        line: dict[str, Any] = {
            "record": self.given.name,
            "verdict": verdict if self.error is None else "not-verified",
            "differences": [asdict(one) for one in self.differences],
            "explanations": list(self.explanations),
            "rerun": self.rerun,
        }
        if self.error is not None:
            line["error"] = {
                name: getattr(self.error, name) for name in ("code", "what", "cause", "help")
            }
        return line


@dataclass(frozen=True, kw_only=True)
class VerifyRecords:
    """Verify one record after the other; called with one, its `Verification`. Nothing is written.

    Attributes
    ----------
    hashes_only : bool
        Whether only files are looked at, and nothing is made again.
    root : Path or None
        Folder that relative paths of inputs start from; None for the current folder, then that of
        the record. What is not there may lie beside the record, if its bytes are the recorded ones.
    inputs : mapping of str to Path
        Where the input of a role is instead; the role of an only one may be "".
    max_pixels, num_threads
        As `unsplice.read_image` and `unsplice.localize` take them. What the record says of its
        own limit is not trusted.
    """

    hashes_only: bool = False
    root: Path | None = None
    inputs: Mapping[str, Path] = field(default_factory=dict)
    max_pixels: int = DEFAULT_MAX_PIXELS
    num_threads: int | None = None

    def __call__(self, given: RecordFile) -> Verification:
        """Verify one record; whatever is wrong with it is in what is returned."""
        try:
            if given.error is not None:
                raise given.error
            return self._verified(given, read_record(given.path))
        except Exception as raised:
            return Verification(given, error=coded(raised, given.path))

    def _verified(self, given: RecordFile, record: Record) -> Verification:
        rerun = _Rerun.of(record)  # before anything large is read
        self._require_known_roles(record)
        found = [
            Difference(part, "changed since the record was written")
            for part in record.changed_parts()
        ]
        sources: dict[str, SourceImage] = {}
        for role, recorded in record.inputs.items():
            try:
                data = self._content(record, role, recorded)
            except ImageError as error:  # what is there now is not even a picture
                found.append(
                    Difference(f"input {role} bytes", f"differ: {error.code} {error.what}")
                )
                continue
            found += self._input_differences(role, recorded, data, sources)
        found += _output_differences(record)
        again = not self.hashes_only and sources.keys() == record.inputs.keys()
        if again:
            found += rerun.differences(sources, self.num_threads)
        explanations = _installed_otherwise(record) if found else ()
        return Verification(given, found, explanations, again)

    def _require_known_roles(self, record: Record) -> None:
        """Raise E184 unless `inputs` tells of every input of `record`, and of no other."""
        alone = len(record.inputs) == 1 and self.inputs.keys() == {""}
        if self.inputs and not alone and self.inputs.keys() != record.inputs.keys():
            words = " ".join(f"--input {role}=PATH" for role in record.inputs)
            problem = f"the inputs of this record are given by {words}"
            raise UsageError("E184", problem=problem, command="unsplice verify")

    def _content(self, record: Record, role: str, recorded: RecordedInput) -> bytes:
        """Return the bytes of an input: the recorded ones, if one of the places has them."""
        read = None
        beside = record.folder / PurePath(recorded.path).name
        places = self._places(record, role, recorded)
        if not self.inputs and self.root is None:  # nobody said where
            places.append(beside)
        for place in places:
            try:
                limit = most_bytes(self.max_pixels)
                data = file_content(os.fspath(place), limit, check=recognize)
            except ReadError as error:
                if error.code != "E101":
                    raise
                continue
            if output_fields("", data)["sha256"] == recorded.sha256:
                return data
            if read is None and place is not beside:  # a mere namesake is not what is meant
                read = data
        if read is None:
            raise RecordError("E145", path=record.path, input=short(recorded.path))
        return read

    def _places(self, record: Record, role: str, recorded: RecordedInput) -> list[Path]:
        """Return where an input may be, the likeliest first."""
        if self.inputs:
            return [self.inputs[role if role in self.inputs else ""]]
        if self.root is not None:
            return [self.root / recorded.path]
        return [Path(recorded.path), record.folder / recorded.path]

    def _input_differences(
        self, role: str, recorded: RecordedInput, data: bytes, sources: dict[str, SourceImage]
    ) -> Iterator[Difference]:
        """Yield what differs in an input; decode it into `sources` if its bytes are the same."""
        now = output_fields("", data)
        what = f"input {role}"
        same = now["sha256"] == recorded.sha256
        if not same:
            yield Difference(
                f"{what} bytes",
                f"differ: SHA-256 {now['sha256'][:12]}..., recorded {recorded.sha256[:12]}...",
            )
        if now["size"] != recorded.size:
            yield Difference(f"{what} size", _changed(recorded.size, now["size"]))
        try:
            source = decode_image(data, path=recorded.path, max_pixels=self.max_pixels)
        except UnspliceError as error:
            if same:
                raise
            yield Difference(f"{what} pixels", f"cannot be decoded: {error.code} {error.what}")
            return
        fields_now = input_fields(source)
        if fields_now["pixels_sha256"] != recorded.fields["pixels_sha256"]:
            yield Difference(f"{what} pixels", "differ after decoding")
        for name in ("format", "shape", "dtype", "orientation"):
            if fields_now[name] != recorded.fields[name]:
                text = _changed(recorded.fields[name], fields_now[name])
                yield Difference(f"{what} {name}", text)
        if same:
            sources[role] = source


# --------------------------------------------------------------------------------- making it again


@dataclass(frozen=True)
class _Rerun:
    """What a record says was done, checked as the arguments of any call are."""

    record: Record
    parameters: Any
    cut: CutPatches | None = None

    @classmethod
    def of(cls, record: Record) -> _Rerun:
        """Return what is to be done again; raises E142 if no run can have been like that."""
        method, given = record.content["method"], dict(record.content["parameters"])
        if record.schema != PATCHES_SCHEMA:
            blind: dict[str, Any] = {str(name): kind for name, kind in PARAMETERS.items()}
            known = blind | PAIR_PARAMETERS
            parameters = _parameters(record, known, method, given)
            return cls(_with_roles(record, _roles(method)), parameters)
        missing = next((name for name in _CUT if name not in given), None)
        if missing is not None:
            raise _senseless(record, "parameters", f'lacks "{missing}"')
        settings = {name: _tupled(given.pop(name)) for name in _CUT}
        if method == "mask":
            _with_roles(record, {"image", "mask"})
            parameters = None
            if given:
                reason = f'has "{short(next(iter(given)))}", which this method has not'
                raise _senseless(record, "parameters", reason)
        else:
            parameters = _parameters(record, PAIR_PARAMETERS, method, given)
            _with_roles(record, _roles(method))
            settings |= {"method": method, "parameters": parameters}
        return cls(record, parameters, CutPatches(output=Path(), **settings))

    def differences(
        self, sources: Mapping[str, SourceImage], num_threads: int | None
    ) -> Iterator[Difference]:
        """Make the result again, and yield what is other than the record says."""
        if self.cut is not None:
            yield from self._patch_differences(sources, self.cut, num_threads)
            return
        settings = {
            "method": self.record.content["method"],
            "parameters": self.parameters,
            "num_threads": num_threads,
        }
        with _refused_as_senseless(self.record):
            if "image" in sources:
                result = localize(sources["image"], **settings)
            else:
                result = compare(sources["authentic"], sources["spliced"], **settings)
        for kind, data in result.encoded().items():
            recorded = self.record.outputs[kind]
            yield from _picture_differences(self.record, kind, recorded, data)
        now = result.to_dict()
        for name in RESULT_FIELDS:
            yield from _told(name, _walk(name, self.record.content[name], now[name]))
        yield from _told(
            "parameters",
            _walk("parameters", self.record.content["parameters"], now["parameters"]),
        )

    def _patch_differences(
        self, sources: Mapping[str, SourceImage], cut: CutPatches, num_threads: int | None
    ) -> Iterator[Difference]:
        record = self.record
        name = os.path.relpath(os.path.abspath(record.path), record.folder / "records")  # noqa: PTH100
        paths = {role: Path(recorded.path) for role, recorded in record.inputs.items()}
        masked = "mask" in paths
        one = (MaskedImage if masked else Pair)(*_ordered(paths), name.removesuffix(ENDING))
        with _refused_as_senseless(record):
            again = replace(cut, num_threads=num_threads).cut(one, sources)
        now = {os.fspath(place): data for place, data in again.files.items()}
        for place in [*now, *(place for place in record.outputs if place not in now)]:
            recorded = record.outputs.get(place)
            if recorded is None or place not in now:
                yield Difference(
                    f"result {short(path_text(place))}",
                    "is not in the record" if recorded is None else "is not cut any more",
                )
            else:
                yield from _picture_differences(record, path_text(place), recorded, now[place])
        rows = [dict(row) for row in again.rows]
        yield from _told("patches", _walk("patches", record.content["patches"], rows))
        notices = [asdict(notice) for notice in again.warnings]
        yield from _told("warnings", _walk("warnings", record.content["warnings"], notices))


def _ordered(paths: Mapping[str, Path]) -> tuple[Path, Path]:
    first, second = ("image", "mask") if "mask" in paths else ("authentic", "spliced")
    return paths[first], paths[second]


def _roles(method: str) -> set[str]:
    return {"image"} if method in PARAMETERS else {"authentic", "spliced"}


def _with_roles(record: Record, roles: set[str]) -> Record:
    """Return `record`, whose inputs must have the roles that its method asks for."""
    if record.inputs.keys() != roles:
        reason = f"must be {' and '.join(sorted(roles))} for this method"
        raise _senseless(record, "inputs", reason)
    return record


def _parameters(
    record: Record, known: Mapping[str, Any], method: str, given: Mapping[str, Any]
) -> Any:
    """Return the parameters of a method, which its own class checks."""
    if method not in known:
        raise _senseless(record, "method", f'"{short(method)}" is not known')
    kind = known[method]
    names = {one.name for one in fields(kind)}
    for name in sorted(names - given.keys()):
        raise _senseless(record, "parameters", f'lacks "{name}"')
    for name in given:
        if name not in names:
            raise _senseless(record, "parameters", f'has "{short(name)}", which {method} has not')
    with _refused_as_senseless(record):
        return kind(**{name: _tupled(value) for name, value in given.items()})


@contextmanager
def _refused_as_senseless(record: Record) -> Iterator[None]:
    """Turn what is said of an argument that makes no sense into E142: it is of the record."""
    try:
        yield
    except UnspliceError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise _senseless(record, "parameters", f"cannot be: {short(str(error))}") from None


def _tupled(value: Any) -> Any:
    """Return a list as the tuple that it was before it was JSON."""
    return tuple(value) if isinstance(value, list) else value


def _senseless(record: Record, field: str, reason: str) -> RecordError:
    return RecordError("E142", path=record.path, field=field, reason=reason)


# ------------------------------------------------------------------------------------- comparing


def _output_differences(record: Record) -> Iterator[Difference]:
    """Yield the outputs of a record that are gone, or other than when they were written."""
    for kind, recorded in record.outputs.items():
        what = f"output {short(path_text(kind))}"
        try:
            data = _output(record, recorded)
        except UnspliceError as error:
            if error.code == "E146":
                raise
            if error.code == "E101":
                yield Difference(what, "is missing")
            elif error.code == "E135":
                yield Difference(what, "changed on disk: it is larger")
            else:
                yield Difference(what, f"cannot be read: {error.code} {error.what}")
            continue
        now = output_fields("", data)
        if now["sha256"] != recorded.sha256:
            yield Difference(what, "changed on disk")
        elif now["size"] != recorded.size:
            yield Difference(f"{what} size", _changed(recorded.size, now["size"]))


def _output(record: Record, recorded: RecordedFile) -> bytes:
    """Return the bytes of an output; a link that leads out of the folder is not followed."""
    path = record.folder / recorded.path
    top = os.path.realpath(record.folder)
    if top not in (os.fspath(one) for one in PurePath(os.path.realpath(path)).parents):
        raise RecordError("E146", path=record.path, output=short(recorded.path))
    return file_content(os.fspath(path), max(recorded.size, 2**16))


def _picture_differences(
    record: Record, kind: str, recorded: RecordedFile, data: bytes
) -> Iterator[Difference]:
    """Yield how a picture that was made again differs from the recorded one: in its pixels.

    Another version of the encoder writes the same pixels in other bytes; that is no difference, as
    long as the recorded bytes are there to tell.
    """
    if output_fields("", data)["sha256"] == recorded.sha256:
        return
    what = f"result {short(kind)}"
    try:
        before = _output(record, recorded)
        if output_fields("", before)["sha256"] != recorded.sha256:
            raise ReadError("E101", path=recorded.path)
        then, now = decode_image(before).pixels, decode_image(data).pixels
    except UnspliceError:
        yield Difference(what, "has other bytes than recorded")
        return
    if then.shape != now.shape or then.dtype != now.dtype:
        yield Difference(what, _changed(list(then.shape), list(now.shape)))
        return
    apart = then != now
    pixels = apart.any(axis=2) if apart.ndim == 3 else apart
    if count := int(np.count_nonzero(pixels)):
        yield Difference(what, f"differs in {count:,} of {pixels.size:,} pixels")


def _walk(name: str, then: Any, now: Any) -> Iterator[Difference]:
    """Yield where two values of JSON differ, named by the way there."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in [*now, *(key for key in then if key not in now)]:
            inner = f"{name}.{short(str(key))}"
            if key not in then or key not in now:
                text = "is new" if key not in then else "is gone"
                yield Difference(inner, text)
            else:
                yield from _walk(inner, then[key], now[key])
    elif isinstance(then, list) and isinstance(now, list):
        if len(then) != len(now):
            yield Difference(name, f"has {len(now):,} entries, recorded {len(then):,}")
        for index, (before, after) in enumerate(zip(then, now, strict=False)):
            yield from _walk(f"{name}[{index}]", before, after)
    elif then != now or isinstance(then, bool) is not isinstance(now, bool):
        yield Difference(name, _changed(then, now))


def _told(name: str, found: Iterator[Difference]) -> Iterator[Difference]:
    """Yield the first differences of a field, and how many more there are."""
    more = 0
    for index, one in enumerate(found):
        if index < _TOLD:
            yield one
        else:
            more += 1
    if more:
        yield Difference(name, f"differs in {more:,} more places")


def _changed(then: Any, now: Any) -> str:
    return f"is {short(now)}, recorded {short(then)}"


def _installed_otherwise(record: Record) -> list[str]:
    """Return what is installed, or at work, in other versions than when the record was made."""
    told = []
    for then, now in (
        (record.content["versions"], versions()),
        (record.content["processor"], processor()),
    ):
        for name in [*now, *(name for name in then if name not in now)]:
            before, after = then.get(name, "unknown"), now.get(name, "unknown")
            if before != after:
                told.append(f"{short(name)} was {short(before)}, is {after}")
    return told


def records_of(paths: Sequence[Path], *, recursive: bool = False) -> list[RecordFile]:
    """Return the records that `paths` stand for, each once.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders. Whether a file is there shows when it is read.
    recursive : bool
        Whether folders are searched for ``*.run.json``, with all that is below them. A folder
        that holds none (E148), or cannot be read, becomes a record whose `error` says so, and so
        does every folder if none is to be searched (E147).
    """
    found: list[RecordFile] = []
    for path in paths:
        if not is_folder(path):
            found.append(RecordFile(path))
        elif recursive:
            found += _below(path) or [RecordFile(path, RecordError("E148", path=path))]
        else:
            found.append(RecordFile(path, RecordError("E147", path=path)))
    return list({one.path: one for one in found}.values())


def _below(folder: Path) -> list[RecordFile]:
    """Return the records in a folder and below it; links to folders are not followed."""
    unreadable: list[RecordFile] = []

    def refused(error: OSError) -> None:
        place = Path(os.fsdecode(error.filename))
        reason = (error.strerror or type(error).__name__).lower()
        unreadable.append(RecordFile(place, ReadError("E105", path=place, reason=reason)))

    found = []
    for top, folders, names in os.walk(folder, onerror=refused):
        folders.sort()
        found += [RecordFile(Path(top, name)) for name in sorted(names) if name.endswith(ENDING)]
    return found + unreadable
