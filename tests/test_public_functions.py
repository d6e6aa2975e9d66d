"""Every public function of arrays, with arrays of every kind.

Whatever it is given, and however that lies in memory: the answer is that for a dense native copy,
bit for bit, or TypeError, ValueError or a coded error; and what it was given is left as it was.

``UNSPLICE_EXAMPLES=2000 python -m pytest tests/test_public_functions.py`` tries so many for each.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import fields, is_dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from public_functions import FUNCTIONS, WITHOUT_ARRAYS, Function, exported
from strategies import layouts_of
from unsplice import UnspliceError

Array = NDArray[Any]

EXAMPLES = int(os.environ.get("UNSPLICE_EXAMPLES", "20"))
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "object"),
    *("longdouble", "complex128", "datetime64[s]", "timedelta64[us]", "U3", "S2", "V3"),
)
STRUCTURED = np.dtype([("red", "u1"), ("green", ">f4")])
# No arrays are what it takes.
REFUSES = {"unsplice.read_image"}


def bits(value: Any) -> Any:
    """Return what two results are compared by: NaN equals NaN, and 0.0 is not -0.0."""
    if isinstance(value, np.ndarray):
        held = repr(value.tolist()) if value.dtype.hasobject else value.tobytes()
        return value.dtype.str, value.shape, held
    if isinstance(value, tuple | list):
        return [bits(each) for each in value]
    if is_dataclass(value):
        return [bits(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, float | np.floating):
        return float(value).hex()
    if isinstance(value, dict):
        return {key: bits(each) for key, each in value.items()}
    return type(value), repr(value)


def dense(array: Array) -> Array:
    """Return a dense copy in native byte order."""
    return np.array(array, array.dtype.newbyteorder("="), order="C", copy=True)


def outcome(call: Any, arrays: tuple[Array, ...]) -> Any:
    """Return what a call came to; errors of a kind that it must not raise are raised."""
    try:
        return bits(call(*arrays))
    except UnspliceError as error:
        return error.code
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):  # as UnicodeError, AxisError
            raise
        return type(error)


def assert_as_of_a_copy(call: Any, arrays: tuple[Array, ...]) -> Any:
    """Hold a call against that with dense native copies; return what it came to."""
    before = bits(arrays)
    found = outcome(call, arrays)
    assert bits(arrays) == before, "the input was changed"
    assert found == outcome(call, tuple(dense(array) for array in arrays))
    return found


def test_every_public_function_of_arrays_has_an_entry() -> None:
    assert set(FUNCTIONS) | WITHOUT_ARRAYS == exported()
    assert not set(FUNCTIONS) & WITHOUT_ARRAYS


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - REFUSES))
def test_no_layout_in_memory_makes_a_difference(name: str) -> None:
    function = FUNCTIONS[name]
    for seed, call in enumerate((*function.calls, *function.calls)):
        arrays = function.arrays(np.random.default_rng(seed), 17, 24)
        expected = outcome(call, arrays)
        assert isinstance(expected, list | tuple | str | dict)  # an answer, no kind of error
        for position, array in enumerate(arrays):
            for layout in layouts_of(array):
                given_one = (*arrays[:position], layout(array), *arrays[position + 1 :])
                found = assert_as_of_a_copy(call, given_one)
                if layout.__name__ != "_repeated":
                    assert found == expected, layout.__name__


@st.composite
def changed(draw: st.DrawFn, array: Array) -> Array:
    """Draw an array that has little, or nothing, of one that a function takes."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    how = draw(st.sampled_from(["values", "dtype", "shape", "all"]))
    shape, dtype = array.shape, array.dtype
    if how in ("shape", "all"):
        shape = tuple(draw(st.lists(st.integers(0, 9), max_size=4)))
    if how in ("dtype", "all"):
        dtype = draw(st.sampled_from([*map(np.dtype, DTYPES), STRUCTURED]))
    size = int(np.prod(shape))
    values = np.resize(array, size) if array.size else np.zeros(size, array.dtype)
    if how == "values":
        where = random.random(size) < draw(st.sampled_from([0.01, 0.5, 1.0]))
        values = np.where(where, _extremes(random, dtype, size), values).astype(dtype)
    return _as_dtype(values, dtype).reshape(shape)


def _extremes(random: np.random.Generator, dtype: np.dtype[Any], size: int) -> Array:
    if dtype.kind == "f":
        largest = np.finfo(dtype).max
        odd = np.array([np.nan, np.inf, -np.inf, largest, -largest, -0.0, 1e-40, 0.5], dtype)
    elif dtype.kind in "iu":
        odd = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1], dtype)
    else:
        odd = np.array([0, 1], dtype)
    return random.choice(odd, size)


def _as_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "V":
        raw = np.resize(values.view(np.uint8), values.size * dtype.itemsize)
        return raw.view(dtype) if raw.size else np.zeros(values.size, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NaN becomes some whole number
        return values.astype(dtype)


@st.composite
def arguments(draw: st.DrawFn, function: Function) -> tuple[Array, ...]:
    """Draw arrays that mostly belong together, in any layout, one of them perhaps odd."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, cols = draw(st.tuples(st.integers(0, 30), st.integers(0, 30)))
    arrays = list(function.arrays(random, max(rows, function.least), max(cols, function.least)))
    odd = draw(st.integers(-1, len(arrays) - 1))
    if odd >= 0:
        arrays[odd] = draw(changed(arrays[odd]))
    return tuple(draw(st.sampled_from(layouts_of(array)))(array) for array in arrays)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_array_is_answered_as_its_dense_copy_or_refused(name: str) -> None:
    function = FUNCTIONS[name]

    @settings(max_examples=EXAMPLES)
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(function.calls))
        assert_as_of_a_copy(call, data.draw(arguments(function)))

    hold()
