"""``unsplice evaluate`` as people and scripts run it, to its end and not."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from made_sets import make_set
from unsplice.cli import evaluate as verb
from unsplice.evaluation.run import task as task_module
from unsplice.evaluation.run.methods import BASELINE
from unsplice.evaluation.tables import files as files_module
from unsplice.evaluation.tables import summary as summary_module
from unsplice.output import write_file

UNSPLICE = [sys.executable, "-m", "unsplice.cli"]
TABLES = ["authentic.csv", "images.csv", "summary.csv", "summary.md"]
LEFT = sorted([*TABLES, "journal", "run.json"])
# The quickest run that has something to do: this process, the baseline alone.
QUICK = ("--jobs", "1", "--method", BASELINE)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of three spliced and two authentic pictures below the current folder."""
    monkeypatch.chdir(tmp_path)
    return make_set(tmp_path / "data").relative_to(tmp_path)


def tables_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name in TABLES}


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --------------------------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("words", "presets"),
    [
        ((), ["fusion:gated", "fusion:ungated"]),
        (("--method", "paper"), ["paper:best-measured", "paper:closest-to-text"]),
    ],
)
def test_the_table_shows_every_preset_of_a_method_beside_flagging_everything(
    data: Path, run: Any, words: tuple[str, ...], presets: list[str]
) -> None:
    ran = run("evaluate", data, "--jobs", "1", "--attack", "jpeg:70", *words)
    assert ran.code == 0
    assert ran.err == ""
    lines = [line.split()[:3] for line in ran.out.splitlines() if line.startswith("  ")]
    methods = [*presets, BASELINE]
    for kind, count in (("splice", "3"), ("authentic", "2")):
        assert f"made, {kind}\n" in ran.out
        for attack in ("none", "jpeg:70"):
            start = lines.index([attack, methods[0], count])
            expected = [[attack, method, count] for method in methods]
            assert lines[start : start + 3] == expected
    assert not (data.parent / "journal").exists()


def test_json_gives_a_line_of_the_tables_a_line(data: Path, run: Any) -> None:
    ran = run("evaluate", data, *QUICK, "--json")
    spliced, authentic = (json.loads(line) for line in ran.out.splitlines())
    assert (spliced["table"], spliced["kind"], spliced["pictures"]) == ("spliced", "splice", 3)
    assert (spliced["tpr"], spliced["fpr"], spliced["auc"]) == (1.0, 1.0, 0.5)
    assert spliced["f1_low"] <= spliced["f1"] <= spliced["f1_high"]
    assert (authentic["table"], authentic["flagged_pixels"]) == ("authentic", 1.0)
    assert authentic["flagged_pictures"] == 1.0


def test_a_second_run_and_worker_processes_give_the_same_bytes(data: Path, run: Any) -> None:
    words = ("evaluate", data, "--attack", "noise:5", "--attack", "gamma:1.5+jpeg:80", "-q")
    shown = {run(*words, "-o", name, "--jobs", jobs).out for name, jobs in (("a", "1"), ("b", "2"))}
    assert len(shown) == 1
    assert sorted(path.name for path in Path("a").iterdir()) == LEFT
    assert tables_in(Path("a")) == tables_in(Path("b"))
    rows = lines_of(Path("a/images.csv"))
    assert len(rows) == 5 * 3 * 3
    assert {row["attack"] for row in rows} == {"none", "noise:5", "gamma:1.5+jpeg:80"}


def test_parquet_and_plot_stand_beside_the_summary(data: Path, run: Any) -> None:
    ran = run("evaluate", data, *QUICK, "-o", "out", "--format", "parquet", "--plot",
              "--attack", "jpeg:70")  # fmt: skip
    assert (ran.code, ran.err) == (0, "tables: out\n")
    names = {path.name for path in Path("out").iterdir()}
    assert names == {*LEFT, "images.parquet", "f1_by_strength.png"} - {"images.csv"}


def test_some_of_the_pictures_are_named_as_such(data: Path, run: Any) -> None:
    words = ("evaluate", data, *QUICK)
    ran = run(*words, "--limit", "2", "--pictures", "tampered", "-o", "out")
    note = "2 of 5 pictures: tampered pictures only, the first 2 of each set and kind only."
    assert ran.out.endswith(f"\n{note}\n")
    assert ran.err == f"{note}\ntables: out\n"
    assert f"\n\n{note}\n" in Path("out/summary.md").read_text()
    assert [row["name"] for row in lines_of(Path("out/images.csv"))] == ["t0.jpg", "t1.jpg"]
    only = run(*words, "--pictures", "authentic", "--json")
    assert only.err == "2 of 5 pictures: authentic pictures only.\n"
    assert [json.loads(line)["table"] for line in only.out.splitlines()] == ["authentic"]
    for whole in (["--limit", "3"], ["--pictures", "all"], ["--limit", "1", "-q"]):
        assert run(*words, *whole).err == ""
    assert "pictures: " not in run(*words, "--limit", "3").out


def test_authentic_pictures_alone_have_no_f1_and_that_is_told(data: Path, run: Any) -> None:
    words = ("evaluate", data, *QUICK, "--pictures", "authentic", "-o", "out")
    ran = run(*words)
    assert ran.code == 0
    assert "No picture is spliced: there is nothing to find" in ran.out
    assert lines_of(Path("out/summary.csv")) == []
    shutil.rmtree("out")
    drawn = run(*words, "--plot")
    assert drawn.code == 2
    assert "--plot draws F1, which needs spliced pictures, and there are none" in drawn.err
    assert not Path("out").exists()


def test_a_mask_that_was_matched_by_number_is_told_once_and_marked_in_the_table(
    data: Path, run: Any
) -> None:
    for folder, name, source in (("Tp", "Sp_D_a_0001.jpg", "t0.jpg"),
                                 ("Gt", "Sp_D_b_0001_gt.png", "t0.png")):  # fmt: skip
        Path("casia", folder).mkdir(parents=True)
        shutil.copy(data.parent / source, Path("casia", folder, name))
    words = ("evaluate", "casia", data, *QUICK, "--attack", "jpeg:70")
    ran = run(*words, "-o", "out")
    assert ran.code == 0
    assert ran.err.count("warning[W240]: Tp/Sp_D_a_0001.jpg: its mask has another name") == 1
    assert [row["warnings"] for row in lines_of(Path("out/images.csv"))] == ["W240"] * 2 + [""] * 10
    assert run(*words, "-q").err == ""


def test_pictures_beside_a_recognized_set_are_told(data: Path, run: Any) -> None:
    for folder, name, source in (("Tp", "Tp_D_a_00001.jpg", "t0.jpg"),
                                 ("Gt", "Tp_D_a_00001_gt.png", "t0.png")):  # fmt: skip
        Path("sets", folder).mkdir(parents=True)
        shutil.copy(data.parent / source, Path("sets", folder, name))
    shutil.copytree(data.parent, "sets/mine")
    ran = run("evaluate", "sets", *QUICK)
    assert (
        ran.err.count("warning[W241]: 8 of 10 pictures below sets are not of the set casia2") == 1
    )
    assert "the first are in sets/mine" in ran.err
    assert run("evaluate", "sets", *QUICK, "-q").err == ""


def test_the_selection_is_told_in_the_record_and_in_json(data: Path, run: Any) -> None:
    words = ("evaluate", data, *QUICK, "--json")
    ran = run(*words, "--limit", "2", "--pictures", "tampered", "-o", "out")
    selection = {"pictures": "tampered", "limit": 2, "selected": 2, "listed": 5}
    assert json.loads(ran.out)["selection"] == selection
    assert json.loads(Path("out/run.json").read_bytes())["selection"] == selection
    whole = {"pictures": "all", "limit": None, "selected": 5, "listed": 5}
    assert [json.loads(line)["selection"] for line in run(*words).out.splitlines()] == [whole] * 2


@pytest.mark.parametrize("table_format", ["csv", "parquet"])
def test_a_set_whose_name_is_no_utf_8_is_written_with_its_bytes(
    data: Path, run: Any, table_format: str
) -> None:
    data.write_bytes(data.read_bytes().replace(b"made,splice", b"caf\xe9,spl\xe9"))
    words = ("evaluate", data, *QUICK, "--format", table_format, "-o", "out")
    ran = run(*words)
    assert ran.code == 0
    assert "caf\\xe9, spl\\xe9" in ran.out
    assert lines_of(Path("out/summary.csv"))[0]["dataset"] == "caf\\xe9"
    assert json.loads(Path("out/run.json").read_bytes())["samples"][0]["kind"] == "spl\\xe9"
    if table_format == "csv":
        assert lines_of(Path("out/images.csv"))[0]["dataset"] == "caf\\xe9"
    assert run(*words, "--resume").out == ran.out


def test_a_picture_that_an_attack_makes_too_small_is_told_with_the_attack(
    data: Path, run: Any
) -> None:
    words = ("--jobs", "1", "--method", "paper:best-measured", "--limit", "1")
    ran = run("evaluate", data, *words, "--attack", "downsample:0.1")
    assert ran.code == 1
    assert "t0.jpg after the attack downsample:0.1 (8 x 6, needs" in ran.err


def test_a_line_with_too_many_cells_and_a_column_twice_are_refused(data: Path, run: Any) -> None:
    text = data.read_text()
    data.write_text(text.replace("t1.png", "t1.png,x"), "utf-8")
    assert "E181" in (ran := run("evaluate", data, *QUICK)).err
    assert "line 3 has 5 cells, the header 4" in ran.err
    data.write_text(text.replace("t1.png", "t1.png,,"), "utf-8")
    assert run("evaluate", data, *QUICK).code == 0
    data.write_text(text.replace("set,kind", "kind,kind"), "utf-8")
    assert 'it has the column "kind" 2 times' in run("evaluate", data, *QUICK).err


def test_a_missing_picture_of_a_table_is_told_with_what_paths_are_relative_to(
    data: Path, run: Any
) -> None:
    (data.parent / "t1.jpg").unlink()
    told = " ".join(run("evaluate", data, *QUICK).err.split())
    assert "relative to the current folder, one in a table to that of the table" in told


def test_data_that_are_given_twice_count_once(data: Path, run: Any) -> None:
    once = run("evaluate", data, *QUICK, "-o", "once")
    twice = run("evaluate", data, data.resolve(), f"./{data}", *QUICK, "-o", "twice")
    assert twice.out == once.out
    assert tables_in(Path("twice")) == tables_in(Path("once"))
    assert "listed twice, and counted once: 10 of 15\n" in twice.err


def test_intervals_are_drawn_once_a_run(
    data: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw = summary_module.bootstrap_interval
    monkeypatch.setattr(
        summary_module, "bootstrap_interval", lambda values: drawn.append(1) or draw(values)
    )
    run("evaluate", data, *QUICK, "-o", "out", "--plot", "--attack", "jpeg:70")
    assert len(drawn) == 2  # of one set, two attacks, one method


@pytest.mark.usefixtures("data")
def test_a_path_that_looks_like_a_formula_still_names_its_file(run: Any) -> None:
    table = make_set(Path("-set"), spliced=1, authentic=0)
    assert run("evaluate", "-o", "out", *QUICK, "--", table).code == 0
    (row,) = lines_of(Path("out/images.csv"))
    assert row["image"] == "./-set/t0.jpg"
    assert Path(row["image"]).exists()
    assert run("evaluate", "-o", "out", *QUICK, "--resume", "--", table).code == 0


def test_several_sets_have_a_table_each_and_one_over_all(data: Path, run: Any) -> None:
    other = make_set(Path("other"), spliced=1, authentic=1)
    other.write_text(other.read_text().replace("made,", "more,"), "utf-8")
    out = run("evaluate", data, other, *QUICK).out
    titles = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert titles == ["made, splice", "more, splice", "all sets", "made, authentic",
                      "more, authentic", "all sets, authentic"]  # fmt: skip


def test_what_fails_is_told_once_and_the_rest_is_done(data: Path, run: Any) -> None:
    (data.parent / "t1.jpg").write_bytes(b"no picture")
    ran = run("evaluate", data, *QUICK, "--attack", "jpeg:70", "-o", "out")
    assert ran.code == 1
    assert ran.err.count("error[E111]") == 1
    assert "2 (1 failed)" in ran.out
    errors = [row["error"] for row in lines_of(Path("out/images.csv"))]
    assert errors == ["", "", "E111", "E111", *[""] * 6]


def test_debug_shows_where_a_method_failed(
    data: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(task_module, "scored", fail)
    ran = run("evaluate", data, *QUICK)
    assert ran.code == 1
    assert ran.err.startswith("error[E199]: internal error: ZeroDivisionError: on purpose\n")
    assert 'raise ZeroDivisionError("on purpose")' in run("evaluate", data, *QUICK, "--debug").err


# ----------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--method", "papre"], 2, 'E180]: unknown method "papre"'),
        (["--attack", "jepg:70"], 2, "jepg"),
        (["--dataset", "casia"], 2, 'E180]: unknown data set "casia"'),
        (["--format", "xlsx"], 2, 'E180]: unknown format "xlsx"'),
        (["--pictures", "some"], 2, 'unknown choice of pictures "some"'),
        (["--resume"], 2, "need -o FOLDER"),
        (["--plot"], 2, "need -o FOLDER"),
        (["--resume", "--overwrite", "-o", "out"], 2, "exclude each other"),
        (["--jobs", "0"], 2, "jobs"),
        (["--timeout", "0"], 2, "timeout"),
        (["--timeout", "nan"], 2, "--timeout must be a number of seconds, got nan"),
        (["--timeout", "inf"], 2, "--timeout must be a number of seconds, got inf"),
        (["--plot", "-o", "out"], 2, "give at least one --attack"),
        (["--plot", "-o", "out", "--attack", "none"], 2, "give at least one --attack"),
        (["-o", "data"], 4, "E163"),
        (["-o", "data/made.csv"], 4, "E162"),
        (["nothing.csv"], 1, "E101"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_done(
    data: Path, run: Any, words: list[str], code: int, told: str, below: Any
) -> None:
    before = below(data.parent)
    ran = run("evaluate", data, *words)
    assert ran.code == code
    assert told in ran.err
    assert ran.out == ""
    assert below(data.parent) == before
    assert not Path("out").exists()


@pytest.mark.usefixtures("data")
def test_a_choice_that_leaves_no_pictures_is_told(run: Any) -> None:
    table = make_set(Path("only"), spliced=1, authentic=0)
    ran = run("evaluate", table, *QUICK, "--pictures", "authentic")
    assert ran.code == 2
    assert "error[E182]: nothing to do in only/made.csv" in ran.err
    assert "of its 1 pictures none is authentic" in ran.err


@pytest.mark.parametrize("wish", [[], ["--overwrite"], ["--resume"]])
def test_tables_do_not_go_where_the_data_are_listed(
    data: Path, run: Any, wish: list[str], below: Any
) -> None:
    Path("w").mkdir()
    table = Path("w/images.csv")
    lines = data.read_text("utf-8").replace(",t", ",../data/t").replace(",a0", ",../data/a0")
    table.write_text(lines.replace(",a1", ",../data/a1"), "utf-8")
    assert run("evaluate", table, *QUICK).code == 0
    before = below(Path("w"))
    ran = run("evaluate", table, *QUICK, "-o", "w", *wish)
    assert ran.code == 4
    assert "error[E163]" in ran.err
    assert "w/images.csv" in ran.err
    assert below(Path("w")) == before


@pytest.mark.parametrize("wish", [[], ["--overwrite"], ["--resume"]])
@pytest.mark.parametrize("name", ["images.csv", "summary.csv", "journal", "run.json"])
def test_files_that_no_evaluation_left_are_kept(
    data: Path, run: Any, wish: list[str], name: str, below: Any
) -> None:
    Path("w").mkdir()
    Path("w", name).write_bytes(b"mine")
    before = below(Path("w"))
    ran = run("evaluate", data, *QUICK, "-o", "w", *wish)
    assert ran.code == 4
    assert f"error[E161]: w/{name} exists already" in ran.err
    assert below(Path("w")) == before


# ---------------------------------------------------------------------------------- resume


def test_a_finished_run_is_not_repeated_and_not_replaced_unasked(
    data: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate", data, *QUICK, "-o", "out")
    first = run(*words)
    written = tables_in(Path("out"))
    again = run(*words)
    assert again.code == 4
    assert "error[E161]: out/run.json exists already" in again.err

    def refuse(*_: Any) -> None:
        raise AssertionError("a finished task was repeated")

    with monkeypatch.context() as patched:
        patched.setattr("unsplice.evaluation.run.evaluation.run_task", refuse)
        resumed = run(*words, "--resume")
    assert (resumed.code, resumed.out) == (0, first.out)
    assert tables_in(Path("out")) == written
    assert run(*words, "--overwrite").code == 0
    assert tables_in(Path("out")) == written


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--seed", "1"], "seed was 0, now 1"),
        (["--attack", "blur:1"], "attacks was none, now none, blur:1"),
        (["--limit", "1"], "samples was 5 of them, now 2"),
        (
            ["--method", "paper:best-measured"],
            f"methods was {BASELINE}, now paper:best-measured, {BASELINE}",
        ),
    ],
)
def test_a_run_is_not_resumed_with_other_settings(
    data: Path, run: Any, words: list[str], told: str
) -> None:
    run("evaluate", data, *QUICK, "-o", "out")
    before = tables_in(Path("out"))
    ran = run("evaluate", data, *QUICK, "-o", "out", *words, "--resume")
    assert ran.code == 4
    assert f"error[E170]: cannot resume the run in out: {told}" in ran.err
    assert tables_in(Path("out")) == before


def test_a_run_is_not_resumed_with_its_methods_in_another_order(data: Path, run: Any) -> None:
    readings = ["paper:best-measured", "paper:closest-to-text"]
    words = ("evaluate", data, "--jobs", "1", "--limit", "1", "-o", "out")
    assert run(*words, *[w for name in readings for w in ("--method", name)]).code == 0
    ran = run(*words, *[w for name in readings[::-1] for w in ("--method", name)], "--resume")
    assert ran.code == 4
    assert 'methods was name "paper:best-measured", now name "paper:closest-to-text"' in ran.err


def test_a_run_is_not_resumed_over_a_picture_that_changed(data: Path, run: Any) -> None:
    run("evaluate", data, *QUICK, "-o", "out")
    shutil.copy(data.parent / "t1.jpg", data.parent / "t0.jpg")
    ran = run("evaluate", data, *QUICK, "-o", "out", "--resume")
    assert ran.code == 4
    assert "error[E171]: cannot resume: data/t0.jpg changed" in ran.err


@pytest.mark.parametrize("at", range(5))
def test_a_run_that_is_interrupted_while_it_writes_its_tables_goes_on(
    data: Path, run: Any, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    options = (*QUICK, "--plot", "--attack", "blur:1")
    words = ("evaluate", data, *options, "-o", "out")
    whole = run("evaluate", data, *options, "-o", "whole")
    calls = []

    def write(path: Path, content: bytes, **options: Any) -> None:
        calls.append(path)
        if len(calls) > at:
            raise KeyboardInterrupt
        write_file(path, content, **options)

    with monkeypatch.context() as patched:
        patched.setattr(files_module, "write_file", write)
        ran = run(*words)
    assert (ran.code, ran.out) == (130, "")
    assert "10 of 10 tasks are done" in ran.err
    assert len(calls) == at + 1
    assert run(*words, "--resume").out == whole.out
    assert tables_in(Path("out")) == tables_in(Path("whole"))


# --------------------------------------------------------------------------- interruption

ATTACKS = ("--attack", "jpeg:70", "--attack", "noise:5", "--attack", "blur:2")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 30 pictures, so 120 tasks, and in ``whole`` the tables of a run to the end."""
    folder = tmp_path_factory.mktemp("many")
    table = make_set(folder / "data", spliced=1, authentic=1, shape=(160, 200))
    lines = table.read_text().splitlines()
    for number in range(28):
        shutil.copy(folder / "data/t0.jpg", folder / f"data/c{number}.jpg")
        lines.append(f"made,splice,c{number}.jpg,t0.png")
    table.write_text("\n".join(lines), "utf-8")
    subprocess.run(command(folder, "whole"), check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def long(many: Path) -> Path:
    """Return a table of ten times the work, so that no machine is done before a signal comes."""
    table = many / "data/long.csv"
    lines = (many / "data/made.csv").read_text("utf-8").splitlines()
    for number in range(300):
        os.link(many / "data/t0.jpg", many / f"data/l{number}.jpg")
        lines.append(f"made,splice,l{number}.jpg,t0.png")
    table.write_text("\n".join(lines), "utf-8")
    return table


def command(folder: Path, output: str, *words: str) -> list[str]:
    return [*UNSPLICE, "evaluate", str(folder / "data/made.csv"), "--method", BASELINE, *ATTACKS,
            "-o", str(folder / output), "--jobs", "2", *words]  # fmt: skip


def lines_in(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def until(happens: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def processes_of(session: int) -> list[int]:
    """Return the running processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = path.read_text("ascii").rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


def stopped(folder: Path, output: str, lines: int, number: int, *, all_of_them: bool) -> Any:
    """Start a run, send a signal once the journal has so many lines; return how it ended."""

    def listen() -> None:  # a shell lets what it starts in the background ignore the signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(
        command(folder, output), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=listen,
    )  # fmt: skip
    until(lambda: lines_in(folder / output / "journal") >= lines)
    send: Callable[[int, int], None] = os.killpg if all_of_them else os.kill
    send(process.pid, number)
    out, err = process.communicate(timeout=60)
    until(lambda: processes_of(process.pid) == [])
    return process.returncode, out, err


def finish(folder: Path, output: str) -> None:
    """Resume a run that was stopped; nothing is done twice, and the tables are the same."""
    journal = folder / output / "journal"
    done = subprocess.run(
        command(folder, output, "--resume"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    tasks = re.findall(rb'^\w+ \{"task": (\d+),', journal.read_bytes(), re.MULTILINE)
    assert sorted(map(int, tasks)) == list(range(120))
    assert tables_in(folder / output) == tables_in(folder / "whole")
    assert sorted(path.name for path in (folder / output).iterdir()) == LEFT


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("number", "code", "all_of_them"),
    [(signal.SIGINT, 130, True), (signal.SIGINT, 130, False), (signal.SIGTERM, 143, False)],
)
def test_a_run_that_is_asked_to_stop_stops_with_its_workers_and_says_how_to_go_on(
    many: Path, number: int, code: int, all_of_them: bool
) -> None:
    output = f"asked-{code}-{all_of_them}"
    returned, out, err = stopped(many, output, 12, number, all_of_them=all_of_them)
    assert returned == code
    assert out == ""
    told = re.fullmatch(
        r"interrupted: (\d+) of 120 tasks are done; the same command with --resume goes on\n", err
    )
    assert told, err
    assert lines_in(many / output / "journal") == int(told[1]) + 1 < 120
    assert not any((many / output / name).exists() for name in TABLES)
    finish(many, output)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("lines", [0, 1, 2, 40, 90])
def test_a_run_that_is_killed_leaves_nothing_half_written_and_goes_on(
    many: Path, lines: int
) -> None:
    output = f"killed-{lines}"
    returned, _, _ = stopped(many, output, lines, signal.SIGKILL, all_of_them=False)
    assert returned == -signal.SIGKILL
    assert not any((many / output / name).exists() for name in TABLES)
    finish(many, output)


def test_an_interruption_without_a_folder_is_told_in_a_line(
    data: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verb, "_run", interrupt)
    ran = run("evaluate", data, *QUICK)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "interrupted: 0 of 5 tasks are done; with -o it could go on\n"


@pytest.mark.parametrize("tenths", range(0, 10, 2))
def test_an_interruption_while_workers_start_prints_no_traceback(
    many: Path, long: Path, tenths: int
) -> None:
    words = command(many, f"early-{tenths}")
    words[words.index(str(many / "data/made.csv"))] = str(long)

    def listen() -> None:  # a shell lets what it starts in the background ignore the signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=listen,
    )  # fmt: skip
    until(lambda: (many / f"early-{tenths}/run.json").exists())  # the workers are the next to come
    time.sleep(tenths / 10)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    # Between the record and the first worker nothing is begun that could be counted.
    told = r"interrupted(: \d+ of 1320 tasks .*|; what was written before is whole)"
    assert re.fullmatch(rf"\n?{told}\n", err), err


def test_an_interruption_after_the_end_changes_nothing() -> None:
    script = (
        "import atexit, os, signal, sys\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "from unsplice.cli import program\n"
        "sys.argv = ['unsplice', '--version']\n"
        "program()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
