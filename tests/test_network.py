"""The network of the method "fusion": its formula, its file, and its bits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal, special

from made_networks import Arrays, network_arrays
from unsplice.blind.fusion.network import Network, load_network, sigmoid_of
from unsplice.errors import UnspliceError

Array = NDArray[Any]

MAPS, SCALARS, WIDTH = 5, 3, 6
DILATIONS, POOLED = (1, 2, 4), (0, 2)


def made_arrays(seed: int = 0) -> Arrays:
    return network_arrays(MAPS, SCALARS, WIDTH, dilations=DILATIONS, pooled=POOLED, seed=seed)


def saved(arrays: Arrays) -> io.BytesIO:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    file.seek(0)
    return file


def inputs(rows: int, cols: int, seed: int = 1) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    maps = 3 * random.standard_normal((MAPS, rows, cols), np.float32)
    return maps, 2 * random.standard_normal(SCALARS, np.float32)


def in_double(arrays: Arrays, maps: Array, scalars: Array) -> tuple[Array, float]:
    """Return logits and detection as the formula has them, in double precision."""
    a = {k: v.astype(float) if v.dtype == np.float32 else v for k, v in arrays.items()}

    def layers(name: str, values: Array) -> Array:
        hidden = a[f"{name}_hidden_weights"] @ values + a[f"{name}_hidden_bias"]
        return np.asarray(a[f"{name}_weights"] @ hidden.clip(0) + a[f"{name}_bias"])

    def pooled(h: Array) -> Array:
        return np.concatenate([h.mean((1, 2)), np.sqrt(h.var((1, 2)) + 1e-8)])

    def added(values: Array) -> Array:
        return values[:, np.newaxis, np.newaxis]

    count = maps[0].size
    median = np.sort(maps.reshape(MAPS, -1), axis=1)[:, (count - 1) // 2]
    x = ((maps - added(np.where(a["centered"], median, 0))) / added(a["scale"])).clip(-6, 6)
    s = ((scalars - a["scalar_mean"]) / a["scalar_scale"]).clip(-4, 4)
    entry = np.einsum("nm,mrc->nrc", a["entry_weights"], x) + added(a["entry_bias"])
    h = (entry + added(layers("scalar", s))).clip(0)
    for i, d in enumerate(DILATIONS):
        if i in POOLED:
            h = h + added(a[f"block{i}_pool_weights"] @ pooled(h) + a[f"block{i}_pool_bias"])
        taps = np.zeros((WIDTH, WIDTH, 2 * d + 1, 2 * d + 1))
        taps[..., ::d, ::d] = a[f"block{i}_weights"]
        change = np.array(
            [
                sum(
                    signal.correlate(np.pad(h[m], d), taps[n, m], "valid", "direct")
                    for m in range(WIDTH)
                )
                for n in range(WIDTH)
            ]
        )
        h = h + added(a[f"block{i}_gain"]) * (change + added(a[f"block{i}_bias"])).clip(0)
    logits = np.einsum("nm,mrc->nrc", a["exit_weights"], h)[0] + a["exit_bias"]
    highest = np.sort(logits.ravel())[-max(count // 100, 1) :]
    summary = np.concatenate([pooled(h), [highest.mean(), highest[-1]]])
    return logits, float(layers("detection", summary)[0])


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (4, 3), (20, 31)])
def test_a_network_computes_its_formula(size: tuple[int, int]) -> None:
    arrays = made_arrays()
    maps, scalars = inputs(*size)
    before = maps.copy(), scalars.copy()
    prediction = load_network(saved(arrays)).run(maps, scalars)
    logits, detection = in_double(arrays, maps, scalars)
    assert prediction.logits.dtype == np.float32
    np.testing.assert_allclose(prediction.logits, logits, atol=1e-4)
    assert prediction.detection == pytest.approx(detection, abs=1e-4)
    np.testing.assert_array_equal(maps, before[0])
    np.testing.assert_array_equal(scalars, before[1])


def test_it_computes_what_pytorch_does() -> None:
    torch = pytest.importorskip("torch")
    arrays = made_arrays(4)
    maps, scalars = inputs(17, 23)
    x = torch.from_numpy(maps)
    center = x.flatten(1).median(1).values * torch.from_numpy(arrays["centered"])
    t = {k: torch.from_numpy(v) for k, v in arrays.items() if v.dtype == np.float32}
    linear, conv, relu = torch.nn.functional.linear, torch.nn.functional.conv2d, torch.relu

    def layers(name: str, values: Any) -> Any:
        hidden = linear(values, t[f"{name}_hidden_weights"], t[f"{name}_hidden_bias"])
        return linear(relu(hidden), t[f"{name}_weights"], t[f"{name}_bias"])

    def pooled(h: Any) -> Any:
        flat = h[0].flatten(1)
        return torch.cat([flat.mean(1), torch.sqrt(flat.var(1, unbiased=False) + 1e-8)])

    x = ((x - center[:, None, None]) / t["scale"][:, None, None]).clip(-6, 6)
    s = ((torch.from_numpy(scalars) - t["scalar_mean"]) / t["scalar_scale"]).clip(-4, 4)
    h = conv(x[None], t["entry_weights"][:, :, None, None], t["entry_bias"])
    h = relu(h + layers("scalar", s)[None, :, None, None])
    for i, d in enumerate(DILATIONS):
        if i in POOLED:
            told = linear(pooled(h), t[f"block{i}_pool_weights"], t[f"block{i}_pool_bias"])
            h = h + told[None, :, None, None]
        change = conv(h, t[f"block{i}_weights"], t[f"block{i}_bias"], padding=d, dilation=d)
        h = h + t[f"block{i}_gain"][None, :, None, None] * relu(change)
    logits = conv(h, t["exit_weights"][:, :, None, None], t["exit_bias"])[0, 0]
    highest = logits.flatten().topk(max(1, logits.numel() // 100)).values
    detection = layers("detection", torch.cat([pooled(h), highest.mean()[None], highest[:1]]))
    prediction = Network.from_arrays(arrays).run(maps, scalars)
    np.testing.assert_allclose(prediction.logits, logits.numpy(), atol=1e-4)
    assert prediction.detection == pytest.approx(float(detection), abs=1e-4)


def test_neither_threads_nor_layout_change_a_bit() -> None:
    network = Network.from_arrays(made_arrays())
    maps, scalars = inputs(150, 170)
    one = network.run(maps, scalars, num_threads=1)
    mirrored = np.ascontiguousarray(maps[:, ::-1, ::-1])[:, ::-1, ::-1]
    for same, num_threads in ((maps, 2), (maps, 7), (mirrored, 1), (maps.astype(">f4"), 3)):
        other = network.run(same, scalars, num_threads=num_threads)
        assert other.logits.tobytes() == one.logits.tobytes()
        assert other.detection == one.detection


def test_a_shift_of_a_centered_map_changes_nothing() -> None:
    network = Network.from_arrays(made_arrays())
    maps, scalars = inputs(12, 13)
    maps = np.rint(maps * 64) / 64  # so that the shift is exact
    first = network.run(maps, scalars)
    for i, centered in enumerate(network.centered):
        shifted = maps.copy()
        shifted[i] += 8
        same = np.array_equal(network.run(shifted, scalars).logits, first.logits)
        assert same == centered


def test_an_outlier_counts_as_much_as_the_limit() -> None:
    network = Network.from_arrays(made_arrays())
    maps, scalars = inputs(12, 13)
    maps[1, 3, 4] = 1e4
    first = network.run(maps, scalars)
    maps[1, 3, 4] = 1e30
    scalars[0] = 1e30
    assert not np.array_equal(network.run(maps, scalars).logits, first.logits)
    scalars[0] = 1e20
    again = network.run(maps, scalars)
    maps[1, 3, 4] = 1e4
    np.testing.assert_array_equal(network.run(maps, scalars).logits, again.logits)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda m, s: (m[:4], s), ValueError, r"maps must have shape \(5, rows, cols\), .*got \(4"),
        (lambda m, s: (m[0], s), ValueError, r"maps must have shape"),
        (lambda m, s: (m[:, :0], s), ValueError, r"at least one block, got \(5, 0, 4\)"),
        (lambda m, s: (m.astype(float), s), TypeError, "maps must have dtype float32"),
        (lambda m, s: (m * np.float32(np.nan), s), ValueError, "maps must be finite, map_0 is not"),
        (lambda m, s: (m, s[:2]), ValueError, r"scalars must have shape \(3,\), got \(2,\)"),
        (lambda m, s: (m, s.astype(int)), TypeError, "scalars must have dtype float32"),
        (lambda m, s: (m, s + np.float32(np.inf)), ValueError, "scalars must be finite"),
    ],
)
def test_bad_inputs_are_named(change: Any, error: type[Exception], words: str) -> None:
    network = Network.from_arrays(made_arrays())
    with pytest.raises(error, match=words):
        network.run(*change(*inputs(3, 4)))


# --------------------------------------------------------------------------------------- file


def test_a_file_is_read_from_a_path_too(tmp_path: Path) -> None:
    path = tmp_path / "Gewichte für alles.npz"
    path.write_bytes(saved(made_arrays()).getvalue())
    network = load_network(path)
    assert network.map_names == tuple(f"map_{i}" for i in range(MAPS))
    assert network.scalar_names == ("scalar_0", "scalar_1", "scalar_2")
    assert [block.dilation for block in network.blocks] == list(DILATIONS)
    assert [block.pool_bias is not None for block in network.blocks] == [True, False, True]


def test_the_arrays_of_a_network_are_its_own() -> None:
    arrays = made_arrays()
    network = Network.from_arrays(arrays)
    assert not network.scale.flags.writeable
    before = network.scale.copy()
    arrays["scale"][:] = 99  # still the caller's to change
    np.testing.assert_array_equal(network.scale, before)


def without(name: str) -> Arrays:
    return {key: array for key, array in made_arrays().items() if key != name}


def with_number(name: str, number: float) -> Arrays:
    arrays = made_arrays()
    arrays[name].flat[0] = number
    return arrays


BAD_ARRAYS: list[tuple[Arrays, str]] = [
    *((without(name), f"{name} is missing") for name in made_arrays()),
    ({**made_arrays(), "more": np.zeros(1)}, "more is unknown"),
    ({**made_arrays(), "block1_pool_bias": np.zeros(WIDTH, "f4")}, "block1_pool_bias is unknown"),
    ({**made_arrays(), "scale": np.ones(MAPS)}, "scale must have dtype float32, got float64"),
    ({**made_arrays(), "scale": np.ones(4, "f4")}, r"scale must have shape \(5,\), got \(4,\)"),
    ({**made_arrays(), "centered": np.ones(MAPS, "u1")}, "centered must have dtype bool"),
    ({**made_arrays(), "map_names": np.arange(MAPS)}, "map_names must have dtype str, got int64"),
    ({**made_arrays(), "pooled": np.array([3])}, r"pooled must be in 0..2, got \[3\]"),
    ({**made_arrays(), "dilations": np.array([1, 0, 1])}, "dilations must be in 1..1024"),
    ({**made_arrays(), "block0_weights": np.ones((WIDTH, WIDTH, 1, 1), "f4")}, "block0_weights"),
    (with_number("scale", 0), "scale must be above 0"),
    (with_number("scalar_scale", -1), "scalar_scale must be above 0"),
    (with_number("block2_gain", np.nan), "block2_gain must be finite"),
    (with_number("exit_bias", np.inf), "exit_bias must be finite"),
]


@pytest.mark.parametrize(("arrays", "words"), BAD_ARRAYS)
def test_a_file_with_other_arrays_is_refused(arrays: Arrays, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Network.from_arrays(arrays)
    with pytest.raises(UnspliceError, match=words) as caught:
        load_network(saved(arrays))
    assert caught.value.code == "E195"


def of_objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, **{**made_arrays(), "scale": np.array([{}], object)})  # type: ignore[arg-type]
    return file.getvalue()


def of_one_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


def of_other_files() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "no array")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"no archive at all",
        saved(made_arrays()).getvalue()[:-200],
        of_objects(),
        of_one_array(),
        of_other_files(),
    ],
    ids=["empty", "two letters", "text", "cut off", "objects", "one array", "other files"],
)
def test_a_file_that_is_no_network_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(content)
    for file in (path, str(path), io.BytesIO(content)):
        with pytest.raises(UnspliceError, match="cannot be read") as caught:
            load_network(file)
        assert caught.value.code == "E195"


def test_no_damage_of_a_file_gets_through() -> None:
    content = saved(made_arrays()).getvalue()
    whole = load_network(io.BytesIO(content))
    maps, scalars = inputs(3, 4)
    expected = whole.run(maps, scalars)
    for position in np.linspace(0, len(content) - 1, 60).astype(int):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        try:
            network = load_network(io.BytesIO(bytes(damaged)))
        except UnspliceError:
            continue
        # A byte that says nothing of the numbers, such as a date.
        np.testing.assert_array_equal(network.run(maps, scalars).logits, expected.logits)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnspliceError, match=r"missing\.npz .*No such file") as caught:
        load_network(tmp_path / "missing.npz")
    assert caught.value.code == "E195"


# ----------------------------------------------------------------------------------- logistic


def test_the_logistic_function_is_that_of_scipy_to_its_steps() -> None:
    logits = np.linspace(-20, 20, 4001, dtype=np.float32)
    result = sigmoid_of(logits)
    assert result.dtype == np.float32
    # Half a step of the logits, at a slope of 1/4 at most, and half a step of the result.
    np.testing.assert_allclose(result, special.expit(logits), atol=0.25 / 512 + 0.5**17)
    assert (np.diff(result) >= 0).all()
    assert (result * 2**16 % 1 == 0).all()


def test_no_entry_of_its_table_lies_near_a_border_of_rounding() -> None:
    """Then no C library can round it to another side."""
    steps = np.arange(-16 * 256, 16 * 256 + 1) / 256
    exact = 2**16 * special.expit(steps)
    assert abs(abs(exact - np.floor(exact)) - 0.5).min() > 1e-7
    np.testing.assert_array_equal(2**16 * sigmoid_of(steps.astype(np.float32)), np.rint(exact))


def test_the_logistic_function_takes_any_shape_and_no_other_numbers() -> None:
    assert sigmoid_of(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert sigmoid_of(np.zeros((2, 3, 4), np.float32)).shape == (2, 3, 4)
    with pytest.raises(TypeError, match="array of float32, got float64"):
        sigmoid_of(np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got list"):
        sigmoid_of([0.0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must not be NaN"):
        sigmoid_of(np.array([np.nan], np.float32))
