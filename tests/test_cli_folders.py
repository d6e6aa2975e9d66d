"""Runs over many pictures: workers, resuming, dry runs, lists, and what is told at the end."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tables import read_table
from unsplice.locks import alone_in
from unsplice.synthetic.pairs import make_demo_pair

Below = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures in two folders, and one that is none."""
    pair = make_demo_pair(seed=3)
    for name in ("b/2.jpg", "a/1.jpg", "c.jpg"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pair.spliced_file if name != "c.jpg" else pair.authentic_file)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no picture")
    monkeypatch.chdir(tmp_path)
    return tmp_path


LOCALIZE = ("localize", "-r", "in", "--method", "paper", "-o")


def test_workers_leave_the_same_bytes_as_one_process(many: Path, run: Any, below: Below) -> None:
    one = run(*LOCALIZE, "one", "--jobs", "1")
    two = run(*LOCALIZE, "two", "--jobs", "2")
    assert one.code == two.code == 1
    assert below(many / "one") == below(many / "two")
    assert [row["name"] for row in read_table(many / "two" / "summary.csv")] == [
        "bad.jpg", "c.jpg", "a/1.jpg", "b/2.jpg",
    ]  # fmt: skip
    assert sorted(two.out.replace("two/", "one/").splitlines()) == sorted(one.out.splitlines())


def test_a_run_that_lost_results_is_resumed_to_the_same_bytes(
    many: Path, run: Any, below: Below
) -> None:
    run(*LOCALIZE, "out")
    whole = below(many / "out")
    for name in ("summary.csv", "a/1.jpg.run.json", "c.jpg.mask.png"):
        (many / "out" / name).unlink()
    (many / "out" / "a" / ".unsplice-0123456789ab.tmp").write_bytes(b"of a killed process")
    ran = run(*LOCALIZE, "out", "--resume", "--json")
    states = {line["name"]: line["resumed"] for line in map(json.loads, ran.out.splitlines())}
    assert states == {"a/1.jpg": False, "b/2.jpg": True, "c.jpg": False, "bad.jpg": False}
    assert "4 images, 1 of them from an earlier run" in ran.err
    assert below(many / "out") == whole


def test_a_result_that_was_cut_short_is_made_again(many: Path, run: Any, below: Below) -> None:
    run(*LOCALIZE, "out")
    whole = below(many / "out")
    (many / "out" / "c.jpg.mask.png").write_bytes(b"")  # as a loss of power leaves it
    run(*LOCALIZE, "out", "--resume")
    assert below(many / "out") == whole


@pytest.mark.parametrize(
    "words",
    [
        ("localize", "-r", "in", "--method", "paper"),
        ("compare", "in/c.jpg", "in/a/1.jpg", "--report"),
        ("compare", "--pairs", "pairs.csv"),
        ("patches", "in/c.jpg", "in/a/1.jpg"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("wish", ["--resume", "--overwrite"])
def test_a_folder_that_another_run_is_at_work_in_is_left_alone(
    many: Path, run: Any, below: Below, words: tuple[str, ...], wish: str
) -> None:
    pairs_table(many, "in/c.jpg,in/a/1.jpg")
    assert run(*words, "-o", "out").code == (1 if words[0] == "localize" else 0)
    whole = below(many / "out")
    with alone_in(many / "out"):
        ran = run(*words, "-o", "out", wish)
        assert below(many / "out") == whole
        # The results of one pair share no table with those of another, run at the same time.
        if "--report" not in words:
            assert (ran.code, ran.out) == (4, "")
            assert "error[E172]: another process is at work in out" in ran.err
    assert run(*words, "-o", "out", wish).code != 4
    assert below(many / "out") == whole


def test_results_of_other_settings_are_not_resumed(many: Path, run: Any, below: Below) -> None:
    run(*LOCALIZE, "out")
    whole = below(many / "out")
    ran = run(*LOCALIZE, "out", "--resume", "--preset", "closest-to-text")
    assert ran.code == 4
    assert "error[E170]" in ran.err
    assert 'difference was "absolute", now "signed"' in ran.err
    assert below(many / "out") == whole


def test_results_of_other_bytes_are_not_resumed_and_the_rest_is(many: Path, run: Any) -> None:
    run(*LOCALIZE, "out")
    (many / "in" / "c.jpg").write_bytes((many / "in" / "a" / "1.jpg").read_bytes())
    ran = run(*LOCALIZE, "out", "--resume")
    assert ran.code == 1
    assert [row["error"] for row in read_table(many / "out" / "summary.csv")] == [
        "E111", "E171", "", "",
    ]  # fmt: skip


def test_a_dry_run_tells_what_would_be_done_and_writes_nothing(
    many: Path, run: Any, below: Below
) -> None:
    run("localize", "in/c.jpg", "--method", "paper", "-o", "out")
    (many / "in" / "away.jpg").symlink_to("nowhere")
    before = below(many)
    ran = run(*LOCALIZE, "out", "--resume", "--dry-run")
    assert below(many) == before
    assert ran.out.splitlines() == [
        "away.jpg  would fail: E101 no such file: in/away.jpg",
        "bad.jpg  to do",
        "c.jpg  done before",
        "a/1.jpg  to do",
        "b/2.jpg  to do",
    ]
    assert "dry run, nothing was written: 3 to do, 1 would fail, 1 done before" in ran.err
    assert ran.code == 1
    again = run(*LOCALIZE, "out", "--dry-run", "--json")
    states = {line["name"]: line.get("error") for line in map(json.loads, again.out.splitlines())}
    assert states["c.jpg"] == "E161"


@pytest.mark.parametrize(
    "text",
    ["in/c.jpg\n\nin/a/1.jpg\r\n", "in/c.jpg\0in/a/1.jpg\0", "n,image\n1,in/c.jpg\n2,in/a/1.jpg\n"],
)
def test_pictures_are_taken_from_a_list(many: Path, run: Any, text: str) -> None:
    (many / "list.txt").write_bytes(text.encode())
    ran = run("localize", "--list", "list.txt", "--method", "paper", "-o", "out")
    assert ran.code == 0
    rows = read_table(many / "out" / "summary.csv")
    assert [row["name"] for row in rows] == ["in/c.jpg", "in/a/1.jpg"]
    assert (many / "out" / "in" / "a" / "1.jpg.mask.png").is_file()


@pytest.mark.usefixtures("many")
def test_a_list_comes_from_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"in/c.jpg\n")))
    ran = run("localize", "--list", "-", "--method", "paper")
    assert (ran.code, ran.out.startswith("in/c.jpg  marked")) == (0, True)


def test_a_line_without_a_path_costs_itself_only(many: Path, run: Any) -> None:
    (many / "list.csv").write_text("image,n\nin/c.jpg,1\n,2\n", "utf-8")
    ran = run("localize", "--list", "list.csv", "--method", "paper", "-o", "out")
    assert ran.code == 1
    assert "error[E183]: line 3 of list.csv is incomplete" in ran.err
    assert [row["error"] for row in read_table(many / "out" / "summary.csv")] == ["", "E183"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["localize"], "either IMAGE... or --list FILE is needed"),
        (["localize", "in/c.jpg", "--list", "x"], "either IMAGE... or --list FILE is needed"),
        (["localize", "in/c.jpg", "--resume"], "needs -o FOLDER"),
        (["localize", "in/c.jpg", "--resume", "--overwrite", "-o", "x"], "exclude each other"),
        (["compare", "in", "in", "--timeout", "nan"], "--timeout must be a number of seconds"),
        (["localize", "--list", "none"], "error[E101]"),
        (["localize", "--list", "in"], "error[E181]"),
    ],
)
def test_words_that_make_no_sense_together_are_told(run: Any, words: list[str], told: str) -> None:
    ran = run(*words)
    assert ran.code in (1, 2)
    assert told in ran.err
    assert ran.out == ""


@pytest.mark.usefixtures("many")
def test_the_last_line_counts_what_was_found_and_what_failed(run: Any) -> None:
    ran = run(*LOCALIZE, "out")
    last = ran.err.splitlines()[-1]
    assert last.startswith("4 images: 3 marked, 1 failed (errors.csv); ")
    assert last.endswith(" a second")
    assert run(*LOCALIZE, "out", "--overwrite", "-q").err.count("error[") == 1


def pairs_table(folder: Path, *lines: str) -> str:
    (folder / "pairs.csv").write_text("\n".join(["authentic,spliced", *lines, ""]), "utf-8")
    return "pairs.csv"


def test_pairs_are_compared_by_workers_and_resumed(many: Path, run: Any, below: Below) -> None:
    table = pairs_table(many, "in/c.jpg,in/a/1.jpg", "in/c.jpg,in/b/2.jpg", "in/c.jpg,in/no.jpg")
    assert run("compare", "--pairs", table, "-o", "out", "--jobs", "2").code == 1
    whole = below(many / "out")
    (many / "out" / "in" / "b" / "2.jpg.run.json").unlink()
    ran = run("compare", "--pairs", table, "-o", "out", "--resume")
    assert "3 pairs, 1 of them from an earlier run: 2 spliced, 1 failed" in ran.err
    assert below(many / "out") == whole


def test_patches_are_cut_by_workers_and_resumed(many: Path, run: Any, below: Below) -> None:
    table = pairs_table(many, "in/c.jpg,in/a/1.jpg", "in/c.jpg,in/b/2.jpg", "in/c.jpg,in/no.jpg")
    words = ("patches", "--pairs", table, "-o", "out", "--size", "64")
    assert run(*words, "--jobs", "2").code == 1
    whole = below(many / "out")
    assert "records/in/b/2.jpg.run.json" in whole
    (many / "out" / "records" / "in" / "b" / "2.jpg.run.json").unlink()
    (many / "out" / "index.csv").unlink()
    stray = many / "out" / "images" / "boundary" / "in" / "b" / "2.jpg.r00001.c00001.png"
    stray.write_bytes(b"of a killed run")
    assert run(*words, "--resume", "--seed", "1").code == 4  # E170: another seed
    dry: Any = run(*words, "--resume", "--dry-run")
    assert [line.split("  ")[1][:11] for line in dry.out.splitlines()] == [
        "done before", "to do", "would fail:",
    ]  # fmt: skip
    assert stray.exists()
    ran = run(*words, "--resume", "--json")
    assert ran.code == 1
    told = {line["name"]: line for line in map(json.loads, ran.out.splitlines())}
    assert [told[f"in/{name}"]["resumed"] for name in ("a/1.jpg", "b/2.jpg")] == [True, False]
    assert told["in/b/2.jpg"]["boundary"] == sum(
        row["label"] == 1 for row in told["in/b/2.jpg"]["patches"]
    )
    assert told["in/no.jpg"]["error"]["code"] == "E101"
    assert below(many / "out") == whole


@pytest.mark.parametrize(
    ("number", "code", "jobs"),
    [(signal.SIGTERM, 143, "2"), (signal.SIGINT, 130, "1"), (signal.SIGKILL, -9, "2")],
)
def test_a_run_that_is_ended_in_the_middle_is_resumed_to_the_same_bytes(
    many: Path, run: Any, below: Below, number: signal.Signals, code: int, jobs: str
) -> None:
    data = (many / "in" / "c.jpg").read_bytes()
    for index in range(6):
        (many / "in" / f"d{index:02d}.jpg").write_bytes(data)
    words = ["localize", "-r", "in", "--method", "paper", "-o"]
    command = [sys.executable, "-m", "unsplice.cli", *words, "out", "--jobs", jobs]

    def listen() -> None:  # a shell lets what it starts in the background ignore the signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=listen
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # one is done, and told
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in errors
    if number != signal.SIGKILL:
        assert b"the same command with --resume goes on" in errors
    assert run(*words, "out", "--resume", "--jobs", "1").code == 1
    assert run(*words, "whole", "--jobs", "1").code == 1
    assert below(many / "out") == {
        name: content.replace(b"whole/", b"out/") for name, content in below(many / "whole").items()
    }
