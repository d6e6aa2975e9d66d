"""What a format takes: patches with their files, one at a time, in the order of the index."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import ImageError
from unsplice.formats.png import inspect_png
from unsplice.image import decode_image
from unsplice.packing.finished import Patch, PatchFolder
from unsplice.packing.target import Target

__all__ = ["PatchFormat", "Sample", "Shard", "ShardedFormat", "read_sample"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADERS = 1_000_000  # bytes that a file may have beside its pixels


@dataclass(eq=False)
class Sample:
    """A patch with the bytes of its two PNG files, and its split."""

    patch: Patch
    split: str
    image: bytes = field(repr=False)
    mask: bytes = field(repr=False)

    @cached_property
    def pixels(self) -> NDArray[Any]:
        """The patch, (size, size[, 3]) of uint8 or uint16, RGB."""
        return decode_image(self.image, path=self.patch.place).pixels

    @cached_property
    def truth(self) -> NDArray[np.bool_]:
        """The mask, (size, size) of bool, True = spliced."""
        pixels = decode_image(self.mask, path=self.patch.place).pixels
        truth: NDArray[np.bool_] = pixels >= 128
        return truth

    @property
    def kind(self) -> str:
        """Channels and bits: ``rgb8``, ``gray8``, ``rgb16`` or ``gray16``."""
        return f"{'gray' if self.pixels.ndim == 2 else 'rgb'}{8 * self.pixels.dtype.itemsize}"


def read_sample(folder: PatchFolder, patch: Patch, split: str) -> Sample:
    """Read the files of a patch.

    Raises
    ------
    ReadError
        E216 or E217 if a file is not there, or not what the index says.
    ImageError
        E122 if one is a damaged PNG.
    """
    size = patch.row["size"]
    read = {}
    recorded = folder.recorded(patch)
    for top in ("images", "masks"):
        path = folder.path / top / patch.file
        data = folder.read(path, limit=6 * size * size + _HEADERS)
        folder.require_recorded(path, data, recorded.get(f"{top}/{patch.file}"))
        if not data.startswith(_SIGNATURE):
            raise folder.damaged("it is no PNG", path)
        try:
            found = inspect_png(data, str(path), size * size)
        except ImageError as error:
            if error.code != "E130":
                raise
            raise folder.damaged(f"it is larger than {size} x {size}", path) from None
        if (found.rows, found.cols) != (size, size):
            raise folder.damaged(f"it is {found.rows} x {found.cols}, not {size} x {size}", path)
        if top == "masks" and not (found.gray and data[24] == 8):
            raise folder.damaged("it is no 8-bit gray mask", path)
        read[top] = data
    return Sample(patch, split, read["images"], read["masks"])


class PatchFormat(ABC):
    """Turns samples into files of a target."""

    packages: dict[str, str] = {}  # noqa: RUF012 - set by instances that need some

    @abstractmethod
    def put(self, sample: Sample) -> None:
        """Take the next sample."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left."""


class Shard(Protocol):
    """A file that is being filled."""

    def add(self, sample: Sample) -> int:
        """Put one more into it, and return the bytes that it holds by now, about."""

    def close(self) -> bytes:
        """Return the file."""


@dataclass
class _Filled:
    shard: Shard
    count: int = 0


@dataclass
class ShardedFormat(PatchFormat):
    """Many patches a file. Each is filled in memory, one a split at a time, and written whole.

    Attributes
    ----------
    target : Target
        Where full shards go.
    most : int
        Patches that a shard may hold.
    most_bytes : int
        Bytes after which a shard is full.
    """

    target: Target
    most: int
    most_bytes: int
    _open: dict[tuple[str, str], _Filled] = field(default_factory=dict, init=False, repr=False)
    _written: Counter[tuple[str, str]] = field(default_factory=Counter, init=False, repr=False)

    @abstractmethod
    def begin(self) -> Shard:
        """Return an empty shard."""

    @abstractmethod
    def name(self, split: str, kind: str, number: int) -> str:
        """Return the name of the shard `number` of a split and kind."""

    def kind(self, _: Sample) -> str:
        """Return what else a sample shares with all of its shard, beside the split."""
        return ""

    def put(self, sample: Sample) -> None:
        """Put a sample into the shard of its split and kind; a full one is written."""
        key = sample.split, self.kind(sample)
        if key not in self._open:
            self._open[key] = _Filled(self.begin())
        filled = self._open[key]
        size = filled.shard.add(sample)
        filled.count += 1
        if filled.count >= self.most or size >= self.most_bytes:
            self._finish(key)

    def close(self) -> None:
        """Write the shards that are not full."""
        for key in list(self._open):
            self._finish(key)

    def _finish(self, key: tuple[str, str]) -> None:
        filled = self._open.pop(key)
        name = self.name(*key, self._written[key])
        self._written[key] += 1
        self.target.write(name, filled.shard.close(), split=key[0], patches=filled.count)
