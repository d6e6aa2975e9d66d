"""The same pictures give the same bits: against golden hashes, wherever and however often.

``python -m reliability.golden`` does this at length, and writes the hashes anew where results are
meant to be others.
"""

from __future__ import annotations

import pytest

from reliability.golden import (
    EMULATED,
    EMULATOR,
    SETTINGS,
    computed,
    computed_in,
    differences,
    read_golden,
)
from reliability.golden_cases import CASES

# What an emulator gets done in some seconds: the steps of a pair, and the network.
FEW = ["compare, saved", "localize, fusion"]
OLD = next(iter(EMULATED))


@pytest.mark.parametrize("num_threads", [1, 2, 8])
def test_any_number_of_threads_gives_the_golden_hashes(num_threads: int) -> None:
    found = computed(list(CASES), num_threads=num_threads)
    assert list(differences(found, read_golden())) == []


def test_every_result_has_its_golden_hash() -> None:
    found, golden = computed(), read_golden()
    assert list(differences(found, golden)) == []
    assert {part: set(results) for part, results in found.items()} == {
        part: set(results) for part, results in golden.items()
    }


def test_a_hash_that_differs_is_named() -> None:
    found = computed(["localize, paper"])
    found["results"]["localize, paper"]["mask"] = "0" * 64
    assert list(differences(found, read_golden())) == ["results: localize, paper"]


def test_the_instructions_that_opencv_may_use_change_no_bit() -> None:
    found, machine = computed_in(SETTINGS["OpenCV with SSE3, without IPP"], list(CASES))
    assert "AVX" not in machine["opencv instructions"]
    assert machine["ipp"] == "False"
    assert list(differences(found, read_golden())) == []


@pytest.mark.skipif(EMULATOR is None, reason="needs qemu-x86_64")
def test_an_older_processor_computes_the_same_bits() -> None:
    found, machine = computed_in(EMULATED[OLD], FEW)
    assert machine["core"] == "x86-64"
    assert list(differences(found, read_golden())) == []
