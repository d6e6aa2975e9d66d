"""What a verb does to one input, and the row or rows that come of it, in the types of Parquet."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from unsplice.batch import ComparePairs, Work
from unsplice.errors import UnspliceError, coded
from unsplice.evaluation.run.rows import COLUMNS
from unsplice.evaluation.run.task import Task, TaskResult, failed_task, run_task
from unsplice.image import read_image
from unsplice.inputs import Input
from unsplice.outcomes import (
    IMAGE_COLUMNS,
    PAIR_COLUMNS,
    Outcome,
    error_row,
    inputs_record,
    summary_row,
)
from unsplice.output import encode_png, json_ready, path_text
from unsplice.pairs import MaskedImage, Pair
from unsplice.patch_set import INDEX_COLUMNS, CutPatches

__all__ = ["Answer", "CutJob", "FindJob", "Job", "ScoreJob"]

Item = TypeVar("Item")

_NUMBERS: Mapping[str, type] = {
    "score": float, "fraction": float, "tampered_fraction": float, "area": int, "regions": int,
    "row": int, "col": int, "size": int, "label": int, "small": int, "seed": int,
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What came of one input.

    Attributes
    ----------
    rows : sequence of dict
        Of the table; bytes are PNG files.
    findings : sequence of str
        To be counted.
    errors : sequence of dict
        Of the columns of ``errors.csv``; empty where all went well.
    """

    rows: Sequence[Mapping[str, Any]] = ()
    findings: Sequence[str] = ()
    errors: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Job(ABC, Generic[Item]):
    """What is done to each input; small enough to travel with every unit.

    Attributes
    ----------
    folder : str
        Where relative paths start: the current folder of who asks.
    """

    verb: ClassVar[str]
    noun: ClassVar[str]

    folder: str = field(default_factory=os.getcwd)

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, type]:
        """The columns of the table: int, float, str or bytes; each value may be None."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Return what the rows depend on beside the inputs, ready for JSON."""

    @abstractmethod
    def name_of(self, item: Item) -> str:
        """Return what messages call `item`."""

    def identity(self, item: Item) -> str:
        """Return all that says which input `item` is: two lists of the same are the same list."""
        return self.name_of(item)

    @abstractmethod
    def answer(self, item: Item) -> Answer:
        """Do one input; what it raises becomes `failed`."""

    @abstractmethod
    def failed(self, item: Item, error: UnspliceError) -> Answer:
        """Return what came of an input that ended in `error`."""

    def __call__(self, item: Item) -> Answer:
        """Do one input; no error of it leaves this."""
        with suppress(OSError):  # another machine need not have it: absolute paths serve there
            os.chdir(self.folder)
        try:
            return self.answer(item)
        except Exception as raised:
            return self.failed(item, coded(raised, self.name_of(item)))


@dataclass(frozen=True, kw_only=True)
class FindJob(Job[Input]):
    """``localize`` and ``compare``: a row an input, with the mask and the record."""

    work: Work

    noun = "picture"

    @classmethod
    def of(cls, work: Work) -> FindJob:
        """Return the job that does what `work` does, but writes nothing itself."""
        alone = replace(work, output=None, overwrite=False, resume=False)
        return cls(work=replace(alone, num_threads=1))

    @property
    def verb(self) -> str:  # type: ignore[override]  # what is done says what it is called
        """The verb of the command line."""
        return "compare" if isinstance(self.work, ComparePairs) else "localize"

    @property
    def columns(self) -> Mapping[str, type]:
        """Those of ``summary.csv``, but `mask` is a PNG file, and `record` the record as JSON."""
        names = PAIR_COLUMNS if self.verb == "compare" else IMAGE_COLUMNS
        kinds = {name: _NUMBERS.get(name, str) for name in names}
        return kinds | {"mask": bytes, "record": str}

    def settings(self) -> Mapping[str, Any]:
        """Return method, parameters and the limit of size."""
        return {**self.work.settings(), "max_pixels": self.work.max_pixels}

    def name_of(self, item: Input) -> str:
        """Return the file that the result is about."""
        return path_text(item.analysed)

    def identity(self, item: Input) -> str:
        """Return its name and every file of it: the authentic one decides the result, too."""
        return _name_and_files(item)

    def answer(self, item: Input) -> Answer:
        """Read and analyse one input."""
        if item.error is not None:
            raise item.error
        sources = {
            role: read_image(path, max_pixels=self.work.max_pixels)
            for role, path in item.inputs.items()
        }
        result, _ = self.work.analyse(sources)
        inputs = inputs_record(item, sources)
        outcome = Outcome(item, result.to_dict(), None, inputs)
        record = json_ready(
            result.to_dict() | {"seed": None, "max_pixels": self.work.max_pixels, "inputs": inputs}
        )
        row = summary_row(outcome, None) | {
            "mask": encode_png(result.mask),
            "record": json.dumps(record, ensure_ascii=False),
        }
        return Answer([row], [result.finding])

    def failed(self, item: Input, error: UnspliceError) -> Answer:
        """Return a row with the code of the error."""
        row = summary_row(Outcome.failed(item, error), None)
        return Answer([row], [], [error_row(item.name, item.analysed, error)])


@dataclass(frozen=True, kw_only=True)
class CutJob(Job[Pair | MaskedImage]):
    """``patches``: a row a patch, with its picture and its mask."""

    work: CutPatches

    verb = "patches"
    noun = "picture"

    @classmethod
    def of(cls, work: CutPatches) -> CutJob:
        """Return the job that cuts what `work` cuts, but writes nothing itself."""
        alone = replace(work, output=Path(), overwrite=False, resume=False)
        return cls(work=replace(alone, num_threads=1))

    @property
    def columns(self) -> Mapping[str, type]:
        """Those of ``index.csv``, and two PNG files."""
        kinds = {name: _NUMBERS.get(name, str) for name in INDEX_COLUMNS}
        return kinds | {"image": bytes, "mask": bytes}

    def settings(self) -> Mapping[str, Any]:
        """Return how patches are cut, and how pairs are compared."""
        masked, pair = MaskedImage.__new__(MaskedImage), Pair.__new__(Pair)
        parameters = [self.work.settings(one)["parameters"] for one in (masked, pair)]
        limits = {"method": self.work.method, "max_pixels": self.work.max_pixels}
        return {**parameters[0], **parameters[1], **limits}

    def name_of(self, item: Pair | MaskedImage) -> str:
        """Return the file that is cut."""
        return path_text(item.analysed)

    def identity(self, item: Pair | MaskedImage) -> str:
        """Return its name and every file of it: the mask decides the patches, too."""
        return _name_and_files(item)

    def answer(self, item: Pair | MaskedImage) -> Answer:
        """Cut one picture."""
        if item.error is not None:
            raise item.error
        sources = {
            role: read_image(path, max_pixels=self.work.max_pixels)
            for role, path in item.inputs.items()
        }
        cut = self.work.cut(item, sources)
        files = iter(cut.files.values())  # each patch, then its mask
        rows = [{**row, "image": next(files), "mask": next(files)} for row in cut.rows]
        return Answer(rows, ["boundary" if row["label"] else "authentic" for row in rows])

    def failed(self, item: Pair | MaskedImage, error: UnspliceError) -> Answer:
        """Return no rows: there is no patch to tell of."""
        return Answer([], [], [error_row(item.name, item.analysed, error)])


@dataclass(frozen=True, kw_only=True)
class ScoreJob(Job[Task]):
    """``evaluate``: a row a method, of one picture under one attack.

    Attributes
    ----------
    record : mapping
        All that decides the rows, but the pictures, which are the inputs.
    """

    record: Mapping[str, Any]

    verb = "evaluate"
    noun = "task"

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> ScoreJob:
        """Return the job of the plan that left this record."""
        return cls(record={name: record[name] for name in record if name != "samples"})

    @property
    def columns(self) -> Mapping[str, type]:
        """Those of ``images.csv``."""
        return COLUMNS

    def settings(self) -> Mapping[str, Any]:
        """Return the record."""
        return self.record

    def name_of(self, item: Task) -> str:
        """Return the picture, and what is done to it."""
        return f"{path_text(item.sample.image)} under {item.attack}"

    def identity(self, item: Task) -> str:
        """Return the same with the mask, and what the row says of the sample."""
        sample = item.sample
        mask = None if sample.mask is None else path_text(sample.mask)
        words = (sample.dataset, sample.kind, sample.name, mask, sample.mask_encoding)
        return json.dumps(json_ready([self.name_of(item), *words]))

    def answer(self, item: Task) -> Answer:
        """Score every method on one picture under one attack."""
        return self._answer(run_task(item))

    def failed(self, item: Task, error: UnspliceError) -> Answer:
        """Return rows with the code of the error."""
        return self._answer(failed_task(item, error))

    def _answer(self, result: TaskResult) -> Answer:
        sample = result.task.sample
        errors = [error_row(sample.name, sample.image, fault.error) for fault in result.failures]
        return Answer([asdict(row) for row in result.rows], [], errors)


def _name_and_files(item: Input) -> str:
    files = {role: path_text(path) for role, path in item.inputs.items()}
    return json.dumps([path_text(item.name), files])
