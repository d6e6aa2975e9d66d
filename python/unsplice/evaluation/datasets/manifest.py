r"""Any data set, as a table: one line a tampered picture, an authentic one, or a pair of both.

::

    set,kind,authentic,tampered,mask          image,mask,kind
    own,splice,a/1.jpg,t/1.jpg,m/1.png        t/1.jpg,m/1.png,splice
    own,splice,,t/2.png,m/2.png               a/1.jpg,,authentic
    own,authentic,a/3.jpg,,

The pictures stand in ``image`` or ``tampered`` (also ``spliced``), and in ``authentic`` (also
``original``); ``mask``, ``set`` and ``kind`` may be missing where they have nothing to say. Any
cell may be empty. Paths are relative to the folder of the table; ``\`` is taken for ``/`` at need.
Comma, semicolon or tab, UTF-8, names that are no UTF-8 kept, case of the header free: a table is
read as `unsplice.listing.read_table` reads it.

What is told twice is taken once; what is told in two ways is an error of each of its lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from unsplice.errors import ImageError, UnspliceError, UsageError
from unsplice.evaluation.datasets.sample import AUTHENTIC, Sample, doubted, named_once
from unsplice.listing import column_names, lacks_column, located, mirrored, read_table

__all__ = ["read_manifest"]

COLUMNS = {
    "tampered": ("image", "tampered", "spliced"),
    "authentic": ("authentic", "original"),
    "mask": ("mask",),
    "set": ("set", "dataset"),
    "kind": ("kind",),
}
WANTED = "image,mask or authentic,tampered,mask"

# Words for the same kind, letters only; what is not here is kept as it is written.
KINDS = {
    "splice": "splice",
    "spliced": "splice",
    "splicing": "splice",
    "copymove": "copy-move",
    "copymoved": "copy-move",
    "authentic": AUTHENTIC,
    "original": AUTHENTIC,
    "pristine": AUTHENTIC,
    "untouched": AUTHENTIC,
}


def read_manifest(path: Path) -> list[Sample]:
    """Read the samples of a manifest, in its order: of a line the tampered picture first.

    Raises
    ------
    ReadError
        E101 if there is no such file.
    UsageError
        E181 if it cannot be read as a table or names no pictures, E182 if it has no lines.
    """
    header = column_names(path, WANTED)
    for name in dict.fromkeys(name for names in COLUMNS.values() for name in names):
        if header.count(name) > 1:
            reason = f'it has the column "{name}" {header.count(name)} times'
            raise UsageError("E181", path=path, reason=reason, columns=WANTED)
    for names in COLUMNS.values():
        several = [f'"{name}"' for name in names if name in header]
        if len(several) > 1:
            reason = f"its columns {' and '.join(several)} mean the same"
            raise UsageError("E181", path=path, reason=reason, columns=WANTED)
    present = {
        key: names for key, names in COLUMNS.items() if any(name in header for name in names)
    }
    if "tampered" not in present and "authentic" not in present:
        raise lacks_column(path, header, '"image", "tampered" or "authentic"', WANTED)
    if "mask" not in present and "tampered" in present:
        raise lacks_column(path, header, '"mask"', WANTED)
    samples: list[Sample] = []
    for line, cells in read_table(path, tuple(present.values())):
        row = dict.fromkeys(COLUMNS, "") | dict(zip(present, cells, strict=True))
        samples += _samples_of(path, line, row)
    return named_once(doubted(samples))


def _samples_of(path: Path, line: int, row: dict[str, str]) -> Iterator[Sample]:
    """Yield the one or two samples of a line, or its error."""
    dataset = row["set"] or path.stem
    kind = KINDS.get(re.sub(r"[^a-z]", "", row["kind"].casefold()), row["kind"])
    fault = _fault(row, kind)
    if fault is not None:
        error = UsageError("E188", path=path, line=line, reason=fault)
        shown = row["tampered"] or row["authentic"]
        image = located(path.parent, shown.replace("\0", "")) if shown else Path()
        name = mirrored(image, path.parent) if shown else f"{path.name}:{line}"
        yield Sample(dataset, kind or "tampered", name, image, error=error)
        return
    if row["tampered"]:
        image = located(path.parent, row["tampered"])
        mask = located(path.parent, row["mask"]) if row["mask"] else None
        missing: UnspliceError | None = None
        if mask is None and kind != AUTHENTIC:
            reason = f"line {line} of {path} names none"
            missing = ImageError("E136", path=image, reason=reason)
        name = mirrored(image, path.parent)
        yield Sample(dataset, kind or "tampered", name, image, mask, error=missing)
    if row["authentic"]:
        image = located(path.parent, row["authentic"])
        yield Sample(dataset, AUTHENTIC, mirrored(image, path.parent), image)


def _fault(row: dict[str, str], kind: str) -> str | None:
    """Return what makes a line meaningless."""
    if any("\0" in row[key] for key in ("tampered", "authentic", "mask")):
        return "a path holds a zero byte"
    if not row["tampered"] and not row["authentic"]:
        return "it names no picture"
    if row["mask"] and not row["tampered"]:
        return "it names a mask and no tampered picture"
    if row["mask"] and kind == AUTHENTIC:
        return "it calls a picture authentic and names a mask"
    return None
