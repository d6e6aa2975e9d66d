"""The gate of the method "fusion": its numbers, its score, its thresholds, its file."""

from __future__ import annotations

import json
from importlib.resources import files
from math import fsum, inf, nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from unsplice.blind.evidence.history import HISTORY_SCALARS
from unsplice.blind.fusion import gate as gate_module
from unsplice.blind.fusion.gate import GATE_NAMES, Gate, gate_numbers, gate_of, shipped_gate
from unsplice.blind.fusion.network import sigmoid_of
from unsplice.blind.parameters import FusionParameters
from unsplice.errors import UnspliceError

COUNT = len(GATE_NAMES)
NO_SCALARS = np.zeros(len(HISTORY_SCALARS), np.float32)


def record(**changed: Any) -> dict[str, Any]:
    """Return the record of a gate in which every number counts."""
    return {
        "names": list(GATE_NAMES),
        "mean": [0.1 * i for i in range(COUNT)],
        "scale": [1.0 + 0.5 * i for i in range(COUNT)],
        "weights": [(-1.0) ** i * (1 + i) / COUNT for i in range(COUNT)],
        "bias": -0.5,
        "thresholds": [[0.05, 0.75], [0.01, 0.875], [0.1, 0.5]],
    } | changed


def logits_of(probabilities: NDArray[Any]) -> NDArray[np.float32]:
    p = probabilities.astype(float)
    return np.log(p / (1 - p)).astype(np.float32)


def named(logits: NDArray[np.float32], **options: Any) -> dict[str, float]:
    """Return the numbers of a map of logits by name."""
    arguments: dict[str, Any] = {"scalars": NO_SCALARS, "history_valid": False, "detection": 0.0}
    numbers = gate_numbers(logits, sigmoid_of(logits), **(arguments | options))
    assert numbers.shape == (COUNT,)
    assert numbers.dtype == np.float64
    return dict(zip(GATE_NAMES, numbers.tolist(), strict=True))


# ----------------------------------------------------------------------------------- numbers


def test_the_numbers_of_a_small_map_are_those_of_their_definitions() -> None:
    # Two components above 0.5 that touch nowhere, of 3 and 2 blocks of 4 x 5.
    p = np.array(
        [
            [0.7, 0.25, 0.25, 0.25, 0.25],
            [0.25, 0.95, 0.25, 0.25, 0.25],
            [0.7, 0.25, 0.25, 0.25, 0.7],
            [0.25, 0.25, 0.25, 0.25, 0.95],
        ]
    )
    logits = logits_of(p)
    numbers = named(
        logits,
        detection=-1.5,
        scalars=np.array([1, 1, 0.5, 0.25, 0.75, 0.125], np.float32),
        history_valid=True,
    )
    assert numbers["detection"] == -1.5
    assert numbers["highest"] == logits.max()
    assert numbers["mean"] == pytest.approx(sqrt(p.mean()), abs=1e-3)
    assert numbers["likely_share"] == sqrt(5 / 20)
    assert numbers["certain_share"] == sqrt(2 / 20)
    assert numbers["largest_share"] == sqrt(3 / 20)
    assert numbers["largest_mean"] == pytest.approx((0.7 + 0.95 + 0.7) / 3, abs=1e-3)
    assert numbers["history_valid"] == 1
    assert [numbers[name] for name in HISTORY_SCALARS[1:]] == [1, 0.5, 0.25, 0.75, 0.125]


def test_where_nothing_is_likely_there_is_no_largest_component() -> None:
    numbers = named(np.full((3, 4), -3, np.float32))
    share = ("likely_share", "certain_share", "largest_share", "largest_mean", "history_valid")
    assert [numbers[name] for name in share] == [0] * 5
    assert numbers["highest"] == -3


def test_the_highest_are_one_in_a_hundred() -> None:
    logits = np.random.default_rng(0).normal(size=(25, 20)).astype(np.float32)
    highest = np.sort(logits.ravel())[-5:].astype(float)
    assert named(logits)["highest"] == fsum(highest) / 5


def test_of_two_components_as_large_the_first_counts() -> None:
    p = np.full((3, 3), 0.25)
    p[0, 0], p[2, 2] = 0.75, 0.95
    assert named(logits_of(p))["largest_mean"] == pytest.approx(0.75, abs=1e-3)
    assert named(logits_of(p[::-1, ::-1]))["largest_mean"] == pytest.approx(0.95, abs=1e-3)


def test_the_size_of_a_picture_says_nothing() -> None:
    logits = np.random.default_rng(1).normal(size=(10, 10)).astype(np.float32)
    small, large = named(logits), named(np.repeat(np.repeat(logits, 3, axis=0), 3, axis=1))
    for name in ("mean", "likely_share", "certain_share"):
        assert small[name] == pytest.approx(large[name])


@pytest.mark.parametrize("num_threads", [2, 3])
def test_the_number_of_threads_changes_no_number(num_threads: int) -> None:
    logits = np.random.default_rng(2).normal(size=(40, 37)).astype(np.float32)
    assert named(logits, num_threads=1) == named(logits, num_threads=num_threads)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_numbers_of_any_map_are_finite(rows: int, cols: int, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0, 9, (rows, cols)).astype(np.float32)
    numbers = named(logits)
    assert np.isfinite(list(numbers.values())).all()
    for name in ("mean", "likely_share", "certain_share", "largest_share", "largest_mean"):
        assert 0 <= numbers[name] <= 1
    assert numbers["certain_share"] <= numbers["likely_share"] >= numbers["largest_share"]


# ------------------------------------------------------------------------------------- score


def test_a_score_is_the_logistic_function_of_what_is_weighed() -> None:
    gate = gate_of(record())
    numbers = np.linspace(-1, 2, COUNT)
    z = (numbers - gate.mean) / gate.scale
    total = float(z @ np.array(gate.weights)) + gate.bias
    assert gate.score(numbers) == pytest.approx(1 / (1 + np.exp(-total)), abs=1 / 8192 + 1e-9)


@given(st.lists(st.floats(-1e9, 1e9), min_size=COUNT, max_size=COUNT))
def test_a_score_is_a_multiple_of_its_step_from_0_to_1(numbers: list[float]) -> None:
    score = gate_of(record()).score(np.array(numbers))
    assert 0 <= score <= 1
    assert (score * 4096).is_integer()


@pytest.mark.parametrize("index", range(COUNT))
@pytest.mark.parametrize("which", ["made", "jpeg", "other"])
def test_a_score_follows_each_number_in_the_direction_of_its_weight(index: int, which: str) -> None:
    gate = gate_of(record()) if which == "made" else shipped_gate(jpeg=which == "jpeg")
    numbers = np.tile(np.array(gate.mean), (41, 1))
    numbers[:, index] += np.linspace(-6, 6, 41) * gate.scale[index]
    scores = [gate.score(row) for row in numbers]
    if gate.weights[index] >= 0:
        assert scores == sorted(scores)
    if gate.weights[index] <= 0:
        assert scores == sorted(scores, reverse=True)
    # Beyond 4 standard deviations a number counts no more.
    assert len(set(scores[:7])) == len(set(scores[-7:])) == 1


def test_numbers_of_another_count_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        gate_of(record()).score(np.zeros(COUNT - 1))


# -------------------------------------------------------------------------------- thresholds


@pytest.mark.parametrize(
    ("rate", "held"),
    [
        (0.01, (0.01, 0.875)), (0.049, (0.01, 0.875)), (0.05, (0.05, 0.75)),
        (0.0999, (0.05, 0.75)), (0.1, (0.1, 0.5)), (1.0, (0.1, 0.5)),
    ],
)  # fmt: skip
def test_the_threshold_is_that_of_the_largest_known_rate_not_above_the_wanted(
    rate: float, held: tuple[float, float]
) -> None:
    assert gate_of(record()).threshold(rate) == held


@pytest.mark.parametrize("rate", [0.0, 0.0099])
def test_there_is_no_threshold_for_a_rate_below_all_that_are_known(rate: float) -> None:
    assert gate_of(record()).threshold(rate) is None


# -------------------------------------------------------------------------------------- file


def test_a_gate_is_what_its_record_says() -> None:
    given = record(thresholds=[[0.05, 0.75], [0.01, 0.875]], photographs=3)
    gate = gate_of(json.loads(json.dumps(given)))
    assert isinstance(gate, Gate)
    assert list(gate.mean) == given["mean"]
    assert list(gate.scale) == given["scale"]
    assert list(gate.weights) == given["weights"]
    assert gate.bias == given["bias"]
    assert gate.thresholds == ((0.01, 0.875), (0.05, 0.75))


ONES = [1.0] * COUNT


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"names": list(GATE_NAMES[::-1])}, ValueError, "must weigh"),
        ({"names": list(GATE_NAMES[1:])}, ValueError, "must weigh"),
        ({"names": [*GATE_NAMES, "more"]}, ValueError, "must weigh"),
        ({"names": []}, ValueError, "must weigh"),
        ({"mean": ONES[1:]}, ValueError, f"mean must be {COUNT} numbers, got {COUNT - 1}"),
        ({"weights": [*ONES, 1.0]}, ValueError, f"weights must be {COUNT} numbers"),
        ({"weights": ["1", *ONES[1:]]}, TypeError, "weights must be a number, got str"),
        ({"mean": [nan, *ONES[1:]]}, ValueError, "mean must be finite"),
        ({"weights": [inf, *ONES[1:]]}, ValueError, "weights must be finite"),
        ({"scale": [0.0, *ONES[1:]]}, ValueError, "scale must be above 0"),
        ({"scale": [-1.0, *ONES[1:]]}, ValueError, "scale must be above 0"),
        ({"bias": None}, TypeError, "bias must be a number"),
        ({"bias": inf}, ValueError, "bias must be finite"),
        ({"thresholds": [[0.01, 1.5]]}, ValueError, "thresholds must be in 0..1"),
        ({"thresholds": [[-0.01, 0.5]]}, ValueError, "thresholds must be in 0..1"),
        ({"thresholds": [[0.01, nan]]}, ValueError, "thresholds must be finite"),
        ({"thresholds": [[0.01, 0.5], [0.05, 0.6]]}, ValueError, "must not rise with the rate"),
    ],
)
def test_a_record_that_cannot_be_meant_is_refused(
    changed: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        gate_of(record(**changed))


@pytest.mark.parametrize("name", record())
def test_what_is_missing_in_a_record_is_named(name: str) -> None:
    short = record()
    del short[name]
    with pytest.raises(ValueError, match=f"{name} is missing"):
        gate_of(short)


@pytest.mark.parametrize("jpeg", [True, False])
def test_the_shipped_gate_fits_the_code_and_knows_rates(jpeg: bool) -> None:
    gate = shipped_gate(jpeg=jpeg)
    assert gate is shipped_gate(jpeg=jpeg)
    assert len(gate.weights) == COUNT
    assert any(gate.weights)
    rates = [rate for rate, _ in gate.thresholds]
    assert rates == sorted(set(rates))
    assert gate.threshold(FusionParameters().false_alarm_rate) is not None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"jpeg": {"names": []}}', b"\xff\xfe", None]
)
def test_a_damaged_gate_is_a_coded_error(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "gate.json").write_bytes(content)
    monkeypatch.setattr(gate_module, "files", lambda _: tmp_path)
    with pytest.raises(UnspliceError) as caught:
        shipped_gate.__wrapped__(jpeg=True)
    assert caught.value.code == "E195"
    assert str(tmp_path / "gate.json") in caught.value.what


def test_the_gate_lies_beside_the_network() -> None:
    folder = files("unsplice.blind.fusion")
    assert folder.joinpath("gate.json").is_file()
    assert folder.joinpath("network.npz").is_file()
