"""Which pictures belong together: read from a table, or matched between two folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unsplice.errors import UnspliceError, UsageError
from unsplice.listing import column_names, located, mirrored, pictures_below, read_table
from unsplice.output import output_names

__all__ = [
    "MaskedImage",
    "Pair",
    "Unmatched",
    "has_masks",
    "masked_of",
    "match_folders",
    "pairs_of",
    "single_masked",
    "single_pair",
]


@dataclass(frozen=True)
class Pair:
    """Two pictures to compare, and the name of their results below the output folder.

    `error` says why the pair cannot be tried: a line of a table that lacks a path.
    """

    authentic: Path
    spliced: Path
    name: str
    error: UnspliceError | None = None

    @property
    def inputs(self) -> Mapping[str, Path]:
        """The two files by their roles."""
        return {"authentic": self.authentic, "spliced": self.spliced}

    @property
    def analysed(self) -> Path:
        """The file that the result is about."""
        return self.spliced


@dataclass(frozen=True)
class MaskedImage:
    """A picture and the file of its mask; otherwise as `Pair`."""

    image: Path
    mask: Path
    name: str
    error: UnspliceError | None = None

    @property
    def inputs(self) -> Mapping[str, Path]:
        """The two files by their roles."""
        return {"image": self.image, "mask": self.mask}

    @property
    def analysed(self) -> Path:
        """The file that the result is about."""
        return self.image


@dataclass(frozen=True)
class Unmatched:
    """A picture of one of two folders that has no partner in the other, and why."""

    path: Path
    reason: str


def single_pair(authentic: Path, spliced: Path) -> Pair:
    """Return the pair of two files; its results bear the name of the spliced one."""
    return Pair(authentic, spliced, output_names([(spliced.name, "")])[0])


def single_masked(image: Path, mask: Path) -> MaskedImage:
    """Return a picture with the file of its mask."""
    return MaskedImage(image, mask, output_names([(image.name, "")])[0])


def has_masks(path: Path) -> bool:
    """Return whether a table has the columns ``image`` and ``mask``; raises as `read_table`."""
    header = column_names(path, "image,mask or authentic,spliced")
    return "image" in header and "mask" in header


def pairs_of(path: Path) -> list[Pair]:
    """Read pairs from a table with the columns ``authentic`` and ``spliced`` (or ``tampered``).

    Paths are relative to the folder of the table. A line that lacks a path becomes a pair whose
    `error` says so. Raises what `read_table` raises.
    """
    lines = _two_paths(path, ("authentic", "original"), ("spliced", "tampered"))
    names = output_names([(mirrored(b, path.parent), f"{a}\n{b}") for a, b, _ in lines])
    return [Pair(a, b, name, error) for (a, b, error), name in zip(lines, names, strict=True)]


def masked_of(path: Path) -> list[MaskedImage]:
    """Read pictures and masks from a table with the columns ``image`` and ``mask``.

    Otherwise as `pairs_of`.
    """
    lines = _two_paths(path, ("image",), ("mask",))
    names = output_names([(mirrored(a, path.parent), f"{a}\n{b}") for a, b, _ in lines])
    return [
        MaskedImage(a, b, name, error) for (a, b, error), name in zip(lines, names, strict=True)
    ]


def _two_paths(
    path: Path, first: Sequence[str], second: Sequence[str]
) -> list[tuple[Path, Path, UsageError | None]]:
    """Read two columns of paths; a line without both has the error that says so.

    The path of an empty cell is ``Path()``, which `cell_text` writes as an empty cell again.
    """
    lines = []
    for line, cells in read_table(path, (first, second)):
        reason = "a path is missing" if "" in cells else None
        if any("\0" in cell for cell in cells):
            reason = "a path holds a zero byte"
        error = None
        if reason is not None:
            columns = f"{first[0]},{second[0]}"
            error = UsageError("E183", path=path, line=line, reason=reason, columns=columns)
        cells = [cell.replace("\0", "") for cell in cells]
        a, b = (located(path.parent, cell) if cell else Path() for cell in cells)
        lines.append((a, b, error))
    return lines


def match_folders(authentic: Path, spliced: Path) -> tuple[list[Pair], list[Unmatched]]:
    """Pair the pictures of two folders by their path there, else by the same without extension.

    Returns
    -------
    pairs : list of Pair
        In the order of their paths; the name is the path of the spliced picture in its folder.
    unmatched : list of Unmatched
        Pictures without a partner, or with more than one.

    Raises
    ------
    ReadError
        E104 or E105 if a folder cannot be read: who its pictures are the partners of is not known.
    UsageError
        E182 if one of the folders has no pictures.
    """
    ours, theirs = pictures_below(authentic), pictures_below(spliced)
    partner = {name: name for name in theirs if name in ours}
    left_ours = _by_stem(name for name in ours if name not in partner)
    left_theirs = _by_stem(name for name in theirs if name not in partner)
    ambiguous: dict[Path, str] = {}
    for stem, names in left_theirs.items():
        candidates = left_ours.get(stem, [])
        if len(names) == len(candidates) == 1:
            partner[names[0]] = candidates[0]
        elif candidates:
            reason = "more than one picture of that name, apart from the extension"
            ambiguous |= {theirs[name]: reason for name in names}
            ambiguous |= {ours[name]: reason for name in candidates}
    matched = [name for name in theirs if name in partner]
    names = output_names([(name, str(theirs[name])) for name in matched])
    pairs = [
        Pair(ours[partner[key]], theirs[key], name)
        for key, name in zip(matched, names, strict=True)
    ]
    taken = set(partner.values())
    alone = [path for name, path in ours.items() if name not in taken]
    alone += [path for name, path in theirs.items() if name not in partner]
    unmatched = [Unmatched(path, ambiguous.get(path, "no picture of that name")) for path in alone]
    return pairs, unmatched


def _by_stem(names: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(os.path.splitext(name)[0], []).append(name)  # noqa: PTH122 - keeps folders
    return groups
