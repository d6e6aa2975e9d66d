"""The folder that a set is packed into: files whole, ``dataset.json`` last."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from unsplice.output import (
    encode_json,
    path_text,
    refuse_beside_inputs,
    refuse_existing,
    remove_file,
    write_file,
)

__all__ = ["CARD", "MANIFEST", "Target"]

MANIFEST = "dataset.json"
CARD = "README.md"

_SPLIT = r"[A-Za-z][A-Za-z0-9_]{0,31}"
_TEMPORARY = r"\.unsplice-[0-9a-f]{12}\.tmp"
# Every name that a format gives, by the folder it goes to: no other file is ever removed.
_NAMES = {
    "": re.compile(
        rf"{_SPLIT}-\d{{6,}}\.tar\Z|{_SPLIT}-(?:rgb|gray)(?:8|16)-\d{{6,}}\.npz\Z"
        rf"|index\.parquet\Z|masks\.csv\Z|{_TEMPORARY}\Z"
    ),
    "data": re.compile(rf"{_SPLIT}-\d{{6,}}\.parquet\Z|{_TEMPORARY}\Z"),
    "annotations": re.compile(rf"instances_{_SPLIT}\.json\Z|{_TEMPORARY}\Z"),
}
_TREES = {
    "images": re.compile(rf"\.r\d{{5,}}\.c\d{{5,}}\.png\Z|\A{_TEMPORARY}\Z"),
    "masks": re.compile(rf"\.r\d{{5,}}\.c\d{{5,}}\.png\Z|\.mask\.png\Z|\A{_TEMPORARY}\Z"),
}


@dataclass
class Target:
    """An output folder, and what was written to it.

    Attributes
    ----------
    path : Path
        The folder.
    overwrite : bool
        Whether what an earlier run left is replaced.
    files : list of dict
        The files of the set with their hashes; patches and masks of a tree are not among them.
    written : int
        Bytes, with those.
    """

    path: Path
    overwrite: bool = False
    files: list[dict[str, Any]] = field(default_factory=list, init=False)
    written: int = field(default=0, init=False)

    def refuse(self, folder: Path) -> None:
        """Raise E161 or E163 if the set of `folder` cannot be written here."""
        places = [self.path, *(self.path / name for name in (*_NAMES, *_TREES))]
        refuse_beside_inputs(places, trees=[folder])
        inputs = (self.path / name for name in ("index.csv", "summary.csv", "records"))
        refuse_existing(inputs, overwrite=False)  # what another verb left is not ours to replace
        refuse_existing([self.path / MANIFEST], overwrite=self.overwrite)
        if not self.overwrite:
            refuse_existing(islice(self._left(), 1), overwrite=False)

    def clear(self) -> None:
        """Remove what an earlier run left, the mark that it was whole first."""
        if not self.overwrite:
            return
        listed: object = None
        with suppress(OSError, ValueError):
            listed = json.loads((self.path / MANIFEST).read_bytes())["files"]
        remove_file(self.path / MANIFEST)
        if isinstance(listed, list) and any(
            isinstance(one, dict) and one.get("path") == CARD for one in listed
        ):
            remove_file(self.path / CARD)
        for path in list(self._left()):
            remove_file(path, sync=False)
        for top in (*_TREES, *(name for name in _NAMES if name)):
            for root, _, _ in os.walk(self.path / top, topdown=False):
                with suppress(OSError):  # it holds something else
                    Path(root).rmdir()

    def _left(self) -> Iterator[Path]:
        """Yield each file that an earlier run left; what a link leads to is not ours."""
        for top, names in _NAMES.items():
            folder = self.path / top
            if folder.is_dir() and not (top and folder.is_symlink()):
                yield from (path for path in sorted(folder.iterdir()) if names.match(path.name))
        for top, names in _TREES.items():
            if not (self.path / top).is_symlink():
                for root, _, files in os.walk(self.path / top):
                    yield from (Path(root, name) for name in files if names.search(name))

    def write(self, name: str, data: bytes, **facts: Any) -> None:
        """Write the file `name` of the set; `facts` stand beside its hash in the manifest."""
        write_file(self.path / name, data, overwrite=self.overwrite)
        self.written += len(data)
        digest = hashlib.sha256(data).hexdigest()
        self.files.append({"path": name, "bytes": len(data), "sha256": digest} | facts)

    def write_one_of_many(self, name: str, data: bytes) -> None:
        """Write one of the small files of a tree; those are too many to be listed."""
        write_file(self.path / name, data, overwrite=self.overwrite, sync=False)
        self.written += len(data)

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write ``dataset.json``: where it is, the set is whole."""
        files = [one | {"path": path_text(one["path"])} for one in self.files]
        data = encode_json({**manifest, "files": files})
        write_file(self.path / MANIFEST, data, overwrite=self.overwrite)
