"""Reading the arrays of an ``.npz`` file, each of which must be what is expected."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import UnspliceError

__all__ = ["ArrayReader", "stored_arrays"]

# What NumPy and the modules below it raise for a file that is no archive of arrays.
_DAMAGES: Final = (
    *(OSError, ValueError, EOFError, KeyError, TypeError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)


@contextmanager
def stored_arrays(file: str | PathLike[str] | BinaryIO) -> Iterator[Mapping[str, NDArray[Any]]]:
    """Read all arrays of an ``.npz`` file; what goes wrong then or in the body is the file's fault.

    Raises
    ------
    UnspliceError
        E195 if the file cannot be read, is damaged or holds objects, or for a ValueError.
    """
    try:
        # All bytes first: numpy.load forgets to close a file that is no archive.
        content = file.read() if hasattr(file, "read") else Path(file).read_bytes()
        stored = np.load(BytesIO(content), allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("a single array")
        with stored:
            arrays = {name: stored[name] for name in stored.files}
        yield arrays
    except _DAMAGES as error:
        reason = str(error).strip() or type(error).__name__
        path = getattr(file, "name", "<stream>") if hasattr(file, "read") else file
        raise UnspliceError("E195", path=path, reason=reason) from error


class ArrayReader:
    """Takes arrays by name, and says what is wrong with one.

    Parameters
    ----------
    arrays : mapping of str to array
        Never changed: what is taken is a read-only copy.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._taken: set[str] = set()

    def take(self, name: str, shape: tuple[int | None, ...], dtype: str) -> NDArray[Any]:
        """Return the array `name`, of that dtype and shape (None: any length)."""
        if name not in self._arrays:
            raise ValueError(f"{name} is missing")
        self._taken.add(name)
        array = self._arrays[name]
        # Strings are as long as the longest.
        found = "str" if array.dtype.kind == "U" else array.dtype.name
        if found != dtype or not array.dtype.isnative:
            raise ValueError(f"{name} must have dtype {dtype}, got {array.dtype}")
        fits = len(array.shape) == len(shape) and all(
            wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
        )
        if not fits:
            raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
        result = np.array(array, order="C")
        result.flags.writeable = False
        return result

    def floats(self, name: str, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
        """Return finite numbers."""
        array = self.take(name, shape, "float32")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite")
        return array

    def positive(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return finite numbers above 0."""
        array = self.floats(name, shape)
        if (array <= 0).any():
            raise ValueError(f"{name} must be above 0")
        return array

    def length(self, name: str) -> int:
        """Return the length of a vector."""
        return len(self.floats(name, (None,)))

    def names(self, name: str) -> tuple[str, ...]:
        """Return a vector of strings."""
        return tuple(str(text) for text in self.take(name, (None,), "str"))

    def indices(self, name: str, least: int, most: int) -> list[int]:
        """Return a vector of whole numbers from `least` to `most`."""
        array = self.take(name, (None,), "int64")
        if ((array < least) | (array > most)).any():
            raise ValueError(f"{name} must be in {least}..{most}, got {array.tolist()}")
        return [int(number) for number in array]

    def finish(self) -> None:
        """Refuse arrays that nobody took."""
        unknown = sorted(set(self._arrays) - self._taken)
        if unknown:
            raise ValueError(f"{unknown[0]} is unknown")
