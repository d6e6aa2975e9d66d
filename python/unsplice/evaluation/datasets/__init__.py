"""Public data sets in the folders in which people download them, and any set as a manifest.

`read_dataset` lists the pictures of a set with what is known of them; it opens none of them.
`read_truth` reads the mask of one. A picture without a mask that can be trusted is listed with the
error that says so, never passed over.
"""

from __future__ import annotations

import os
from pathlib import Path

from unsplice.errors import UsageError
from unsplice.evaluation.datasets.manifest import read_manifest
from unsplice.evaluation.datasets.sample import Sample, read_truth

__all__ = ["DATASETS", "Sample", "read_dataset", "read_truth"]

DATASETS: tuple[str, ...] = ("casia1", "casia2", "columbia", "imd2020", "osn")


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
        In the order of the table, or sorted by path.
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError(
            "E187", path=path, reason=f"no layout fits {name or ''}", known=", ".join(DATASETS)
        )
    return read_manifest(path)
