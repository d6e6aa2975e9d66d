"""Public data sets in the folders in which people download them, and any set as a manifest.

`read_dataset` lists the pictures of a set with what is known of them; it opens none of them.
`read_truth` reads the mask of one. A picture without a mask that can be trusted is listed with the
error that says so, never passed over.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

from unsplice.errors import UsageError
from unsplice.evaluation.datasets.casia import CASIA1, CASIA2
from unsplice.evaluation.datasets.columbia import COLUMBIA
from unsplice.evaluation.datasets.imd2020 import IMD2020
from unsplice.evaluation.datasets.layout import Layout, Listing, plain_folders
from unsplice.evaluation.datasets.manifest import read_manifest
from unsplice.evaluation.datasets.osn import OSN
from unsplice.evaluation.datasets.sample import Sample, Truth, named_once, read_truth
from unsplice.listing import pictures_below

__all__ = ["DATASETS", "Sample", "Truth", "read_dataset", "read_truth"]

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
        near = get_close_matches(name.casefold(), LAYOUTS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "leave it out to have it recognised"
        raise UsageError(
            "E180", kind="data set", name=name, known=", ".join(LAYOUTS), suggestion=hint
        )
    if not root.is_dir():
        if name is not None and root.exists():
            raise _not_read(root, f"it is a file, and the layout {name} is one of folders")
        return read_manifest(root)
    listing = dict(sorted(pictures_below(root).items()))
    layout = LAYOUTS[name] if name is not None else _recognized(root, listing)
    samples = layout.samples(listing)
    if not samples:
        raise _not_read(root, f"the layout {layout.name} needs {layout.mark}")
    return named_once(samples)


def _recognized(root: Path, listing: Listing) -> Layout:
    """Return the layout of a folder."""
    if OSN.recognizes(listing):  # its files have the names of the sets that were sent
        return OSN
    fitting = [layout for layout in LAYOUTS.values() if layout.recognizes(listing)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = " and ".join(layout.name for layout in fitting)
        raise _not_read(root, f"it holds {names}: say which, or give the folder of one")
    folders = {folder for name in listing for folder in plain_folders(name)}
    nearest = max(LAYOUTS.values(), key=lambda layout: len(folders.intersection(layout.folders)))
    if folders.isdisjoint(nearest.folders):
        raise _not_read(root, "neither its folders nor its files are named as in a known layout")
    raise _not_read(root, f"it looks most like {nearest.name}, but lacks {nearest.mark}")


def _not_read(root: Path, reason: str) -> UsageError:
    return UsageError("E187", path=root, reason=reason, known=", ".join(LAYOUTS))
