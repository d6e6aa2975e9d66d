"""A set of patches on disk: pictures, masks, and an index that leads each back to its source."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice, OutputError, PairError, UnspliceError, coded
from unsplice.image import SourceImage, read_image
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.mask_file import read_mask
from unsplice.outcomes import Outcome
from unsplice.output import (
    cell_text,
    encode_csv,
    encode_png,
    path_text,
    refuse_beside_inputs,
    refuse_existing,
    write_file,
)
from unsplice.pairs import MaskedImage, Pair
from unsplice.patches import Patches, sample_patches

__all__ = [
    "Found",
    "PatchOutcome",
    "found_by_comparing",
    "found_in_masks",
    "refuse_beside_masked",
    "refuse_beside_pairs",
    "refuse_patches",
    "remove_patches",
    "write_index",
    "write_patches",
]

INDEX_COLUMNS = (
    "patch", "patch_mask", "source", "sha256", "row", "col", "size", "label",
    "tampered_fraction", "small", "seed",
)  # fmt: skip
CLASSES = {1: "boundary", 0: "authentic"}
PATCH_NAME = re.compile(r"\.r\d{5,}\.c\d{5,}\.png\Z|\A\.unsplice-[0-9a-f]{12}\.tmp\Z")


@dataclass(frozen=True, eq=False)
class Found:
    """A picture and its mask, or the error that stands in their place."""

    name: str
    path: Path
    source: SourceImage | None = None
    mask: NDArray[np.bool_] | None = None
    error: UnspliceError | None = None
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class PatchOutcome:
    """The lines of the index that one picture gave, or its error."""

    name: str
    path: Path
    rows: Sequence[dict[str, Any]] = ()
    error: UnspliceError | None = None
    warnings: tuple[Notice, ...] = field(default=())

    @property
    def boundary(self) -> int:
        """Number of patches on the border."""
        return sum(row["label"] for row in self.rows)


def found_by_comparing(outcomes: Iterable[Outcome]) -> Iterator[Found]:
    """Take each pair's spliced picture with the mask that comparing found.

    A pair that does not match has error E151: its mask says nothing of where patches belong.
    """
    for outcome in outcomes:
        name, path = outcome.given.name, outcome.given.analysed
        if outcome.result is None:
            yield Found(name, path, error=outcome.error)
        elif outcome.result.finding in ("unrelated", "misaligned"):
            statement = outcome.result.statement.rstrip(".")
            yield Found(name, path, error=PairError("E151", statement=statement))
        else:
            source = outcome.sources["spliced"]
            yield Found(name, path, source, outcome.result.mask, None, outcome.result.warnings)


def found_in_masks(
    images: Iterable[MaskedImage], *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Iterator[Found]:
    """Read each picture and its mask."""
    for image in images:
        try:
            if image.error is not None:
                raise image.error
            source = read_image(image.image, max_pixels=max_pixels)
            mask = read_mask(image.mask, source.pixels.shape, max_pixels=max_pixels)
        except Exception as error:
            yield Found(image.name, image.image, error=coded(error, image.image))
        else:
            yield Found(image.name, image.image, source, mask, None, source.warnings)


def write_patches(
    found: Iterable[Found],
    output: Path,
    *,
    size: int = 128,
    count: int | None = None,
    negatives: Literal["equal", "none"] | int = "equal",
    seed: int = 0,
    overwrite: bool = False,
) -> Iterator[PatchOutcome]:
    """Cut patches of each picture and write them below `output`; one outcome a picture.

    Patches lie in ``images/boundary`` and ``images/authentic``, the layout that class-folder
    loaders read, and their masks under the same name in ``masks``. The index is not written: see
    `write_index`.

    Raises
    ------
    OutputError
        E160 or E162: they would meet every picture.
    """
    for one in found:
        if one.error is not None or one.source is None or one.mask is None:
            yield PatchOutcome(one.name, one.path, error=one.error)
            continue
        try:
            patches = sample_patches(
                one.source.pixels, one.mask, size=size, count=count, negatives=negatives, seed=seed
            )
            rows = _write(one, patches, output, size, seed, overwrite)
        except Exception as raised:
            error = coded(raised, one.path)
            if isinstance(error, OutputError) and error.code != "E161":
                raise
            yield PatchOutcome(one.name, one.path, error=error, warnings=one.warnings)
        else:
            yield PatchOutcome(one.name, one.path, rows, None, one.warnings + patches.warnings)


def _write(
    found: Found, patches: Patches, output: Path, size: int, seed: int, overwrite: bool
) -> list[dict[str, Any]]:
    """Write the patches of one picture and return their lines of the index."""
    rows = []
    folder, _, base = found.name.rpartition("/")
    for patch, mask, corner, label, fraction in zip(
        patches.images, patches.masks, patches.corners.tolist(), patches.labels.tolist(),
        patches.tampered_fraction.tolist(), strict=True,
    ):  # fmt: skip
        file = f"{base}.r{corner[0]:05d}.c{corner[1]:05d}.png"
        place = PurePosixPath(CLASSES[label], folder, file)
        for kind, pixels in (("images", patch), ("masks", mask)):
            write_file(output / kind / place, encode_png(pixels), overwrite=overwrite, sync=False)
        rows.append(
            {
                "patch": path_text(PurePosixPath("images", place)),
                "patch_mask": path_text(PurePosixPath("masks", place)),
                "source": cell_text(found.path),
                "sha256": found.source.sha256 if found.source else None,
                "row": corner[0],
                "col": corner[1],
                "size": size,
                "label": label,
                "tampered_fraction": round(fraction, 6),
                "small": int(patches.small),
                "seed": seed,
            }
        )
    return rows


def write_index(output: Path, rows: Sequence[dict[str, Any]], *, overwrite: bool = False) -> Path:
    """Write ``index.csv``, the last file of a set: where it is, the set is whole."""
    path = output / "index.csv"
    write_file(path, encode_csv(INDEX_COLUMNS, rows), overwrite=overwrite)
    return path


def _left_below(output: Path) -> Iterator[Path]:
    """Yield each patch and each unfinished file of one below `output`, listed or not."""
    for kind in ("images", "masks"):
        for label in CLASSES.values():
            top = output / kind / label
            if any(folder.is_symlink() for folder in (top, top.parent)):
                continue  # what a link leads to is not ours
            for root, _, files in os.walk(top):
                yield from (Path(root, name) for name in files if PATCH_NAME.search(name))


def refuse_patches(output: Path, *, overwrite: bool) -> None:
    """Raise E161 if `output` holds a set, or patches without an index, which a killed run leaves.

    They would be mixed with those of this run, and no index would tell them apart.
    """
    refuse_existing([output / "index.csv"], overwrite=overwrite)
    if not overwrite:
        refuse_existing(islice(_left_below(output), 1), overwrite=False)


def remove_patches(output: Path) -> None:
    """Remove the patches in `output`, listed in its index or named as patches are, and the index.

    A smaller set must not be mixed with what an earlier one left. Only names below ``images`` and
    ``masks`` are touched.
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
        for column, kind in (("patch", "images"), ("patch_mask", "masks")):
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
    ours = [Path(os.path.realpath(output / kind)) for kind in ("images", "masks")]
    for file in files:
        for folder in ours:
            if folder in Path(os.path.realpath(file)).parents:
                raise OutputError("E163", folder=folder, input=file)


def _folders(output: Path, names: Sequence[str]) -> list[Path]:
    """Return every folder that patches of pictures of these `names` go to."""
    parents = dict.fromkeys(PurePosixPath(name).parent for name in names)
    places = [
        output / kind / label / parent
        for kind in ("images", "masks")
        for label in CLASSES.values()
        for parent in parents
    ]
    return [output, *places]
