"""Hypothesis strategies: the same array in every layout that NumPy can hold it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
from numpy.typing import NDArray

__all__ = ["arrays_in_any_layout", "images", "in_layout", "layouts", "layouts_of", "masks", "sizes"]

Array = NDArray[Any]


def _dense(array: Array) -> Array:
    return array


def _fortran(array: Array) -> Array:
    return np.asfortranarray(array)


def _upside_down(array: Array) -> Array:
    return np.ascontiguousarray(array[::-1])[::-1]


def _mirrored(array: Array) -> Array:
    return np.ascontiguousarray(array[:, ::-1])[:, ::-1]


def _transposed(array: Array) -> Array:
    return np.ascontiguousarray(array.swapaxes(0, 1)).swapaxes(0, 1)


def _crop(array: Array) -> Array:
    """A window in a larger picture whose other pixels would change every answer."""
    frame = np.ones(tuple(n + 3 for n in array.shape), array.dtype)
    window = (..., *(slice(1, 1 + n) for n in array.shape))  # a view, without dimensions too
    frame[window] = array
    return frame[window]


def _every_second(array: Array) -> Array:
    wide = np.ones(tuple(2 * n for n in array.shape), array.dtype)
    every_second = (..., *(slice(None, None, 2) for _ in array.shape))
    wide[every_second] = array
    return wide[every_second]


def _reversed_channels(array: Array) -> Array:
    return np.ascontiguousarray(array[..., ::-1])[..., ::-1]


def _unaligned(array: Array) -> Array:
    """Elements that begin at an odd byte."""
    buffer = bytearray(array.nbytes + 1)
    shifted: Array = np.frombuffer(buffer, array.dtype, array.size, offset=1).reshape(array.shape)
    shifted[...] = array
    return shifted


def _swapped_bytes(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder("S"))


def _read_only(array: Array) -> Array:
    frozen = array.copy()
    frozen.flags.writeable = False
    return frozen


_LAYOUTS: list[Callable[[Array], Array]] = [
    _dense,
    _fortran,
    _upside_down,
    _mirrored,
    _transposed,
    _crop,
    _every_second,
    _reversed_channels,
    _unaligned,
    _swapped_bytes,
    _read_only,
]
layouts = st.sampled_from(_LAYOUTS)
_LEAST_DIMENSIONS = {_upside_down: 1, _mirrored: 2, _transposed: 2, _reversed_channels: 1}


def _repeated(array: Array) -> Array:
    """The first row again and again: strides of zero."""
    return np.broadcast_to(array[:1], array.shape)


def layouts_of(array: Array) -> list[Callable[[Array], Array]]:
    """Return the ways in which an array of any dimensions and dtype can lie in memory.

    The last one, where there is one for it, is of other values.
    """
    found = [layout for layout in _LAYOUTS if _LEAST_DIMENSIONS.get(layout, 0) <= array.ndim]
    if array.dtype.hasobject:
        found.remove(_unaligned)
    return [*found, _repeated] if array.ndim else found


def in_layout(array: Array, layout: Callable[[Array], Array]) -> Array:
    """Return an array that equals `array` and lies in memory as `layout` says."""
    result = layout(array)
    assert result.shape == array.shape
    assert np.array_equal(result, array, equal_nan=array.dtype.kind == "f")
    return result


def sizes(*, least: int = 1, most: int = 12) -> st.SearchStrategy[tuple[int, int]]:
    """Draw (rows, cols), often with one of them as small as it may be."""
    side = st.integers(least, most)
    thin = st.just(least)
    return st.one_of(
        st.tuples(side, side), st.tuples(thin, side), st.tuples(side, thin), st.tuples(thin, thin)
    )


@st.composite
def arrays_in_any_layout(
    draw: st.DrawFn,
    dtype: st.SearchStrategy[str] | str,
    shape: st.SearchStrategy[tuple[int, ...]],
    elements: Callable[[str], st.SearchStrategy[Any] | None] = lambda _: None,
) -> Array:
    """Draw an array of one of the dtypes and shapes in one of the layouts."""
    name = dtype if isinstance(dtype, str) else draw(dtype)
    return in_layout(
        draw(hnp.arrays(name, draw(shape), elements=elements(name))),
        draw(layouts),
    )


def images(dtypes: tuple[str, ...], **size: int) -> st.SearchStrategy[Array]:
    """Draw gray pictures; floats are finite and of moderate size."""

    def elements(name: str) -> st.SearchStrategy[Any] | None:
        return st.floats(-1000, 1000, width=32) if name.startswith("float") else None

    return arrays_in_any_layout(st.sampled_from(dtypes), sizes(**size), elements)


def masks(*, least: int = 0, most: int = 12) -> st.SearchStrategy[Array]:
    """Draw masks, dense and sparse, in any layout."""

    @st.composite
    def mask(draw: st.DrawFn) -> Array:
        shape = draw(sizes(least=least, most=most))
        # A mask of independent pixels; its density decides what components look like.
        density = draw(st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.6, 0.8, 1.0]))
        random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        drawn = draw(st.one_of(st.just(random.random(shape) < density), hnp.arrays("bool", shape)))
        return in_layout(drawn, draw(layouts))

    return mask()
