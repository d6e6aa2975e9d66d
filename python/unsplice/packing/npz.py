"""NPZ: stacks of patches as NumPy arrays, without pickle."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from unsplice.packing.samples import Sample, Shard, ShardedFormat

__all__ = ["Npz"]


@dataclass
class Npz(ShardedFormat):
    """``SPLIT-KIND-NNNNNN.npz``; patches of different channels or bits cannot be stacked.

    Attributes
    ----------
    compress : bool
        Whether arrays are deflated.
    """

    compress: bool = False

    def begin(self) -> Shard:
        """Return an empty shard."""
        return _Stacks(self.compress)

    def kind(self, sample: Sample) -> str:
        """Return channels and bits."""
        return sample.kind

    def name(self, split: str, kind: str, number: int) -> str:
        """Return the name of a shard."""
        return f"{split}-{kind}-{number:06d}.npz"


class _Stacks:
    def __init__(self, compress: bool) -> None:
        self._compress = compress
        self._samples: list[tuple[Any, Any, Any]] = []
        self._size = 0

    def add(self, sample: Sample) -> int:
        """Add the decoded patch."""
        self._samples.append((sample.pixels, sample.truth, sample.patch.row))
        self._size += sample.pixels.nbytes + sample.truth.nbytes
        return self._size

    def close(self) -> bytes:
        """Return the file; entries of a zip have the same fixed time, whenever it is made."""
        pixels, truths, rows = zip(*self._samples, strict=True)
        arrays = {
            "images": np.stack(pixels),
            "masks": np.stack(truths),
            "labels": np.array([row["label"] for row in rows], np.int64),
            "corners": np.array([(row["row"], row["col"]) for row in rows], np.int64),
            "tampered_fraction": np.array([row["tampered_fraction"] for row in rows]),
            "small": np.array([row["small"] for row in rows], bool),
            "sources": np.array([row["source"] for row in rows], np.str_),
            "sha256": np.array([row["sha256"] for row in rows], np.str_),
            "patches": np.array([row["patch"] for row in rows], np.str_),
        }
        # What has been copied is let go: a shard is in memory twice, not four times.
        del pixels, truths
        self._samples.clear()
        file = io.BytesIO()
        method = zipfile.ZIP_DEFLATED if self._compress else zipfile.ZIP_STORED
        with zipfile.ZipFile(file, "w", method) as archive:
            while arrays:
                name = next(iter(arrays))
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, arrays.pop(name), allow_pickle=False)
        return file.getvalue()
