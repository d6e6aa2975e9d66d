"""The benchmarks: their contenders agree, and the command says what they took."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unsplice import pure_python
from unsplice.bench import contest, kernels, pipelines, report
from unsplice.bench import run as bench_run
from unsplice.bench.contest import Contest, Crop, Outcome, Timing

SMALL = (160, 192)


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "ROUNDS", 2)
    monkeypatch.setattr(contest, "SHORTEST_TURN_SECONDS", 0.0)
    monkeypatch.setattr(pipelines, "THREAD_ROUNDS", 1)
    monkeypatch.setattr(pipelines, "PROFILED_SECONDS", 0.01)


@pytest.mark.parametrize("name", kernels.KERNELS)
def test_all_contenders_give_the_same_answer(name: str) -> None:
    module = importlib.import_module(f"unsplice.bench.kernels.{name}")
    held = [(one.kernel, contest.check(one)) for one in module.contests(SMALL)]
    assert tuple(dict(held)) == kernels.KERNELS[name]
    assert any(contest.DEFINITION in seconds for _, seconds in held)


def test_every_kernel_with_a_definition_is_measured() -> None:
    measured = {kernel for of in kernels.KERNELS.values() for kernel in of}
    assert set(pure_python.__all__) <= measured


def test_every_file_of_a_kernel_is_run() -> None:
    files = {path.stem for path in Path(kernels.__file__).parent.glob("*.py")}
    assert files - {"__init__"} == set(kernels.KERNELS)


@pytest.mark.parametrize(
    "wrong",
    [
        Contest("k", "", lambda: 1, {"peer": lambda: 2}),
        Contest("k", "", lambda: 1.0, {"peer": lambda: 1.2}, tolerance=0.1),
        Contest("k", "", lambda: np.zeros(3), {"peer": lambda: np.zeros(2)}),
        Contest("k", "", lambda: 1, {}, crop=Crop(lambda: 1, lambda: 2, 1.0)),
    ],
    ids=["another answer", "beyond the tolerance", "another shape", "another definition"],
)
def test_a_wrong_answer_is_not_timed(wrong: Contest) -> None:
    with pytest.raises(AssertionError):
        contest.hold(wrong)


def test_contenders_take_turns() -> None:
    order: list[str] = []
    calls = {name: lambda name=name: order.append(name) for name in ("first", "second")}
    outcome = contest.hold(Contest("k", "", lambda: order.append("ours"), calls))
    assert order[-6:] == ["ours", "first", "second"] * 2
    assert [timing.name for timing in outcome.timings] == ["unsplice", "first", "second"]


def test_the_ratio_is_that_to_the_best_of_the_peers() -> None:
    timings = (
        Timing("unsplice", 1.0, 2.0, 15),
        Timing("slow", 9.0, 12.0, 15),
        Timing("good", 4.0, 5.0, 15),
    )
    outcome = Outcome("k", "v", timings, 60.0)
    assert outcome.ratio == 2.5
    assert outcome.ratio_of_minima == 4.0
    (_, _, row) = report.kernel_table([("2MP", outcome)]).splitlines()
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("k", "v", "2MP", "2000", "good", "5000", "2.50x", "4.00x", "30x")
    ]


def test_a_kernel_without_peers_has_no_ratio() -> None:
    outcome = Outcome("k", "v", (Timing("unsplice", 1.0, 2.0, 15),), None)
    assert outcome.ratio is None
    assert outcome.best_peer is None
    assert "None" not in report.kernel_table([("2MP", outcome)])


@pytest.mark.parametrize("name", pipelines.NAMES)
def test_a_pipeline_is_measured_and_profiled(name: str) -> None:
    found = pipelines.measure(name, (256, 384), two_threads=True)
    assert found.speedup is not None
    assert found.bytes_per_pixel is None or 0 < found.bytes_per_pixel < 1000
    assert 0 < sum(part.share for part in found.parts) <= 1
    assert any(part.name.endswith("(core)") for part in found.parts)


def test_the_command_prints_a_table(run: Any) -> None:
    ran = run("bench", "find_boundary", "--size", "384x256")
    assert ran.code == 0
    assert "| find_boundary |" in ran.out
    assert "x |" in ran.out


def test_the_command_writes_the_page_once(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    words = ("bench", "find_boundary", "--size", "384x256", "-o", str(page))
    assert run(*words).code == 0
    text = page.read_text("utf-8")
    assert "\n    unsplice bench find_boundary --size 384x256 -o page.md\n" in text
    assert "Processor: " in text
    ran = run(*words)
    assert ran.code == 4
    assert "E161" in ran.err
    assert page.read_text("utf-8") == text


def test_the_command_speaks_json(run: Any) -> None:
    ran = run("bench", "find_boundary", "--size", "384x256", "--json")
    (record,) = map(json.loads, ran.out.splitlines())
    assert record["kernel"] == "find_boundary"
    assert record["contenders"][0]["name"] == "unsplice"
    assert record["ratio"] > 0


def test_a_single_kernel_of_a_file_can_be_asked_for(run: Any) -> None:
    ran = run("bench", "luma", "luma", "--size", "384x256", "--json")
    (record,) = map(json.loads, ran.out.splitlines())
    assert record["kernel"] == "luma"


def test_a_library_that_fails_costs_its_own_benchmark_only(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> Any:
        raise RuntimeError("not\nhere")

    monkeypatch.setattr("cv2.medianBlur", refuse)
    page = tmp_path / "page.md"
    ran = run(
        *("bench", "median_filter", "find_boundary", "--size", "384x256", "-o", page, "-q"),
    )
    assert ran.code == 1
    assert "error[E197]: median_filter cannot be measured on pictures of 384x256" in ran.err
    assert "RuntimeError: not here" in ran.err
    assert "| find_boundary |" in ran.out
    assert "median_filter (384x256)" in page.read_text("utf-8")


def test_an_interrupted_run_shows_what_it_has(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(name: str, _: str) -> Any:
        if name == "median_filter":
            raise KeyboardInterrupt
        yield Outcome(name, "v", (Timing("unsplice", 1.0, 2.0, 15),), None)

    monkeypatch.setattr(bench_run, "held_contests", held)
    ran = run("bench", "find_boundary", "median_filter", "--size", "2MP")
    assert ran.code == 130
    assert "| find_boundary |" in ran.out


def test_an_output_that_cannot_be_made_is_told_before_anything_is_measured(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_run, "held_contests", lambda *_: pytest.fail("was measured"))
    (tmp_path / "file").write_text("")
    for output in (tmp_path, tmp_path / "file" / "page.md"):
        ran = run("bench", "find_boundary", "-o", output, "--overwrite")
        assert ran.code == 4
        assert "E162" in ran.err


def test_a_wrong_number_of_threads_in_the_environment_is_told(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "many")
    assert "E185" in run("bench", "find_boundary").err


def test_the_page_of_the_documents_is_whole() -> None:
    page = (Path(__file__).parent.parent / "docs" / "benchmarks.md").read_text("utf-8")
    for kernel in (kernel for of in kernels.KERNELS.values() for kernel in of):
        assert f"| {kernel} " in page
    for name in pipelines.NAMES:
        assert f"| {name} " in page


@pytest.mark.parametrize("words", [("find_boundry",), ("--size", "3MP")])
def test_an_unknown_name_is_told(run: Any, words: tuple[str, ...]) -> None:
    ran = run("bench", *words)
    assert ran.code == 2
    assert "E180" in ran.err


def test_differing_answers_are_told_and_the_others_go_on(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(name: str, _: str) -> Any:
        if name == "median_filter":
            raise AssertionError("Arrays are not equal")
        yield Outcome(name, "v", (Timing("unsplice", 1.0, 2.0, 15),), None)

    monkeypatch.setattr(bench_run, "held_contests", held)
    ran = run("bench", "median_filter", "find_boundary", "--size", "2MP")
    assert ran.code == 1
    assert "E196" in ran.err
    assert "Arrays are not equal" in ran.err
    assert "find_boundary" in ran.out
