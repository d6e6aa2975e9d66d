"""What every reader of a folder needs: roles by folder names, and masks found by their names.

A set is unpacked into one folder more or less, under names in any case and with or without blanks,
so a file's role comes from the names of the folders above it, wherever they stand below the root.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from unsplice.errors import ImageError, Notice, UnspliceError
from unsplice.evaluation.datasets.sample import Sample

__all__ = [
    "Assigned",
    "Layout",
    "PictureFiles",
    "assign_masks",
    "authentic_sample",
    "plain",
    "plain_folders",
    "stem_of",
    "tampered_sample",
]

PictureFiles = Mapping[str, Path]  # every picture below the root, by its path there


@dataclass(frozen=True)
class Layout:
    """The layout of one set or family.

    Attributes
    ----------
    name : str
        As in `DATASETS`.
    folders : tuple of str
        Names of its folders, as `plain` writes them; they tell which layout is nearest.
    mark : str
        What a folder must hold to be recognised, in words.
    recognizes : callable
        Whether files are of this layout.
    samples : callable
        The samples of the files, in their order.
    """

    name: str
    folders: tuple[str, ...]
    mark: str
    recognizes: Callable[[PictureFiles], bool]
    samples: Callable[[PictureFiles], list[Sample]]


def plain(name: str) -> str:
    """Return the letters and digits of `name`, in lower case.

    Examples
    --------
    >>> plain("CASIA 1.0 groundtruth"), plain("4cam_splc")
    ('casia10groundtruth', '4camsplc')
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def plain_folders(name: str) -> tuple[str, ...]:
    """Return the folders of a path, from the outermost on, as `plain` writes them."""
    return tuple(plain(part) for part in PurePosixPath(name).parts[:-1])


def stem_of(name: str) -> str:
    """Return the file name of a path without its last extension."""
    return os.path.splitext(name.rpartition("/")[2])[0]  # noqa: PTH122 - "=.x" has a stem, too


@dataclass(frozen=True)
class Assigned:
    """The mask that a picture got, or why it got none."""

    mask: str | None = None
    error: UnspliceError | None = None
    warnings: tuple[Notice, ...] = ()


def assign_masks(
    pictures: Mapping[str, str], masks: Mapping[str, str], files: PictureFiles, expected: str
) -> dict[str, Assigned]:
    """Give each picture the mask of the same key.

    Parameters
    ----------
    pictures, masks : mapping of str to str
        The key of each path below the root. Two pictures of one key are in doubt, and so is a
        picture with two masks.
    files : mapping
        The pictures below the root, masks as well.
    expected : str
        How a mask is named, for the message of a picture that has none.

    Returns
    -------
    dict
        By path of the picture.
    """
    by_key: dict[str, list[str]] = {}
    for name, key in masks.items():
        by_key.setdefault(key, []).append(name)
    claims: dict[str, list[str]] = {}
    for name, key in pictures.items():
        claims.setdefault(key, []).append(name)
    assigned = {}
    for name, key in pictures.items():
        found, rivals = by_key.get(key, []), [other for other in claims[key] if other != name]
        path = files[name]
        if not found:
            reason = f"no file is named like it with {expected}"
            assigned[name] = Assigned(error=ImageError("E136", path=path, reason=reason))
        elif len(found) > 1:
            reason = f"{len(found)} masks bear its name: {', '.join(found)}"
            assigned[name] = Assigned(error=ImageError("E140", path=path, reason=reason))
        elif rivals:
            reason = f"its mask {found[0]} is also that of {', '.join(rivals)}"
            assigned[name] = Assigned(error=ImageError("E140", path=path, reason=reason))
        else:
            assigned[name] = Assigned(found[0])
    return assigned


def tampered_sample(
    dataset: str,
    kind: str,
    name: str,
    files: PictureFiles,
    assigned: Assigned,
    *,
    mask_encoding: Literal["binary", "columbia"] = "binary",
) -> Sample:
    """Return the sample of a tampered picture with what was assigned to it."""
    mask = files[assigned.mask] if assigned.mask is not None else None
    return Sample(
        dataset, kind, name, files[name], mask, mask_encoding, assigned.error, assigned.warnings
    )


def authentic_sample(dataset: str, name: str, files: PictureFiles) -> Sample:
    """Return the sample of an authentic picture."""
    return Sample(dataset, "authentic", name, files[name])
