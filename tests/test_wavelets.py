"""dwt2 and idwt2 against their definitions and PyWavelets."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import pywt
from hypothesis import given
from numpy.typing import NDArray

import strategies
from unsplice import _core, dwt2, idwt2, pure_python
from unsplice.wavelets import filter_taps

Array = NDArray[Any]

DTYPES = ("uint8", "uint16", "float32", "float64")
# A wavelet of PyWavelets for every length of its filters, and some that are not orthonormal.
LENGTHS = {pywt.Wavelet(name).dec_len: name for name in pywt.wavelist(kind="discrete")}
WAVELETS = sorted({*LENGTHS.values(), "haar", "db1", "bior1.1", "db4", "bior2.2", "rbio3.1"})
# Few taps, one block of them, and several.
SOME = ("haar", "bior1.1", "db2", "db3", "db4", "sym5", "bior2.2", "dmey")


def finite(dtype: str) -> st.SearchStrategy[Any] | None:
    return st.floats(-1e4, 1e4, width=32) if dtype.startswith("float") else None


def pictures(*, least: int = 1) -> st.SearchStrategy[Array]:
    return strategies.arrays_in_any_layout(
        st.sampled_from(DTYPES), strategies.sizes(least=least), finite
    )


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def stacked(coefficients: Any) -> Array:
    approximation, details = coefficients
    return np.stack([approximation, *details])


def noise(*shape: int, dtype: str = "float32") -> Array:
    return np.random.default_rng(shape).uniform(0, 255, shape).astype(dtype)


@given(pictures(), st.sampled_from(SOME))
def test_a_transform_has_the_bits_of_the_definition(image: Array, wavelet: str) -> None:
    before = image.copy()
    assert_same_bits(dwt2(image, wavelet, num_threads=1), pure_python.dwt2(image, wavelet))
    assert_same_bits(image, before)


@given(pictures(), st.sampled_from(SOME))
def test_an_inverse_has_the_bits_of_the_definition(image: Array, wavelet: str) -> None:
    bands = dwt2(image, wavelet)
    expected = pure_python.idwt2(bands, wavelet)
    assert_same_bits(idwt2(bands, wavelet, num_threads=1), expected)
    rows, cols = image.shape
    assert_same_bits(idwt2(bands, wavelet, shape=(rows, cols)), expected[:rows, :cols].copy())


@given(
    strategies.arrays_in_any_layout(
        st.sampled_from(["float32", "float64"]),
        st.tuples(st.just(4), st.integers(4, 9), st.integers(4, 9)),
        finite,
    ),
    st.sampled_from(["haar", "bior1.1", "db4", "bior2.2"]),
)
def test_bands_of_any_layout_are_read_as_they_are(bands: Array, wavelet: str) -> None:
    assert_same_bits(idwt2(bands, wavelet), pure_python.idwt2(bands, wavelet))


@pytest.mark.parametrize("wavelet", WAVELETS)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 1), (33, 64), (131, 70)])
def test_every_wavelet_equals_pywavelets(wavelet: str, shape: tuple[int, int]) -> None:
    image = noise(*shape, dtype="float64")
    expected = pywt.dwt2(image, wavelet, mode="symmetric")
    bands = dwt2(image, wavelet)
    back = idwt2(bands, wavelet)
    assert bands.dtype == back.dtype == np.float64
    np.testing.assert_allclose(bands, stacked(expected), rtol=0, atol=1e-9)
    np.testing.assert_allclose(back, pywt.idwt2(expected, wavelet), rtol=0, atol=1e-9)
    if wavelet != "dmey":  # whose filters are cut short
        np.testing.assert_allclose(idwt2(bands, wavelet, shape=shape), image, rtol=0, atol=1e-5)


@pytest.mark.parametrize("wavelet", WAVELETS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_float32_stays_within_the_documented_tolerance(wavelet: str, dtype: str) -> None:
    image = noise(120, 131, dtype=dtype)
    expected = pywt.dwt2(image.astype(np.float64), wavelet)
    bands = dwt2(image, wavelet)
    tolerance = 1e-6 * pywt.Wavelet(wavelet).dec_len * 255
    assert bands.dtype == np.float32
    np.testing.assert_allclose(bands, stacked(expected), rtol=0, atol=tolerance)
    np.testing.assert_allclose(
        idwt2(bands, wavelet), pywt.idwt2(expected, wavelet), rtol=0, atol=tolerance
    )


@pytest.mark.parametrize("wavelet", ["haar", "db4", "sym9"])
@pytest.mark.parametrize("cols", [15, 16, 17, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 1040])
def test_wide_rows_have_the_bits_of_the_definition(wavelet: str, cols: int) -> None:
    image = noise(5, cols)
    bands = pure_python.dwt2(image, wavelet)
    assert_same_bits(dwt2(image, wavelet), bands)
    assert_same_bits(idwt2(bands, wavelet), pure_python.idwt2(bands, wavelet))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_haar_is_exact_on_integers_and_back(dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (31, 64), dtype, True)
    bands = dwt2(image)
    np.testing.assert_array_equal(bands, np.round(stacked(pywt.dwt2(image, "haar")) * 2) / 2)
    np.testing.assert_array_equal(idwt2(bands, shape=(31, 64)), image)


@pytest.mark.parametrize("wavelet", ["haar", "db4"])
@pytest.mark.parametrize("num_threads", [2, 3, 64])
def test_the_number_of_threads_changes_no_bit(wavelet: str, num_threads: int) -> None:
    image = noise(1201, 1033)
    bands = dwt2(image, wavelet, num_threads=1)
    assert_same_bits(dwt2(image, wavelet, num_threads=num_threads), bands)
    for shape in ((1201, 1033), (1202, 1034)):
        alone = idwt2(bands, wavelet, shape=shape, num_threads=1)
        assert_same_bits(idwt2(bands, wavelet, shape=shape, num_threads=num_threads), alone)


@pytest.mark.parametrize("wavelet", ["haar", "db4"])
def test_what_is_not_finite_spreads_as_far_as_the_filters_reach(wavelet: str) -> None:
    image = noise(40, 40)
    image[20, 20], image[30, 5] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        expected = pure_python.dwt2(image, wavelet)
    np.testing.assert_array_equal(dwt2(image, wavelet), expected)


def test_haar_needs_no_pywavelets() -> None:
    code = (
        "import sys; sys.modules['pywt'] = None; import numpy as np, unsplice;"
        "print(unsplice.idwt2(unsplice.dwt2(np.eye(4))).tolist() == np.eye(4).tolist())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "True\n"


@pytest.mark.parametrize("call", ["dwt2(np.eye(8), 'db4')", "idwt2(np.ones((4, 8, 8)), 'db4')"])
def test_other_wavelets_say_what_to_install(call: str) -> None:
    code = f"import sys; sys.modules['pywt'] = None; import numpy as np, unsplice; unsplice.{call}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = run.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: wavelets other than Haar need PyWavelets")
    assert last.endswith("pip install PyWavelets")


IMAGE = noise(8, 9)
BANDS = dwt2(IMAGE)
BAD = [
    (dwt2, ([1],), {}, TypeError, "image must be a NumPy array, got list"),
    (dwt2, (IMAGE > 3,), {}, TypeError, "uint8 or uint16 or float32 or float64, got bool"),
    (dwt2, (BANDS,), {}, ValueError, r"image must have shape \(rows, cols\), got \(4, 4, 5\)"),
    (dwt2, (IMAGE[:0],), {}, ValueError, r"image must not be empty, got shape \(0, 9\)"),
    (dwt2, (IMAGE, 4), {}, TypeError, "wavelet must be a str, got int"),
    (dwt2, (IMAGE, "hare"), {}, ValueError, "a discrete one, such as"),
    (dwt2, (IMAGE, "morl"), {}, ValueError, "got 'morl'"),
    (dwt2, (IMAGE,), {"num_threads": 0}, ValueError, "num_threads must be >= 1"),
    (idwt2, (BANDS.astype(np.uint8),), {}, TypeError, "float32 or float64, got uint8"),
    (idwt2, (IMAGE,), {}, ValueError, r"shape \(4, rows, cols\), got \(8, 9\)"),
    (idwt2, (BANDS[:3],), {}, ValueError, r"shape \(4, rows, cols\), got \(3, 4, 5\)"),
    (idwt2, (BANDS[:, :0],), {}, ValueError, "at least 1 rows and columns"),
    (idwt2, (BANDS[:, :3], "db4"), {}, ValueError, r"at least 4 rows .* 8 taps, got \(3, 5\)"),
    (idwt2, (BANDS,), {"shape": 8}, TypeError, "shape must be two ints or None, got 8"),
    (idwt2, (BANDS,), {"shape": (8,)}, TypeError, "shape must be two ints or None"),
    (idwt2, (BANDS,), {"shape": (8, 9.0)}, TypeError, r"two ints or None, got \(8, 9.0\)"),
    (idwt2, (BANDS,), {"shape": "89"}, TypeError, "shape must be two ints or None, got '89'"),
    (
        idwt2,
        (pywt.dwt2(IMAGE, "haar"),),
        {},
        TypeError,
        r"got tuple; np.stack\(\[approx.*pywt.dwt2",
    ),
    (idwt2, (list(BANDS),), {}, TypeError, "bands must be a NumPy array, got list; np.stack"),
    (idwt2, (None,), {}, TypeError, "bands must be a NumPy array, got NoneType"),
    (idwt2, (BANDS,), {"shape": (0, 9)}, ValueError, "shape must be >= 1, got 0"),
    (idwt2, (BANDS,), {"shape": (6, 9)}, ValueError, r"\(8, 10\), or less by one .*got \(6, 9\)"),
    (idwt2, (BANDS,), {"shape": (8, 11)}, ValueError, r"got \(8, 11\)"),
]


@pytest.mark.parametrize(("function", "arrays", "options", "error", "message"), BAD)
def test_a_bad_call_says_what_was_expected_and_what_came(
    function: Any, arrays: Any, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        function(*arrays, **options)


def test_the_core_itself_refuses_what_it_cannot_read() -> None:
    forward, inverse = filter_taps("db4")
    for scattered in (IMAGE[:, ::2], np.asfortranarray(IMAGE)):
        with pytest.raises(ValueError, match="adjacent, aligned"):
            _core.dwt2(scattered, forward, 1)
        with pytest.raises(ValueError, match="adjacent, aligned"):
            _core.haar_dwt2(scattered, 1)
    for taps in (forward[:1], forward[:, :7], forward[:, :0], forward.ravel()):
        with pytest.raises(ValueError, match="taps of shape"):
            _core.dwt2(IMAGE, taps, 1)
        with pytest.raises(ValueError, match="taps of shape"):
            _core.idwt2(BANDS, taps, 8, 9, 1)
    for image in (IMAGE[:0], BANDS):
        with pytest.raises(ValueError, match="expected an image"):
            _core.haar_dwt2(image, 1)
    with pytest.raises(ValueError, match="4 bands"):
        _core.haar_idwt2(BANDS[:2], 8, 9, 1)
    for rows, cols in ((0, 9), (6, 9), (8, 11), (9, 9), (8, 2**63 - 1), (-8, 9)):
        with pytest.raises(ValueError, match="rows and columns"):
            _core.haar_idwt2(BANDS, rows, cols, 1)
    with pytest.raises(ValueError, match="rows and columns"):
        _core.idwt2(BANDS, inverse, 8, 9, 1)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        _core.dwt2(IMAGE.astype(np.int64), forward, 1)
