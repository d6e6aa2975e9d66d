"""What is analysed: files as they are named, folders with all that is below them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from unsplice.errors import ReadError, UnspliceError
from unsplice.listing import STDIN, listed, mirrored, search
from unsplice.output import output_names
from unsplice.urls import Url

__all__ = ["Input", "SingleImage", "is_folder", "listed_pictures", "pictures_of"]


class Input(Protocol):
    """What a run of many takes one of at a time: a picture, or a pair."""

    @property
    def name(self) -> str:
        """Of the results, below the output folder."""

    @property
    def inputs(self) -> Mapping[str, Path]:
        """The files by their roles."""

    @property
    def analysed(self) -> Path:
        """The file that the result is about."""

    @property
    def error(self) -> UnspliceError | None:
        """Why it cannot be tried, if that shows before anything is read."""


@dataclass(frozen=True)
class SingleImage:
    """A picture to analyse, and the name of its results below the output folder.

    `error` says why it cannot be tried: it is a folder that was not to be searched, or cannot be.
    """

    path: Path
    name: str
    error: UnspliceError | None = None

    @property
    def inputs(self) -> Mapping[str, Path]:
        """The file by its role."""
        return {"image": self.path}

    @property
    def analysed(self) -> Path:
        """The file that the result is about."""
        return self.path


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder; False where the system would not even say."""
    if isinstance(path, Url):
        return path.is_dir()
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises on names that are too long


def pictures_of(paths: Sequence[Path], *, recursive: bool = False) -> list[SingleImage]:
    """Return the pictures that `paths` stand for, in their order.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders. Whether a file is there shows when it is read. What is named twice, or
        found in a folder, too, is taken once, where it comes first.
    recursive : bool
        Whether folders are searched, with all that is below them. A folder that cannot be read
        (E104, E105) or holds no pictures (E182) becomes a picture whose `error` says so, and so
        does every folder if none is to be searched (E106).

    Returns
    -------
    list of SingleImage
        The name of a file is its bare name, that of a picture in a folder its path there, with the
        name of the folder before it if there are other `paths`.

    Raises
    ------
    UnspliceError
        E104, E105 or E182 if the folders are all that is given, and none of them holds a picture
        that can be reached.
    """
    found: list[tuple[str, Path, UnspliceError | None]] = []
    paths = list(dict.fromkeys(paths))
    for path in paths:
        if not is_folder(path):
            found.append((path.name, path, None))
        elif recursive:
            above = os.path.basename(os.path.abspath(path)) if len(paths) > 1 else ""  # noqa: PTH100, PTH119 - neither follows links nor fails
            found += [
                (f"{above}/{name}".removesuffix("/."), file, error)
                for name, file, error in search(path)
            ]
        else:
            found.append((path.name, path, ReadError("E106", path=path)))
    if recursive and found and all(error is not None for _, _, error in found):
        raise next(error for _, _, error in found if error is not None)
    once: dict[Path | str, tuple[str, Path, UnspliceError | None]] = {}
    for one in found:
        path = one[1]
        once.setdefault(path if isinstance(path, Url) else os.path.abspath(path), one)  # noqa: PTH100 - follows no links
    names = output_names([(name, os.fspath(path)) for name, path, _ in once.values()])
    return [
        SingleImage(path, name, error)
        for (_, path, error), name in zip(once.values(), names, strict=True)
    ]


def listed_pictures(table: Path) -> list[SingleImage]:
    """Return the pictures that a file lists; see `unsplice.listing.listed`.

    Their names mirror the folder of the list. A line without a path becomes a picture whose `error`
    says so. Raises what `listed` raises.
    """
    lines = listed(table)
    folder = Path() if table == STDIN else table.parent
    names = output_names([(mirrored(path, folder), os.fspath(path)) for path, _ in lines])
    return [
        SingleImage(path, name, error) for (path, error), name in zip(lines, names, strict=True)
    ]
