"""Arrays of drawn content, shape and layout in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzz.draws import Draws

Array = NDArray[Any]

# Around the widths of vectors, blocks, words and tiles, which is where loops end. Most arrays are
# small: what goes wrong at all goes wrong there, and ten times as often in the same time.
SIZES = (1, 0, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 66, 100, 129)
LARGEST, SMALL = 129, 24


def size(draws: Draws, *, least: int = 0, most: int = LARGEST) -> int:
    """Return a number of rows or columns."""
    found = draws.choice(SIZES) if draws.chance(4) else draws.integer(least, min(most, SMALL))
    return min(max(found, least), most)


def shape(draws: Draws, *, least: int = 0, most: int = LARGEST) -> tuple[int, int]:
    return size(draws, least=least, most=most), size(draws, least=least, most=most)


def content(draws: Draws, dims: tuple[int, ...], dtype: Any) -> Array:
    """Return a dense array: noise, constant, extremes, few levels, or the bytes of the input."""
    kind = np.dtype(dtype)
    generator = draws.generator()
    style = draws.integer(0, 5)
    count = int(np.prod(dims))
    if kind == np.bool_:
        density = (0.5, 0.0, 1.0, 0.02, 0.98, 0.6)[style]
        return generator.random(dims) < density
    if style == 0:
        return np.frombuffer(generator.bytes(count * kind.itemsize), kind).reshape(dims).copy()
    if style == 1:
        raw = draws.take(min(count * kind.itemsize, 64)).ljust(kind.itemsize, b"\0")
        few = np.frombuffer(raw[: len(raw) // kind.itemsize * kind.itemsize], kind)
        return np.resize(few, dims)
    if kind.kind in "iu":
        extremes = np.array([np.iinfo(kind).min, np.iinfo(kind).max], kind)
    else:
        extremes = np.array([np.nan, np.inf, -np.inf, np.finfo(kind).max, -0.0, 1e-40, 1], kind)
    if style == 2:
        return np.full(dims, draws.choice(list(extremes)), kind)
    if style == 3:
        return generator.choice(extremes, dims).astype(kind)
    smooth = 16 * np.add.outer(np.arange(count), [0]).reshape(dims) % 251
    if style == 4:
        return (smooth + generator.integers(0, 4, dims)).astype(kind)
    return generator.integers(0, 25, dims).astype(kind)


def laid_out(draws: Draws, array: Array) -> Array:
    """Return the same values, elsewhere in memory."""
    style = draws.integer(0, 13)
    if array.ndim == 0 or style < 5:
        return array
    if style == 5:
        array.flags.writeable = False
        return array
    if style == 6:
        return np.asfortranarray(array)
    if style == 7:
        return array[::-1].copy()[::-1]
    if style == 8:
        return array[..., ::-1].copy()[..., ::-1]
    if style == 9:  # a crop: rows lie apart
        room = np.zeros([n + 3 for n in array.shape], array.dtype)
        inner = room[tuple(slice(1, 1 + n) for n in array.shape)]
        inner[...] = array
        return inner
    if style == 10:  # a crop of rows alone, which needs no copy
        room = np.zeros((array.shape[0] * 2 + 1, *array.shape[1:]), array.dtype)
        inner = room[1 : 1 + 2 * array.shape[0] : 2]
        inner[...] = array
        return inner
    if style == 11:  # not aligned
        room = np.zeros(array.nbytes + 1, np.uint8)
        inner = room[1:].view(array.dtype).reshape(array.shape)
        inner[...] = array
        return inner
    if style == 12:
        return array.astype(array.dtype.newbyteorder("S"))
    if array.shape[0] == 0:
        return array
    return np.broadcast_to(array[:1], array.shape)  # strides of zero; other values


def array(draws: Draws, dims: tuple[int, ...], dtype: Any) -> Array:
    """Return an array of a kernel's input."""
    return laid_out(draws, content(draws, dims, dtype))


def wrong(draws: Draws, right: Array) -> object:
    """Return what a kernel should refuse in the place of `right`, or at least survive."""
    style = draws.integer(0, 9)
    if style == 0:
        other = draws.choice((np.int8, np.int32, np.float16, np.complex64, np.bool_, np.uint64))
        return np.zeros(right.shape, other)
    if style == 1:
        return right[..., np.newaxis]
    if style == 2:
        return right.ravel()
    if style == 3:
        return right[:-1] if right.ndim else right
    if style == 4:
        return right[..., :-1] if right.ndim else right
    if style == 5:
        return right.T
    if style == 6:  # no elements; sizes that overflow when multiplied
        dims = [0] * max(right.ndim, 1)
        dims[draws.integer(0, len(dims) - 1)] = draws.choice((1, 2**31, 2**62 // 8))
        return np.empty(dims if 0 in dims else [0], right.dtype)
    if style == 7:  # one element in memory, many in the view
        return np.broadcast_to(np.zeros((), right.dtype), right.shape)
    if style == 8:
        return right.astype(object)
    return draws.choice((None, "image", 3, b"bytes", [[1, 2], [3]], np.zeros((), right.dtype)))
