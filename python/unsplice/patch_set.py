"""A set of patches on disk: pictures, masks, and an index that leads each back to its source."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice._version import __version__
from unsplice.arguments import one_of, require_parameters
from unsplice.errors import Notice, OutputError, PairError, UnspliceError, coded
from unsplice.image import SourceImage, read_image
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.mask_file import as_mask
from unsplice.outcomes import inputs_record
from unsplice.output import (
    cell_text,
    csv_cell,
    encode_csv,
    encode_png,
    json_ready,
    path_fields,
    path_text,
    refuse_beside_inputs,
    refuse_existing,
    remove_file,
    write_file,
)
from unsplice.pair.compare import PairMethod, compare
from unsplice.pair.parameters import PAIR_PARAMETERS, PairParameters
from unsplice.pairs import MaskedImage, Pair
from unsplice.patches import Patches, sample_patches
from unsplice.record import PATCHES_SCHEMA, encode_record, output_fields
from unsplice.resume import finished_record, has_size, refuse_changed_inputs

__all__ = [
    "CutPatches",
    "CutSet",
    "PatchOutcome",
    "read_index",
    "refuse_beside_masked",
    "refuse_beside_pairs",
    "refuse_patches",
    "remove_patches",
    "remove_unlisted",
    "write_index",
]

INDEX_COLUMNS = (
    "patch", "patch_mask", "source", "sha256", "row", "col", "size", "label",
    "tampered_fraction", "small", "seed",
)  # fmt: skip
KINDS = ("images", "masks")
CLASSES = {1: "boundary", 0: "authentic"}
PATCH_NAME = re.compile(r"\.r\d{5,}\.c\d{5,}\.png\Z|\A\.unsplice-[0-9a-f]{12}\.tmp\Z")
RECORDS = "records"
RECORD_NAME = re.compile(r"\.run\.json\Z|\A\.unsplice-[0-9a-f]{12}\.tmp\Z")


@dataclass(frozen=True)
class PatchOutcome:
    """What became of one picture or pair: the lines of the index that it gave, or its error."""

    given: Pair | MaskedImage
    rows: Sequence[Mapping[str, Any]] = ()
    error: UnspliceError | None = None
    warnings: tuple[Notice, ...] = ()
    resumed: bool = False

    @classmethod
    def failed(cls, given: Pair | MaskedImage, error: UnspliceError) -> PatchOutcome:
        """Return the outcome of an input that ended in `error`."""
        return cls(given, error=error)

    @property
    def boundary(self) -> int:
        """Number of patches on the border."""
        return sum(row["label"] for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome in the types of JSON: one line of ``--json``."""
        record: dict[str, Any] = {
            "name": path_text(self.given.name),
            "inputs": {role: path_fields(path) for role, path in self.given.inputs.items()},
            "boundary": self.boundary,
            "authentic": len(self.rows) - self.boundary,
            "patches": [dict(row) for row in self.rows],
            "warnings": [asdict(notice) for notice in self.warnings],
            "resumed": self.resumed,
        }
        if self.error is not None:
            record["error"] = {
                name: getattr(self.error, name) for name in ("code", "what", "cause", "help")
            }
        ready: dict[str, Any] = json_ready(record)
        return ready


@dataclass(frozen=True)
class CutSet:
    """The patches of one picture before they are written.

    Attributes
    ----------
    files : mapping of PurePosixPath to bytes
        Patches and their masks, PNG, by their path in the set.
    rows : sequence of mapping
        Their lines of the index.
    warnings : tuple of Notice
        What there is to tell.
    """

    files: Mapping[PurePosixPath, bytes]
    rows: Sequence[Mapping[str, Any]]
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CutPatches:
    """Cut patches of each picture and write them below `output`; called with one, its outcome.

    Patches lie in ``images/boundary`` and ``images/authentic``, the layout that class-folder
    loaders read, and their masks under the same name in ``masks``; what was done to each picture in
    ``records``. The index is not written: see `write_index`. Of a pair the spliced picture is cut,
    with the mask that comparing finds; one that does not match has error E151, for its mask says
    nothing of where patches belong.

    Attributes
    ----------
    output : Path
        Folder of the set.
    size, count, tampered_fraction, negatives, seed
        As `unsplice.sample_patches` takes them.
    overwrite, resume
        As `unsplice.batch.Work` has them.
    method, parameters
        How pairs are compared; as `unsplice.compare` takes them.
    max_pixels, num_threads
        As `unsplice.read_image` and `unsplice.compare` take them.
    """

    output: Path
    size: int = 128
    count: int | None = None
    tampered_fraction: tuple[float, float] = (0.1, 0.9)
    negatives: Literal["equal", "none"] | int = "equal"
    seed: int = 0
    overwrite: bool = False
    resume: bool = False
    method: PairMethod = "evidence"
    parameters: PairParameters | None = None
    max_pixels: int = DEFAULT_MAX_PIXELS
    num_threads: int | None = None

    def __post_init__(self) -> None:
        """Refuse a method that is not known, or parameters of another, before anything is done."""
        one_of(self.method, "method", PairMethod)
        require_parameters(self.parameters, PAIR_PARAMETERS[self.method])

    def __call__(self, one: Pair | MaskedImage) -> PatchOutcome:
        """Cut patches of one picture; raises E160, E162 and E170, which would meet every one."""
        try:
            if (earlier := self.earlier(one)) is not None:
                return earlier
            sources = {
                role: read_image(path, max_pixels=self.max_pixels)
                for role, path in one.inputs.items()
            }
            cut = self.cut(one, sources)
            self._write(one, sources, cut)
        except Exception as raised:
            error = coded(raised, one.analysed)
            if isinstance(error, OutputError) and error.code not in ("E161", "E171"):
                raise error from raised
            return PatchOutcome(one, error=error)
        return PatchOutcome(one, cut.rows, None, cut.warnings)

    def settings(self, one: Pair | MaskedImage) -> Mapping[str, Any]:
        """Return all that the patches of `one` depend on, beside its bytes."""
        cut = {
            "size": self.size,
            "count": self.count,
            "tampered_fraction": self.tampered_fraction,
            "negatives": self.negatives,
            "seed": self.seed,
        }
        if isinstance(one, MaskedImage):
            return {"method": "mask", "parameters": cut}
        chosen = PAIR_PARAMETERS[self.method]() if self.parameters is None else self.parameters
        return {"method": self.method, "parameters": cut | asdict(chosen)}

    def earlier(self, one: Pair | MaskedImage) -> PatchOutcome | None:
        """Return what an earlier run cut of `one`, if that may stand; None if it is to be done.

        Raises
        ------
        UnspliceError
            The error of the input, or E170 or E171 if it cannot be resumed.
        """
        if one.error is not None:
            raise one.error
        if not self.resume:
            return None
        wanted = {"schema": PATCHES_SCHEMA, "unsplice": __version__, **self.settings(one)}
        record = finished_record(self._record_path(one), wanted)
        if record is None:
            return None
        rows = record["patches"]
        if not all(
            has_size(self.output / file["path"], file["size"]) for file in record["outputs"]
        ):
            return None
        refuse_changed_inputs(one, record)
        notices = tuple(Notice(**notice) for notice in record["warnings"])
        return PatchOutcome(one, rows, None, notices, resumed=True)

    def _record_path(self, one: Pair | MaskedImage) -> Path:
        return self.output / RECORDS / f"{one.name}.run.json"

    def cut(self, one: Pair | MaskedImage, sources: Mapping[str, SourceImage]) -> CutSet:
        """Cut patches of one picture that is read, in memory; nothing is written.

        Parameters
        ----------
        one : Pair or MaskedImage
            What the patches are named after.
        sources : mapping of str to SourceImage
            Its pictures by role.

        Raises
        ------
        PairError
            E151 if the pair does not match, E150 if its sizes differ and the method needs them
            equal.
        ImageError
            E137 if the picture is smaller than a patch, E138 if the mask does not fit it.
        TypeError, ValueError
            If a setting makes no sense.
        """
        mask, notices = self._mask(one, sources)
        source = sources["image" if isinstance(one, MaskedImage) else "spliced"]
        patches = sample_patches(
            source.pixels,
            mask,
            size=self.size,
            count=self.count,
            tampered_fraction=self.tampered_fraction,
            negatives=self.negatives,
            seed=self.seed,
        )
        files, rows = self._files(one, source, patches)
        return CutSet(files, rows, notices + patches.warnings)

    def _mask(
        self, one: Pair | MaskedImage, sources: Mapping[str, SourceImage]
    ) -> tuple[NDArray[np.bool_], tuple[Notice, ...]]:
        """Return the mask of one picture, or find it by comparing; with what is to be told."""
        if isinstance(one, MaskedImage):
            known = as_mask(sources["mask"], one.mask, sources["image"].pixels.shape)
            return known, sources["image"].warnings
        result = compare(
            sources["authentic"],
            sources["spliced"],
            method=self.method,
            parameters=self.parameters,
            num_threads=self.num_threads,
        )
        if result.finding in ("unrelated", "misaligned"):
            raise PairError("E151", statement=result.statement.rstrip("."))
        return result.mask, result.warnings

    def _files(
        self, one: Pair | MaskedImage, source: SourceImage, patches: Patches
    ) -> tuple[dict[PurePosixPath, bytes], list[dict[str, Any]]]:
        """Return the files of the patches of one picture, and their lines of the index."""
        files, rows = {}, []
        folder, _, base = one.name.rpartition("/")
        for patch, mask, corner, label, fraction in zip(
            patches.images, patches.masks, patches.corners.tolist(), patches.labels.tolist(),
            patches.tampered_fraction.tolist(), strict=True,
        ):  # fmt: skip
            file = f"{base}.r{corner[0]:05d}.c{corner[1]:05d}.png"
            place = PurePosixPath(CLASSES[label], folder, file)
            for kind, pixels in zip(KINDS, (patch, mask), strict=True):
                files[PurePosixPath(kind, place)] = encode_png(pixels)
            rows.append(
                {
                    "patch": path_text(PurePosixPath("images", place)),
                    "patch_mask": path_text(PurePosixPath("masks", place)),
                    "source": cell_text(one.analysed),
                    "sha256": source.sha256,
                    "row": corner[0],
                    "col": corner[1],
                    "size": self.size,
                    "label": label,
                    "tampered_fraction": round(fraction, 6),
                    "small": int(patches.small),
                    "seed": self.seed,
                }
            )
        return files, rows

    def _write(
        self, one: Pair | MaskedImage, sources: Mapping[str, SourceImage], cut: CutSet
    ) -> None:
        """Write the patches of one picture, then its record: where it is, they are whole."""
        replace = self.overwrite or self.resume
        if replace:
            remove_file(self._record_path(one), sync=False)
        for place, data in cut.files.items():
            write_file(self.output / place, data, overwrite=replace, sync=False)
        record = {
            "schema": PATCHES_SCHEMA,
            "name": path_text(one.name),
            **self.settings(one),
            "max_pixels": self.max_pixels,
            "warnings": [asdict(notice) for notice in cut.warnings],
            "inputs": inputs_record(one, sources),
            "patches": cut.rows,
            "outputs": [output_fields(place, data) for place, data in cut.files.items()],
        }
        write_file(self._record_path(one), encode_record(record), overwrite=replace, sync=False)


def write_index(
    output: Path, rows: Sequence[Mapping[str, Any]], *, overwrite: bool = False
) -> Path:
    """Write ``index.csv``, the last file of a set: where it is, the set is whole."""
    path = output / "index.csv"
    write_file(path, encode_csv(INDEX_COLUMNS, rows), overwrite=overwrite)
    return path


def read_index(output: Path) -> Iterator[dict[str, str]]:
    """Yield the lines of ``index.csv`` as they stand there."""
    with (output / "index.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _left_below(output: Path) -> Iterator[Path]:
    """Yield each patch, each record and each unfinished file below `output`, listed or not."""
    tops = [(PATCH_NAME, output / kind / label) for kind in KINDS for label in CLASSES.values()]
    for names, top in (*tops, (RECORD_NAME, output / RECORDS)):
        if any(folder.is_symlink() for folder in (top, top.parent) if folder != output):
            continue  # what a link leads to is not ours
        for root, _, files in os.walk(top):
            yield from (Path(root, name) for name in files if names.search(name))


def remove_unlisted(output: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Remove patches below `output` that none of the lines `rows` of an index tells of.

    A killed run leaves them where it was at work; only what is named as a patch is touched. The
    lines may also be those that were read from the file.
    """
    listed = {csv_cell(row[column]) for row in rows for column in ("patch", "patch_mask")}
    for path in list(_left_below(output)):
        place = path.relative_to(output)
        if place.parts[0] in KINDS and csv_cell(path_text(place.as_posix())) not in listed:
            remove_file(path, sync=False)


def refuse_patches(output: Path, *, overwrite: bool) -> None:
    """Raise E161 if `output` holds a set, or patches without an index, which a killed run leaves.

    They would be mixed with those of this run, and no index would tell them apart.
    """
    refuse_existing([output / "index.csv"], overwrite=overwrite)
    if not overwrite:
        refuse_existing(islice(_left_below(output), 1), overwrite=False)


def remove_patches(output: Path) -> None:
    """Remove the patches in `output`, listed in its index or named as patches are, and the index.

    A smaller set must not be mixed with what an earlier one left. Only names below ``images``,
    ``masks`` and ``records`` are touched.
    """
    for path in list(_left_below(output)):
        with suppress(OSError):
            path.unlink()
    index = output / "index.csv"
    try:
        text = index.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for row in csv.DictReader(io.StringIO(text)):
        for column, kind in zip(("patch", "patch_mask"), KINDS, strict=True):
            parts = PurePosixPath(row.get(column) or "").parts
            if parts[:1] == (kind,) and ".." not in parts and parts[-1].endswith(".png"):
                with suppress(OSError):
                    output.joinpath(*parts).unlink()
    with suppress(OSError):
        index.unlink()


def refuse_beside_masked(output: Path, images: Sequence[MaskedImage]) -> None:
    """Raise E163 if patches would be written beside the pictures or masks."""
    files = [path for one in images for path in (one.image, one.mask)]
    refuse_beside_inputs(_folders(output, [one.name for one in images]), files=files)
    _refuse_inputs_below(output, files)


def refuse_beside_pairs(output: Path, pairs: Sequence[Pair], trees: Sequence[Path]) -> None:
    """Raise E163 if patches would be written beside the pictures of the pairs."""
    files = [path for pair in pairs for path in (pair.authentic, pair.spliced)]
    folders = _folders(output, [pair.name for pair in pairs])
    refuse_beside_inputs(folders, files=files, trees=trees)
    _refuse_inputs_below(output, files)


def _refuse_inputs_below(output: Path, files: Iterable[Path]) -> None:
    """Raise E163 if an input lies where `remove_patches` removes files."""
    ours = [Path(os.path.realpath(output / kind)) for kind in (*KINDS, RECORDS)]
    for file in files:
        for folder in ours:
            if folder in Path(os.path.realpath(file)).parents:
                raise OutputError("E163", folder=folder, input=file)


def _folders(output: Path, names: Sequence[str]) -> list[Path]:
    """Return every folder that patches of pictures of these `names` go to."""
    parents = dict.fromkeys(PurePosixPath(name).parent for name in names)
    places = [
        output / kind / label / parent
        for kind in KINDS
        for label in CLASSES.values()
        for parent in parents
    ]
    places += [output / RECORDS / parent for parent in parents]
    return [output, *places]
