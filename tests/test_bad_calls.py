"""Bad calls of the command line: each is told in coded words and leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crowded import crowd

A, B, M = "in/authentic.jpg", "in/edited.jpg", "in/mask.png"
LONG = "x" * 300 + ".jpg"
STEPS = ("--method", "paper", "--steps")

# The words, the exit code, the error's code, and what its message must name.
BAD_CALLS: dict[str, tuple[list[str], int, str, str]] = {
    # The request
    "no verb": ([], 2, "", ""),
    "unknown verb": (["compair", A, B], 2, "E184", "compair"),
    "unknown option": (["compare", A, B, "--mask"], 2, "E184", "--mask"),
    "unknown option of the program": (["--loud", "compare", A, B], 2, "E184", "--loud"),
    "option without value": (["compare", A, B, "-o"], 2, "E184", "-o"),
    "nothing to compare": (["compare"], 2, "E184", "two pictures"),
    "one picture": (["compare", A, "-o", "out"], 2, "E184", "two pictures"),
    "three pictures": (["compare", A, B, M, "-o", "out"], 2, "E184", "mask.png"),
    "pictures and table": (["compare", A, B, "--pairs", "good.csv"], 2, "E184", "--pairs"),
    "one picture and table": (["compare", A, "--pairs", "good.csv"], 2, "E184", "--pairs"),
    "file and folder": (["compare", A, "in", "-o", "out"], 2, "E184", "in is a folder"),
    "folder and file": (["compare", "in", B, "-o", "out"], 2, "E184", "in is a folder"),
    "unknown method": (["compare", A, B, "--method", "evidense"], 2, "E180", '"evidence"'),
    "empty method": (["compare", A, B, "--method", ""], 2, "E180", "unknown method"),
    "hostile method": (["compare", A, B, "--method", "\x1b[2J"], 2, "E180", r"\x1b[2J"),
    "no threads": (["compare", A, B, "--threads", "0"], 2, "E184", "--threads"),
    "threads in words": (["compare", A, B, "--threads", "all"], 2, "E184", "all"),
    "no pixels": (["compare", A, B, "--max-pixels", "0"], 2, "E184", "--max-pixels"),
    "too many pixels": (["compare", A, B, "--max-pixels", "2000000000"], 2, "E184", "2000000000"),
    "pixels in words": (["compare", A, B, "--max-pixels", "1e9"], 2, "E184", "1e9"),
    "unknown code": (["explain", "E999"], 2, "E180", "E999"),
    "beginning of a code": (["explain", "E12"], 2, "E180", '"E120"'),
    "two codes": (["explain", "E101", "E102"], 2, "E184", "E102"),
    "argument for the doctor": (["doctor", "me"], 2, "E184", "me"),
    "argument for the demonstration": (["demo", "here"], 2, "E184", "here"),
    "negative seed of the demonstration": (["demo", "--seed", "-1"], 2, "E184", "--seed"),
    # The files
    "missing spliced picture": (["compare", A, "in/none.jpg", "-o", "out"], 1, "E101", "none.jpg"),
    "missing authentic picture": (["compare", "in/none.jpg", B, "-o", "out"], 1, "E101", "none"),
    "broken link": (["compare", A, "broken.jpg", "-o", "out"], 1, "E101", "broken.jpg"),
    "endless link": (["compare", A, "loop.jpg", "-o", "out"], 1, "E1", "loop.jpg"),
    "name too long": (["compare", A, LONG, "-o", "out"], 1, "E1", "xxx"),
    "empty name": (["compare", A, "", "-o", "out"], 2, "E184", "the path is empty"),
    "empty output": (["compare", A, B, "-o", ""], 2, "E184", "the path is empty"),
    "hostile name": (["compare", A, "\x1b]0;x\x07.jpg", "-o", "out"], 1, "E101", r"\x1b]0;x\x07"),
    "name that is not UTF-8": (["compare", A, os.fsdecode(b"\xff.jpg")], 1, "E101", r"\xff.jpg"),
    "pipe": (["compare", A, "pipe.jpg", "-o", "out"], 1, "E103", "pipe.jpg"),
    "device": (["compare", A, "/dev/zero", "-o", "out"], 1, "E103", "/dev/zero"),
    "empty file": (["compare", A, "empty.jpg", "-o", "out"], 1, "E110", "empty.jpg"),
    "text": (["compare", A, "text.jpg", "-o", "out"], 1, "E111", "text.jpg"),
    "table as picture": (["compare", A, "good.csv", "-o", "out"], 1, "E111", "good.csv"),
    "truncated JPEG": (["compare", A, "cut.jpg", "-o", "out"], 1, "E120", "cut.jpg"),
    "truncated PNG": (["compare", A, "cut.png", "-o", "out"], 1, "E122", "cut.png"),
    "over the limit": (["compare", A, B, "--max-pixels", "999", "-o", "out"], 1, "E130", "limit"),
    "sizes that differ": (
        ["compare", "tall.png", B, "--method", "neighborhood-threshold", "-o", "out"],
        1, "E150", "tall",
    ),
    # Tables and folders
    "missing table": (["compare", "--pairs", "none.csv", "-o", "out"], 1, "E101", "none.csv"),
    "folder as table": (["compare", "--pairs", "in", "-o", "out"], 2, "E181", "directory"),
    "picture as table": (["compare", "--pairs", A, "-o", "out"], 2, "E181", "column"),
    "empty table": (["compare", "--pairs", "empty.jpg", "-o", "out"], 2, "E181", "authentic"),
    "table without lines": (["compare", "--pairs", "header.csv", "-o", "out"], 2, "E182", "header"),
    "table of other columns": (["compare", "--pairs", "other.csv"], 2, "E181", "authentic"),
    "table of masks": (["compare", "--pairs", "masks.csv", "-o", "out"], 2, "E181", "authentic"),
    "table with a column twice": (["compare", "--pairs", "twice.csv"], 2, "E181", "mean the same"),
    "table with two names of one": (["compare", "--pairs", "both.csv"], 2, "E181", "mean the same"),
    "folder without pictures": (["compare", "bare", "in", "-o", "out"], 2, "E182", "bare"),
    "same but the other": (["compare", "in", "bare", "-o", "out"], 2, "E182", "bare"),
    # The output
    "output beside the pictures": (["compare", A, B, "-o", "in"], 4, "E163", "in"),
    "output beside them by a link": (["compare", A, B, "-o", "link"], 4, "E163", "link"),
    "output in a searched folder": (["compare", "in", "in", "-o", "in/out"], 4, "E163", "in/out"),
    "mirrored tree beside them": (["compare", "--pairs", "good.csv", "-o", "."], 4, "E163", "in"),
    "output is a file": (["compare", A, B, "-o", "text.jpg"], 4, "E162", "text.jpg"),
    "output below a file": (["compare", A, B, "-o", "text.jpg/x"], 4, "E162", "text.jpg"),
    "output into /proc": (["compare", A, B, "-o", "/proc/unsplice"], 4, "E162", "/proc"),
    "result exists": (["compare", A, B, "-o", "done"], 4, "E161", "edited.jpg.run.json"),
    "run exists": (["compare", "--pairs", "good.csv", "-o", "done"], 4, "E161", "summary.csv"),
    "output name too long": (["compare", A, B, "-o", "y" * 300], 4, "E162", "yyy"),
    "steps into a name too long": (["localize", B, *STEPS, "-o", "y" * 300], 4, "E162", "yyy"),
    "output name too long, replaced": (["localize", B, "--overwrite", "-o", "y" * 300], 4, "E162",
                                       "yyy"),
    "demonstration exists": (["demo", "-o", "done"], 4, "E161", "truth.png"),
    "demonstration into a file": (["demo", "-o", "text.jpg"], 4, "E162", "text.jpg"),
    # Patches
    "patches of nothing": (["patches", "-o", "out"], 2, "E184", "two pictures"),
    "patches to nowhere": (["patches", B, M], 2, "E184", "-o"),
    "patches of one picture": (["patches", B, "-o", "out"], 2, "E184", "two pictures"),
    "patches of a pair and a table": (["patches", B, M, "--pairs", "masks.csv", "-o", "out"], 2,
                                      "E184", "--pairs"),
    "patches too small": (["patches", B, M, "-o", "out", "--size", "4"], 2, "E184", "--size"),
    "patches too large": (["patches", B, M, "-o", "out", "--size", "9999"], 2, "E184", "--size"),
    "patches of no count": (["patches", B, M, "-o", "out", "--count", "0"], 2, "E184", "--count"),
    "patches of negative seed": (["patches", B, M, "-o", "out", "--seed", "-3"], 2, "E184",
                                 "--seed"),
    "patches of some negatives": (["patches", B, M, "-o", "out", "--negatives", "some"], 2, "E184",
                                  "some"),
    "patches of fewer than none": (["patches", B, M, "-o", "out", "--negatives", "-1"], 2, "E184",
                                   "-1"),
    "patches of unknown method": (["patches", "in", "in", "-o", "out", "--method", "x"], 2, "E180",
                                  "evidence"),
    "picture smaller than a patch": (["patches", B, M, "-o", "out", "--size", "200"], 1, "E137",
                                     "200"),
    "mask of another size": (["patches", B, "tall.png", "-o", "out"], 1, "E138", "tall.png"),
    "missing mask": (["patches", B, "none.png", "-o", "out"], 1, "E101", "none.png"),
    "text as mask": (["patches", B, "text.jpg", "-o", "out"], 1, "E111", "text.jpg"),
    "missing picture of a mask": (["patches", "none.jpg", M, "-o", "out"], 1, "E101", "none.jpg"),
    "patches beside the picture": (["patches", B, M, "-o", "in"], 4, "E163", "in"),
    "patches over others": (["patches", B, M, "-o", "done"], 4, "E161", "index.csv"),
    "patches into a file": (["patches", B, M, "-o", "text.jpg", "--size", "64"], 4, "E162",
                            "text.jpg"),
    "patches of a table of other columns": (["patches", "--pairs", "other.csv", "-o", "out"], 2,
                                            "E181", "authentic"),
    "patches of a missing table": (["patches", "--pairs", "none.csv", "-o", "out"], 1, "E101",
                                   "none.csv"),
    "patches of bare folders": (["patches", "bare", "bare", "-o", "out"], 2, "E182", "bare"),
    # Single pictures
    "nothing to localize in": (["localize", "-o", "out"], 2, "E184", "IMAGE"),
    "unknown blind method": (["localize", B, "--method", "papre"], 2, "E180", '"paper"'),
    "pair method in blind mode": (["localize", B, "--method", "evidence"], 2, "E180", "paper"),
    "unknown preset": (["localize", B, "--preset", "gate"], 2, "E180", '"gated"'),
    "preset of another method": (["localize", B, "--preset", "closest-to-text"], 2, "E180",
                                 "ungated"),
    "unknown preset of the paper": (["localize", B, "--method", "paper", "--preset", "closest"], 2,
                                    "E180", '"closest-to-text"'),
    "a report without a folder": (["localize", B, "--report"], 2, "E184", "-o"),
    "steps to nowhere": (["localize", B, "--steps"], 2, "E184", "-o"),
    "missing picture": (["localize", "in/none.jpg", "-o", "out"], 1, "E101", "none.jpg"),
    "empty path": (["localize", "-r", "", "-o", "out"], 2, "E184", "the path is empty"),
    "folder without -r": (["localize", "in", "-o", "out"], 1, "E106", "-r"),
    "folder of no pictures": (["localize", "-r", "bare", "-o", "out"], 2, "E182", "bare"),
    "text to localize in": (["localize", "text.jpg", "-o", "out"], 1, "E111", "text.jpg"),
    "cut JPEG to localize in": (["localize", "cut.jpg", "-o", "out"], 1, "E120", "cut.jpg"),
    "endless link to localize in": (["localize", "loop.jpg", "-o", "out"], 1, "E1", "loop.jpg"),
    "pipe to localize in": (["localize", "pipe.jpg", "-o", "out"], 1, "E103", "pipe.jpg"),
    "long name to localize in": (["localize", LONG, "-o", "out"], 1, "E1", "xxx"),
    "picture over the limit": (["localize", B, "--max-pixels", "9"], 1, "E130", "limit"),
    "masks beside the picture": (["localize", B, "-o", "in"], 4, "E163", "in"),
    "masks beside it by a link": (["localize", B, "-o", "link"], 4, "E163", "link"),
    "masks in the searched folder": (["localize", "-r", "in", "-o", "in/x"], 4, "E163", "in/x"),
    "masks into the folder above": (["localize", "-r", "in", "bare2", "-o", "."], 4, "E163", "in"),
    "masks into a file": (["localize", B, "-o", "text.jpg"], 4, "E162", "text.jpg"),
    "masks over others": (["localize", B, "-o", "done"], 4, "E161", "edited.jpg.run.json"),
    "run of masks over another": (["localize", B, A, "-o", "done"], 4, "E161", "summary.csv"),
}  # fmt: skip


@pytest.fixture
def crowded(folder: Path, case: Any) -> Path:
    """The folder of a pair with everything around it that can go wrong."""
    crowd(folder, case)
    return folder


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_bad_call_is_told_in_coded_words_and_leaves_nothing(
    crowded: Path, run: Any, below: Callable[[Path], dict[str, bytes]], name: str
) -> None:
    words, exit_code, code, named = BAD_CALLS[name]
    before = below(crowded)
    ran = run(*words)
    assert ran.code == exit_code, ran.err
    assert f"error[{code}" in ran.err if code else ran.err == ""
    if code:
        first, cause, help_line = ran.err.splitlines()
        assert cause.startswith("  cause: ")
        assert help_line.startswith("  help: ")
        assert named in ran.err
        assert first.isprintable()
        assert ran.out == ""
    assert "Traceback" not in ran.err
    assert below(crowded) == before
    assert not (crowded / "out").exists()


def test_the_table_is_long_enough() -> None:
    assert len(BAD_CALLS) >= 80


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_bad_number_of_threads_in_the_environment_is_told(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", value)
    for verb in (["compare", A, B], ["patches", B, M, "-o", "out"], ["doctor"]):
        ran = run(*verb)
        assert ran.code == 2
        assert "error[E185]: the environment variable UNSPLICE_NUM_THREADS must be" in ran.err
    assert not (folder / "out").exists()
