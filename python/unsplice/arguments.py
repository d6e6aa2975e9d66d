"""How arguments are brought into shape, and what bad ones are told.

The words are the same wherever a call is answered: TypeError for the wrong kind or dtype,
ValueError for the wrong shape or range, each with what was expected and what came.
"""

from __future__ import annotations

import os
from functools import cache
from math import prod
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "available_cores",
    "dense_array",
    "dense_mask",
    "dense_planes",
    "dense_rgb",
    "one_of",
    "real_number",
    "require_array",
    "require_parameters",
    "thread_count",
    "three_numbers",
    "whole_number",
]

# Made once: a union of types that is written out where it is used is built for every call.
INTEGERS = (int, np.integer)
NUMBERS = (int, float, np.integer, np.floating)


@cache
def _dtypes(names: tuple[str, ...]) -> frozenset[np.dtype[Any]]:
    return frozenset(np.dtype(name) for name in names)


def require_array(array: object, name: str, dtypes: tuple[str, ...], *, hint: str = "") -> None:
    """Raise TypeError unless `array` is a NumPy array of one of the dtypes, in any byte order."""
    # Most arrays are as they should be, and small ones should not wait.
    if type(array) is np.ndarray and array.dtype in _dtypes(dtypes):
        return
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}")
    if array.dtype.newbyteorder("=") not in _dtypes(dtypes):
        raise TypeError(f"{name} must have dtype {' or '.join(dtypes)}, got {array.dtype}{hint}")


def dense_array(
    array: NDArray[Any],
    name: str,
    dtypes: tuple[str, ...],
    shape: str,
    ndims: tuple[int, ...],
    *,
    free_axes: int = 1,
    hint: str = "",
) -> NDArray[Any]:
    """Return `array` with native byte order and adjacent elements behind the first `free_axes`.

    These axes may have any stride, so a crop or an upside-down view is passed on without a copy.
    """
    require_array(array, name, dtypes, hint=hint)
    if array.ndim not in ndims:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    flags = array.flags
    if flags.c_contiguous and flags.aligned and array.dtype.isnative:
        return array
    native = array.dtype.newbyteorder("=")
    adjacent = tuple(
        native.itemsize * prod(array.shape[axis + 1 :]) for axis in range(free_axes, array.ndim)
    )
    if (
        array.dtype == native
        and flags.aligned
        and array.strides[free_axes:] == adjacent
        and all(stride % native.itemsize == 0 for stride in array.strides[:free_axes])
    ):
        return array
    # A copy in any case: ascontiguousarray would hand back an array whose elements are unaligned.
    return array.astype(native, order="C", copy=True, subok=False)


def dense_rgb(image: NDArray[Any], name: str = "image") -> NDArray[np.uint8]:
    """Return an 8-bit RGB picture as `dense_array` does."""
    pixels = dense_array(image, name, ("uint8",), "(rows, cols, 3)", (3,))
    if pixels.shape[2] != 3:
        raise ValueError(f"{name} must have shape (rows, cols, 3), got {pixels.shape}")
    return pixels


def dense_heatmap(
    image: NDArray[Any], heatmap: NDArray[Any]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return an 8-bit RGB picture and a heatmap of its size as `dense_array` does."""
    pixels = dense_rgb(image)
    heats = dense_array(heatmap, "heatmap", ("float32",), "(rows, cols)", (2,))
    if heats.shape != pixels.shape[:2]:
        raise ValueError(f"heatmap must have shape {pixels.shape[:2]}, got {heats.shape}")
    return pixels, heats


def dense_planes(planes: NDArray[Any], name: str = "planes") -> NDArray[np.float32]:
    """Return a stack of planes as `dense_array` does."""
    return dense_array(planes, name, ("float32",), "(planes, rows, cols)", (3,), free_axes=2)


def dense_mask(mask: NDArray[np.bool_], name: str = "mask") -> NDArray[np.bool_]:
    """Return `mask` as `dense_array` does."""
    hint = f"; {name} != 0 makes one"
    return dense_array(mask, name, ("bool",), "(rows, cols)", (2,), hint=hint)


def whole_number(
    value: object, name: str, least: int, most: int | None = None, *, hint: str = ""
) -> int:
    """Return `value` as int, which must be at least `least`, and at most `most` where there is one.

    `hint` follows the range in the message.
    """
    if isinstance(value, bool) or not isinstance(value, INTEGERS):
        raise TypeError(f"{name} must be an int, got {type(value).__name__}")
    if value < least or (most is not None and value > most):
        expected = f">= {least}" if most is None else f"in {least}..{most}"
        raise ValueError(f"{name} must be {expected}{hint}, got {value}")
    return int(value)


def real_number(value: object, name: str) -> float:
    """Return `value` as float."""
    if isinstance(value, bool) or not isinstance(value, NUMBERS):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must fit a float, got an int beyond 1e308") from None


def one_of(value: object, name: str, words: Any) -> None:
    """Raise unless `value` is one of the words of a `Literal` type."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {type(value).__name__}")
    if value not in get_args(words):
        *most, last = (f'"{word}"' for word in get_args(words))
        known = f"{', '.join(most)} or {last}" if most else last
        raise ValueError(f"{name} must be {known}, got {value!r}")


def require_parameters(parameters: object, kind: type) -> None:
    """Raise TypeError unless `parameters` are of that `kind`, or None."""
    if parameters is not None and not isinstance(parameters, kind):
        raise TypeError(
            f"parameters must be {kind.__name__} or None, got {type(parameters).__name__}"
        )


def three_numbers(values: object, name: str) -> tuple[float, float, float]:
    """Return `values` as three finite floats."""
    if isinstance(values, str) or not isinstance(values, tuple | list | np.ndarray):
        raise TypeError(f"{name} must be three numbers, got {type(values).__name__}")
    if len(values) != 3:
        raise ValueError(f"{name} must be three numbers, got {len(values)}")
    first, second, third = (real_number(value, name) for value in values)
    if not all(abs(value) < np.inf for value in (first, second, third)):
        raise ValueError(f"{name} must be finite, got {tuple(values)}")
    return first, second, third


def thread_count(num_threads: int | None) -> int:
    """Return the number of threads that `num_threads` asks for.

    None means the environment variable ``UNSPLICE_NUM_THREADS``, else every core that this process
    may run on.
    """
    if num_threads is not None:
        if isinstance(num_threads, bool) or not isinstance(num_threads, INTEGERS):
            raise TypeError(f"num_threads must be an int or None, got {type(num_threads).__name__}")
        return min(whole_number(num_threads, "num_threads", 1), 1024)
    text = os.environ.get("UNSPLICE_NUM_THREADS", "").strip()
    if text:
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(
                "the environment variable UNSPLICE_NUM_THREADS must be a whole number >= 1, "
                f"got {text!r}"
            )
        return min(int(text), 1024)
    return available_cores()


def available_cores() -> int:
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
