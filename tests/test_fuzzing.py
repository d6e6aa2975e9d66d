"""What is fuzzed is whole, reaches what it is for, and finds nothing in a short blind run."""

from __future__ import annotations

import ast
import importlib.util
import os
import random
from collections import Counter
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

import unsplice
from fuzz import files, jpeg_files, png_files, tiff_files, webp_files
from fuzz.__main__ import environment, what_happened
from fuzz.draws import Draws
from fuzz.kernel_targets import TARGETS, try_kernel
from fuzz.targets import decoders_say, reader, scan
from unsplice import decode_image
from unsplice.errors import UnspliceError

STUB = Path(unsplice.__file__).with_name("_core.pyi")


def test_every_binding_of_the_core_has_a_target() -> None:
    stub = ast.parse(STUB.read_text())
    bindings = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    assert len(bindings) > 50
    assert set(TARGETS) == bindings


@pytest.mark.parametrize("name", TARGETS)
def test_a_kernel_survives_whatever_it_is_called_with(name: str) -> None:
    answered = sum(try_kernel(name, Draws.of_seed(seed, length=400)) for seed in range(40))
    assert answered >= 4, "the target does not get past the checks of the arguments"


def test_the_reader_survives_mutated_files_and_takes_none_of_which_pixels_are_missing() -> None:
    for seed in range(1500):
        reader(files.of_seed(seed))


def test_the_scans_of_mutated_files_are_checked_to_the_end() -> None:
    for seed in range(1500):
        scan(files.of_seed(seed))


@pytest.mark.parametrize("form", files.FORMATS)
def test_seeds_are_right_files(form: str) -> None:
    for data in files.seeds()[form]:
        assert decode_image(data).format == form


@pytest.mark.parametrize("form", files.FORMATS)
def test_mutations_reach_the_decoder_and_the_checks_before_it(form: str) -> None:
    answers: Counter[str] = Counter()
    for seed in range(300):
        draws = Draws.of_seed(seed, len(form))
        data = files.mutated(files.drawn_seed(draws, form), draws)
        with decoders_say():
            try:
                answers[decode_image(data).format] += 1
            except UnspliceError as error:
                answers[error.code] += 1
    assert answers[form] >= 20
    assert len(answers) >= 4, answers


def test_what_decoders_print_is_collected_and_only_meanwhile(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with decoders_say() as lines:
        os.write(2, b"libpng error: Not enough image data\n")
    os.write(2, b"after\n")
    assert lines == ["libpng error: Not enough image data"]
    assert capfd.readouterr().err == "after\n"


def test_the_same_seed_gives_the_same_file() -> None:
    assert [files.of_seed(seed) for seed in range(50)] == [
        files.of_seed(seed) for seed in range(50)
    ]


def test_files_are_taken_apart_and_put_together_without_a_change() -> None:
    for data in files.seeds()["JPEG"]:
        assert jpeg_files.joined(*jpeg_files.split(data)) == data
    for data in files.seeds()["PNG"]:
        assert png_files.joined(png_files.split(data)) == data
    for data in files.seeds()["WebP"]:
        assert webp_files.joined(webp_files.split(data)) == data


def test_a_tiff_is_the_same_picture_in_both_byte_orders_and_sizes() -> None:
    data = tiff_files.made(9, 13)
    pixels = decode_image(data).pixels
    for order in ("little", "big"):
        for big in (False, True):
            page = tiff_files.parsed(data)
            assert page is not None
            page.order, page.big = order, big  # type: ignore[assignment]
            again = tiff_files.stored(page)
            assert again != data or (order, big) == ("little", False)
            np.testing.assert_array_equal(decode_image(again).pixels, pixels)


def test_mutated_chunks_have_right_checksums_nine_times_of_ten() -> None:
    codes = Counter[str]()
    data = files.seeds()["PNG"][0]
    for seed in range(200):
        try:
            decode_image(png_files.mutate(data, Draws.of_seed(seed)))
        except UnspliceError as error:
            codes["checksum" if "checksum" in str(error) else "other"] += 1
    assert 0 < codes["checksum"] < 40
    assert codes["other"] > 60


def test_draws_that_run_out_of_bytes_take_the_first_choice() -> None:
    draws = Draws(b"")
    assert draws.choice("abc") == "a"
    assert draws.integer(-3, 300) == -3
    assert draws.boolean() is False
    assert draws.take(5) == b""


def test_draws_stay_within_their_range() -> None:
    draws = Draws(random.Random(1).randbytes(4000))  # noqa: S311
    found = [draws.integer(-2, 300) for _ in range(1000)]
    assert min(found) >= -2
    assert max(found) <= 300
    assert len(set(found)) > 200


def test_a_fuzzing_process_reaches_what_the_caller_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    atheris = ModuleSpec("atheris", None, origin="/site/atheris/__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: atheris)
    given = {"PYTHONPATH": "/site", "ASAN_OPTIONS": "verbosity=1", "HOME": "/home"}
    found = environment(given)
    assert found["PYTHONPATH"].split(os.pathsep) == [str(Path(__file__).parent), "/site"]
    assert found["LD_PRELOAD"] == str(Path("/site/asan_with_fuzzer.so"))
    assert found["ASAN_OPTIONS"].endswith(":verbosity=1")
    assert found["HOME"] == "/home"
    assert environment({})["PYTHONPATH"] == str(Path(__file__).parent)


def test_a_finding_is_named_by_what_says_most() -> None:
    exited = "SUMMARY: libFuzzer: fuzz target exited"
    assert what_happened(f"x\nAssertionError: two calls\nE: {exited}\n{exited}\n") == (
        "AssertionError: two calls"
    )
    overflow = "SUMMARY: AddressSanitizer: heap-buffer-overflow cpp/dwt2.cpp:9"
    assert what_happened(f"==1==ERROR: AddressSanitizer\n{overflow}\n") == overflow
