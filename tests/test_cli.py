"""The command line, run as people and scripts run it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import unsplice.batch as batch_module
from tables import read_table
from unsplice import patch_set
from unsplice.cli import cli
from unsplice.console import result_line
from unsplice.errors import MESSAGES, Notice
from unsplice.outcomes import Outcome
from unsplice.pairs import Pair
from unsplice.result import Localization

UNSPLICE = [sys.executable, "-m", "unsplice.cli"]
RESULTS = ["edited.jpg.heatmap.png", "edited.jpg.mask.png", "edited.jpg.overlay.png",
           "edited.jpg.run.json"]  # fmt: skip
PAIR = ("in/authentic.jpg", "in/edited.jpg")

Below = Callable[[Path], dict[str, bytes]]


def write_pairs(folder: Path, *pairs: tuple[str, str]) -> str:
    lines = ["authentic,spliced", *(f"{first},{second}" for first, second in pairs)]
    (folder / "pairs.csv").write_text("\n".join(lines), "utf-8")
    return "pairs.csv"


# -------------------------------------------------------------------------------- compare


def test_compare_writes_four_files_and_says_where_in_one_line(folder: Path, run: Any) -> None:
    ran = run("compare", *PAIR, "-o", "out")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.count("\n") == 1
    assert ran.out.startswith("edited.jpg  spliced ")
    assert " in 1 region, score " in ran.out
    assert ran.out.endswith("; mask out/edited.jpg.mask.png\n")
    assert sorted(path.name for path in (folder / "out").iterdir()) == RESULTS


def test_the_mask_on_disk_is_the_truth_but_for_its_rim(folder: Path, run: Any, case: Any) -> None:
    run("compare", *PAIR, "-o", "out")
    data = np.frombuffer((folder / "out" / "edited.jpg.mask.png").read_bytes(), np.uint8)
    mask = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert set(np.unique(mask)) == {0, 255}
    overlap = ((mask > 0) & case.truth).sum() / ((mask > 0) | case.truth).sum()
    assert overlap > 0.9


def test_without_an_output_folder_nothing_is_written(folder: Path, run: Any, below: Below) -> None:
    before = below(folder)
    ran = run("compare", *PAIR)
    assert ran.code == 0
    assert "mask" not in ran.out
    assert below(folder) == before


def test_inputs_are_never_changed(folder: Path, run: Any, below: Below) -> None:
    before = below(folder / "in")
    times = {path.name: path.stat().st_mtime_ns for path in (folder / "in").iterdir()}
    run("compare", *PAIR, "-o", "out")
    run("patches", "in/edited.jpg", "in/mask.png", "-o", "patches", "--size", "64")
    assert below(folder / "in") == before
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "in").iterdir()} == times


def test_json_gives_one_object_and_nothing_else(folder: Path, run: Any) -> None:
    ran = run("compare", *PAIR, "-o", "out", "--json")
    record = json.loads(ran.out)
    assert record["finding"] == "spliced"
    assert record["outputs"]["mask"] == "out/edited.jpg.mask.png"
    written = json.loads((folder / "out" / "edited.jpg.run.json").read_bytes())
    for name in ("schema", "regions", "score", "inputs", "parameters"):
        assert written[name] == record[name]


@pytest.mark.usefixtures("folder")
def test_exit_code_3_says_that_something_was_found_only_when_asked(run: Any) -> None:
    assert run("compare", *PAIR).code == 0
    assert run("compare", *PAIR, "--exit-code").code == 3
    assert run("compare", "in/authentic.jpg", "in/authentic.jpg", "--exit-code").code == 0


@pytest.mark.usefixtures("folder")
def test_the_same_file_twice_is_told_and_quiet_keeps_the_warning_back(run: Any) -> None:
    ran = run("compare", "in/edited.jpg", "in/edited.jpg")
    assert ran.out.startswith("edited.jpg  identical: ")
    assert ran.err.startswith("warning[W210]: ")
    assert run("compare", "in/edited.jpg", "in/edited.jpg", "--quiet").err == ""


def test_overwriting_gives_the_same_bytes(folder: Path, run: Any, below: Below) -> None:
    run("compare", *PAIR, "-o", "out", "--threads", "1")
    first = below(folder / "out")
    assert run("compare", *PAIR, "-o", "out", "--overwrite", "--threads", "2").code == 0
    assert below(folder / "out") == first


@pytest.mark.usefixtures("folder")
def test_the_askers_method_is_there(run: Any) -> None:
    ran = run("compare", *PAIR, "--method", "neighborhood-threshold", "--json")
    assert json.loads(ran.out)["method"] == "neighborhood-threshold"


def test_a_file_of_an_impossible_name_is_compared_and_told_printably(
    folder: Path, run: Any
) -> None:
    name = os.fsdecode(b"-caf\xe9\x1b[2J\n.jpg")
    (folder / "in" / "edited.jpg").rename(folder / "in" / name)
    ran = run("compare", "in/authentic.jpg", f"in/{name}", "-o", "out")
    assert ran.code == 0
    assert ran.out.startswith(r"-caf\xe9\x1b[2J\n.jpg  spliced ")
    assert f"{name}.mask.png" in [path.name for path in (folder / "out").iterdir()]


# ------------------------------------------------------------------------------- batches


def test_a_table_of_pairs_goes_on_past_bad_ones_and_accounts_for_all(
    folder: Path, run: Any
) -> None:
    (folder / "in" / "text.jpg").write_text("no picture", "utf-8")
    missing, lacking, damaged = "in/none.jpg", "", "in/text.jpg"
    path = write_pairs(
        folder, PAIR, (PAIR[0], missing), (PAIR[0], lacking), (damaged, PAIR[1]), PAIR
    )
    ran = run("compare", "--pairs", path, "-o", "out")
    assert ran.code == 1
    assert ran.out.count("  spliced ") == 2
    for code in ("E101", "E183", "E111"):
        assert f"error[{code}]: " in ran.err
    rows = read_table(folder / "out" / "summary.csv")
    assert [row["error"] for row in rows] == ["", "E101", "E183", "E111", ""]
    assert len({row["name"] for row in rows}) == 5
    assert [row["mask"] for row in rows if not row["error"]] == [
        f"{row['name']}.mask.png" for row in rows if not row["error"]
    ]
    errors = read_table(folder / "out" / "errors.csv")
    assert [row["code"] for row in errors] == ["E101", "E183", "E111"]
    assert all(row["cause"] and row["help"] for row in errors)
    assert (rows[2]["name"], rows[2]["spliced"], rows[2]["authentic"]) == ("", "", PAIR[0])
    assert (errors[1]["name"], errors[1]["path"]) == ("", "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_table_that_is_no_utf8_is_told_as_such(folder: Path, run: Any, encoding: str) -> None:
    (folder / "pairs.csv").write_text("authentic,spliced\r\na.jpg,b.jpg\r\n", encoding)
    for verb in (["compare"], ["patches", "-o", "out"]):
        ran = run(*verb, "--pairs", "pairs.csv")
        assert ran.code == 2
        assert "error[E181]: cannot read the table pairs.csv: it is not UTF-8 text\n" in ran.err


@pytest.mark.usefixtures("folder")
def test_a_bad_number_of_threads_in_the_environment_is_told_as_such(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "many")
    ran = run("compare", *PAIR)
    assert ran.code == 2
    assert "error[E185]: the environment variable UNSPLICE_NUM_THREADS must be" in ran.err
    assert "'many'" in ran.err
    assert run("compare", *PAIR, "--threads", "1").code == 0


@pytest.mark.usefixtures("folder")
def test_a_tiny_limit_is_told_in_pixels(run: Any) -> None:
    ran = run("compare", *PAIR, "--max-pixels", "1000")
    assert "(256 x 192 = 49,152 pixels, limit 1,000)" in ran.err
    assert "takes 0.1 MB" in ran.err


def test_two_folders_are_matched_mirrored_and_the_rest_is_listed(folder: Path, run: Any) -> None:
    for name in ("a/x/1.png", "a/2.png", "s/x/1.jpg", "s/3.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    image = cv2.imdecode(np.frombuffer((folder / PAIR[0]).read_bytes(), np.uint8), 1)
    (folder / "a/x/1.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
    (folder / "a/2.png").write_bytes(b"")
    (folder / "s/x/1.jpg").write_bytes((folder / PAIR[1]).read_bytes())
    (folder / "s/3.jpg").write_bytes(b"")
    ran = run("compare", "a", "s", "-o", "out")
    assert ran.code == 0
    assert ran.out.startswith("x/1.jpg  spliced ")
    assert "warning[W211]: 2 of 4 pictures have no partner" in ran.err
    assert (folder / "out" / "x" / "1.jpg.mask.png").exists()
    errors = read_table(folder / "out" / "errors.csv")
    assert {row["path"]: row["code"] for row in errors} == {"a/2.png": "W211", "s/3.jpg": "W211"}


def test_a_run_into_results_of_another_is_refused_as_a_whole(
    folder: Path, run: Any, below: Below
) -> None:
    path = write_pairs(folder, PAIR)
    assert run("compare", "--pairs", path, "-o", "out").code == 0
    before = below(folder)
    ran = run("compare", "--pairs", path, "-o", "out")
    assert ran.code == 4
    assert "error[E161]: out/summary.csv exists already" in ran.err
    assert ran.out == ""
    assert below(folder) == before
    assert run("compare", "--pairs", path, "-o", "out", "--overwrite").code == 0


def test_json_lines_tell_failures_too(folder: Path, run: Any) -> None:
    path = write_pairs(folder, PAIR, ("in/authentic.jpg", "in/none.jpg"))
    ran = run("compare", "--pairs", path, "--json")
    good, bad = (json.loads(line) for line in ran.out.splitlines())
    assert "error" not in good
    assert bad["error"]["code"] == "E101"
    assert ran.code == 1


def test_an_internal_error_in_one_pair_is_told_without_a_traceback_unless_asked(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("in the method")

    monkeypatch.setattr(batch_module, "compare", broken)
    ran = run("compare", *PAIR)
    assert ran.code == 70
    assert ran.err.startswith("error[E199]: internal error: ZeroDivisionError: in the method\n")
    assert "Traceback" not in ran.err
    for debugging in (("--debug", "compare", *PAIR), ("compare", *PAIR, "--debug")):
        assert "Traceback" in run(*debugging).err
    monkeypatch.setenv("UNSPLICE_DEBUG", "1")
    assert "Traceback" in run("compare", *PAIR).err
    monkeypatch.setenv("UNSPLICE_DEBUG", "0")
    assert run("compare", "--pairs", write_pairs(folder, PAIR)).code == 1


@pytest.mark.usefixtures("folder")
def test_an_internal_error_anywhere_else_is_told_without_a_traceback(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("outside")

    monkeypatch.setattr(batch_module, "run", broken)
    ran = run("compare", *PAIR)
    assert ran.code == 70
    assert ran.err.startswith("error[E199]: internal error: RuntimeError: outside\n")
    assert "Traceback" not in ran.err


def test_a_full_disk_ends_the_run_with_4_and_what_is_done_stays_whole(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = os.fsync, [3]

    def fills_up(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fills_up)
    ran = run("compare", "--pairs", write_pairs(folder, PAIR, PAIR), "-o", "out")
    assert ran.code == 4
    assert "error[E160]: no space left in out" in ran.err
    left = [path for path in (folder / "out").rglob("*") if path.is_file()]
    assert left
    for path in left:
        assert path.suffix == ".png"
        assert cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), -1) is not None


# ------------------------------------------------------------------------------- patches


def test_patches_of_a_picture_and_its_mask(folder: Path, run: Any) -> None:
    ran = run("patches", "in/edited.jpg", "in/mask.png", "-o", "out", "--size", "64")
    assert ran.code == 0
    rows = read_table(folder / "out" / "index.csv")
    labels = [row["label"] for row in rows]
    assert labels.count("1") == labels.count("0") > 0
    source = cv2.imdecode(np.frombuffer((folder / "in/edited.jpg").read_bytes(), np.uint8), 1)
    truth = cv2.imdecode(np.frombuffer((folder / "in/mask.png").read_bytes(), np.uint8), 0)
    for row in rows:
        at = np.s_[int(row["row"]) : int(row["row"]) + 64, int(row["col"]) : int(row["col"]) + 64]
        patch = cv2.imdecode(
            np.frombuffer((folder / "out" / row["patch"]).read_bytes(), np.uint8), 1
        )
        mask = cv2.imdecode(
            np.frombuffer((folder / "out" / row["patch_mask"]).read_bytes(), np.uint8), 0
        )
        np.testing.assert_array_equal(patch, source[at])
        np.testing.assert_array_equal(mask, truth[at])
        assert float(row["tampered_fraction"]) == pytest.approx((mask > 0).mean(), abs=1e-6)
        assert row["source"] == "in/edited.jpg"
        assert (row["size"], row["seed"], row["small"]) == ("64", "0", "0")
        assert ("boundary" in row["patch"]) == (row["label"] == "1")


def test_patches_by_comparing_a_table_and_by_its_masks(folder: Path, run: Any) -> None:
    path = write_pairs(folder, PAIR, ("in/authentic.jpg", "in/none.jpg"))
    ran = run("patches", "--pairs", path, "-o", "compared", "--size", "64")
    assert ran.code == 1
    assert [row["code"] for row in read_table(folder / "compared" / "errors.csv")] == ["E101"]
    (folder / "masks.csv").write_text("image,mask\nin/edited.jpg,in/mask.png\n", "utf-8")
    assert run("patches", "--pairs", "masks.csv", "-o", "given", "--size", "64").code == 0
    for kind in ("compared", "given"):
        rows = read_table(folder / kind / "index.csv")
        assert {row["source"] for row in rows} == {"in/edited.jpg"}
        assert (folder / kind / rows[0]["patch"]).parent.name == "in"


@pytest.mark.parametrize("finding", ["unrelated", "misaligned"])
def test_a_pair_that_does_not_match_gives_no_patches_and_the_run_goes_on(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, finding: Any
) -> None:
    honest, calls = patch_set.compare, []

    def doubts_the_first(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        result = honest(*arguments, **options)
        return replace(result, finding=finding, statement="So.") if len(calls) == 1 else result

    monkeypatch.setattr(patch_set, "compare", doubts_the_first)
    (folder / "in" / "other.jpg").write_bytes((folder / "in" / "edited.jpg").read_bytes())
    path = write_pairs(folder, PAIR, ("in/authentic.jpg", "in/other.jpg"))
    ran = run("patches", "--pairs", path, "-o", "out", "--size", "64")
    assert ran.code == 1
    assert "error[E151]: the pair cannot give patches: So\n" in ran.err
    (row,) = read_table(folder / "out" / "errors.csv")
    assert (row["code"], row["path"]) == ("E151", "in/edited.jpg")
    assert {row["source"] for row in read_table(folder / "out" / "index.csv")} == {"in/other.jpg"}


def test_a_smaller_set_over_a_larger_one_leaves_no_patch_behind(
    folder: Path, run: Any, below: Below
) -> None:
    words = ("patches", "in/edited.jpg", "in/mask.png", "-o", "out", "--size", "64")
    run(*words)
    (folder / "out" / "images" / "mine.png").write_bytes(b"not in the index")
    assert run(*words).code == 4
    ran = run(*words, "--overwrite", "--count", "1", "--negatives", "2", "--seed", "5")
    assert ran.code == 0
    rows = read_table(folder / "out" / "index.csv")
    assert [row["label"] for row in rows] == ["1", "0", "0"]
    listed = {row[kind] for row in rows for kind in ("patch", "patch_mask")}
    assert set(below(folder / "out")) == listed | {
        "index.csv", "images/mine.png", "records/edited.jpg.run.json",
    }  # fmt: skip


def test_what_a_killed_run_left_is_refused_and_then_replaced_as_a_whole(
    folder: Path, run: Any, below: Below
) -> None:
    words = ("patches", "in/edited.jpg", "in/mask.png", "-o", "out", "--size", "64")
    run(*words)
    whole = below(folder / "out")
    (folder / "out" / "index.csv").unlink()
    left = folder / "out" / "images" / "boundary"
    (left / "old").mkdir()
    for name in ("old/x.jpg.r00001.c00002.png", ".unsplice-0123456789ab.tmp", "mine.png"):
        (left / name).write_bytes(b"left")
    before = below(folder)
    ran = run(*words)
    assert ran.code == 4
    assert "error[E161]: out/images/" in ran.err
    assert below(folder) == before
    assert run(*words, "--overwrite").code == 0
    assert below(folder / "out") == whole | {"images/boundary/mine.png": b"left"}


def test_a_patch_that_is_an_input_is_not_removed(folder: Path, run: Any, below: Below) -> None:
    kept = folder / "out" / "images" / "boundary" / "deep" / "a.jpg.r00000.c00000.png"
    kept.parent.mkdir(parents=True)
    kept.write_bytes((folder / "in" / "mask.png").read_bytes())
    before = below(folder)
    ran = run("patches", kept, "in/mask.png", "-o", "out", "--size", "64", "--overwrite")
    assert ran.code == 4
    assert "error[E163]" in ran.err
    assert below(folder) == before


def test_an_index_cannot_make_other_files_go(folder: Path, run: Any, below: Below) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "index.csv").write_text(
        "patch,patch_mask\n../in/mask.png,in/mask.png\nimages/../../in/mask.png,/etc/x.png\n",
        "utf-8",
    )
    before = below(folder / "in")
    run("patches", "in/edited.jpg", "in/mask.png", "-o", "out", "--size", "64", "--overwrite")
    assert below(folder / "in") == before


def test_a_picture_without_a_splice_gives_no_patches_and_a_warning(folder: Path, run: Any) -> None:
    (folder / "black.png").write_bytes(
        cv2.imencode(".png", np.zeros((192, 256), np.uint8))[1].tobytes()
    )
    ran = run("patches", "in/edited.jpg", "black.png", "-o", "out")
    assert ran.code == 0
    assert "warning[W220]" in ran.err
    assert read_table(folder / "out" / "index.csv") == []


@pytest.mark.parametrize("levels", [(0, 1), (0, 255), (3, 252)])
def test_masks_are_read_whatever_their_levels(
    folder: Path, run: Any, case: Any, levels: tuple[int, int]
) -> None:
    mask = np.where(case.truth, levels[1], levels[0]).astype(np.uint8)
    color = np.stack([mask] * 3, axis=2)
    (folder / "m.png").write_bytes(cv2.imencode(".png", color)[1].tobytes())
    run("patches", "in/edited.jpg", "m.png", "-o", "a", "--size", "64")
    run("patches", "in/edited.jpg", "in/mask.png", "-o", "b", "--size", "64")
    assert (folder / "a" / "index.csv").read_bytes() == (folder / "b" / "index.csv").read_bytes()


# ------------------------------------------------------------------- demo, explain, doctor


def test_the_demonstration_finds_its_splice_and_lays_all_out(folder: Path, run: Any) -> None:
    ran = run("demo")
    assert ran.code == 0
    f1 = float(ran.out.split("F1 ")[1].split(",")[0])
    assert f1 > 0.9
    names = {path.name for path in (folder / "demo").iterdir()}
    assert names == {
        "authentic.jpg", "spliced.jpg", "truth.png", "demo.png", "patches",
        "spliced.jpg.mask.png", "spliced.jpg.overlay.png", "spliced.jpg.heatmap.png",
        "spliced.jpg.run.json", "spliced.jpg.report.html",
    }  # fmt: skip
    assert "demo/demo.png" in ran.out
    assert "open demo/spliced.jpg.report.html" in ran.out
    record = json.loads((folder / "demo" / "spliced.jpg.run.json").read_bytes())
    assert record["finding"] == "spliced"
    spliced = (folder / "demo" / "spliced.jpg").read_bytes()
    assert record["inputs"]["spliced"]["sha256"] == hashlib.sha256(spliced).hexdigest()
    assert record["inputs"]["authentic"]["path"] == "demo/authentic.jpg"
    again = run("demo")
    assert again.code == 4
    assert "error[E161]" in again.err
    assert run("demo", "--overwrite").out == ran.out


@pytest.mark.parametrize("code", MESSAGES)
def test_every_code_is_explained(run: Any, code: str) -> None:
    ran = run("explain", code.lower())
    assert ran.code == 0
    assert ran.out.startswith(f"{code}: ")
    assert "\n  cause: " in ran.out
    assert "\n  help: " in ran.out
    assert "{" not in ran.out


def test_explain_alone_lists_the_catalogue(run: Any) -> None:
    ran = run("explain")
    assert [line.split("  ")[0] for line in ran.out.splitlines()] == list(MESSAGES)


def test_the_doctor_finds_this_installation_well(run: Any) -> None:
    ran = run("doctor")
    assert ran.code == 0
    for name in ("unsplice", "Python", "NumPy", "OpenCV", "PyWavelets", "instructions", "threads"):
        assert f"\n{name} " in f"\n{ran.out}"


def test_the_doctor_tells_what_does_not_load(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywt", None)
    ran = run("doctor")
    assert ran.code == 1
    assert "DOES NOT LOAD" in ran.out


def test_the_doctor_does_not_mind_that_an_optional_package_lacks(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = run("doctor")
    assert ran.code == 0
    lines = dict(line.split(maxsplit=1) for line in ran.out.splitlines())
    assert lines["pyarrow"] == "not installed (optional)"
    assert lines["matplotlib"].endswith(" ok")


# ------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ("spliced", "a.jpg  spliced 0.00012 % (1 px) in 0 regions, score 0.50"),
        ("mostly-replaced", "a.jpg  mostly replaced 0.00012 % (1 px) in 0 regions, score 0.50"),
        ("nothing-found", "a.jpg  nothing found: It is so"),
        ("unrelated", "a.jpg  unrelated: It is so"),
    ],
)
def test_every_finding_has_its_line(finding: Any, words: str) -> None:
    mask = np.zeros((1000, 830), bool)
    mask[0, 0] = True
    result = Localization(
        mask, mask, mask.astype(np.float32), (), 0.5, 0.5, finding, "It is so.", "m", {}, {}
    )
    pair = Pair(Path("b.jpg"), Path("a.jpg"), "a.jpg")
    assert result_line(Outcome(pair, result.to_dict())) == words


def test_notices_are_told_once_and_name_their_picture(capsys: Any) -> None:
    from unsplice.console import print_notices

    notice = Notice("N304", "EXIF orientation 6")
    print_notices([notice, notice, Notice("W201", "a.jpg contains PNG data")], "a.jpg")
    assert capsys.readouterr().err == (
        "note[N304]: a.jpg: EXIF orientation 6\nwarning[W201]: a.jpg contains PNG data\n"
    )


def in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_color_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from unsplice.console import print_message

    in_a_terminal(monkeypatch)
    print_message("E101", "x")
    assert "\x1b[" in capsys.readouterr().err
    monkeypatch.setenv("NO_COLOR", "1")
    print_message("E101", "x")
    assert capsys.readouterr().err == "error[E101]: x\n"


def test_the_bar_counts_failures_and_stays_off_stdout(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_pairs(folder, PAIR, ("in/authentic.jpg", "in/none.jpg"))
    in_a_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    ran = run("compare", "--pairs", path)
    assert "1 failed" in ran.err
    assert ran.out.count("\n") == 1
    assert "1 failed" not in run("compare", "--pairs", path, "--quiet").err


# ------------------------------------------------------------------------ real processes


def test_help_loads_nothing_heavy() -> None:
    check = (
        "import sys, unsplice.cli, unsplice.evaluation; unsplice.cli.main(['--help']); "
        "print(sorted({'numpy', 'cv2', 'pywt', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    assert "compare" in done.stdout


def test_an_opencv_that_does_not_load_is_told_with_the_way_out(folder: Path) -> None:
    (folder / "cv2.py").write_text("raise ImportError('libGL.so.1: no such file')\n", "utf-8")
    paths = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [*UNSPLICE, "compare", *PAIR],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error[E191]: OpenCV cannot be loaded: libGL.so.1: no such file")
    assert "pip install opencv-python-headless" in done.stderr
    assert "Traceback" not in done.stderr


def test_version_and_help_of_every_verb(run: Any) -> None:
    assert run("--version").out.startswith("unsplice ")
    for verb in cli.commands:
        ran = run(verb, "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: unsplice {verb}")
    assert "image,mask" in " ".join(run("patches", "--help").out.split("--pairs CSV")[1].split())


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    path = write_pairs(folder, *[PAIR] * 3)
    with subprocess.Popen(
        [*UNSPLICE, "compare", "--pairs", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "words", [("compare", *PAIR, "--json"), ("compare", *PAIR), ("explain",), ("--help",)]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.usefixtures("folder")
def test_a_full_standard_output_is_an_output_that_cannot_be_written(
    words: Any, unbuffered: str
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*UNSPLICE, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 4
    assert done.stderr.startswith("error[E164]: standard output cannot be written: no space left")
    assert "Exception ignored" not in done.stderr


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device always full")


@FULL
@pytest.mark.usefixtures("folder")
def test_messages_that_cannot_be_written_do_not_stop_the_work(folder: Path) -> None:
    words = ["localize", "--method", "paper", "in/authentic.jpg", "in/none.jpg", "in/edited.jpg"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*UNSPLICE, *words, "-o", "out"], stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert done.returncode == 1
    assert done.stdout.count(b"marked") == 2
    rows = read_table(folder / "out" / "summary.csv")
    assert [row["error"] for row in rows] == ["", "E101", ""]


@FULL
@pytest.mark.usefixtures("folder")
def test_results_that_cannot_be_written_end_the_run_though_nothing_can_be_said() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*UNSPLICE, "localize", "in/edited.jpg"], stdout=full, stderr=full, check=False
        )
    assert done.returncode == 4


@pytest.mark.usefixtures("folder")
def test_a_standard_error_that_is_closed_does_not_stop_the_work() -> None:
    words = [*UNSPLICE, "localize", "--debug", "in/none.jpg", "in/edited.jpg"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *words], stdout=subprocess.PIPE, check=False
    )
    assert done.returncode == 1
    assert done.stdout.startswith(b"edited.jpg  ")
    assert done.stdout.count(b"\n") == 1


def test_a_broken_pipe_other_than_stdout_is_a_fault_and_told(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("unsplice.doctor.parts", broken)
    ran = run("doctor")
    assert ran.code == 70
    assert ran.err.startswith("error[E199]: internal error: BrokenPipeError")


def test_an_interrupted_run_exits_with_130_and_leaves_only_whole_files(folder: Path) -> None:
    path = write_pairs(folder, *[PAIR] * 500)
    command = [*UNSPLICE, "compare", "--pairs", path, "-o", "out"]

    def listen() -> None:  # a shell lets what it starts in the background ignore the signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    # A file takes any number of messages; a pipe that nobody reads would stop the run.
    with (
        (folder / "said").open("wb") as said,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, preexec_fn=listen
        ) as process,
    ):
        assert process.stdout is not None
        assert b"spliced" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    message = (folder / "said").read_text("utf-8").strip()
    rows = read_table(folder / "out" / "summary.csv")
    assert message.splitlines() == [
        f"{len(rows)} of 500 pairs are done; the same command with --resume goes on",
        "",
        "interrupted; what was written before is whole",
    ]
    assert 1 <= len(rows) < 500
    for path_left in (folder / "out").rglob("*"):
        assert not path_left.name.startswith(".")
        if path_left.suffix == ".json":
            json.loads(path_left.read_bytes())
        elif path_left.suffix == ".png":
            assert path_left.read_bytes().endswith(b"IEND\xaeB`\x82")


def test_output_in_a_terminal_without_unicode_does_not_fail(folder: Path) -> None:
    (folder / "in" / "edited.jpg").rename(folder / "in" / "größe.jpg")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*UNSPLICE, "compare", "in/authentic.jpg", "in/größe.jpg"],
        capture_output=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert b"spliced" in done.stdout
    assert done.stderr == b""
