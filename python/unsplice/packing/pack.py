"""A finished folder in another format: read, split by source picture, written whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from unsplice._version import __version__
from unsplice.errors import Notice, UsageError
from unsplice.locks import alone_in
from unsplice.packing.finished import (
    Folder,
    PatchFolder,
    Picture,
    ResultFolder,
    finished_folder,
)
from unsplice.packing.npz import Npz
from unsplice.packing.parquet import Images, Parquet
from unsplice.packing.results import Coco, Masks, ResultFormat, Segmentation, read_masked
from unsplice.packing.samples import PatchFormat, read_sample
from unsplice.packing.splits import Groups, Splits
from unsplice.packing.target import MANIFEST, Target
from unsplice.packing.webdataset import WebDataset

__all__ = ["FORMATS", "PATCH_FORMATS", "RESULT_FORMATS", "Format", "Packing", "Settings"]

SCHEMA = "unsplice.dataset/1"
PATCH_FORMATS: Final = ("images", "webdataset", "parquet", "npz")
RESULT_FORMATS: Final = ("coco", "masks")
FORMATS: Final = (*PATCH_FORMATS, *RESULT_FORMATS)
Format = Literal["images", "webdataset", "parquet", "npz", "coco", "masks"]
assert get_args(Format) == FORMATS  # noqa: S101 - two ways to write the same

# Findings whose empty mask says nothing of where the picture was spliced: no truth to learn from.
NO_TRUTH: Final = ("unrelated", "misaligned")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a folder is packed.

    Attributes
    ----------
    form : str
        One of `PATCH_FORMATS` for a patch set, of `RESULT_FORMATS` for results.
    splits : Splits
        See `unsplice.packing.splits.parse_splits`.
    shard_patches : int
        Patches that a shard holds at most (webdataset, parquet, npz).
    shard_megabytes : float
        A shard is full when it has so many million bytes.
    compress : bool
        Whether arrays are deflated (npz).
    segmentation : {"rle", "polygon"}
        How regions are written (coco).
    """

    form: Format
    splits: Splits
    shard_patches: int = 2000
    shard_megabytes: float = 128.0
    compress: bool = False
    segmentation: Segmentation = "rle"

    def told(self) -> dict[str, Any]:
        """Return what the files depend on beside the folder, after defaults, ready for JSON."""
        told: dict[str, Any] = {}
        if self.form in ("webdataset", "parquet", "npz"):
            told = {"shard_patches": self.shard_patches, "shard_megabytes": self.shard_megabytes}
        if self.form == "npz":
            told["compress"] = self.compress
        if self.form == "coco":
            told["segmentation"] = self.segmentation
        return told


@dataclass
class _Counts:
    """What fell into a split."""

    counts: dict[str, int]
    names: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)

    def told(self) -> dict[str, Any]:
        return {"pictures": len(self.names), "groups": len(self.groups), **self.counts}


class Packing:
    """A folder that is about to be packed: checked to the last line, and nothing written yet.

    Parameters
    ----------
    folder : str or path
        A patch set, or results of several pictures.
    output : str or path
        Where the packed set goes.
    settings : Settings
        How.
    overwrite : bool
        Whether a set that an earlier run left is replaced.

    Attributes
    ----------
    total : int
        Patches or pictures to be packed.
    unit : str
        Which of them.
    notices : tuple of Notice
        W250 for a split that is empty.

    Raises
    ------
    UnspliceError
        E101 or E215 if `folder` is no finished folder, E216 or E217 if it is not whole or leads
        out of itself, E219 if the format is for the other kind, E161 or E163 if the set cannot be
        written to `output`, E189 if a package is not installed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        output: str | os.PathLike[str],
        settings: Settings,
        *,
        overwrite: bool = False,
    ) -> None:
        self._target = Target(Path(output), overwrite)
        self._settings = settings
        found = finished_folder(Path(folder))
        known = PATCH_FORMATS if isinstance(found, PatchFolder) else RESULT_FORMATS
        if settings.form not in known:
            raise UsageError(
                "E219", form=settings.form, path=found.path, kind=found.kind, known=", ".join(known)
            )
        self._target.refuse(found.path)
        self._left_out: Counter[str] = Counter()
        self._work: _PatchWork | _ResultWork
        if isinstance(found, PatchFolder):
            self._work = _PatchWork(found, _patch_format(settings, self._target))
        else:
            self._work = _ResultWork(found, _result_format(settings, self._target))
        self._folder: Folder = found
        self._splits = {
            name: _Counts(dict.fromkeys(self._work.counted, 0)) for name in settings.splits.shares
        }
        self.unit = self._work.unit
        self.total = self._count()
        self.notices = tuple(
            Notice.of("W250", split=name, groups=sum(len(s.groups) for s in self._splits.values()))
            for name, split in self._splits.items()
            if not split.names
        )

    def _count(self) -> int:
        """Go through the table once; what is wrong with it shows before anything is written."""
        total = 0
        for picture, counted in self._work.count(self._left_out):
            key = self._work.groups.key(picture.sha256)
            split = self._splits[self._settings.splits.of(key)]
            split.names.add(picture.name)
            split.groups.add(key)
            for what, count in counted.items():
                split.counts[what] += count
            total += 1
        if not total:
            raise self._folder.unfinished(f"there is no {self.unit} in it to pack")
        return total

    def run(self) -> Generator[None]:
        """Write the set, and yield after each patch or picture; ``dataset.json`` comes last.

        Raises
        ------
        OutputError
            E160 or E162 if the set cannot be written, E161 if another run has written there since
            this was made, E165 if the folder was removed meanwhile, E172 if another run is at work
            in it.
        """
        with alone_in(self._target.path):
            self._target.refuse(self._folder.path)
            self._target.clear()
            yield from self._work.run(self._settings.splits)
            self._target.finish(self._manifest())

    def summary(self) -> dict[str, Any]:
        """Return what was packed, after `run`."""
        facts = self._manifest()
        return {
            "dataset": os.fspath(self._target.path / MANIFEST),
            "format": facts["format"],
            "splits": facts["splits"],
            "left_out": facts["left_out"],
            "files": len(self._target.files),
            "bytes": self._target.written,
        }

    def _manifest(self) -> dict[str, Any]:
        splits = self._settings.splits
        return {
            "schema": SCHEMA,
            "unsplice": __version__,
            "packages": self._work.form.packages,
            "format": self._settings.form,
            **self._settings.told(),
            "from": {
                "kind": self._folder.kind,
                "table": self._folder.table.name,
                "sha256": self._folder.table_sha256,
            },
            "seed": splits.seed,
            "splits": {
                name: {"share": str(share), **self._splits[name].told()}
                for name, share in splits.shares.items()
            },
            "left_out": dict(self._left_out),
            **self._work.facts(),
        }


@dataclass
class _PatchWork:
    """What is done to a patch set."""

    folder: PatchFolder
    form: PatchFormat
    unit = "patch"
    counted = ("patches", "boundary")

    @property
    def groups(self) -> Groups:
        return self.folder.groups

    def count(self, _: Counter[str]) -> Iterator[tuple[Picture, Mapping[str, int]]]:
        for patch in self.folder:
            yield patch.picture, {"patches": 1, "boundary": patch.row["label"]}

    def run(self, splits: Splits) -> Iterator[None]:
        for patch in self.folder:
            split = splits.of(self.groups.key(patch.picture.sha256))
            self.form.put(read_sample(self.folder, patch, split))
            yield
        self.form.close()

    def facts(self) -> dict[str, Any]:
        return {}


@dataclass
class _ResultWork:
    """What is done to results."""

    folder: ResultFolder
    form: ResultFormat
    groups: Groups = field(default_factory=Groups, init=False)
    unit = "picture"
    counted = ()

    def count(self, left_out: Counter[str]) -> Iterator[tuple[Picture, Mapping[str, int]]]:
        pictures = []
        for picture, record, _ in self.folder:
            finding = record.content["finding"]
            if finding in NO_TRUTH:  # and what it was compared with is not its own
                left_out[finding] += 1
            else:
                self.groups.add(picture.sha256, picture.authentic)
                pictures.append(picture)
        failed = sum(1 for _, cells in self.folder.lines() if cells["error"])
        if failed:
            left_out["failed"] = failed
        for picture in pictures:  # once all groups are known
            yield picture, {}

    def run(self, splits: Splits) -> Iterator[None]:
        for picture, record, path in self.folder:
            if record.content["finding"] not in NO_TRUTH:
                split = splits.of(self.groups.key(picture.sha256))
                self.form.put(read_masked(self.folder, picture, record, path, split))
                yield
        self.form.close()

    def facts(self) -> dict[str, Any]:
        if isinstance(self.form, Coco) and self.form.segmentation == "polygon":
            return {"hole_pixels_filled": self.form.filled}
        return {}


def _patch_format(settings: Settings, target: Target) -> PatchFormat:
    if settings.form == "images":
        return Images(target)
    limits = settings.shard_patches, round(settings.shard_megabytes * 1e6)
    if settings.form == "npz":
        return Npz(target, *limits, compress=settings.compress)
    return (Parquet if settings.form == "parquet" else WebDataset)(target, *limits)


def _result_format(settings: Settings, target: Target) -> ResultFormat:
    if settings.form == "coco":
        return Coco(target, settings.segmentation)
    return Masks(target)
