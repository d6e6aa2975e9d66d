"""Public data sets in the folders in which people download them, and any set as a manifest.

`read_dataset` lists the pictures of a set with what is known of them; it opens none of them.
`read_datasets` lists those of several as one, `select_samples` takes some of them, and
`read_truth` reads the mask of one. A picture without a mask that can be trusted is listed with the
error that says so, never passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from unsplice.errors import Notice, UsageError, unknown_name
from unsplice.evaluation.datasets.casia import CASIA1, CASIA2
from unsplice.evaluation.datasets.columbia import COLUMBIA
from unsplice.evaluation.datasets.imd2020 import IMD2020
from unsplice.evaluation.datasets.layout import Layout, PictureFiles, plain_folders
from unsplice.evaluation.datasets.manifest import read_manifest
from unsplice.evaluation.datasets.osn import OSN
from unsplice.evaluation.datasets.sample import (
    Sample,
    Truth,
    merge_samples,
    named_once,
    read_truth,
)
from unsplice.evaluation.datasets.selection import PICTURES, Pictures, select_samples
from unsplice.listing import pictures_below

__all__ = [
    "DATASETS",
    "PICTURES",
    "Pictures",
    "Sample",
    "Truth",
    "left_out",
    "merge_samples",
    "read_dataset",
    "read_datasets",
    "read_truth",
    "select_samples",
]

LAYOUTS = {layout.name: layout for layout in (CASIA1, CASIA2, COLUMBIA, IMD2020, OSN)}
DATASETS: tuple[str, ...] = tuple(LAYOUTS)


def read_dataset(path: str | os.PathLike[str], *, name: str | None = None) -> list[Sample]:
    """List the pictures of a data set.

    Parameters
    ----------
    path : str or path
        A manifest (CSV), or the folder of a data set.
    name : str, optional
        The layout of the folder, one of `DATASETS`; recognised by itself if not given.

    Returns
    -------
    list of Sample
        In the order of the table, or sorted by path. Pictures are not opened: whether a mask fits
        its picture is seen by `read_truth`.

    Raises
    ------
    ReadError
        E101 if there is nothing at `path`.
    UsageError
        E180 for an unknown `name`; E181, E182 for a table that is no manifest or is empty; E187
        for a folder that has no known layout, or more than one; E182 if it cannot be searched.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for file in ("Au/Au_ani_00001.jpg", "Tp/Tp_D_x_1.tif", "Gt/Tp_D_x_1_gt.png"):
    ...         pathlib.Path(folder, file).parent.mkdir()
    ...         _ = pathlib.Path(folder, file).write_bytes(b"")
    ...     for sample in read_dataset(folder):
    ...         print(sample.dataset, sample.kind, sample.name, sample.mask and sample.mask.name)
    casia2 authentic Au/Au_ani_00001.jpg None
    casia2 splice Tp/Tp_D_x_1.tif Tp_D_x_1_gt.png
    """
    root = Path(path)
    if name is not None and name not in LAYOUTS:
        raise unknown_name("data set", name, LAYOUTS)
    if not root.is_dir():
        if name is not None and root.exists():
            raise _not_read(root, f"it is a file, and the layout {name} is one of folders")
        return read_manifest(root)
    files = dict(sorted(pictures_below(root).items()))
    layout = LAYOUTS[name] if name is not None else _recognized(root, files)
    samples = layout.samples(files)
    if not samples:
        raise _not_read(root, f"the layout {layout.name} needs {layout.mark}")
    return named_once(samples)


def read_datasets(
    paths: Iterable[str | os.PathLike[str]], *, name: str | None = None
) -> list[Sample]:
    """List the pictures of several data sets as one list.

    Parameters
    ----------
    paths : iterable of str or path
        As `read_dataset` takes them.
    name : str, optional
        The layout of all the folders.

    Returns
    -------
    list of Sample
        In the order of `paths`. What several of them list counts once; where two contradict one
        another on a picture of one set, both samples have E140. Names differ over the whole list.

    Raises
    ------
    TypeError
        If `paths` is a single path.
    ReadError, UsageError
        As `read_dataset`.
    """
    if isinstance(paths, str | os.PathLike):
        raise TypeError(f"paths must be several, such as a list, got {paths!r}")
    return merge_samples(sample for path in paths for sample in read_dataset(path, name=name))


def left_out(path: str | os.PathLike[str], samples: Iterable[Sample]) -> Notice | None:
    """Return what to tell of the pictures of a folder that are not of the set it was read as.

    Parameters
    ----------
    path : str or path
        As it was given to `read_dataset`.
    samples : iterable of Sample
        What `read_dataset` returned.

    Returns
    -------
    Notice or None
        W241, with the number of the pictures that lie outside the folders of the set; None if
        there are none, or `path` is a manifest.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for file in ("Au/Au_ani_00001.jpg", "Tp/Tp_D_x_1.tif", "own/a.jpg", "own/b.jpg"):
    ...         pathlib.Path(folder, file).parent.mkdir(exist_ok=True)
    ...         _ = pathlib.Path(folder, file).write_bytes(b"")
    ...     notice = left_out(folder, read_dataset(folder))
    >>> notice.code, notice.text[:15]
    ('W241', '2 of 4 pictures')
    """
    root = Path(path)
    samples = list(samples)
    if not samples or not root.is_dir():
        return None
    files = pictures_below(root)
    used = {sample.image for sample in samples} | {sample.mask for sample in samples}
    homes = {PurePosixPath(name).parent for name, file in files.items() if file in used}
    homes.discard(PurePosixPath())  # whatever there is lies below the root
    # Beside pictures that were taken lie spare masks of theirs: these are of the set.
    others = [
        name
        for name, file in files.items()
        if file not in used and homes.isdisjoint(PurePosixPath(name).parents)
    ]
    if not others:
        return None
    folder = root / PurePosixPath(min(others)).parent
    sets = " and ".join(dict.fromkeys(sample.dataset for sample in samples))
    return Notice.of(
        "W241", count=len(others), total=len(files), path=root, name=sets, folder=folder
    )


def _recognized(root: Path, files: PictureFiles) -> Layout:
    """Return the layout of a folder."""
    if OSN.recognizes(files):  # its files have the names of the sets that were sent
        return OSN
    fitting = [layout for layout in LAYOUTS.values() if layout.recognizes(files)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = " and ".join(layout.name for layout in fitting)
        raise _not_read(root, f"it holds {names}: say which, or give the folder of one")
    folders = {folder for name in files for folder in plain_folders(name)}
    nearest = max(LAYOUTS.values(), key=lambda layout: len(folders.intersection(layout.folders)))
    if folders.isdisjoint(nearest.folders):
        raise _not_read(root, "neither its folders nor its files are named as in a known layout")
    raise _not_read(root, f"it looks most like {nearest.name}, but lacks {nearest.mark}")


def _not_read(root: Path, reason: str) -> UsageError:
    return UsageError("E187", path=root, reason=reason, known=", ".join(LAYOUTS))
